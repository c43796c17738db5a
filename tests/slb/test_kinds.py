"""What every kind of SLB must do: share, drain, and tell who answered and how far a failed request came."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from conformance.run.waiting import until
from conformance.run.world import Access, Member
from tests.slb.backends import Backend
from tests.slb.stand import Answer, Client, Stand


def test_requests_are_spread_evenly(stand: Stand) -> None:
    members = [stand.backend(slot) for slot in range(3)]
    stand.in_rotation(*members)
    assert Counter(stand.ask().incarnation for _ in range(30)) == {one.incarnation: 10 for one in members}


@pytest.mark.needs("weights")
def test_weights_are_kept_and_zero_means_none(stand: Stand) -> None:
    heavy, light, none = (stand.backend(slot) for slot in range(3))
    stand.in_rotation(heavy, light, none)
    for backend, weight in ((heavy, 30), (light, 10), (none, 0)):
        stand.slb.weigh(backend, weight)
    stand.await_member(none, lambda member: not member.in_rotation)
    answers = [stand.ask().incarnation for _ in range(40)]
    assert Counter(answers) == {heavy.incarnation: 30, light.incarnation: 10}
    stand.slb.open()
    assert {one.weight for one in stand.slb.members() if one.enrolled} == {1}


@pytest.mark.needs("weights")
def test_a_weight_that_cannot_be_is_refused(stand: Stand) -> None:
    stranger = Backend("stranger", "stranger.1", stand.slots[0])
    with pytest.raises(ValueError, match="weight 101; it must be between 0 and 100"):
        stand.slb.enrol(stranger, weight=101)
    with pytest.raises(ValueError, match=r"stranger\.1 is not a member of storefront"):
        stand.slb.weigh(stranger, 2)


def test_with_nobody_in_rotation_no_member_is_named(stand: Stand) -> None:
    request_id = stand.request_id()
    status = stand.ask(request_id=request_id).status
    assert status in {502, 503}
    line = stand.access(request_id)
    assert (line.attempt, line.status, line.peer, line.incarnation, line.address) == (0, status, "", "", "")
    assert (line.connected, line.answered) == (False, 0)


def test_withdrawing_what_never_was_a_member_does_nothing(stand: Stand) -> None:
    def members() -> list[Member]:
        """But for what is in flight: of nginx that was just reloaded nobody knows it for a moment."""
        return [replace(one, in_flight=None) for one in stand.slb.members()]

    before = members()
    stand.slb.withdraw(Backend("stranger", "stranger.1", stand.slots[0]))
    assert members() == before


def test_enrolling_a_member_again_changes_nothing(stand: Stand) -> None:
    member = stand.backend(0)
    stand.in_rotation(member)
    stand.enrol(member)
    stand.await_member(member, lambda one: one.in_rotation)
    assert stand.ask() == Answer(200, stand.ask().peer)


def test_draining_under_load_loses_nothing_and_nothing_starts_after_it(stand: Stand) -> None:
    """By clients that open a connection for each request; what becomes of kept ones is each kind's own affair."""
    leaving, *staying = (stand.backend(slot) for slot in range(3))
    stand.in_rotation(leaving, *staying)
    over = threading.Event()

    def load(path: str) -> list[Answer]:
        answers = []
        while not over.is_set():
            answers.append(stand.ask(path, "POST"))
        return answers

    with ThreadPoolExecutor(8) as pool:
        paths = ["/", "/", "/", "/", "/hold/20", "/hold/20", "/hold/300", "/hold/300"]
        answers = [pool.submit(load, path) for path in paths]
        try:
            until("traffic on it", lambda: len(leaving.arrivals) > 50, within_s=10)
            stand.slb.withdraw(leaving)
            stand.await_member(leaving, lambda member: member.in_flight == 0)
            drained = time.monotonic()
            stand.backends.crash(leaving)
            again = stand.backend(5, life=2, called=leaving.name)
            stand.in_rotation(again)
            until("traffic on its next life", lambda: len(again.arrivals) > 50, within_s=10)
        finally:
            over.set()
        sent = [answer for worker in answers for answer in worker.result()]
    assert {answer.status for answer in sent} == {200}
    assert [arrival for arrival in leaving.arrivals if arrival.at > drained] == []
    lines = list(stand.slb.accesses(stand.run))
    assert len(lines) == len(sent), "what the SLB tells is complete when it is read"
    assert Counter(line.incarnation for line in lines) == Counter(
        {backend.incarnation: len(backend.arrivals) for backend in (leaving, *staying, again)}
    )


def test_a_killed_member_gets_nothing_more_once_it_is_withdrawn(stand: Stand) -> None:
    killed, living = stand.backend(0), stand.backend(1)
    stand.in_rotation(killed, living)
    stand.backends.crash(killed)
    for _ in range(2):  # a kind that goes by failed requests alone must see one
        stand.ask()
    stand.await_member(killed, lambda member: not member.in_rotation)
    stand.slb.withdraw(killed)
    assert {stand.ask().incarnation for _ in range(10)} == {living.incarnation}
    assert not stand.member(killed).enrolled


def test_an_address_that_has_a_new_tenant_belongs_to_that_one(stand: Stand) -> None:
    """An instance that is started anew where it was is another member, in group and log."""
    first = stand.backend(0)
    stand.in_rotation(first)
    before = stand.request_id()
    assert stand.ask(request_id=before).incarnation == first.incarnation
    stand.slb.withdraw(first)
    stand.await_member(first, lambda member: member.in_flight == 0)
    stand.backends.crash(first)
    second = stand.backend(0, life=2)
    stand.in_rotation(second)
    after = stand.request_id()
    assert stand.ask(request_id=after).incarnation == second.incarnation
    assert [one.incarnation for one in stand.slb.members() if one.address == first.address] == [second.incarnation]
    assert [stand.access(one).incarnation for one in (before, after)] == [first.incarnation, second.incarnation]


def test_it_tells_who_answered_and_how_far_a_failed_request_came(stand: Stand) -> None:
    member = stand.backend(0)
    stand.in_rotation(member)
    answered, refused = stand.request_id(), stand.request_id()
    before = time.time_ns()
    assert stand.ask(method="POST", request_id=answered).status == 200
    stand.backends.crash(member)
    assert stand.ask(method="POST", request_id=refused).status == 502
    lines = list(stand.slb.accesses(stand.run))
    assert [_told(line) for line in lines] == [
        (answered, member.name, member.incarnation, member.address, 1, 200, True, 200),
        (refused, member.name, member.incarnation, member.address, 1, 502, False, 0),
    ]
    millisecond = 1_000_000
    assert before - millisecond <= lines[0].wall_ns <= lines[1].wall_ns <= time.time_ns() + millisecond


def test_an_id_is_passed_on_as_it_came_and_made_where_there_is_none(stand: Stand) -> None:
    member = stand.backend(0)
    stand.in_rotation(member)
    request_id = stand.request_id()
    client = Client(stand.slb.address)
    client.send(request_id)
    client.send(None)
    client.close()
    given, made = (arrival.request_id for arrival in member.arrivals)
    assert given == request_id
    assert len(made) == 32
    assert [line.request_id for line in stand.slb.accesses(made)] == [made]


def _told(line: Access) -> tuple[object, ...]:
    who = (line.request_id, line.peer, line.incarnation, line.address)
    return (*who, line.attempt, line.status, line.connected, line.answered)
