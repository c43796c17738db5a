"""Load clients, each measured against the same server: ours by routes and by tasks, vegeta, and Locust's own users."""

import csv
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psutil
import requests

from bench.measured import Measured, p99_and_max_ms
from bench.target import HOST
from conformance.load.process import LoadProcess
from conformance.load.spec import LoadSpec, Route, Tasks, WorkerPlace
from conformance.record.schema import REQUESTS
from conformance.run.waiting import until

VEGETA = "github.com/tsenart/vegeta/v12@v12.13.0"
K6 = "go.k6.io/k6@v1.4.0"

_SECOND_NS = 1_000_000_000
_BUILD_S = 600
_OVER_S = 30
_MOST_IN_FLIGHT = 8_000
_READ = Route(name="GET /", method="GET", path="/", weight=1, expect=(200,), write=False)
_WRITE = Route(
    name="POST /",
    method="POST",
    path="/",
    body='{"id": "{id}", "sku": "sku-1", "quantity": 1, "work_ms": {work_ms}}',
    weight=1,
    expect=(200,),
    write=True,
)


_TASKS = Path(__file__).with_name("read_tasks.py")
_TASK_USERS = 100


def tasks(port: int, rate: int, seconds: float) -> Measured:
    """This suite's load by a locustfile whose task is one read."""
    by = Tasks(file=str(_TASKS), users=_TASK_USERS)
    return _ours("ours, by tasks", port, rate, seconds, routes=(), tasks=by)


_BESIDE = ("env", f"PATH={Path(sys.executable).parent}:{os.environ['PATH']}")
"""Runs a program here, as what a cluster gives runs one in a pod."""


def ours(  # noqa: PLR0913 - what is measured
    name: str, port: int, rate: int, seconds: float, *, mixed: bool, workers: int = 1, elsewhere: bool = False
) -> Measured:
    """This suite's load: every request recorded.

    ``mixed``: half writes, a tenth on connections of their own; ``elsewhere``: the workers as if they were, over pipes.
    """
    routes, fresh_share = ((_WRITE, _READ), 0.1) if mixed else ((_READ,), 0.0)
    places = tuple(WorkerPlace(name=f"pipe {number}", command=_BESIDE) for number in range(workers * elsewhere))
    return _ours(name, port, rate, seconds, routes=routes, fresh_share=fresh_share, workers=workers, places=places)


def _ours(  # noqa: PLR0913 - what is measured
    name: str,
    port: int,
    rate: int,
    seconds: float,
    *,
    routes: tuple[Route, ...],
    fresh_share: float = 0.0,
    tasks: Tasks | None = None,
    workers: int = 1,
    places: tuple[WorkerPlace, ...] = (),
) -> Measured:
    with tempfile.TemporaryDirectory(prefix="bench-load-") as folder:
        spec = LoadSpec(
            run="bench",
            directory=folder,
            origin_ns=time.monotonic_ns(),
            host=HOST,
            port=port,
            rate=rate,
            timeout_s=min(5.0, _MOST_IN_FLIGHT / rate),
            fresh_share=fresh_share,
            routes=routes,
            tasks=tasks,
            workers=workers,
            places=places,
            seed=1,
            warm_up_requests=200,
            max_seconds=seconds,
        )
        pids: list[int] = []
        with LoadProcess(spec, started=pids.append) as load:
            load.launch()
            load.wait_ready(_OVER_S)
            spent = _family_cpu_s if places else _cpu_s
            before_s = spent(pids[0])
            load.start()
            looked = partial(_cpu_and_phase, partial(spent, pids[0]), load)
            over_s = seconds + _OVER_S
            cpu_s, _ = until("the load's end", looked, within_s=over_s, accept=lambda seen: seen[1] == "ended")
            cpu_s -= before_s  # the warm-up and the end marker are in it
            end = load.stop(_OVER_S)
            cpu_s += 0.0 if places else sum(each.cpu_s for each in end.each)  # beside their master's
        with (Path(folder) / REQUESTS.file).open(newline="") as file:
            rows = [(int(row["sent_ns"]), int(row["due_ns"]), row["error"]) for row in csv.DictReader(file)]
    p99, most = p99_and_max_ms(sent - due for sent, due, _ in rows)
    spent_s = (end.stopped_ns - end.started_ns) / _SECOND_NS
    sending_s = (max(sent for sent, _, _ in rows) - end.started_ns) / _SECOND_NS
    failed = sum(error != "" for _, _, error in rows)
    return Measured(name, rate, end.rows, spent_s, failed, p99, most, cpu_s * 1e6 / end.rows, sending_s)


def vegeta(binary: Path, port: int, rate: int, seconds: float) -> Measured:
    """Vegeta, with its own binary results. It does not say when it began: its most punctual request does."""
    with tempfile.TemporaryDirectory(prefix="bench-vegeta-") as folder:
        results = Path(folder) / "results.bin"
        before_s = _children_cpu_s()
        subprocess.run(
            [binary, "attack", f"-rate={rate}", f"-duration={seconds:g}s", "-timeout=5s", f"-output={results}"],
            input=f"GET http://{HOST}:{port}/\n".encode(),
            check=True,
        )
        cpu_s = _children_cpu_s() - before_s
        encoded = subprocess.run(
            [binary, "encode", "-to", "csv", results], check=True, capture_output=True, text=True
        ).stdout
    rows = [(int(row[0]), row[1] != "200", int(row[8])) for row in csv.reader(encoded.splitlines())]
    begins = [sent - seq * _SECOND_NS // rate for sent, _, seq in rows]
    p99, most = p99_and_max_ms(begin - min(begins) for begin in begins)
    sent = [sent for sent, _, _ in rows]
    spent_s = (max(sent) - min(sent)) / _SECOND_NS
    failed = sum(failed for _, failed, _ in rows)
    return Measured("vegeta", rate, len(rows), spent_s, failed, p99, most, cpu_s * 1e6 / len(rows))


def locust_user(user: str, port: int, rate: int, seconds: float) -> Measured:
    """Locust's ``HttpUser`` or ``FastHttpUser``, which keep statistics and no record."""
    with tempfile.TemporaryDirectory(prefix="bench-locust-") as folder:
        outcome_file = Path(folder) / "outcome.json"
        environment = os.environ | {
            "BENCH_USER": user,
            "BENCH_PORT": str(port),
            "BENCH_RATE": str(rate),
            "BENCH_SECONDS": str(seconds),
            "BENCH_OUTCOME": str(outcome_file),
        }
        locustfile = Path(__file__).with_name("locust_open_loop.py")
        argv = [sys.executable, "-m", "locust", "-f", str(locustfile), "--headless", "-u", "1", "-r", "1"]
        argv += ["--only-summary", "--loglevel", "ERROR"]
        subprocess.run(argv, env=environment, check=False, capture_output=True, timeout=seconds * 10 + _OVER_S)
        outcome = json.loads(outcome_file.read_text())
    p99, most = p99_and_max_ms(outcome["lateness_ns"])
    answered = outcome["answered"]
    spent_s = seconds + outcome["lateness_ns"][-1] / _SECOND_NS
    cpu_us = outcome["cpu_s"] * 1e6 / answered
    return Measured(f"Locust {user}", rate, answered, spent_s, outcome["failed"], p99, most, cpu_us)


def k6(binary: Path, port: int, rate: int, seconds: float) -> int:
    """k6 with its open loop (``constant-arrival-rate``); how many failed requests its summary tells of."""
    options = {
        "executor": "constant-arrival-rate",
        "rate": rate,
        "timeUnit": "1s",
        "duration": f"{round(seconds)}s",
        "preAllocatedVUs": 100,
    }
    script = f"""import http from "k6/http";
export const options = {{ scenarios: {{ load: {json.dumps(options)} }} }};
export default () => http.get("http://{HOST}:{port}/");
"""
    with tempfile.TemporaryDirectory(prefix="bench-k6-") as folder:
        (Path(folder) / "load.js").write_text(script)
        summary = Path(folder) / "summary.json"
        argv = [str(binary), "run", "--quiet", "--no-usage-report", f"--summary-export={summary}", "load.js"]
        subprocess.run(argv, cwd=folder, check=True, capture_output=True, timeout=seconds + _OVER_S)
        failed: int = json.loads(summary.read_text())["metrics"]["http_req_failed"]["passes"]
    return failed


def prober(port: int, seconds: float) -> int:
    """What many teams have: a GET once a second; how many failed."""
    failed, until_s = 0, time.monotonic() + seconds
    with requests.Session() as session:
        while time.monotonic() < until_s:
            began = time.monotonic()
            failed += session.get(f"http://{HOST}:{port}/", timeout=1).status_code != 200
            time.sleep(max(0.0, began + 1 - time.monotonic()))
    return failed


def find_vegeta() -> Path | None:
    """Vegeta's binary in this user's cache, built there if it is not yet; None where there is no Go to build it."""
    return _built("vegeta", VEGETA)


def find_k6() -> Path | None:
    """k6's binary, in the same way."""
    return _built("k6", K6)


def _built(name: str, module: str) -> Path | None:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "release-conformance" / "bench"
    binary = cache / name
    go = shutil.which("go")
    if not binary.exists() and go is not None:
        print(f"building {module} (minutes) ...", flush=True)
        environment = os.environ | {"GOBIN": str(cache)}
        subprocess.run([go, "install", module], env=environment, check=False, timeout=_BUILD_S)
    return binary if binary.exists() else None


def _cpu_and_phase(spent: Callable[[], float], load: LoadProcess) -> tuple[float, str]:
    """In this order: nobody can ask for the processor time of a process whose end has been seen."""
    cpu_s = spent()
    return cpu_s, load.progress().phase


def _family_cpu_s(pid: int) -> float:
    """Of a process and all that it has started and that runs."""
    family = psutil.Process(pid).children(recursive=True)
    return _cpu_s(pid) + sum(sum(one.cpu_times()[:2]) for one in family)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _children_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
