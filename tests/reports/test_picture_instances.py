"""The rows of the picture: what every incarnation did, how long it was still called, what is held against it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import Finding, Removal, Verdict
from conformance.record import events
from conformance.record.events import Event
from conformance.vocabulary import FindingKind
from reports.picture.data import Picture, Segment, Span, State
from tests.judge.handmade import MS, Handmade
from tests.judgements import judgement
from tests.reports.pictured import drawn, group, row, seen, told, words
from tests.reports.releases import Release

LIFE = [State.OLD, State.LEAVING, State.STOPPING, State.STARTING, State.WAITING, State.NEW]
LAG = Removal(
    instance="orders-01",
    incarnation="orders-01.1",
    step="Batch 1 of 2",
    marked_ns=2_300 * MS,
    stopped_ns=3_000 * MS,
    last_start_ns=2_950 * MS,
    lag_s=0.65,
    executions_after=12,
)


def _states(picture: Picture, instance: str) -> list[State]:
    """In the order of time, without the gaps between two incarnations."""
    segments = sorted(row(picture, instance).segments, key=lambda segment: segment.span.began_ns)
    return [segment.state for segment in segments if segment.state is not State.STOPPED]


def _in(picture: Picture, instance: str, state: State) -> list[Segment]:
    return [segment for segment in row(picture, instance).segments if segment.state is state]


def _span(began: int, ended: int) -> Span:
    return Span(began * MS, ended * MS)


def _two(service: str = "orders") -> Handmade:
    return Release(4, (2, 2), (service,)).batch(0).batch(1).verify().record()


def _happened(kind: Callable[..., Event], incarnation: str, at: int, **more: object) -> Event:
    instance = incarnation.rpartition(".")[0]
    service = instance.rpartition("-")[0]
    return kind(at_ns=at * MS, step="", service=service, instance=instance, incarnation=incarnation, **more)


def _signals(happened: Sequence[Event], incarnation: str, *signals: str) -> list[Event]:
    """The same, with these signals half a second apart in the place of the stop."""
    found: list[Event] = []
    for event in happened:
        if isinstance(event, events.Signalled) and event.incarnation == incarnation:
            found += [
                msgspec.structs.replace(event, signal=signal, at_ns=event.at_ns - 500 * MS * (len(signals) - 1 - index))
                for index, signal in enumerate(signals)
            ]
        elif isinstance(event, events.Exited) and event.incarnation == incarnation:
            found.append(msgspec.structs.replace(event, code=None, signal="SIGKILL"))
        elif not (isinstance(event, events.MarkedOffline) and event.incarnation == incarnation):
            found.append(event)
    return found


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
def test_a_replacement_is_told_state_by_state(tmp_path: Path, service: str) -> None:
    picture = seen(_two(service), tmp_path / "run")
    name = picture.groups[0].rows[0].instance
    assert _states(picture, name) == LIFE
    (leaving,), (stopping,), (stopped,) = (
        _in(picture, name, state) for state in (State.LEAVING, State.STOPPING, State.STOPPED)
    )
    assert leaving.span == _span(2_300, 3_000)
    assert stopping.span == _span(3_000, 3_200)
    assert stopped.span == _span(3_200, 3_300)
    assert [one.span.began_ns for one in _in(picture, name, State.NEW)] == [4_500 * MS]


def test_a_member_of_the_slb_drains_from_when_its_way_down_began(tmp_path: Path) -> None:
    record = _two("storefront")
    record.events.append(_happened(events.WritesInFlight, "storefront-01.1", 2_100, requests=("r1-00000001",)))
    (leaving,) = _in(seen(record, tmp_path / "run"), "storefront-01", State.LEAVING)
    assert leaving.span == _span(2_100, 3_000)


def test_rolled_back_is_old_again_after_new(tmp_path: Path) -> None:
    release = Release(4, (2, 2)).batch(0).refuse().undo(0).verify()
    picture = seen(release.record(), tmp_path / "run")
    assert _states(picture, "orders-01") == [*LIFE, *LIFE[1:-1], State.OLD]
    assert _states(picture, "orders-03") == [State.OLD]


def test_a_version_that_is_neither_old_nor_new_has_its_own_name(tmp_path: Path) -> None:
    record = Release(4, (2, 2)).batch(0, to=3).batch(0, title="Batch 1 of 2 again").record()
    picture = seen(record, tmp_path / "run")
    assert _states(picture, "orders-01")[5] is State.THIRD
    assert "serving v3" in words(drawn(record, tmp_path / "drawn"))


def test_two_incarnations_side_by_side_share_the_row_the_later_one_below(tmp_path: Path) -> None:
    record = _two()
    early = 1_100 * MS
    record.events = [
        msgspec.structs.replace(event, at_ns=event.at_ns - early)
        if isinstance(event, events.Launched | events.Ready | events.Listed) and event.incarnation == "orders-01.2"
        else event
        for event in record.events
    ]
    picture = seen(record, tmp_path / "run")
    assert _in(picture, "orders-01", State.STOPPED) == []
    halves = {(one.state, one.half): one.span for one in row(picture, "orders-01").segments}
    assert halves[State.STARTING, 1] == _span(2_200, 3_200)
    assert halves[State.LEAVING, 0] == _span(2_300, 3_000)
    assert halves[State.OLD, None] == _span(0, 2_200)
    assert (State.NEW, None) in halves


def test_who_hangs_is_told_from_who_stops_and_who_is_killed_has_a_cross(tmp_path: Path) -> None:
    record = _two()
    record.events = _signals(record.events, "orders-01.1", "SIGSTOP", "SIGKILL")
    record.events = _signals(record.events, "orders-02.1", "SIGTERM", "SIGKILL")
    picture = seen(record, tmp_path / "run")
    assert [one.span for one in _in(picture, "orders-01", State.HANGING)] == [_span(2_500, 3_200)]
    assert [one.span for one in _in(picture, "orders-02", State.STOPPING)] == [_span(2_500, 3_200)]
    assert row(picture, "orders-01").ends == row(picture, "orders-02").ends == (3_200 * MS,)
    assert row(picture, "orders-03").ends == ()
    assert "hanging" in words(drawn(record, tmp_path / "drawn"))


def test_one_that_ended_by_itself_has_a_cross_and_says_how(tmp_path: Path) -> None:
    record = _two()
    record.events.append(_happened(events.Exited, "orders-01.2", 5_000, code=1, signal=None))
    crash = Finding(
        check="steps",
        finding=FindingKind.ENDED_BY_ITSELF,
        verdict=Verdict.NO_GO,
        message="it did",
        incarnation="orders-01.2",
    )
    picture = seen(record, tmp_path / "run", judgement(crash))
    assert row(picture, "orders-01").ends == (5_000 * MS,)
    assert row(picture, "orders-01").note == "ended by itself: exit 1"


def test_the_removal_lag_is_a_bracket_from_the_mark_to_the_last_call(tmp_path: Path) -> None:
    picture = seen(_two(), tmp_path / "run", judgement(removals=(LAG,)))
    (lag,) = row(picture, "orders-01").lags
    assert (lag.span, lag.bad) == (_span(2_300, 2_950), False)
    assert row(picture, "orders-01").note == ""
    none = msgspec.structs.replace(LAG, lag_s=0.0, last_start_ns=2_000 * MS)
    assert row(seen(_two(), tmp_path / "none", judgement(removals=(none,))), "orders-01").lags == ()


def test_a_removal_lag_that_is_held_against_the_release_is_said(tmp_path: Path) -> None:
    finding = Finding(
        check="removal",
        finding=FindingKind.REMOVAL_LAG,
        verdict=Verdict.NO_GO,
        message="12 executions",
        incarnation="orders-01.1",
        count=12,
        first_ns=2_400 * MS,
        last_ns=2_950 * MS,
    )
    judged = judgement(finding, removals=(LAG,))
    picture = seen(_two(), tmp_path / "run", judged)
    assert row(picture, "orders-01").lags[0].bad
    assert row(picture, "orders-01").against
    root = drawn(_two(), tmp_path / "drawn", judged)
    assert "called for 650 ms after its mark, 12 executions" in words(root)


def test_what_was_sent_after_a_stop_lengthens_the_bracket(tmp_path: Path) -> None:
    finding = Finding(
        check="removal",
        finding=FindingKind.SENT_AFTER_STOP,
        verdict=Verdict.NO_GO,
        message="7 requests",
        incarnation="orders-01.1",
        count=7,
        first_ns=3_050 * MS,
        last_ns=3_600 * MS,
    )
    picture = seen(_two(), tmp_path / "run", judgement(finding, removals=(LAG,)))
    assert row(picture, "orders-01").lags[0].span == _span(2_300, 3_600)
    assert row(picture, "orders-01").note == "7 sent after its stop, for 600 ms"


def test_lacking_evidence_is_noted_where_nothing_worse_was_found(tmp_path: Path) -> None:
    lacking = Finding(
        check="steps",
        finding=FindingKind.STEP_NOT_PROVED,
        verdict=Verdict.INCONCLUSIVE,
        message="no proof",
        incarnation="orders-01.1",
    )
    loss = Finding(check="writes", finding=FindingKind.PARTIAL_WRITE, verdict=Verdict.NO_GO, message="one")
    assert row(seen(_two(), tmp_path / "a", judgement(lacking)), "orders-01").note == "step not proved"
    assert row(seen(_two(), tmp_path / "b", judgement(loss, lacking)), "orders-01").note == ""


def test_others_are_shown_where_something_befell_them(tmp_path: Path) -> None:
    record = _two()
    record.events += [
        _happened(events.Struck, "inventory-01.1", 4_000, harm="freeze"),
        _happened(events.Mended, "inventory-01.1", 5_000),
        _happened(events.LeftRotation, "storefront-01.1", 4_500),
    ]
    picture = seen(record, tmp_path / "run")
    assert [one.instance for one in group(picture, "not released").rows] == ["inventory-01", "storefront-01"]
    assert [one.span for one in _in(picture, "inventory-01", State.HANGING)] == [_span(4_000, 5_000)]
    assert _states(picture, "inventory-01") == [State.OTHER, State.HANGING, State.OTHER]
    assert row(picture, "storefront-01").left == (4_500 * MS,)
    assert "out of rotation" in words(drawn(record, tmp_path / "drawn"))


def test_an_instance_that_the_run_added_is_there_while_it_lives(tmp_path: Path) -> None:
    record = _two()
    record.events += [
        _happened(events.Launched, "orders-05.1", 4_000, version="v2", address="127.0.0.1:3"),
        _happened(events.Ready, "orders-05.1", 5_000),
        _happened(events.Registered, "orders-05.1", 5_100),
        _happened(events.Signalled, "orders-05.1", 6_000, signal="SIGTERM"),
        _happened(events.Exited, "orders-05.1", 6_100, code=0, signal=None),
    ]
    picture = seen(record, tmp_path / "run")
    assert [segment.state for segment in row(picture, "orders-05").segments] == [
        *(State.STARTING, State.WAITING, State.NEW, State.STOPPING)
    ]


def test_the_legend_has_what_is_to_be_seen_and_nothing_else(tmp_path: Path) -> None:
    legend = told(drawn(_two(), tmp_path / "run", judgement(removals=(LAG,))))
    assert "offline" in legend
    assert "still called (removal lag)" in legend
    assert "hanging" not in legend
    assert "killed" not in legend
    assert "draining" in told(drawn(_two("storefront"), tmp_path / "storefront"))
