"""Workers on other machines, whose clocks are others: the record is the one that a single process would have made."""

import os
import signal
import zlib
from pathlib import Path

import msgspec
import psutil
import pytest

from conformance.load.process import LoadFailed
from conformance.load.schedule import Schedule
from conformance.load.spec import WorkerPlace
from conformance.load.workers.clocks import Agreement, worse
from conformance.load.workers.frames import Frame, Frames, Kind, packed
from conformance.record import files
from conformance.record.schema import ANSWERS, REQUESTS
from conformance.run.waiting import until
from tests.load.honest import HonestServer
from tests.load.outposts import other_clocks, place
from tests.load.specs import an_order
from tests.load.test_workers import WITHIN_S, loading, rows_of

HOUR_S = 3600


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders of other machines."""
    return tmp_path_factory.mktemp("elsewhere")


def _places(elsewhere: Path) -> tuple[WorkerPlace, ...]:
    """One with this machine's clock, and one, where the kernel allows it, an hour ahead."""
    return place(elsewhere, "here"), place(elsewhere, "an hour ahead", HOUR_S if other_clocks() else 0)


def test_the_record_goes_by_one_clock_wherever_the_workers_are(tmp_path: Path, elsewhere: Path) -> None:
    spec = an_order(tmp_path, workers=2, places=_places(elsewhere))
    with HonestServer() as server:
        spec = msgspec.structs.replace(spec, port=server.port)
        with loading(spec, 1_000) as (load, _):
            end = load.stop(WITHIN_S)
    assert [own for folder in elsewhere.iterdir() for own in folder.iterdir()] == [], "and nothing is left there"
    schedule, rows = Schedule(msgspec.structs.replace(spec, workers=1)), rows_of(spec)
    assert sorted(int(row["seq"]) for row in rows) == list(range(end.planned))
    for row in rows:
        turn = schedule.turn(int(row["seq"]))
        due_ns, sent_ns, done_ns = (int(row[name]) for name in ("due_ns", "sent_ns", "done_ns"))
        assert due_ns == end.started_ns + schedule.due_ns(turn.seq)
        assert due_ns <= sent_ns < done_ns < due_ns + 5_000_000_000
    assert {row["error"] for row in rows} == {""}
    assert sum(server.arrivals[f"run1-{int(row['seq']):08x}"] for row in rows) == len(rows) == end.rows
    assert end.crc32 == zlib.crc32((tmp_path / REQUESTS.file).read_bytes())
    assert end.answers == len(rows_of(spec, ANSWERS.file))
    assert [each.place for each in end.each] == ["here", "an hour ahead"]
    for each in end.each:
        assert 0 < each.told_before_ns <= 600_000_000
        assert abs(each.clock_ahead_ns) <= each.clock_within_ns + 1_000_000


def _outposts(liaison: psutil.Process) -> list[psutil.Process]:
    """What it has started, the worker last."""
    return sorted(liaison.children(recursive=True), key=lambda one: one.create_time())


def test_a_worker_that_is_lost_elsewhere_is_named_by_its_place(tmp_path: Path, elsewhere: Path) -> None:
    with HonestServer() as server:
        spec = an_order(tmp_path, server.port, workers=2, places=(place(elsewhere, "here"), place(elsewhere, "there")))
        with loading(spec, 100) as (load, liaisons):
            started = [one for liaison in liaisons for one in _outposts(liaison)]
            os.kill(_outposts(liaisons[1])[-1].pid, signal.SIGKILL)
            lost = r"load worker 2 of 2 \(there\) was lost in phase loading: ended by SIGKILL"
            with pytest.raises(LoadFailed, match=lost):
                until("never", load.progress, within_s=WITHIN_S, accept=lambda _: False)
            _, left = psutil.wait_procs([*liaisons, *started], 10)
            assert left == [], "nobody is left anywhere"
    assert not (tmp_path / files.LOAD).exists()


@pytest.mark.profile("extended")
@pytest.mark.parametrize(
    ("signal_name", "told"),
    [
        ("SIGKILL", r"was lost in phase loading: ended with exit code 1; its last words: the way to it ended"),
        ("SIGSTOP", r"has been silent for 5.* in phase loading"),
    ],
)
def test_an_outpost_that_is_lost_or_silent_is_told(
    tmp_path: Path, elsewhere: Path, signal_name: str, told: str
) -> None:
    with HonestServer() as server:
        spec = an_order(tmp_path, server.port, workers=2, places=(place(elsewhere, "here"), place(elsewhere, "there")))
        with loading(spec, 100) as (load, liaisons):
            there = _outposts(liaisons[1])
            os.kill(there[0].pid, signal.Signals[signal_name])
            with pytest.raises(LoadFailed, match=rf"load worker 2 of 2 \(there\) {told}"):
                until("never", load.progress, within_s=WITHIN_S, accept=lambda _: False)
            for one in filter(psutil.Process.is_running, there):
                one.kill()  # who was stopped hears of no end; without its outpost a worker goes on until the load's end


@pytest.mark.profile("extended")
def test_a_place_where_nothing_answers_ends_the_load_before_its_first_request(tmp_path: Path, elsewhere: Path) -> None:
    nowhere = WorkerPlace(name="nowhere", command=("sh", "-c", "echo no such pod >&2"))
    with HonestServer() as server:
        spec = an_order(tmp_path, server.port, workers=2, places=(place(elsewhere, "here"), nowhere))
        lost = r"2 of 2 \(nowhere\) was lost in phase self-test: ended with exit code 1; its last words: no such pod"
        with pytest.raises(LoadFailed, match=lost), loading(spec, 1):
            pass
    assert not server.arrivals


@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_frames_are_what_was_packed_in_whatever_pieces_they_come(size: int) -> None:
    sent = [Frame(Kind.CLOCK, 3, b""), Frame(Kind.TABLE, 0, b"x" * 2_000), Frame(Kind.ENDED, -9, b"")]
    stream, frames = b"".join(packed(*one) for one in sent), Frames()
    pieces = (stream[start : start + size] for start in range(0, len(stream), size))
    assert [frame for piece in pieces for frame in frames.of(piece)] == sent


def test_of_two_looks_at_a_clock_the_worse_one_counts() -> None:
    assert worse(Agreement(0, 400_000), Agreement(-900_000, 100_000)) == Agreement(-900_000, 100_000)
