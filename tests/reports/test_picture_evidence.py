"""Where a run proves nothing the picture is hatched; and a record that cannot be believed yields one all the same."""

import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from conformance.judge.judge import judge
from conformance.judge.model import Finding, Judgement, Verdict
from conformance.record import events, files
from conformance.vocabulary import FindingKind
from reports.picture import draw
from reports.picture.data import BandKind, Span
from reports.picture.look import look_at_remains
from tests.judge.handmade import MS, Handmade
from tests.judge.healthy import starved
from tests.judgements import judgement
from tests.reports.pictured import SVG, drawn, parsed, seen, told, words
from tests.reports.releases import Release

LACKING = Finding(
    check="evidence", finding=FindingKind.TOO_LITTLE_EVIDENCE, verdict=Verdict.INCONCLUSIVE, message="too little"
)


def _two() -> Handmade:
    return Release(4, (2, 2)).batch(0).batch(1).verify().record()


def _stretches(record: Handmade, directory: Path, judged: Judgement) -> list[tuple[float, float, str]]:
    """In seconds, with the reason."""
    return [
        (one.span.began_ns / 1e9, one.span.ended_ns / 1e9, one.why) for one in seen(record, directory, judged).blind
    ]


def test_a_run_with_all_its_evidence_has_no_hatching(tmp_path: Path) -> None:
    assert _stretches(_two(), tmp_path / "run", judgement()) == []


@pytest.mark.parametrize("verdict", list(Verdict))
def test_the_seconds_in_which_the_load_broke_off_are_hatched_whatever_the_verdict(
    tmp_path: Path, verdict: Verdict
) -> None:
    record = _two()
    for row in record.requests[500:650]:
        row |= {"error": "not sent", "sent_ns": 0, "first_ns": 0, "done_ns": 0, "status": 0}
    judged = judgement(verdict=verdict)
    assert _stretches(record, tmp_path / "run", judged)[0] == (5.0, 7.0, "the load sent 25% of its requests in time")
    lines = told(drawn(record, tmp_path / "drawn", judged))
    assert "No evidence here\nthe load sent 25% of its requests in time" in lines


def test_requests_that_were_sent_late_are_no_evidence_either(tmp_path: Path) -> None:
    record = _two()
    for row in record.requests[500:600]:
        row["sent_ns"] = int(row["due_ns"]) + 600 * MS
    assert [one[:2] for one in _stretches(record, tmp_path / "run", judgement())] == [(5.0, 6.0)]


def test_where_the_release_went_on_without_load_it_is_hatched(tmp_path: Path) -> None:
    record = _two()
    record.requests = record.requests[:700]
    (stretch,) = _stretches(record, tmp_path / "run", judgement())
    assert stretch[0] == pytest.approx(6.99)
    assert stretch[2] == "no request was due any more"


def test_a_request_that_fails_after_the_last_step_is_no_lack_of_evidence(tmp_path: Path) -> None:
    assert _stretches(_two(), tmp_path / "run", judgement(error_window_ns=(3_000 * MS, 20_000 * MS))) == []


def test_without_a_single_request_all_of_it_is(tmp_path: Path) -> None:
    record = _two()
    record.requests, record.identities = [], {}
    assert [one[2] for one in _stretches(record, tmp_path / "run", judgement())] == ["no request was recorded"]
    assert "not shown" in words(drawn(record, tmp_path / "drawn", judgement()))


def test_a_finding_is_hatched_at_its_time_else_at_its_step_else_everywhere(tmp_path: Path) -> None:
    timed = msgspec.structs.replace(LACKING, first_ns=3_000 * MS, last_ns=3_500 * MS, step="Batch 1 of 2")
    stepped = msgspec.structs.replace(LACKING, step="Batch 2 of 2")
    assert _stretches(_two(), tmp_path / "a", judgement(timed)) == [(3.0, 3.5, "too little evidence")]
    assert _stretches(_two(), tmp_path / "b", judgement(stepped)) == [(6.0, 10.0, "too little evidence")]
    assert _stretches(_two(), tmp_path / "c", judgement(LACKING)) == [(0.0, 10.999, "too little evidence")]
    loss = Finding(check="writes", finding=FindingKind.PARTIAL_WRITE, verdict=Verdict.NO_GO, message="one")
    assert _stretches(_two(), tmp_path / "d", judgement(loss, timed)) == []


def test_stretches_that_overlap_are_one_with_both_reasons(tmp_path: Path) -> None:
    one = msgspec.structs.replace(LACKING, first_ns=3_000 * MS, last_ns=4_000 * MS)
    other = msgspec.structs.replace(one, finding=FindingKind.LEFT_ROTATION, first_ns=3_500 * MS, last_ns=5_000 * MS)
    found = _stretches(_two(), tmp_path / "run", judgement(one, other))
    assert found == [(3.0, 5.0, "too little evidence; left rotation")]


def _cut(directory: Path) -> Path:
    """The record of a run that was cut off while its events were being written."""
    _two().write(directory)
    (directory / files.END).unlink()
    (directory / files.ENVIRONMENT).unlink()
    lines = (directory / files.EVENTS).read_bytes()
    (directory / files.EVENTS).write_bytes(lines[: len(lines) * 2 // 3])
    return directory


def test_a_run_that_was_cut_off_is_told_as_far_as_it_came(tmp_path: Path) -> None:
    directory = _cut(tmp_path / "run")
    picture = look_at_remains(directory, judge(directory), "it was cut off")
    assert [band.title for band in picture.bands][:2] == ["Baseline: v1 answers under load", "Batch 1 of 2"]
    assert picture.cut_ns == picture.whole.ended_ns < 11_000 * MS
    assert [one.span for one in picture.blind] == [picture.whole]
    lines = words(parsed(draw(directory, judge(directory))))
    assert {"INCONCLUSIVE", "No evidence here", "orders-04", "serving v1", "not shown"} <= set(lines)
    assert f"missing: {files.ENVIRONMENT}, {files.END}" in lines


def test_a_record_that_was_changed_after_it_was_judged_proves_nothing(tmp_path: Path) -> None:
    _two().write(tmp_path / "run")
    good = judgement(headline="0 of 1,100 requests failed")
    path = tmp_path / "run" / "requests.csv"
    path.write_bytes(path.read_bytes().replace(b"GET", b"PUT", 1))
    lines = told(parsed(draw(tmp_path / "run", good)))
    assert "requests.csv of run is not what was sealed: its checksum differs" in lines.replace("\n", " ")
    assert "none in the whole run" not in lines


def _empty(directory: Path) -> None:
    for path in directory.iterdir():
        path.unlink()


def _folder(directory: Path) -> None:
    (directory / files.EVENTS).unlink()
    (directory / files.EVENTS).mkdir()


STRANGER = b'{"event":"Ready","at_ns":5,"step":"","service":"x","instance":"y","incarnation":"z"}\n'
FAR_AWAY = b'{"event":"StepBegan","at_ns":4611686018427387904,"step":"1","title":"Baseline"}\n'
DAMAGE: dict[str, Callable[[Path], object]] = {
    "no directory": shutil.rmtree,
    "an empty directory": _empty,
    "no contract": lambda run: (run / files.CONTRACT).unlink(),
    "a contract of another kind": lambda run: (run / files.CONTRACT).write_text('{"schema": "other/9", "run": []}'),
    "garbage for events": lambda run: (run / files.EVENTS).write_bytes(bytes(range(256)) * 40),
    "events of nobody": lambda run: (run / files.EVENTS).write_bytes(STRANGER),
    "times beyond measure": lambda run: (run / files.EVENTS).write_bytes(FAR_AWAY),
    "a plan that is no plan": lambda run: (run / files.PLAN).write_text('[{"number": 1}]'),
    "a folder in a file's place": _folder,
}


@pytest.mark.parametrize("name", DAMAGE)
def test_whatever_is_wrong_with_a_record_there_is_a_picture_that_says_so(tmp_path: Path, name: str) -> None:
    directory = _two().write(tmp_path / "run")
    DAMAGE[name](directory)
    judged = judge(directory)
    assert judged.verdict is Verdict.INCONCLUSIVE
    root = parsed(draw(directory, judged))
    assert {"INCONCLUSIVE", "No evidence here"} <= set(words(root))
    strokes = [element for element in root.iter(f"{SVG}path") if (element.get("d") or "").count("M") > 30]
    assert strokes, "it is hatched"


def test_even_if_what_is_left_cannot_be_drawn_there_is_a_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr("reports.picture.look_at_remains", fail)
    judged = judge(tmp_path / "run")
    lines = words(parsed(draw(tmp_path / "run", judged)))
    assert {"INCONCLUSIVE", "No evidence here"} <= set(lines)


def test_steps_are_told_by_what_they_are_to_the_release(tmp_path: Path) -> None:
    record = Release(4, (2, 2)).batch(0).refuse("too slow").undo(0).verify().record()
    bands = seen(record, tmp_path / "run").bands
    kinds = [BandKind.LOOK, BandKind.BATCH, BandKind.LOOK, BandKind.UNDO, BandKind.LOOK]
    assert [band.kind for band in bands] == kinds
    assert [band.failed for band in bands] == [False, False, True, False, False]
    root = drawn(record, tmp_path / "drawn")
    assert "Roll back: Batch 1" in words(root)
    assert any("too slow" in (element.text or "") for element in root.iter(f"{SVG}title"))


def test_a_fault_is_told_from_a_look(tmp_path: Path) -> None:
    record = Release(4, (2, 2)).batch(0).verify().batch(1).record()
    record.events.append(events.ServerStopped(at_ns=6_100 * MS, step="3.1", server="registry"))
    assert [band.kind for band in seen(record, tmp_path / "run").bands][2] is BandKind.FAULT


def test_the_time_without_a_processor_to_spare_is_shown_and_explained_whatever_the_verdict(tmp_path: Path) -> None:
    record = _two()
    assert "no processor to spare" not in words(drawn(record, tmp_path / "without"))
    record.events += [starved(3_000, 5_000), starved(9_000, 60_000)]
    picture = seen(record, tmp_path / "run")
    assert picture.starved == (Span(3_000 * MS, 5_000 * MS), Span(9_000 * MS, picture.whole.ended_ns))
    assert picture.blind == ()
    root = drawn(record, tmp_path / "drawn")
    assert "no processor to spare" in words(root)
    titles = [element.text for element in root.iter(f"{SVG}title")]
    assert titles.count("the machine was CPU-starved") == 2


def test_a_pause_is_shown_with_its_reason_and_one_without_an_end_lasts_until_the_end(tmp_path: Path) -> None:
    record = _two()
    record.events += [
        events.Halted(at_ns=3_000 * MS, step="2", why="paused by a person"),
        events.Resumed(at_ns=5_000 * MS, step="2"),
        events.Halted(at_ns=9_000 * MS, step="3", why="the registry does not answer"),
    ]
    picture = seen(record, tmp_path / "run")
    assert [one.span for one in picture.pauses] == [
        Span(3_000 * MS, 5_000 * MS),
        Span(9_000 * MS, picture.whole.ended_ns),
    ]
    assert "paused by a person" in words(drawn(record, tmp_path / "drawn"))
