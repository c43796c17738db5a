"""Check gray_share: a gray release exposes the share that it promised."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import Finding, Verdict
from conformance.record import events
from tests.judge.handmade import MS, Handmade, request_id
from tests.judge.healthy import made


def _gray(new: int, old: int) -> Handmade:
    """A gray release of one of two, with this many calls on each version between 470 ms and 640 ms."""
    record = made()
    record.gray()
    record.executions = [row for row in record.executions if row["service"] != "orders"]
    row = record.executions[0] | {
        "service": "orders",
        "version": "v1",
        "end_ns": 640 * MS,
        "request_id": request_id(999),
    }
    for incarnation, calls in (("orders-01.2", new), ("orders-02.1", old)):
        record.executions += [
            row | {"incarnation": incarnation, "start_ns": (470 + index % 170) * MS} for index in range(calls)
        ]
    return record


def _only(record: Handmade, tmp_path: Path) -> Finding:
    (found,) = record.findings("gray_share", tmp_path)
    assert found.step == "Batch 1 of 2"
    return found


@pytest.mark.parametrize(("new", "old"), [(50, 50), (40, 60), (500, 500), (0, 12)])
def test_passes_where_chance_may_have_made_the_difference(tmp_path: Path, new: int, old: int) -> None:
    assert _gray(new, old).findings("gray_share", tmp_path) == []


@pytest.mark.parametrize(("new", "old"), [(100, 20), (20, 100), (0, 100), (100, 0)])
def test_fails_on_a_share_that_chance_does_not_give(tmp_path: Path, new: int, old: int) -> None:
    found = _only(_gray(new, old), tmp_path)
    assert (found.verdict, found.finding) == (Verdict.NO_GO, "gray share")
    share = f"{new / (new + old):.1%}"
    assert found.message == (
        f"{new} of {new + old} calls ({share}) went to the new version (0.5-0.7 s); 50% was promised"
    )


def test_lacks_evidence_where_hardly_anything_was_called(tmp_path: Path) -> None:
    found = _only(_gray(0, 1), tmp_path)
    assert (found.verdict, found.finding) == (Verdict.INCONCLUSIVE, "too little evidence")


def test_lacks_evidence_where_nobody_saw_the_new_version_listed(tmp_path: Path) -> None:
    record = _gray(50, 50)
    record.without(events.Listed)
    record.without(events.Registered)
    assert _only(record, tmp_path).verdict is Verdict.INCONCLUSIVE


def test_batches_promise_no_share(tmp_path: Path) -> None:
    record = _gray(100, 0)
    batches = tuple(msgspec.structs.replace(batch, gray=False) for batch in record.contract.release.batches)
    record.release(strategy="2 batches of 1 and 1", batches=batches)
    assert record.findings("gray_share", tmp_path) == []


@pytest.mark.parametrize(("new", "verdict"), [(10, None), (40, Verdict.NO_GO)])
def test_weights_promise_a_share_of_their_own(tmp_path: Path, new: int, verdict: Verdict | None) -> None:
    record = _gray(new, 190)
    record.gray(by="weights", share=0.05)
    assert [found.verdict for found in record.findings("gray_share", tmp_path)] == ([verdict] if verdict else [])


@pytest.mark.parametrize(("new", "verdict"), [(20, None), (60, Verdict.NO_GO), (100, Verdict.NO_GO)])
def test_a_share_of_the_users_is_counted_by_users(tmp_path: Path, new: int, verdict: Verdict | None) -> None:
    """Two hundred users ask once each; so many of them meet the new version."""
    record = _gray(0, 0)
    record.gray(by="users", share=0.1)
    record.load_facts(users=200)
    row = record.executions[0] | {"service": "orders", "end_ns": 640 * MS, "start_ns": 500 * MS}
    record.executions += [
        row | {"request_id": request_id(200 + user), "incarnation": "orders-01.2" if user < new else "orders-02.1"}
        for user in range(200)
    ]
    found = record.findings("gray_share", tmp_path)
    assert [one.verdict for one in found] == ([verdict] if verdict else [])
    assert all(f"{new} of 200 users" in one.message for one in found)


def test_a_mark_promises_no_share(tmp_path: Path) -> None:
    record = _gray(100, 0)
    record.gray(by="mark", share=0.1)
    assert record.findings("gray_share", tmp_path) == []


@pytest.mark.parametrize(
    ("by", "untested"),
    [(None, set()), ("instances", {"gray_share"}), ("mark", {"lanes"}), ("users", {"gray_share", "lanes"})],
)
def test_without_executions_what_the_release_has_of_a_gray_is_untested_and_nothing_else(
    tmp_path: Path, by: str | None, untested: set[str]
) -> None:
    """Batches have no gray, and one that chance alone gives is meant for nobody: what is not there is not untested."""
    record = made()
    record.undeclare("executions")
    record.executions.clear()
    if by is not None:
        record.gray(by=by, share=0.5)
    judgement = record.judged(tmp_path)
    about = {line.partition(":")[0]: line for line in judgement.untested if line.startswith(("gray_share", "lanes"))}
    assert about == {name: f"{name}: orders does not declare executions" for name in untested}
    assert not untested.intersection(judgement.passed)


def test_of_a_plain_entry_the_slbs_lines_tell_the_share(tmp_path: Path) -> None:
    """It declares nothing: requests 5 and 6 were for both versions, and two calls are too few for anything else."""
    record = made("storefront")
    record.gray()
    record.undeclare("executions")
    record.executions = [row for row in record.executions if row["service"] != "storefront"]
    assert record.findings("gray_share", tmp_path / "enough") == []
    record.thresholds(incarnation_answers=2)
    assert _only(record, tmp_path / "thirsty").message.startswith("2 calls while the gray served")
