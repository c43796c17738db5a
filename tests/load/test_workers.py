"""A load that workers share: the record is the one that a single process would have made, or there is none."""

import csv
import os
import re
import signal
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import psutil
import pytest

from conformance.load.process import LOG, LoadFailed, LoadProcess
from conformance.load.schedule import Schedule
from conformance.load.spec import LoadSpec
from conformance.record import files
from conformance.record.load_end import LoadEnd
from conformance.record.schema import ANSWERS, REQUESTS
from conformance.run.waiting import until
from tests.load.honest import HonestServer
from tests.load.kiosk import Kiosk, by_journey, loaded
from tests.load.shop_server import ShopServer
from tests.load.specs import an_order
from tests.load.task_loads import carry_out
from tests.load.test_tasks import SHOP

WITHIN_S = 40.0
WORKERS = 3
Row = dict[str, str]


def rows_of(spec: LoadSpec, file: str = REQUESTS.file) -> list[Row]:
    with (Path(spec.directory) / file).open(newline="") as lines:
        return list(csv.DictReader(lines))


@contextmanager
def loading(spec: LoadSpec, sent: int) -> Iterator[tuple[LoadProcess, list[psutil.Process]]]:
    """A load that has sent so many requests, and its workers in their order."""
    pids: list[int] = []
    with LoadProcess(spec, started=pids.append) as load:
        load.launch()
        load.wait_ready(WITHIN_S)
        load.start()
        until(
            f"{sent} requests sent",
            load.progress,
            within_s=WITHIN_S,
            accept=lambda seen: seen.phase == "loading" and seen.sent >= sent,
        )
        yield load, sorted(psutil.Process(pids[0]).children(), key=lambda one: one.create_time())


@dataclass(frozen=True)
class Shared:
    """A load that three workers have carried out."""

    spec: LoadSpec
    end: LoadEnd
    rows: list[Row]
    arrivals: Counter[str]
    workers: list[int]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Shared:
    folder = tmp_path_factory.mktemp("shared")
    with (
        HonestServer() as server,
        loading(spec := an_order(folder, server.port, workers=WORKERS), 1_000) as (load, workers),
    ):
        end = load.stop(WITHIN_S)
        assert load.exit_code == 0
        return Shared(spec, end, rows_of(spec), server.arrivals, [one.pid for one in workers])


def test_the_record_is_the_sequence_that_one_process_would_have_sent(shared: Shared) -> None:
    spec, schedule = shared.spec, Schedule(msgspec.structs.replace(shared.spec, workers=1))
    assert sorted(int(row["seq"]) for row in shared.rows) == list(range(shared.end.planned))
    assert shared.end.planned >= 1_000
    for row in shared.rows:
        turn = schedule.turn(int(row["seq"]))
        assert row["route"] == spec.routes[turn.route].name
        assert int(row["work_ms"]) == turn.work_ms
        assert int(row["due_ns"]) == shared.end.started_ns + schedule.due_ns(turn.seq)
        if turn.fresh:
            assert row["connection_uses"] == "0"
    assert {row["error"] for row in shared.rows} == {""}


def test_every_request_of_every_worker_arrives_exactly_once(shared: Shared) -> None:
    arrived = {request: times for request, times in shared.arrivals.items() if request.startswith("run1-")}
    assert arrived == {f"run1-{int(row['seq']):08x}": 1 for row in shared.rows}
    warm = sorted(int(request[10:], 16) for request in shared.arrivals if request.startswith("warm-run1-"))
    assert warm == list(range(shared.spec.warm_up_requests))


def test_the_end_marker_says_what_the_files_hold_and_what_each_worker_did(shared: Shared) -> None:
    directory, end = Path(shared.spec.directory), shared.end
    assert msgspec.json.decode((directory / files.LOAD).read_bytes(), type=LoadEnd) == end
    assert end.crc32 == zlib.crc32((directory / REQUESTS.file).read_bytes())
    assert (end.workers, end.planned, end.sent, end.rows) == (WORKERS, *[len(shared.rows)] * 3)
    assert end.answers == len(rows_of(shared.spec, ANSWERS.file)) == 1 + WORKERS
    assert [each.number for each in end.each] == [1, 2, 3]
    assert [each.process for each in end.each] == shared.workers
    for each in end.each:
        own = [row for row in shared.rows if int(row["seq"]) % WORKERS == each.number - 1]
        late_ms = sorted((int(row["sent_ns"]) - int(row["due_ns"])) / 1e6 for row in own)
        assert (each.planned, each.sent, each.rows) == (len(own), len(own), len(own))
        assert each.lateness_max_ms == pytest.approx(late_ms[-1], abs=1e-6)
        assert late_ms[(len(own) * 99 + 99) // 100 - 1] <= each.lateness_p99_ms + 1e-9
        assert len({row["connection"] for row in own}) <= each.connections
        assert each.cpu_s > 0
        assert 0 < each.told_before_ns <= 500_000_000
        assert abs(each.clock_ahead_ns) <= each.clock_within_ns <= 20_000_000


def test_no_connection_and_no_answer_is_two_workers(shared: Shared) -> None:
    for what in ("connection", "answer"):
        of = {(row[what], int(row["seq"]) % WORKERS) for row in shared.rows}
        assert len({number for number, _ in of}) == len(of)


def test_locusts_master_has_the_statistics_of_all(shared: Shared) -> None:
    log = (Path(shared.spec.directory) / LOG).read_text()
    told = re.search(r"^ +Aggregated +(\d+) +0\(0.00%\)", log, re.MULTILINE)
    assert told, log
    assert int(told.group(1)) == len(shared.rows)


def test_what_has_been_put_together_does_not_stay_in_parts(shared: Shared) -> None:
    parts = Path(shared.spec.directory) / "workers"
    assert sorted(str(one.relative_to(parts)) for one in parts.rglob("*") if one.is_file()) == [
        f"{number}/load.log" for number in (1, 2, 3)
    ]
    assert not any(psutil.pid_exists(pid) for pid in shared.workers)


def test_a_worker_that_is_lost_ends_the_load_and_is_named(tmp_path: Path) -> None:
    with (
        HonestServer() as server,
        loading(spec := an_order(tmp_path, server.port, workers=2), 100) as (load, workers),
    ):
        until("rows to be copied", lambda: len(rows_of(spec)), within_s=WITHIN_S, accept=lambda rows: rows > 0)
        lost = workers[1].pid
        os.kill(lost, signal.SIGKILL)
        with pytest.raises(
            LoadFailed, match=rf"load worker 2 of 2 \(process {lost}\) was lost in phase loading: .*SIGKILL"
        ):
            until("never", load.progress, within_s=WITHIN_S, accept=lambda _: False)
        until("the master's end", lambda: load.exit_code, within_s=WITHIN_S, accept=lambda code: code == 1)
        gone, left = psutil.wait_procs(workers, 5)
        assert (len(gone), left) == (2, [])

    assert len(rows_of(spec)) > 0
    assert not (tmp_path / files.LOAD).exists()


@pytest.mark.profile("extended")
def test_a_worker_that_is_silent_ends_the_load_and_is_named(tmp_path: Path) -> None:
    with HonestServer() as server, loading(an_order(tmp_path, server.port, workers=2), 100) as (load, workers):
        os.kill(workers[0].pid, signal.SIGSTOP)
        with pytest.raises(
            LoadFailed, match=r"load worker 1 of 2 \(process \d+\) has been silent for 5.* in phase loading"
        ):
            until("never", load.progress, within_s=WITHIN_S, accept=lambda _: False)
        psutil.wait_procs(workers, 5)

    assert not (tmp_path / files.LOAD).exists()


@pytest.mark.profile("extended")
@pytest.mark.parametrize("gone", ["parent", "master"])
def test_workers_whose_master_or_parent_is_gone_end(tmp_path: Path, gone: str) -> None:
    with HonestServer() as server, loading(an_order(tmp_path, server.port, workers=2), 100) as (load, workers):
        if gone == "parent":
            load._forget_control()  # what the system does when the parent dies
        else:
            os.kill(workers[0].ppid(), signal.SIGKILL)
        ended, left = psutil.wait_procs(workers, 10)
        assert (len(ended), left) == (2, [])

    assert not (tmp_path / files.LOAD).exists()


@pytest.mark.profile("extended")
def test_journeys_are_shared(tmp_path: Path) -> None:
    with Kiosk() as kiosk:
        end = loaded(tmp_path / "run", kiosk, workers=2)
    journeys = by_journey(tmp_path / "run")
    assert end.tasks is not None
    assert end.tasks.planned == end.tasks.ended == len(journeys) == 61
    assert sorted(map(int, journeys)) == list(range(61))
    asked = {number: cookies for number, _, cookies in kiosk.asked}
    for number, steps in journeys.items():
        assert int(steps[0]["due_ns"]) == end.started_ns + int(number) * 1_000_000_000 // 60
        assert [row["route"] for row in steps] == ["enter", "look", "look", "leave"]
        ids = [f"run1-{int(row['seq']):08x}" for row in steps]
        assert {int(one[-8:], 16) % 2 for one in ids} == {int(number) % 2}
        assert asked[ids[3]] == f"sid=s{ids[0]}"
    numbers = [int(row["seq"]) for steps in journeys.values() for row in steps]
    assert len(set(numbers)) == len(numbers) == end.rows == max(numbers) + 1 - end.tasks.unused_ids


@pytest.mark.profile("extended")
def test_a_locustfile_is_shared(tmp_path: Path) -> None:
    with ShopServer() as server:
        carried = carry_out(tmp_path, server.port, SHOP, executions=200, workers=2, users=6)
    told = carried.told
    assert [int(row["task"]) for row in sorted(carried.tasks, key=lambda row: int(row["task"]))] == list(
        range(told.planned)
    )
    assert told.ended == told.planned >= 200
    assert len({row["user"] for row in carried.tasks}) >= 6
    assert {row["error"] for row in carried.requests} == {""}
    assert set(carried.ids()) == {one for one in server.arrivals if one.startswith("run1-")}
    assert max(server.arrivals.values()) == 1
    kinds = {route.name: route for route in carried.end.routes}
    assert (kinds["POST /created"].effects, kinds["POST /created"].expect) == (("stored",), (201,))
    looks = sum(row["name"] == "look" for row in carried.tasks)
    assert looks == pytest.approx(told.planned / 4, abs=2)  # a weight of 1 beside 3, of each worker to within one
