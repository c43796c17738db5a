"""Several entry services behind one SLB: each path to its own group, and never to a member of another."""

import http.client
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from conformance.run.waiting import until
from conformance.run.world import Access, Rule
from fixtures.platforms.embedded import EmbeddedPlatform
from fixtures.slb.kinds import SLBS
from fixtures.slb.nginx_reload.config import read_config, usual
from fixtures.slb.spec import ConfigRefused, EntryGroup, HealthCheck, PassiveCheck, SlbServer, SlbSpec, StreamedPath
from tests.slb.backends import Backend, Backends
from tests.slb.stand import FAST, Client

SHOP, ADMIN = "shop", "admin"
PATHS = {SHOP: "/", ADMIN: "/api/"}


class Two:
    """Two services behind one SLB, three slots each."""

    numbers = count(1)

    def __init__(
        self,
        platform: EmbeddedPlatform,
        kind: str,
        backends: Backends,
        prefixes: dict[str, str],
        health: HealthCheck = FAST,
    ) -> None:
        self.backends = backends
        self.slots = {name: ["{}:{}".format(*platform.reserve()) for _ in range(3)] for name in prefixes}
        groups = tuple(EntryGroup(name, prefix, tuple(self.slots[name]), health) for name, prefix in prefixes.items())
        passive = PassiveCheck(max_fails=0)
        self.slb: SlbServer = SLBS[kind].start(platform, SlbSpec(groups, passive=passive, answer_within_s=2.0))

    def backend(self, service: str, slot: int, life: int = 1) -> Backend:
        incarnation = f"{service}-{slot}.{life}"
        return self.backends.start(incarnation, self.slots[service][slot], service=service)

    def in_rotation(self, *backends: Backend, lane: str = "") -> None:
        for backend in backends:
            self.slb.enrol(backend, lane=lane)
        wanted = {backend.incarnation for backend in backends}
        until("all in rotation", lambda: wanted <= self.rotation(), within_s=30, every_s=0.01)

    def rotation(self) -> set[str]:
        return {one.incarnation for one in self.slb.members() if one.in_rotation}

    def drained(self, backend: Backend) -> bool:
        return all(one.in_flight == 0 for one in self.slb.members() if one.incarnation == backend.incarnation)

    def ask(self, path: str, request_id: str = "", method: str = "GET", **more: str) -> tuple[int, str | None]:
        """The status and the incarnation that answered."""
        client = Client(self.slb.address)
        try:
            answer = client.send(request_id or f"asked-{next(self.numbers)}", path, method, **more)
        finally:
            client.close()
        return answer.status, answer.incarnation


@pytest.fixture
def backends() -> Iterator[Backends]:
    with Backends() as backends:
        yield backends


@pytest.fixture
def two(platform: EmbeddedPlatform, kind: str, backends: Backends) -> Iterator[Two]:
    two = Two(platform, kind, backends, PATHS)
    yield two
    two.slb.stop()


@pytest.fixture
def busy(platform: EmbeddedPlatform, kind: str, backends: Backends) -> Iterator[Two]:
    """Two whose members are never taken out for a check that was answered late: the load of the test is the reason."""
    busy = Two(platform, kind, backends, PATHS, replace(FAST, unhealthy=100))
    yield busy
    busy.slb.stop()


@pytest.fixture
def apart(platform: EmbeddedPlatform, kind: str, backends: Backends) -> Iterator[Two]:
    """Two services whose prefixes leave paths that fit neither."""
    two = Two(platform, kind, backends, {SHOP: "/shop/", ADMIN: "/shop/admin"})
    yield two
    two.slb.stop()


def test_the_longest_prefix_that_fits_decides(two: Two) -> None:
    shop, admin = two.backend(SHOP, 0), two.backend(ADMIN, 0)
    two.in_rotation(shop, admin)
    asked = {path: two.ask(path)[1] for path in ("/", "/x", "/apis", "/x/api/", "/api/", "/api/x", "/api/x/y?z=/")}
    assert asked == {
        "/": shop.incarnation,
        "/x": shop.incarnation,
        "/apis": shop.incarnation,
        "/x/api/": shop.incarnation,
        "/api/": admin.incarnation,
        "/api/x": admin.incarnation,
        "/api/x/y?z=/": admin.incarnation,
    }
    assert {(one.service, one.incarnation) for one in two.slb.members()} == {
        (SHOP, shop.incarnation),
        (ADMIN, admin.incarnation),
    }


def test_a_path_that_lacks_its_prefix_s_last_slash_is_sent_there_by_the_slb_itself(two: Two) -> None:
    shop, admin = two.backend(SHOP, 0), two.backend(ADMIN, 0)
    two.in_rotation(shop, admin)
    assert two.ask("/api", "bare-1") == (301, None)
    assert [_told(line) for line in two.slb.accesses("bare-")] == [("bare-1", 301, 0, "", "")]
    assert shop.arrivals == admin.arrivals == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_path_that_fits_no_group_is_answered_by_the_slb_itself(apart: Two, method: str) -> None:
    shop, admin = apart.backend(SHOP, 0), apart.backend(ADMIN, 0)
    apart.in_rotation(shop, admin)
    paths = ("/", "/sho", "/other/shop/x")
    assert [apart.ask(path, f"none-{n}", method) for n, path in enumerate(paths)] == [(404, None)] * 3
    assert [_told(line) for line in apart.slb.accesses("none-")] == [(f"none-{n}", 404, 0, "", "") for n in range(3)]
    assert shop.arrivals == admin.arrivals == []
    assert apart.ask("/shop/administration")[1] == admin.incarnation, "a prefix need not end with a part of the path"
    assert apart.ask("/shop/x")[1] == shop.incarnation


def test_a_group_without_members_gets_none_of_another(two: Two) -> None:
    shop = two.backend(SHOP, 0)
    two.in_rotation(shop)
    status, incarnation = two.ask("/api/x", "alone-1")
    assert status in {502, 503}
    assert incarnation is None
    assert [_told(line) for line in two.slb.accesses("alone-")] == [("alone-1", status, 0, "", "")]
    assert shop.arrivals == []


def test_a_change_names_its_service(two: Two) -> None:
    shop, admin = two.backend(SHOP, 0), two.backend(ADMIN, 0)
    two.in_rotation(shop, admin)
    with pytest.raises(ValueError, match=f"cellar has no group at the SLB: {SHOP}, {ADMIN}"):
        two.slb.enrol(replace(shop, service="cellar"))
    with pytest.raises(ValueError, match=rf"{shop.address} is (not one of the preallocated slots of|a slot of {SHOP})"):
        two.slb.enrol(replace(shop, service=ADMIN, incarnation="shop-0.9"))
    with pytest.raises(ValueError, match=rf"shop-0\.1 is not a member of {ADMIN}"):
        two.slb.weigh(replace(shop, service=ADMIN), 2)
    two.slb.withdraw(replace(shop, service=ADMIN))
    assert two.rotation() == {shop.incarnation, admin.incarnation}


def test_no_request_of_a_group_meets_a_member_of_the_other_while_members_come_and_go(busy: Two) -> None:
    """Counted at the members themselves: by the prefix of its id, each request says whose it is."""
    members = {name: [busy.backend(name, slot) for slot in range(3)] for name in PATHS}
    busy.in_rotation(*members[SHOP], *members[ADMIN])
    everybody = [*members[SHOP], *members[ADMIN]]
    over, numbers = threading.Event(), count()

    def load(service: str, path: str) -> list[tuple[int, str | None]]:
        answers = []
        while not over.is_set():
            answers.append(busy.ask(PATHS[service] + path, f"both-{service}-{next(numbers)}", "POST"))
        return answers

    with ThreadPoolExecutor(8) as pool:
        sent = {name: [pool.submit(load, name, path) for path in ("x", "x", "x", "hold/30")] for name in PATHS}
        polls = []
        try:
            until("the load", lambda: any(busy.slb.accesses("both-")), within_s=10, every_s=0.01)
            for turn in range(12):
                name = (SHOP, ADMIN)[turn % 2]
                leaving = members[name].pop(0)
                busy.slb.withdraw(leaving)
                until("the drain", lambda one=leaving: busy.drained(one), within_s=10, every_s=0.01)  # type: ignore[misc]
                drained = time.monotonic()
                polls.append(len(list(busy.slb.accesses("both-"))))
                busy.backends.crash(leaving)
                assert [one for one in leaving.arrivals if one.at > drained] == []
                slot = busy.slots[name].index(leaving.address)
                again = busy.backend(name, slot, life=turn + 2)
                everybody.append(again)
                members[name].append(again)
                busy.in_rotation(again)
        finally:
            over.set()
        answers = {name: [answer for one in sent[name] for answer in one.result()] for name in PATHS}
    for name in PATHS:
        assert len(answers[name]) > 100
        assert {status for status, _ in answers[name]} == {200}
    strangers = [
        (one.incarnation, arrival.request_id)
        for one in everybody
        for arrival in one.arrivals
        if not arrival.request_id.startswith(f"both-{one.service}-")
    ]
    assert strangers == []
    lines = list(busy.slb.accesses("both-"))
    assert polls == sorted(polls)
    assert len(lines) == sum(map(len, answers.values())) > polls[-1] > polls[0] > 0
    arrived = Counter({one.incarnation: len(one.arrivals) for one in everybody})
    assert Counter(line.incarnation for line in lines) == arrived


@pytest.mark.parametrize("kind", ["nginx"], indirect=True, scope="package")
def test_lanes_and_weights_are_each_group_s_own(two: Two) -> None:
    gray, rest = two.backend(SHOP, 0), two.backend(SHOP, 1)
    light, heavy = two.backend(ADMIN, 0), two.backend(ADMIN, 1)
    two.in_rotation(gray, lane="gray")
    two.in_rotation(rest, light, heavy)
    two.slb.weigh(heavy, 3)
    two.slb.divert(Rule(lane="gray", header="X-Group", value="beta"))

    def peers(path: str, **more: str) -> Counter[str | None]:
        return Counter(two.ask(path, **more)[1] for _ in range(8))

    assert peers("/x") == {rest.incarnation: 8}
    assert peers("/x", X_Group="beta") == {gray.incarnation: 8}
    both = {light.incarnation: 2, heavy.incarnation: 6}
    assert peers("/api/x") == both
    assert peers("/api/x", X_Group="beta") == both, "a group without the lane serves its requests all the same"
    two.slb.withdraw(rest)
    two.slb.withdraw(gray)
    assert two.ask("/x", X_Group="beta")[0] == 503, "and gets no member of the other group"


@pytest.mark.parametrize("kind", ["nginx"], indirect=True, scope="package")
def test_each_group_is_checked_by_its_own_path_and_figures(
    platform: EmbeddedPlatform, kind: str, backends: Backends
) -> None:
    """At ``/health`` a backend that is not well says 503, anywhere else 200: which path was asked decides."""
    slots = ["{}:{}".format(*platform.reserve()) for _ in range(2)]
    slow = HealthCheck("/live", interval_s=0.4, healthy=3, timeout_s=0.3)
    groups = (EntryGroup(SHOP, "/", (slots[0],), FAST), EntryGroup(ADMIN, "/api/", (slots[1],), slow))
    spec = SlbSpec(groups)
    slb = SLBS[kind].start(platform, spec)
    shop = backends.start("shop-0.1", slots[0], service=SHOP, healthy=False)
    admin = backends.start("admin-0.1", slots[1], service=ADMIN, healthy=False)
    began = time.monotonic()
    slb.enrol(shop)
    slb.enrol(admin)
    until("one", lambda: [m.incarnation for m in slb.members() if m.in_rotation] == [admin.incarnation], within_s=30)
    assert time.monotonic() - began >= 2 * slow.interval_s, "three passes at its own interval"
    assert shop.health_checks >= 6
    assert {arrival.path for arrival in admin.arrivals} == {"/live"}
    slb.stop()
    figures = SLBS[kind].timers(spec)
    assert (figures["shop.interval_s"], figures["admin.interval_s"]) == (0.1, 0.4)
    assert figures["unhealthy"] == 2


@pytest.mark.parametrize(
    ("groups", "says"),
    [
        ((), "the SLB has no group"),
        ((("a", "/", ()), ("b", "/", ())), "two groups of the prefix /: a, b"),
        ((("a", "/", ()), ("a", "/x", ())), "two groups of a"),
        ((("a", "/", ("h:1",)), ("b", "/x", ("h:2", "h:1"))), "the slot h:1 twice: a, b"),
        ((("a", "/", ("h:1", "h:1")),), "the slot h:1 twice: a"),
        ((("a", "api/", ()),), "group of a: prefix 'api/' must begin with /"),
        ((("a;b", "/", ()),), "group of 'a;b': its name may hold letters, digits and"),
        ((("", "/", ()),), "group of '': its name may hold letters, digits and"),
        ((("a", "", ()),), "group of a: prefix '' must begin with /"),
        ((("a", "/a b", ()),), "prefix '/a b' may hold letters, digits and"),
        ((("a", "/x; }", ()),), "prefix '/x; }' may hold letters, digits and"),
        ((("a", "/x//y", ()),), "prefix '/x//y' fits no path"),
        ((("a", "/x/../y", ()),), r"prefix '/x/\.\./y' fits no path"),
    ],
)
def test_groups_between_which_nothing_can_choose_are_refused(
    groups: tuple[tuple[str, str, tuple[str, ...]], ...], says: str
) -> None:
    with pytest.raises(ValueError, match=says) as refused:
        SlbSpec(tuple(EntryGroup(name, prefix, slots, FAST) for name, prefix, slots in groups))
    assert "\n" not in str(refused.value)


LISTEN = " server { listen {listen}; }"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("upstream a { {servers} }", r"\{servers\} names no entry service, and there are several: expected \{servers "),
        ("upstream a { {servers shop} }", r"\{servers admin\} stands there 0 times: expected it once, inside an"),
        ("upstream a { {servers shop} } # {servers admin}", r"\{servers admin\} stands there 0 times"),
        ("upstream a { {servers shop} } upstream b { {servers shop} }", r"\{servers shop\} stands there 2 times"),
        ("upstream a { {servers cellar} }", r"\{servers cellar\}: cellar is no entry service; expected \{servers shop"),
        ("upstream a { {servers shop} {servers admin} }", "upstream a holds the servers of 2 services: expected one"),
        ("upstream a { {servers shop} } {servers admin}", "stands outside of any upstream block"),
    ],
)
def test_a_team_s_file_that_does_not_keep_the_services_apart_is_refused(tmp_path: Path, text: str, says: str) -> None:
    team = tmp_path / "team.conf"
    team.write_text(text + "\n" + LISTEN)
    with pytest.raises(ConfigRefused, match=says) as refused:
        SLBS["nginx-reload"].check(team, [SHOP, ADMIN])
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith(f"{team}: ")


def test_a_team_s_file_that_names_its_services_serves_them(
    platform: EmbeddedPlatform, tmp_path: Path, backends: Backends
) -> None:
    team = tmp_path / "team.conf"
    team.write_text(
        "# {servers shop}, and elsewhere {servers admin}\n"
        "upstream s { {servers shop} }\nupstream t {\n  least_conn;\n  {servers admin}\n}\n"
        "server { listen {listen}; location / { proxy_pass http://s; } location /api/ { proxy_pass http://t; } }\n"
    )
    assert read_config(team, [SHOP, ADMIN])
    slots = ["{}:{}".format(*platform.reserve()) for _ in range(4)]
    groups = (EntryGroup(SHOP, "/", tuple(slots[:2]), FAST), EntryGroup(ADMIN, "/api/", tuple(slots[2:]), FAST))
    slb = SLBS["nginx-reload"].start(platform, SlbSpec(groups, config=team))
    for number, slot in enumerate(slots):
        service = (SHOP, ADMIN)[number // 2]
        slb.enrol(backends.start(f"{service}-{number}.1", slot, service=service))
    host, _, port = slb.address.rpartition(":")
    for path, own in (("/x", SHOP), ("/api/x", ADMIN)):
        for turn in range(4):
            connection = http.client.HTTPConnection(host, int(port), timeout=5)
            connection.request("GET", path, headers={"X-Request-Id": f"t-{turn}"})
            assert connection.getresponse().headers["X-Incarnation"].startswith(own)
            connection.close()
    slb.stop()


def test_the_usual_file_of_one_service_is_what_it_says_of_itself() -> None:
    text = usual(
        SlbSpec(
            (EntryGroup(SHOP, "/", (), FAST),),
            streamed=(StreamedPath.of(SHOP, "/files/{id}.bin?a={written}"),),
            answer_within_s=59,
        )
    )
    assert (text.count("upstream shop {"), text.count("{servers shop}"), text.count("location / {")) == (1, 1, 1)
    assert text.count('location ~ "^/files/.*\\.bin$" {\n        proxy_buffering off;') == 1
    assert text.count("proxy_read_timeout 59000ms;") == 2
    assert "9s" not in text
    assert "proxy_pass http://shop;" in text
    assert "return 404" not in text


def _told(line: Access) -> tuple[object, ...]:
    return line.request_id, line.status, line.attempt, line.incarnation, line.address
