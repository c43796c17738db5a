"""An SLB that keeps a user at the instance that answered first, by a cookie of its own."""

import http.client
from collections import Counter
from collections.abc import Iterator

import pytest

from conformance.run.waiting import until
from fixtures.platforms.embedded import EmbeddedPlatform
from fixtures.slb.kinds import SLBS
from fixtures.slb.spec import ConfigRefused, PassiveCheck, SlbServer, SlbSpec
from tests.slb.backends import Backend, Backends
from tests.slb.stand import one_group

COOKIE = "SERVERID"


class Sticky:
    """Three members behind it."""

    def __init__(self, slb: SlbServer, members: list[Backend]) -> None:
        self.slb, self.members = slb, members
        for member in members:
            slb.enrol(member)
        until("all in rotation", lambda: sum(one.in_rotation for one in slb.members()) == len(members), within_s=30)

    def ask(self, cookie: str = "") -> tuple[str, str]:
        """The incarnation that answered, and the cookie that was set; empty where none was."""
        connection = http.client.HTTPConnection(self.slb.address, timeout=5)
        connection.request("GET", "/", headers={"Cookie": f"theme=dark; {COOKIE}={cookie}"} if cookie else {})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        told = answer.headers.get_all("Set-Cookie") or []
        values = [line.partition(";")[0].partition("=")[2] for line in told if line.startswith(f"{COOKIE}=")]
        assert answer.status == 200
        return str(answer.headers["X-Incarnation"]), "".join(values)


@pytest.fixture
def sticky(platform: EmbeddedPlatform, kind: str) -> Iterator[Sticky]:
    slots = tuple("{}:{}".format(*platform.reserve()) for _ in range(3))
    spec = SlbSpec(one_group(slots), passive=PassiveCheck(max_fails=0), answer_within_s=2.0, sticky_cookie=COOKIE)
    with Backends() as backends:
        members = [backends.start(f"kept-{number}.1", at) for number, at in enumerate(slots)]
        slb = SLBS[kind].start(platform, spec)
        yield Sticky(slb, members)
        slb.stop()


def test_a_user_stays_where_the_first_answer_came_from_and_others_are_spread(sticky: Sticky) -> None:
    met = Counter[str]()
    for _ in range(9):
        first, cookie = sticky.ask()
        met[first] += 1
        assert cookie
        assert {sticky.ask(cookie)[0] for _ in range(4)} == {first}
    assert set(met) == {member.incarnation for member in sticky.members}


def test_a_user_whose_instance_has_gone_is_sent_to_another_and_kept_there(sticky: Sticky) -> None:
    first, cookie = sticky.ask()
    (gone,) = [member for member in sticky.members if member.incarnation == first]
    sticky.slb.withdraw(gone)
    second, new = sticky.ask(cookie)
    assert second != first
    assert new not in ("", cookie)
    assert {sticky.ask(new)[0] for _ in range(4)} == {second}


def test_a_cookie_of_nobody_is_replaced(sticky: Sticky) -> None:
    assert all(sticky.ask("made-up")[1] for _ in range(3))


def test_an_address_by_which_all_requests_look_alike_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    team = tmp_path_factory.mktemp("team") / "team.conf"
    team.write_text("upstream a { ip_hash; {servers} } server { listen {listen}; location / { proxy_pass http://a; } }")
    with pytest.raises(ConfigRefused) as refused:
        SLBS["nginx-reload"].check(team, ["storefront"])
    assert "ip_hash" in str(refused.value)
    assert "sticky cookie SERVERID: the load's requests all come from one address" in str(refused.value)
    assert "\n" not in str(refused.value)
