"""Check refused: a new version that is refused is not to be released, and what had begun is rolled back."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import Verdict
from conformance.record import events
from conformance.record.contract import BatchFacts, PlanNode
from conformance.record.schema import HopAnswer
from conformance.vocabulary import Refuser
from tests.judge.handmade import MS, Handmade
from tests.judge.healthy import made, starved


def refused(*, rolled_back: bool = True, by: Refuser = Refuser.NOBODY) -> Handmade:
    """After its first batch the new version is refused; what is step 3 elsewhere rolls that batch back."""
    record = made()
    service = record.service
    first, second = record.contract.release.batches
    undo = BatchFacts(step="R1", title="Roll back: Batch 1 of 2", instances=(f"{service}-01",))
    record.release(batches=(first, msgspec.structs.replace(second, step="9")), undo=(undo,))
    record.plan = [_as_undo(node) for node in record.plan]
    record.events = [_as_undo_event(event) for event in record.events]
    why = "3 of 900 requests failed while the gray served\nand its last words"
    record.events.append(events.Refused(at_ns=645 * MS, step="2", why=why, by=by))
    if not rolled_back:
        record.events = [
            e for e in record.events if not (isinstance(e, events.StepBegan | events.StepEnded) and e.step == "R1")
        ]
    return record


def _as_undo(node: PlanNode) -> PlanNode:
    if not node.number.startswith("3"):
        return node
    title = "Roll back: Batch 1 of 2" if node.number == "3" else node.title
    children = tuple(_as_undo(child) for child in node.children)
    return msgspec.structs.replace(
        node, number=f"R1{node.number[1:]}", title=title, children=children, undo="." not in node.number
    )


def _as_undo_event(event: events.Event) -> events.Event:
    return msgspec.structs.replace(event, step=f"R1{event.step[1:]}") if event.step.startswith("3") else event


def test_passes_where_nobody_refused_it(tmp_path: Path) -> None:
    assert made().findings("refused", tmp_path) == []


def test_fails_on_a_version_that_was_refused_and_says_why(tmp_path: Path) -> None:
    (found,) = refused().findings("refused", tmp_path)
    assert (found.verdict, found.finding, found.step) == (Verdict.NO_GO, "refused", "Batch 1 of 2")
    assert found.message == (
        "v2 was refused at 0.6 s: 3 of 900 requests failed while the gray served; "
        "1 instance rolled back, 0 of 12 requests lost in all"
    )
    assert found.detail == ("and its last words",)


def test_what_was_lost_by_then_is_counted(tmp_path: Path) -> None:
    record = refused()
    record.fail(5)
    record.fail(6)
    (found,) = record.findings("refused", tmp_path)
    assert "2 of 12 requests lost in all" in found.message


def test_lacks_evidence_where_nothing_shows_that_it_was_rolled_back(tmp_path: Path) -> None:
    found = refused(rolled_back=False).findings("refused", tmp_path)
    assert [(one.finding, one.verdict) for one in found] == [
        ("refused", Verdict.NO_GO),
        ("rollback not proved", Verdict.INCONCLUSIVE),
    ]
    assert found[1].message == "nothing proves that 1 instance was rolled back"
    assert "; whether 1 instance was rolled back is not proved, 0 of 12 requests" in found[0].message


def test_a_rollback_that_failed_is_not_told_as_one_that_was_done(tmp_path: Path) -> None:
    record = refused()
    _failed(record, "R1")
    found = record.findings("refused", tmp_path)
    assert "; rolling back 1 instance failed, 0 of 12 requests" in found[0].message
    assert found[1].message == "nothing proves that 1 instance was rolled back"


def test_a_rollback_is_not_told_as_done_where_nothing_proves_the_end_of_what_was_new(tmp_path: Path) -> None:
    record = refused()
    record.without(events.Exited, "orders-02.1")
    found = record.findings("refused", tmp_path)
    assert "whether 1 instance was rolled back is not proved" in found[0].message


def test_several_that_nothing_proves_to_be_rolled_back_are_told_in_the_plural(tmp_path: Path) -> None:
    record = refused(rolled_back=False)
    first, second = record.contract.release.batches
    both = ("orders-01", "orders-02")
    record.release(batches=(msgspec.structs.replace(first, instances=both), second))
    found = record.findings("refused", tmp_path)
    assert found[1].message == "nothing proves that 2 instances were rolled back"
    assert "whether 2 instances were rolled back is not proved" in found[0].message


def test_every_instance_on_which_the_step_failed_is_named_beside_the_first(tmp_path: Path) -> None:
    record = refused()
    (first,) = [event for event in record.events if isinstance(event, events.Refused)]
    said = {"orders-01": first.why, "orders-02": "orders-02.2 ended\nits log"}
    said |= {f"orders-0{n}": "404" for n in range(3, 9)}
    record.events += [_not_done(name, "2", why) for name, why in said.items()]
    record.events.append(_not_done("orders-09", "1", "in another step"))
    (found,) = record.findings("refused", tmp_path)
    assert found.detail == (
        "and its last words",
        "also orders-02.2 ended",
        *(f"also orders-0{n}: 404" for n in range(3, 7)),
        "and 2 more in this step",
    )


def test_so_is_every_one_on_which_rolling_back_failed(tmp_path: Path) -> None:
    record = refused()
    _failed(record, "R1")
    record.events.append(_not_done("orders-02", "R1", "404"))
    (found,) = [one for one in record.findings("steps", tmp_path) if one.finding == "step failed"]
    assert found.detail == ("also orders-02: 404",)


def _failed(record: Handmade, step: str) -> None:
    record.events = [
        msgspec.structs.replace(event, outcome="failed", saw="not within 30 s")
        if isinstance(event, events.StepEnded) and event.step == step
        else event
        for event in record.events
    ]


def _not_done(name: str, step: str, why: str) -> events.Event:
    return events.InstanceFailed(at_ns=640 * MS, step=step, service="orders", instance=name, incarnation="", why=why)


def test_lacks_evidence_where_the_release_went_on(tmp_path: Path) -> None:
    record = refused()
    record.events = [
        msgspec.structs.replace(e, at_ns=200 * MS) if isinstance(e, events.Refused) else e for e in record.events
    ]
    found = record.findings("refused", tmp_path)
    assert found[-1].message == "a batch began after the new version had been refused"


def test_a_release_that_was_refused_is_not_held_to_what_it_rightly_did_not_do(tmp_path: Path) -> None:
    """Its further batches never began; nobody may call that a step that was not proved."""
    judgement = refused().judged(tmp_path)
    assert not any("never began" in one.message for one in judgement.findings)
    assert not any(one.check == "evidence" for one in judgement.findings)
    assert judgement.verdict is Verdict.NO_GO


@pytest.mark.parametrize(
    ("by", "verdict"),
    {
        "the record": Verdict.INCONCLUSIVE,
        "time": Verdict.INCONCLUSIVE,
        "the ledger": Verdict.NO_GO,
        "a person": Verdict.NO_GO,
        "its end": Verdict.NO_GO,
        "": Verdict.NO_GO,
    }.items(),
)
def test_lacks_evidence_where_it_was_late_or_slow_on_a_machine_without_a_processor_to_spare(
    tmp_path: Path, by: Refuser, verdict: Verdict
) -> None:
    """Not where a person said no, writes are wrong, it ended by itself, or nobody says what it was."""
    record = refused(by=by)
    record.events.append(starved(300, 600))
    (found,) = record.findings("refused", tmp_path)
    excused = verdict is Verdict.INCONCLUSIVE
    assert (found.verdict, found.finding, found.starved) == (verdict, "refused", excused)
    said = "requests lost in all; the machine was CPU-starved meanwhile"
    assert found.message.endswith(said) is excused


@pytest.mark.parametrize(("from_ms", "until_ms"), [(0, 440), (460, 900)])
@pytest.mark.parametrize("by", ["the record", "time"])
def test_fails_where_it_had_some_for_more_than_half_of_the_batch(
    tmp_path: Path, by: Refuser, from_ms: int, until_ms: int
) -> None:
    """The batch began at 250 ms, and the new version was refused at 645 ms."""
    record = refused(by=by)
    record.events.append(starved(from_ms, until_ms))
    assert [one.verdict for one in record.findings("refused", tmp_path)] == [Verdict.NO_GO]


@pytest.mark.parametrize(
    ("errors", "verdict"),
    [
        (("timeout before answer", "timeout before answer"), Verdict.INCONCLUSIVE),
        (("timeout before answer", "connect refused"), Verdict.NO_GO),
    ],
)
def test_requests_that_failed_by_then_speak_against_it_unless_all_of_them_only_came_late(
    tmp_path: Path, errors: tuple[str, str], verdict: Verdict
) -> None:
    """However short that was: request 5 lasts from 510 to 520 ms, request 6 from 610 to 620 ms."""
    record = refused(by=Refuser.REQUESTS)
    for seq, error in zip((5, 6), errors, strict=True):
        record.fail(seq, hops=[HopAnswer("storefront->orders", "orders-02", "orders-02.1", 0, error)])
    record.events += [starved(505, 525), starved(605, 625)]
    (found,) = record.findings("refused", tmp_path)
    assert found.verdict is verdict


def test_lacks_evidence_where_the_gray_was_met_too_seldom_to_be_confirmed(tmp_path: Path) -> None:
    """Nothing spoke against the new version: there was not enough to speak for it."""
    (found,) = refused(by=Refuser.TRAFFIC).findings("refused", tmp_path)
    assert (found.verdict, found.finding, found.starved) == (Verdict.INCONCLUSIVE, "refused", False)


def test_a_refused_act_speaks_of_the_release_and_a_starved_machine_may_explain_it(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    record = refused(by=Refuser.ACT)
    (found,) = record.findings("refused", tmp_path)
    assert (found.verdict, found.message.partition(" at ")[0]) == (Verdict.NO_GO, "the release was refused")
    record.events.append(starved(300, 700))
    (found,) = record.findings("refused", tmp_path / "again")
    assert found.verdict is Verdict.INCONCLUSIVE


def test_what_failed_afterwards_spoke_against_nobody(tmp_path: Path) -> None:
    record = refused(by=Refuser.REQUESTS)
    record.fail(9, hops=[HopAnswer("storefront->orders", "orders-02", "orders-02.1", 0, "connect refused")])
    record.events.append(starved(300, 600))
    (found,) = record.findings("refused", tmp_path)
    assert found.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("by", "at_ms", "verdict"),
    [
        (Refuser.TIMEOUT, 640, Verdict.INCONCLUSIVE),
        (Refuser.ACT, 640, Verdict.INCONCLUSIVE),
        (Refuser.COMMAND, 640, Verdict.INCONCLUSIVE),
        (Refuser.TIMEOUT, 1, Verdict.NO_GO),
        (Refuser.TIMEOUT, 650, Verdict.NO_GO),
        (Refuser.REQUESTS, 640, Verdict.NO_GO),
        (Refuser.OPERATOR, 640, Verdict.NO_GO),
    ],
)
def test_a_server_in_trouble_since_the_batch_began_excuses_a_wait_in_vain(
    tmp_path: Path, by: Refuser, at_ms: int, verdict: Verdict
) -> None:
    """A registry that has ended lets no version become ready: that says nothing of this one."""
    record = refused(by=by)
    record.events.append(events.Trouble(at_ns=at_ms * MS, step="", what="nacos has ended\nits last words"))
    (found,) = record.findings("refused", tmp_path)
    assert found.verdict is verdict
    assert ("before that, at 0.6 s: nacos has ended" in found.detail) is (verdict is Verdict.INCONCLUSIVE)
