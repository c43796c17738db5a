"""Who lost requests to whom, and the first one that was lost, hop by hop."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.judge import judge
from conformance.judge.model import HopSeen
from conformance.record import events
from conformance.record.schema import HopAnswer
from tests.judge.handmade import MS, Handmade, request_id
from tests.judge.healthy import made


def _refused(caller_of: str = "orders-01.1", hop: str = "storefront->orders") -> HopAnswer:
    return HopAnswer(hop, caller_of.partition(".")[0], caller_of, 0, "connect refused")


def test_a_run_that_lost_nothing_has_none(tmp_path: Path) -> None:
    judged = made().judged(tmp_path / "run")
    assert (judged.losses, judged.first_loss) == ((), None)


def test_what_failed_before_the_release_began_is_none_of_its_losses(tmp_path: Path) -> None:
    record = made()
    record.fail(0)
    record.fail(5)
    judged = record.judged(tmp_path / "run")
    assert sum(loss.count for loss in judged.losses) == 1
    assert judged.first_loss is not None
    assert judged.first_loss.request == request_id(5)


def test_the_first_is_the_one_that_was_first_seen_to_fail(tmp_path: Path) -> None:
    """Request 3 is held: it is due before request 4 and fails after it would."""
    record = made()
    record.fail(3)
    record.requests[3] |= {"done_ns": 480 * MS}
    record.fail(4)
    judged = record.judged(tmp_path / "run")
    assert judged.first_loss is not None
    assert (judged.first_loss.request, judged.first_loss.took_ns) == (request_id(4), 10 * MS)


@pytest.mark.parametrize(
    ("hops", "caller", "callee"),
    [
        ([_refused()], "storefront-01", "orders-01"),
        (
            [
                HopAnswer("storefront->orders", "orders-02", "orders-02.1", 502, ""),
                _refused("inventory-01.1", "orders->inventory"),
            ],
            "orders-02",
            "inventory-01",
        ),
        (
            [_refused(), HopAnswer("storefront->orders", "orders-02", "orders-02.1", 500, "")],
            "storefront-01",
            "orders-02",
        ),
        ([], "slb", "storefront-01"),
    ],
    ids=["to the middle", "to the leaf", "to the second that was tried", "to the entry"],
)
def test_the_caller_is_the_one_before_the_hop_that_failed(
    hops: list[HopAnswer], caller: str, callee: str, tmp_path: Path
) -> None:
    record = made()
    record.fail(5, hops=hops)
    (loss,) = record.judged(tmp_path / "run").losses
    assert (loss.caller, loss.instance, loss.count) == (caller, callee, 1)


def test_the_largest_loss_comes_first_with_each_error_counted(tmp_path: Path) -> None:
    record = made()
    record.fail(4, hops=[HopAnswer("storefront->orders", "orders-02", "orders-02.1", 500, "")])
    for seq, error in ((5, "connect refused"), (6, "eof before answer"), (8, "connect refused")):
        record.fail(seq, hops=[HopAnswer("storefront->orders", "orders-01", "orders-01.2", 0, error)])
    first, second = record.judged(tmp_path / "run").losses
    assert (first.count, first.errors) == (3, (("connect refused", 2), ("eof before answer", 1)))
    assert (second.instance, second.errors) == ("orders-02", (("status 500", 1),))


def _end(record: Handmade, folder: Path) -> HopSeen:
    record.fail(5, hops=[_refused()])
    first = record.judged(folder).first_loss
    assert first is not None
    assert [hop.who for hop in first.hops] == ["client", "SLB", "storefront-01.1", "orders-01.1"]
    return first.hops[-1]


def test_the_last_hop_tells_how_its_instance_ended(tmp_path: Path) -> None:
    seen = _end(made(), tmp_path / "run")
    assert (seen.version, seen.status, seen.error) == ("v1", 0, "connect refused")
    assert seen.end == "SIGTERM at 0.4 s with 1 write in flight"


def test_one_that_had_to_be_killed_says_so(tmp_path: Path) -> None:
    record = made()
    stop = next(e for e in record.events if isinstance(e, events.Signalled) and e.incarnation == "orders-01.1")
    record.events.append(msgspec.structs.replace(stop, at_ns=stop.at_ns + 5 * MS, signal="SIGKILL"))
    assert _end(record, tmp_path / "run").end == "SIGTERM at 0.4 s with 1 write in flight, SIGKILL at 0.4 s"


def test_one_that_nobody_had_asked_to_stop_ended_by_itself(tmp_path: Path) -> None:
    record = made()
    record.without(events.Signalled, "orders-01.1")
    assert _end(record, tmp_path / "run").end == "ended by itself (exit 0) at 0.4 s"


def test_a_request_that_was_never_answered_took_no_time_that_is_known(tmp_path: Path) -> None:
    record = made()
    record.fail(5, error="timeout before answer", status=0)
    record.forget_answer(5)
    record.requests[5] |= {"done_ns": 0}
    first = record.judged(tmp_path / "run").first_loss
    assert first is not None
    assert (first.took_ns, first.error, first.method, first.route) == (
        None,
        "timeout before answer",
        "POST",
        "POST /orders",
    )


def test_the_steps_are_told_as_they_were_taken(tmp_path: Path) -> None:
    steps = {step.number: step for step in made().judged(tmp_path / "run").steps}
    assert [steps["2"].began_ns, steps["2"].ended_ns, steps["2"].done] == [250 * MS, 650 * MS, True]
    assert steps["2.3"].title == "Stop: SIGTERM"


def test_of_a_record_that_is_cut_off_the_steps_are_told_as_far_as_they_can_be_read(tmp_path: Path) -> None:
    record = made()
    record.events = [event for event in record.events if event.at_ns < 700 * MS]
    directory = record.write(tmp_path / "run")
    (directory / "end.json").unlink()
    with (directory / "events.jsonl").open("a") as file:
        file.write('{"event": "StepEn')
    steps = {step.number: step for step in judge(directory).steps}
    assert (steps["2"].done, steps["3"].began_ns, steps["3"].ended_ns, steps["4"].began_ns) == (
        True,
        650 * MS,
        None,
        None,
    )
    (directory / "plan.json").write_text("[")
    assert judge(directory).steps == ()
