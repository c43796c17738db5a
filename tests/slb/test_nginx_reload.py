"""nginx, reloaded for each change of its members: what a reload costs, what it knows, and the team's file."""

import http.client
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from conformance.run.waiting import until
from conformance.run.world import Gone, Platform, Rule
from fixtures.slb.nginx_reload.config import USUAL, MemberLine, Settings, read_config, write
from fixtures.slb.nginx_reload.error_log import ErrorLog
from fixtures.slb.nginx_reload.server import ReloadedNginx
from fixtures.slb.spec import ConfigRefused, PassiveCheck, SlbSpec
from tests.slb.backends import Backends
from tests.slb.stand import Client, Stand, one_group

reloaded = pytest.mark.parametrize("kind", ["nginx-reload"], indirect=True, scope="package")


@reloaded
def test_a_reload_closes_idle_connections_of_clients(stand: Stand) -> None:
    """A client that sends its next request just then loses it; whoever waits sees the end before it sends."""
    first, second = stand.backend(0), stand.backend(1)
    stand.in_rotation(first)
    client = Client(stand.slb.address)
    client.send(stand.request_id())
    stand.enrol(second)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        client.send(stand.request_id())
    assert {stand.ask().status for _ in range(4)} == {200}


@reloaded
def test_a_drain_lasts_until_the_old_worker_has_finished_its_requests(stand: Stand) -> None:
    leaving, staying = stand.backend(0), stand.backend(1)
    stand.in_rotation(leaving, staying)
    with ThreadPoolExecutor(2) as pool:
        held = [pool.submit(stand.ask, "/hold/500", "POST") for _ in range(2)]
        until("a request on each", lambda: leaving.arrivals and staying.arrivals, within_s=30)
        stand.slb.withdraw(leaving)
        withdrawn = stand.member(leaving)
        assert (withdrawn.enrolled, withdrawn.in_flight) == (False, None), "nobody can say what the old worker has"
        assert {stand.ask().incarnation for _ in range(4)} == {staying.incarnation}
        stand.await_member(leaving, lambda member: member.in_flight == 0)
        assert all(answer.done() for answer in held), "drained, and an answer was still to come"
        assert {answer.result().status for answer in held} == {200}


@reloaded
def test_changes_that_come_together_share_reloads(stand: Stand) -> None:
    backends = [stand.backend(slot) for slot in range(6)]
    assert isinstance(stand.slb, ReloadedNginx)
    before = stand.slb.reloads
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(stand.enrol, backends))
    assert stand.slb.reloads - before <= 3
    assert {one.incarnation for one in stand.slb.members() if one.in_rotation} == {b.incarnation for b in backends}


@reloaded
def test_what_changes_nothing_reloads_nothing(stand: Stand) -> None:
    member = stand.backend(0)
    stand.in_rotation(member)
    assert isinstance(stand.slb, ReloadedNginx)
    before = stand.slb.reloads
    stand.enrol(member)
    stand.slb.weigh(member, 1)
    stand.slb.open()
    assert stand.slb.reloads == before


@reloaded
def test_a_member_is_out_for_as_long_as_a_failed_request_takes_it_out_and_then_tried_again(stand: Stand) -> None:
    killed, living = stand.backend(0), stand.backend(1)
    stand.in_rotation(killed, living)
    assert {stand.member(one).healthy for one in (killed, living)} == {None}, "it asks nobody"
    stand.backends.crash(killed)
    assert [stand.ask().incarnation for _ in range(4)] == [living.incarnation] * 4, "each was tried at the next member"
    stand.await_member(killed, lambda member: member.healthy is False)
    stand.await_member(killed, lambda member: member.healthy is None)


@reloaded
def test_a_request_that_was_tried_at_two_members_is_told_as_two_attempts(stand: Stand) -> None:
    killed, living = stand.backend(0), stand.backend(1)
    stand.in_rotation(killed, living)
    stand.backends.crash(killed)
    ids = [stand.request_id() for _ in range(2)]
    for request_id in ids:
        assert stand.ask(method="POST", request_id=request_id).incarnation == living.incarnation
    (twice,) = (lines for lines in map(stand.attempts, ids) if len(lines) > 1)
    assert [(one.attempt, one.incarnation, one.connected, one.answered) for one in twice] == [
        (1, killed.incarnation, False, 0),
        (2, living.incarnation, True, 200),
    ]


@reloaded
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_on_a_kept_connection_that_dies_only_what_may_be_repeated_is_sent_again(stand: Stand, method: str) -> None:
    """Nginx's own rule: proxy_next_upstream is on, and a POST that an instance may have got is not repeated."""
    fragile, sound = stand.backend(0, dies_on_reuse=True), stand.backend(1, dies_on_reuse=True)
    stand.in_rotation(fragile, sound)
    ids = [stand.request_id() for _ in range(4)]
    statuses = [stand.ask(method=method, request_id=one).status for one in ids]
    attempts = [len(stand.attempts(one)) for one in ids]
    if method == "POST":
        assert (statuses, attempts) == ([200, 200, 502, 502], [1, 1, 1, 1])
    else:
        assert max(attempts) == 2
        arrived = [arrival.request_id for arrival in (*fragile.arrivals, *sound.arrivals)]
        assert arrived.count(ids[2]) == 2, "both members have got it"


@reloaded
def test_what_it_cannot_do_it_refuses(stand: Stand) -> None:
    with pytest.raises(ValueError, match=r"cannot choose whose requests meet a lane \(gray\)"):
        stand.slb.divert(Rule(lane="gray", users=0.1))
    with pytest.raises(ValueError, match="cannot choose whose requests meet a lane"):
        stand.slb.enrol(stand.backend(0), lane="gray")


SPEC = SlbSpec(one_group())


@pytest.fixture
def backends() -> Iterator[Backends]:
    with Backends() as backends:
        yield backends


def test_started_anew_it_has_the_group_that_its_file_has(platform: Platform, backends: Backends) -> None:
    host, port = platform.reserve()
    member = backends.start("a-01.1", f"{host}:{port}")
    slb = ReloadedNginx.start(platform, SPEC)
    slb.enrol(member)
    before = slb.address, slb.members()
    slb.stop()
    with pytest.raises(Gone, match="did not say by which configuration it goes"):
        slb.members()
    slb.restart()
    assert (slb.address, slb.members()) == before
    slb.withdraw(member)
    until("the drain", lambda: slb.members()[0].in_flight == 0, within_s=30)
    slb.stop()


def test_a_configuration_that_nginx_does_not_take_is_told_in_its_own_words(platform: Platform, tmp_path: Path) -> None:
    team = tmp_path / "team.conf"
    team.write_text(USUAL.read_text().replace("keepalive 64;", "keepalive many;"))
    with pytest.raises(Gone, match=r'(?s)nginx ended at start: exit 1.*invalid value "many" in "keepalive" directive'):
        ReloadedNginx.start(platform, SlbSpec(one_group(), config=team))


def test_a_change_that_nginx_does_not_take_leaves_the_old_group(platform: Platform) -> None:
    slb = ReloadedNginx.start(platform, SPEC)

    class _Nowhere:
        service, name, incarnation, address = "storefront", "a-01", "a-01.1", "no such host:1"

    with pytest.raises(Gone, match="nginx does not take its new configuration: "):
        slb.enrol(_Nowhere())
    assert slb.members() == ()
    slb.stop()


def test_without_its_error_log_it_cannot_say_who_is_drained(platform: Platform) -> None:
    slb = ReloadedNginx.start(platform, SPEC)
    slb.members()
    slb._errors.path.unlink()
    with pytest.raises(Gone, match="the SLB's error log cannot be read"):
        slb.members()
    slb.stop()


def test_clients_that_keep_connections_lose_requests_at_reloads_and_the_log_has_no_line_of_them(
    platform: Platform, backends: Backends
) -> None:
    """The loss is between client and SLB: a connection is closed just as a request is on its way."""
    slb = ReloadedNginx.start(platform, SPEC)
    host, port = platform.reserve()
    slb.enrol(backends.start("a-01.1", f"{host}:{port}"))
    over, asked, lost = threading.Event(), [0], [0]

    def load(number: int) -> None:
        client, turn = Client(slb.address), 0
        while not over.is_set():
            turn += 1
            asked[0] += 1
            try:
                client.send(f"kept-{number}-{turn}")
            except (http.client.HTTPException, ConnectionError):
                lost[0] += 1
                client.close()
                client = Client(slb.address)
        client.close()

    with ThreadPoolExecutor(4) as pool:
        senders = [pool.submit(load, number) for number in range(4)]
        try:
            deadline = time.monotonic() + 15
            for weight in range(2, 60):
                slb.weigh(_Same(f"{host}:{port}"), weight)
                if lost[0] or time.monotonic() > deadline:
                    break
        finally:
            over.set()
        for sender in senders:
            sender.result()
    assert lost[0] > 0
    assert len({line.request_id for line in slb.accesses("kept-")}) >= asked[0] - lost[0]
    slb.stop()


class _Same:
    service, name, incarnation = "storefront", "a-01", "a-01.1"

    def __init__(self, address: str) -> None:
        self.address = address


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "server { listen {listen}; }",
            r"\{servers\} stands there 0 times: expected it once, inside an upstream block",
        ),
        ("# {listen}\nupstream a { {servers} }", r"\{listen\} stands there 0 times: expected it once, as a server's"),
        ("upstream a { {servers} {servers} }", r"\{servers\} stands there 2 times"),
        (
            "http { upstream a { {servers} } server { listen {listen}; } }",
            r"http = \.\.\.: expected the file to hold what",
        ),
        (
            "upstream a { {servers} } server { listen {listen}; access_log off; }",
            "access_log = off: expected none: the suite's own access log is its evidence",
        ),
        (
            "daemon on; upstream a { {servers} } server { listen {listen}; }",
            "daemon = on: expected none: the suite starts",
        ),
    ],
)
def test_a_team_s_file_that_cannot_be_used_is_refused_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    team = tmp_path / "team.conf"
    team.write_text(text)
    with pytest.raises(ConfigRefused, match=says) as refused:
        read_config(team, ["storefront"])
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith(f"{team}: ")


def test_a_team_s_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigRefused, match=r"nowhere\.conf: cannot be read"):
        read_config(tmp_path / "nowhere.conf", ["storefront"])


def test_members_are_written_where_the_file_has_its_placeholder(tmp_path: Path) -> None:
    settings = Settings("up { {servers} }\nlisten {listen};\n", ["shop"], "h:1", "h:2", "", PassiveCheck(3, 30))
    write(tmp_path, settings, {"shop": [MemberLine("a:1", 2), MemberLine("b:1", 0)]}, 7)
    assert (tmp_path / "team.conf").read_text() == (
        "up { server a:1 weight=2 max_fails=3 fail_timeout=30s; "
        "server b:1 down max_fails=3 fail_timeout=30s; }\nlisten h:1;\n"
    )
    write(tmp_path, settings, {}, 8)
    assert "server 127.0.0.1:9 down;" in (tmp_path / "team.conf").read_text()
    assert '"generation":8' in (tmp_path / "nginx.conf").read_text()


LOG = """\
2026/11/28 15:41:55 [notice] 10#10: start worker process 11
2026/11/28 15:41:56 [notice] 10#10: signal 1 (SIGHUP) received, reconfiguring
2026/11/28 15:41:56 [notice] 10#10: start worker process 12
2026/11/28 15:41:56 [notice] 11#11: gracefully shutting down
2026/11/28 15:41:57 [warn] 12#12: *5 upstream server temporarily disabled while connecting to upstream, client: c, \
server: , request: "GET / HTTP/1.1", upstream: "http://127.0.0.1:81/", host: "h"
"""


def test_the_error_log_tells_of_workers_members_and_refusals(tmp_path: Path) -> None:
    path = tmp_path / "error.log"
    path.write_text(LOG + "2026/11/28 15:41:57 [notice] 10#10: worker pro")
    log = ErrorLog(path)
    log.read()
    assert (log.workers, log.closing, log.others(12)) == ({11, 12}, {11}, {11})
    assert list(log.disabled_at) == ["127.0.0.1:81"]
    with path.open("a") as more:
        more.write('cess 11 exited with code 0\n2026/11/28 15:41:58 [emerg] 10#10: invalid parameter "x" in f:5\n')
    log.read()
    assert (log.workers, log.closing, log.others(12)) == ({12}, set(), set())
    assert log.emergencies == ['invalid parameter "x" in f:5']
    log.forget()
    assert (log.workers, log.disabled_at) == (set(), {})
