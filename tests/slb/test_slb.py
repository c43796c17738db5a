"""The SLB whose members change without a reload: its active checks, its count of what is in flight, its one attempt."""

import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from conformance.run.waiting import until
from tests.slb.backends import Backend
from tests.slb.stand import Answer, Stand

pytestmark = pytest.mark.parametrize("kind", ["nginx"], indirect=True, scope="package")


def test_weights_are_kept_exactly_and_zero_means_none(stand: Stand) -> None:
    heavy, light, none = (stand.backend(slot) for slot in range(3))
    stand.in_rotation(heavy, light, none)
    stand.slb.weigh(heavy, 30)
    stand.slb.weigh(light, 10)
    stand.slb.weigh(none, 0)
    peers = [stand.client.send(stand.request_id()).peer for _ in range(40)]
    assert Counter(peers) == {heavy.name: 30, light.name: 10}
    assert [peers[turn : turn + 4].count(light.name) for turn in range(0, 40, 4)] == [1] * 10, "smooth, not in blocks"


def test_with_nobody_in_rotation_the_answer_is_503_and_names_no_peer(stand: Stand) -> None:
    request_id = stand.request_id()
    assert stand.client.send(request_id, method="POST") == Answer(503, None)
    line = stand.access(request_id)
    assert (line.status, line.peer, line.incarnation, line.address) == (503, "", "", "")


def test_a_newcomer_gets_nothing_until_it_has_passed_its_checks(stand: Stand) -> None:
    newcomer = stand.backend(0, healthy=False)
    stand.enrol(newcomer)
    until("three failed checks", lambda: newcomer.health_checks >= 3, within_s=30)
    assert stand.member(newcomer).enrolled
    assert not stand.member(newcomer).in_rotation
    assert stand.client.send(stand.request_id()).status == 503
    newcomer.healthy = True
    stand.await_member(newcomer, lambda member: member.in_rotation)
    assert stand.client.send(stand.request_id()) == Answer(200, newcomer.name)


def test_a_later_incarnation_in_the_same_slot_starts_from_scratch(stand: Stand) -> None:
    first = stand.backend(0)
    stand.in_rotation(first)
    stand.backends.crash(first)
    second = stand.backend(0, life=2, healthy=False)
    stand.enrol(second)
    assert not stand.member(second).healthy
    assert [m.incarnation for m in stand.slb.members() if m.address == first.address] == [second.incarnation]
    second.healthy = True
    stand.await_member(second, lambda member: member.in_rotation)
    request_id = stand.request_id()
    assert stand.client.send(request_id) == Answer(200, first.name)
    assert stand.access(request_id).incarnation == second.incarnation


def test_a_new_tenant_of_the_address_does_not_pass_for_the_dead_member(stand: Stand) -> None:
    dead = stand.backend(0)
    stand.in_rotation(dead)
    stand.backends.crash(dead)
    tenant = stand.backend(0, called="tenant")
    until("checks that find the tenant", lambda: tenant.health_checks >= 3, within_s=30)
    assert not stand.member(dead).in_rotation


def test_backends_that_tell_no_incarnation_are_checked_by_their_status_alone(stand: Stand) -> None:
    silent = stand.backend(0, tells_incarnation=False)
    stand.in_rotation(silent)
    assert stand.client.send(stand.request_id()) == Answer(200, silent.name)


def test_a_killed_member_is_found_by_the_health_check_and_gets_nothing_more(stand: Stand) -> None:
    killed, living = stand.backend(0), stand.backend(1)
    stand.in_rotation(killed, living)
    stand.backends.crash(killed)
    stand.await_member(killed, lambda member: not member.healthy)
    assert {stand.client.send(stand.request_id()) for _ in range(10)} == {Answer(200, living.name)}
    stand.slb.withdraw(killed)
    assert not stand.member(killed).enrolled, "a dead member can be withdrawn"


def test_an_address_that_is_no_slot_is_refused_with_the_slots_that_are(stand: Stand) -> None:
    with pytest.raises(
        ValueError, match=rf"127\.0\.0\.1:1 is not one of the preallocated slots of storefront: {stand.slots[0]}"
    ):
        stand.slb.enrol(Backend("stranger", "stranger.1", "127.0.0.1:1"))


def test_a_withdrawn_member_shows_what_is_in_flight_until_it_is_done(stand: Stand) -> None:
    member = stand.backend(0)
    stand.in_rotation(member)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(stand.client.send, stand.request_id(), "/hold/400", "POST")
        stand.await_member(member, lambda m: m.in_flight == 1)
        stand.slb.withdraw(member)
        withdrawn = stand.member(member)
        assert (withdrawn.enrolled, withdrawn.in_flight) == (False, 1)
        assert answer.result() == Answer(200, member.name)
    stand.await_member(member, lambda m: m.in_flight == 0)


def test_a_request_whose_client_has_gone_is_in_flight_until_the_instance_is_done(stand: Stand) -> None:
    member = stand.backend(0)
    stand.in_rotation(member)
    host, _, port = stand.slb.address.rpartition(":")
    request_id = stand.request_id()
    with socket.create_connection((host, int(port))) as impatient:
        impatient.sendall(f"GET /hold/300 HTTP/1.1\r\nHost: slb\r\nX-Request-Id: {request_id}\r\n\r\n".encode())
        until("its arrival", lambda: member.arrivals, within_s=30)
    assert stand.member(member).in_flight == 1
    stand.await_member(member, lambda m: m.in_flight == 0)
    assert stand.access(request_id).answered == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_a_request_is_sent_once_even_where_a_reused_connection_dies(stand: Stand, method: str) -> None:
    fragile, sound = stand.backend(0, dies_on_reuse=True), stand.backend(1)
    stand.in_rotation(fragile, sound)
    stand.slb.weigh(sound, 0)
    fresh, reused = stand.request_id(), stand.request_id()
    assert stand.client.send(fresh, method=method) == Answer(200, fragile.name)
    assert stand.client.send(reused, method=method) == Answer(502, fragile.name)
    assert [arrival.request_id for arrival in fragile.arrivals + sound.arrivals] == [fresh, reused]
    assert (stand.access(reused).address, stand.access(reused).attempt) == (fragile.address, 1)


def test_the_log_tells_who_answered_and_how_far_a_failed_request_came(stand: Stand) -> None:
    member = stand.backend(0)
    stand.in_rotation(member)
    answered, hung, refused = (stand.request_id() for _ in range(3))
    before = time.time_ns()
    assert stand.client.send(answered) == Answer(200, member.name)
    assert stand.client.send(hung, "/hold/900") == Answer(504, member.name)
    stand.backends.crash(member)
    assert stand.client.send(refused) == Answer(502, member.name)
    lines = {line.request_id: line for line in stand.slb.accesses(stand.run)}
    assert list(lines) == [answered, hung, refused]
    assert {line.incarnation for line in lines.values()} == {member.incarnation}
    assert {line.address for line in lines.values()} == {member.address}
    assert [line.status for line in lines.values()] == [200, 504, 502]
    assert [(line.attempt, line.connected, line.answered) for line in lines.values()] == [
        (1, True, 200),
        (1, True, 0),
        (1, False, 0),
    ]
    millisecond = 1_000_000
    assert before - millisecond <= lines[answered].wall_ns <= lines[refused].wall_ns <= time.time_ns() + millisecond
