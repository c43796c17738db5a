"""What workers are made of: clocks that are compared, tables that become one, end markers that become one, lateness."""

import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from conformance.load.channel import CannotLoad
from conformance.load.clock import now_ns
from conformance.load.lateness import Lateness
from conformance.load.spec import Progress
from conformance.load.workers.clocks import Agreement, Answer, agreement
from conformance.load.workers.merge import Merged, Merger
from conformance.load.workers.messages import WORD, Word, packed
from conformance.load.workers.together import combined, told_by_all
from conformance.load.workers.worker import MasterChannel
from conformance.record.contract import RouteFacts
from conformance.record.load_end import LoadEnd, TasksEnd, WorkerEnd, WrongAnswer
from conformance.record.schema import ANSWERS, REQUESTS, TASKS, Table
from tests.load.specs import an_order

MS = 1_000_000


# Clocks.


def test_a_clock_is_known_by_the_quickest_answer() -> None:
    answers = [Answer(0, 5 * MS, 8 * MS), Answer(100 * MS, 101 * MS, 102 * MS), Answer(200 * MS, 209 * MS, 210 * MS)]
    assert agreement(answers) == Agreement(0, 1 * MS)
    assert agreement(answers).sure
    assert not agreement(answers[:1]).sure


@pytest.mark.parametrize(
    ("ahead_ns", "within_ns", "fault"),
    [
        (0, 300_000, ""),
        (-1_250_000, 300_000, ""),
        (1_400_000, 300_000, "its clock is 1.4 ms (to 0.3 ms) from the master's: it is not the same clock"),
        (-70 * MS, 2 * MS, "its clock is -70.0 ms (to 2.0 ms) from the master's: it is not the same clock"),
        (0, 21 * MS, "its clock is known to 21.0 ms only: the machine had no time to answer; give it more room"),
    ],
)
def test_a_clock_that_no_load_can_go_by_is_said(ahead_ns: int, within_ns: int, fault: str) -> None:
    assert Agreement(ahead_ns, within_ns).fault == fault


# Lateness.


def test_lateness_is_counted_in_steps_and_the_longest_exactly() -> None:
    lateness = Lateness()
    assert (lateness.p99_ms, lateness.longest_ms) == (0.0, 0.0)
    for late_us in [*range(0, 990, 10), 700_001]:
        lateness.add(late_us * 1_000)
    assert lateness.p99_ms == 0.99
    assert lateness.longest_ms == 700.001


def test_what_is_later_than_a_second_counts_as_the_longest() -> None:
    lateness = Lateness()
    lateness.add(-5)
    for _ in range(3):
        lateness.add(3_000 * MS)
    assert (lateness.p99_ms, lateness.longest_ms) == (1_000.0, 3_000.0)


# The master's word.


class Runner:
    """What Locust's runner is to a worker: who takes messages for it, and what it sends."""

    def __init__(self) -> None:
        self.heard: dict[str, Callable[..., None]] = {}
        self.environment = SimpleNamespace(events=SimpleNamespace(quit=SimpleNamespace(add_listener=lambda _: None)))

    def register_message(self, kind: str, listener: Callable[..., None]) -> None:
        self.heard[kind] = listener

    def say(self, word: Word) -> None:
        self.heard[WORD](environment=self.environment, msg=SimpleNamespace(data=packed(word)))


@pytest.fixture
def listening() -> Iterator[tuple[Runner, MasterChannel, list[object]]]:
    life, alive = os.pipe()
    runner = Runner()
    channel = MasterChannel(runner, 1, "token", life)
    heard: list[object] = []
    channel.listen(lambda: heard.append("start"), heard.append, lambda: heard.append("gone"))
    yield runner, channel, heard
    os.close(alive)
    os.close(life)


def test_a_worker_begins_when_the_master_says(listening: tuple[Runner, MasterChannel, list[object]]) -> None:
    runner, channel, heard = listening
    at_ns = now_ns() + 500 * MS
    runner.say(Word(word="start"))
    runner.say(Word(word="begin", at_ns=at_ns))
    assert channel.begin_ns() == at_ns
    assert 0 < channel.lead_ns <= 500 * MS
    runner.say(Word(word="stop", at_ns=at_ns + 1))
    assert heard == ["start", at_ns + 1]


def test_a_worker_that_learns_too_late_says_so(listening: tuple[Runner, MasterChannel, list[object]]) -> None:
    runner, channel, _ = listening
    runner.say(Word(word="begin", at_ns=now_ns() - 12 * MS))
    with pytest.raises(CannotLoad, match=r"it was late: it learned when the load begins 1\d ms after"):
        channel.begin_ns()


# Tables.


def _part(directory: Path, worker: int) -> Path:
    part = directory / f"part-{worker}"
    part.mkdir()
    return part


def _write(path: Path, table: Table, *lines: str, header: bool = False) -> None:
    with path.joinpath(table.file).open("a") as file:
        file.write("".join(f"{line}\n" for line in ((table.header,) if header else ()) + lines))


def test_what_workers_write_becomes_one_table_while_they_write_it(tmp_path: Path) -> None:
    one, other = _part(tmp_path, 1), _part(tmp_path, 2)
    merger = Merger(tmp_path, [one, other], [TASKS])
    assert not merger.follow()
    _write(one, REQUESTS, "0,a", "2,a", header=True)
    _write(one, ANSWERS, "0,,,,,", "1,x,,,,", header=True)
    assert merger.follow()
    assert (tmp_path / REQUESTS.file).read_text() == f"{REQUESTS.header}\n0,a\n2,a\n"
    assert (tmp_path / ANSWERS.file).read_text() == f"{ANSWERS.header}\n0,,,,,\n1,x,,,,\n"
    _write(other, REQUESTS, "1,b", header=True)
    with (one / REQUESTS.file).open("a") as file:
        file.write("4,")  # the middle of a row
    merger.follow()
    assert (tmp_path / REQUESTS.file).read_text() == f"{REQUESTS.header}\n0,a\n2,a\n1,b\n"
    _write(one, REQUESTS, "a")
    _write(other, ANSWERS, "2,y,,,,", header=True)
    _write(other, TASKS, "1,t", header=True)
    merged = merger.close()
    whole = (tmp_path / REQUESTS.file).read_bytes()
    assert sorted(whole.decode().splitlines()[1:]) == ["0,a", "1,b", "2,a", "4,a"]
    assert (merged.rows, merged.answers, merged.crc32) == (4, 3, zlib.crc32(whole))
    assert merged.parts == tuple(zlib.crc32((part / REQUESTS.file).read_bytes()) for part in (one, other))
    assert (tmp_path / TASKS.file).read_text() == f"{TASKS.header}\n1,t\n"


def test_an_answer_is_there_before_the_request_that_names_it(tmp_path: Path) -> None:
    """A gray is reviewed by what has come so far."""
    parts = [_part(tmp_path, 1)]
    merger = Merger(tmp_path, parts)
    _write(parts[0], ANSWERS, header=True)
    _write(parts[0], REQUESTS, header=True)
    merger.follow()
    _write(parts[0], ANSWERS, "1,x,,,,")
    _write(parts[0], REQUESTS, "0,a,1")
    lines = merger._requests.more()
    for table in merger._others:
        table.copy()
    assert lines == [b"0,a,1\n"]
    assert "1,x,,,," in (tmp_path / ANSWERS.file).read_text()
    assert "0,a,1" not in (tmp_path / REQUESTS.file).read_text()


def test_a_table_that_is_there_already_is_not_added_to(tmp_path: Path) -> None:
    (tmp_path / REQUESTS.file).touch()
    with pytest.raises(FileExistsError):
        Merger(tmp_path, [_part(tmp_path, 1)])


# End markers.


def _end(worker: int, planned: int, **changes: object) -> LoadEnd:
    each = WorkerEnd(
        number=worker + 1,
        process=100 + worker,
        planned=planned,
        sent=planned,
        rows=planned,
        crc32=worker,
        lateness_p99_ms=1.0,
        lateness_max_ms=2.0,
        cpu_s=0.5,
        connections=8,
        realtime=worker == 0,
        timer="timerfd",
        told_before_ns=MS,
    )
    end = LoadEnd(
        planned=planned,
        sent=planned,
        rows=planned,
        crc32=worker,
        answers=2,
        started_ns=10,
        stopped_ns=100 + worker,
        realtime=worker == 0,
        timer="timerfd",
        self_test={"503, GET": "unexpected status"},
        self_test_passed=True,
        workers=2,
        each=(each,),
        wrong_answers=(WrongAnswer(seq=10 - worker, expected="a", saw="b"),),
        reconnects=1,
        ended_by_answers=3,
    )
    return msgspec.structs.replace(end, **changes)


CLOCKS = (Agreement(5, 10), Agreement(-5, 20))


def test_two_end_markers_are_one(tmp_path: Path) -> None:
    ends = (_end(0, 6), _end(1, 5, self_test={"503, GET": "none"}))
    end = combined(an_order(tmp_path, workers=2), ends, CLOCKS, Merged(11, 77, 3, (0, 1)))
    assert (end.planned, end.sent, end.rows, end.crc32, end.answers, end.workers) == (11, 11, 11, 77, 3, 2)
    assert (end.started_ns, end.stopped_ns, end.realtime, end.reconnects) == (10, 101, False, 2)
    assert end.ended_by_answers == 6
    assert [wrong.seq for wrong in end.wrong_answers] == [9, 10]
    assert [(each.clock_ahead_ns, each.clock_within_ns) for each in end.each] == [(5, 10), (-5, 20)]
    assert end.self_test == {"503, GET": "unexpected status", "load worker 2 of 2: 503, GET": "none"}


@pytest.mark.parametrize(
    ("ends", "merged", "message"),
    [
        (
            (_end(0, 6), _end(1, 4)),
            Merged(10, 0, 3, (0, 1)),
            "load worker 1 of 2 did not end with the others: 6 .*, 5 by",
        ),
        ((_end(0, 6), _end(1, 6)), Merged(12, 0, 3, (0, 2)), "load worker 2 of 2 wrote other requests than were read"),
        ((_end(0, 6), _end(1, 6)), Merged(11, 0, 3, (0, 1)), "the workers wrote 12 requests; put together they are 11"),
    ],
)
def test_workers_that_do_not_fit_together_are_named(
    tmp_path: Path, ends: tuple[LoadEnd, ...], merged: Merged, message: str
) -> None:
    with pytest.raises(CannotLoad, match=message):
        combined(an_order(tmp_path, workers=2), ends, CLOCKS, merged)


def _tasks(planned: int, unused: int, **changes: object) -> TasksEnd:
    whole = TasksEnd(
        planned=planned, started=planned, ended=planned, raised=0, outlived=0, users=3, unused_ids=unused, apart=1
    )
    return msgspec.structs.replace(whole, **changes)


def _route(**changes: object) -> RouteFacts:
    return msgspec.structs.replace(
        RouteFacts(name="POST /a", method="POST", weight=0.0, expect=(201,), write=True, effects=("placed",)), **changes
    )


def test_what_tasks_came_to_is_added_up_and_numbers_without_a_row_are_counted(tmp_path: Path) -> None:
    """The first worker gave away numbers 0, 2 ... 18, the other 1, 3 ... 11: of 19 in all, 4 and 4 have no row."""
    first = _end(0, 8, tasks=_tasks(3, 2, errors=(("boom", 2),), notices=("verify",)), routes=(_route(),))
    other = _end(
        1,
        5,
        tasks=_tasks(3, 1, errors=(("boom", 1), ("bang", 1)), notices=("verify",)),
        routes=(_route(expect=(202,), overruled={500: 2}), _route(name="GET /b")),
    )
    end = combined(an_order(tmp_path, workers=2), (first, other), CLOCKS, Merged(13, 0, 3, (0, 1)))
    assert end.tasks == _tasks(6, 19 - 13, users=6, apart=2, errors=(("boom", 3), ("bang", 1)), notices=("verify",))
    assert [route.name for route in end.routes] == ["POST /a", "GET /b"]
    assert (end.routes[0].expect, end.routes[0].overruled) == ((201, 202), {500: 2})


def test_workers_whose_tasks_say_different_things_of_one_request_are_refused(tmp_path: Path) -> None:
    ends = (
        _end(0, 1, tasks=_tasks(1, 0), routes=(_route(),)),
        _end(1, 1, tasks=_tasks(1, 0), routes=(_route(write=False, effects=()),)),
    )
    with pytest.raises(CannotLoad, match="POST /a is a write of"):
        combined(an_order(tmp_path, workers=2), ends, CLOCKS, Merged(2, 0, 3, (0, 1)))


def test_how_far_workers_are_is_added_up() -> None:
    each = [
        Progress(phase="loading", due=5, sent=4, done=3, failed=2, writes=1, p99_ms=7.0),
        Progress(phase="finishing", due=5, sent=5, done=5, failed=0, writes=2, p99_ms=9.0),
    ]
    assert told_by_all("loading", each) == Progress(
        phase="loading", due=10, sent=9, done=8, failed=2, writes=3, p99_ms=9.0
    )
