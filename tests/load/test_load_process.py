"""A load as its parent sees it: a process that proves itself, obeys, and leaves a whole record or none."""

import csv
import os
import re
import signal
import threading
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from conformance.load.process import LOG, LoadFailed, LoadProcess
from conformance.load.schedule import Schedule
from conformance.load.spec import LoadSpec, Progress
from conformance.load.spec_check import SpecRefused
from conformance.record import files
from conformance.record.load_end import LoadEnd
from conformance.record.schema import ANSWERS, ERRORS, REQUESTS
from conformance.run.waiting import until
from tests.load.honest import HonestServer
from tests.load.specs import an_order

READY_S = 20.0
SOON_S = 20.0


def _await_sent(load: LoadProcess, number: int) -> Progress:
    return until(
        f"{number} requests sent",
        load.progress,
        within_s=SOON_S,
        accept=lambda progress: progress.phase == "loading" and progress.sent >= number,
    )


def _rows(spec: LoadSpec) -> list[dict[str, str]]:
    with (Path(spec.directory) / REQUESTS.file).open(newline="") as file:
        return list(csv.DictReader(file))


def _ids(spec: LoadSpec, rows: list[dict[str, str]]) -> list[str]:
    return [f"{spec.run}-{int(row['seq']):08x}" for row in rows]


@dataclass(frozen=True)
class Finished:
    """A load that has gone its whole way, and what was seen of it."""

    spec: LoadSpec
    directory: Path
    end: LoadEnd
    exit_code: int | None
    phases: tuple[str, ...]
    pids: list[int]
    arrivals: Counter[str]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    directory = tmp_path_factory.mktemp("finished")
    pids: list[int] = []
    with HonestServer() as server, LoadProcess(spec := an_order(directory, server.port), started=pids.append) as load:
        load.launch()
        load.wait_ready(READY_S)
        ready = load.progress().phase
        load.start()
        loading = _await_sent(load, 1_000).phase
        end = load.stop(SOON_S)
        phases = (ready, loading, load.progress().phase)
        return Finished(spec, directory, end, load.exit_code, phases, pids, server.arrivals)


def test_a_load_is_whole_and_every_request_arrives_exactly_once(finished: Finished) -> None:
    spec, end, rows = finished.spec, finished.end, _rows(finished.spec)
    assert finished.exit_code == 0
    assert finished.phases == ("ready", "loading", "ended")
    assert end.planned == end.sent == end.rows == len(rows) >= 1_000
    assert sorted(int(row["seq"]) for row in rows) == list(range(end.planned))
    assert {row["error"] for row in rows} == {""}
    arrived = {request: times for request, times in finished.arrivals.items() if request.startswith("run1-")}
    assert arrived == dict.fromkeys(_ids(spec, rows), 1)
    assert sum(request.startswith("warm-run1-") for request in finished.arrivals) == spec.warm_up_requests
    assert len(finished.pids) == 1


def test_the_end_marker_says_what_the_files_hold(finished: Finished) -> None:
    directory, end = finished.directory, finished.end
    assert msgspec.json.decode((directory / files.LOAD).read_bytes(), type=LoadEnd) == end
    assert end.crc32 == zlib.crc32((directory / REQUESTS.file).read_bytes())
    assert end.self_test_passed
    assert end.self_test["end on a reused connection, POST"] == "eof before answer"
    with (directory / ANSWERS.file).open(newline="") as file:
        answers = list(csv.DictReader(file))
    assert len(answers) == end.answers == 2
    assert answers[1] == {
        "answer": "1",
        "peer": "one, or two",
        "instance": "honest-01",
        "incarnation": "honest-01.1",
        "version": "v1",
        "hops": '[{"hop": "a->b"}]',
    }
    rows = _rows(finished.spec)
    assert {row["answer"] for row in rows} == {"1"}
    assert end.started_ns == min(int(row["due_ns"]) for row in rows)
    assert end.stopped_ns == max(int(row["due_ns"]) for row in rows)


def test_the_record_is_the_sequence_that_was_ordered(finished: Finished) -> None:
    spec, schedule = finished.spec, Schedule(finished.spec)
    for row in _rows(spec):
        turn = schedule.turn(int(row["seq"]))
        assert row["route"] == spec.routes[turn.route].name
        assert int(row["work_ms"]) == turn.work_ms
        assert int(row["due_ns"]) == finished.end.started_ns + schedule.due_ns(turn.seq)
        if turn.fresh:
            assert row["connection_uses"] == "0"


def test_locusts_statistics_are_those_of_the_record(finished: Finished) -> None:
    counts = Counter(row["route"] for row in _rows(finished.spec))
    log = (finished.directory / LOG).read_text()
    for route in finished.spec.routes:
        told = re.search(rf"^{route.method} +{re.escape(route.name)} +(\d+) +0\(0.00%\)", log, re.MULTILINE)
        assert told, log
        assert int(told.group(1)) == counts[route.name]


def test_a_load_that_nobody_stops_ends_when_its_time_is_over(tmp_path: Path) -> None:
    with HonestServer() as server, LoadProcess(spec := an_order(tmp_path, server.port, max_seconds=0.2)) as load:
        load.launch()
        load.wait_ready(READY_S)
        load.start()
        until("the end by itself", load.progress, within_s=SOON_S, accept=lambda seen: seen.phase == "ended")
        end = load.stop(SOON_S)

    assert end.planned == end.rows == len(_rows(spec)) == spec.rate // 5 + 1  # from 0 s to 0.2 s, both included


def test_a_server_that_dies_under_load_costs_no_row(tmp_path: Path) -> None:
    with HonestServer() as server, LoadProcess(spec := an_order(tmp_path, server.port)) as load:
        load.launch()
        load.wait_ready(READY_S)
        load.start()
        _await_sent(load, 200)
        server.crash()
        until("failed requests", load.progress, within_s=SOON_S, accept=lambda seen: seen.failed > 100)
        end = load.stop(SOON_S)

    rows = _rows(spec)
    assert end.planned == end.rows == len(rows)
    assert sorted(int(row["seq"]) for row in rows) == list(range(end.planned))
    errors = Counter(row["error"] for row in rows)
    assert errors["connect refused"] > 0
    assert set(errors) <= {"", *ERRORS}
    assert max(server.arrivals.values()) == 1


def test_a_load_that_is_killed_leaves_rows_but_no_end_marker(tmp_path: Path) -> None:
    with HonestServer() as server, LoadProcess(spec := an_order(tmp_path, server.port)) as load:
        pids: list[int] = []
        load._tell_started = pids.append
        load.launch()
        load.wait_ready(READY_S)
        load.start()
        _await_sent(load, 200)
        os.kill(pids[0], signal.SIGKILL)
        with pytest.raises(LoadFailed, match="died in phase loading, exit code -9"):
            until("never", load.progress, within_s=SOON_S, accept=lambda _: False)
        with pytest.raises(LoadFailed):
            load.stop(SOON_S)

    assert (tmp_path / REQUESTS.file).exists()
    assert len(_rows(spec)) > 100
    assert not (tmp_path / files.LOAD).exists()


def test_a_load_whose_parent_is_gone_ends_and_seals_nothing(tmp_path: Path) -> None:
    with HonestServer() as server, LoadProcess(an_order(tmp_path, server.port)) as load:
        load.launch()
        load.wait_ready(READY_S)
        load.start()
        _await_sent(load, 100)
        load._forget_control()  # what the system does when the parent dies
        until("the child's end", lambda: load.exit_code, within_s=SOON_S, accept=lambda code: code is not None)
        assert load.exit_code == 1
        with pytest.raises(LoadFailed, match="the process that ordered this load is gone"):
            load.progress()

    assert not (tmp_path / files.LOAD).exists()


def test_what_a_load_said_before_it_died_is_told_however_late_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, may_read = LoadProcess._read, threading.Event()

    def late(load: LoadProcess, descriptor: int) -> None:
        may_read.wait(SOON_S)
        read(load, descriptor)

    monkeypatch.setattr(LoadProcess, "_read", late)
    with HonestServer() as server, LoadProcess(an_order(tmp_path, server.port)) as load:
        load.launch()
        load._forget_control()
        until("the child's end", lambda: load.exit_code, within_s=SOON_S, accept=lambda code: code is not None)
        threading.Timer(0.2, may_read.set).start()
        with pytest.raises(LoadFailed, match="the process that ordered this load is gone"):
            load.progress()


def test_a_warm_up_that_fails_ends_the_load_and_says_where(tmp_path: Path) -> None:
    with HonestServer(write_status=503) as server, LoadProcess(spec := an_order(tmp_path, server.port)) as load:
        load.launch()
        load.wait_ready(READY_S)
        load.start()
        with pytest.raises(LoadFailed) as failed:
            until("never", load.progress, within_s=SOON_S, accept=lambda _: False)
        until("the child's end", lambda: load.exit_code, within_s=SOON_S, accept=lambda code: code is not None)
        assert load.exit_code == 1

    for part in ("20 warm-up requests failed", spec.routes[0].name, "status 503", "unexpected status", "warm-run1-"):
        assert part in str(failed.value)
    assert "is expected: ok (warm-run1-" in str(failed.value), "what it says is shown, though no route looks into it"
    assert not (tmp_path / REQUESTS.file).exists()


def test_a_load_that_is_called_off_before_it_began_has_no_record(tmp_path: Path) -> None:
    with LoadProcess(an_order(tmp_path)) as load:
        load.launch()
        load.wait_ready(READY_S)
        with pytest.raises(LoadFailed, match="stopped before its first request"):
            load.stop(SOON_S)

    assert not (tmp_path / files.LOAD).exists()


def test_a_load_is_ready_only_within_its_time(tmp_path: Path) -> None:
    with LoadProcess(an_order(tmp_path)) as load:
        load.launch()
        with pytest.raises(LoadFailed, match="ready: not within 0 s; last seen"):
            load.wait_ready(0)


def test_a_load_that_cannot_start_shows_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.load.process._LOCUSTFILE", tmp_path / "missing.py")
    with LoadProcess(an_order(tmp_path)) as load:
        load.launch()
        with pytest.raises(LoadFailed, match=r"(?s)died in phase self-test, exit code 1.*last lines of.*missing\.py"):
            load.wait_ready(READY_S)


def test_a_faulty_order_starts_nothing(tmp_path: Path) -> None:
    with pytest.raises(SpecRefused, match="there must be 1 at least"):
        LoadProcess(an_order(tmp_path, workers=0))
    assert list(tmp_path.iterdir()) == []


def test_whoever_asks_while_it_is_being_ended_is_told_how_it_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run's watch asks from a thread of its own: it failed with "No child processes"."""
    load = LoadProcess(an_order(tmp_path, port=9))
    load.launch()
    asked = os.waitid

    def ended_meanwhile(*arguments: int) -> object:
        monkeypatch.setattr(os, "waitid", asked)
        load.kill()
        return asked(*arguments)

    monkeypatch.setattr(os, "waitid", ended_meanwhile)
    assert load.exit_code == -signal.SIGKILL


def test_a_load_that_was_never_launched_can_be_ended_and_not_be_started(tmp_path: Path) -> None:
    load = LoadProcess(an_order(tmp_path))
    with pytest.raises(LoadFailed, match="was not launched"):
        load.start()
    load.kill()
    load.kill()
    assert load.exit_code is None
