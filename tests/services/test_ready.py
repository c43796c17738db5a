"""Ready is what the declared check says: over HTTP, by a connection, a line, the registry, or a command."""

from pathlib import Path

import pytest

from conformance.plan import RegistryState
from conformance.run.start_instance import await_ready
from conformance.run.waiting import Unmet, until
from conformance.run.world import Gone, Platform, Registration, RegistryName, RestartableServer
from fixtures.platforms.embedded.process import LocalProcess
from fixtures.services.instance import YIELDS_FOR
from tests.services.plain import described, group_of, started

WAYS = {
    "http": 'ready = "GET /"',
    "tcp": "ready.tcp = true",
    "log": 'ready.log = "^Started in"',
    "command": """ready.command = ["{python}", "-c", "import socket; socket.create_connection(('{host}', {port}))"]""",
}


@pytest.mark.parametrize("way", WAYS)
def test_it_is_not_ready_before_it_serves_and_ready_as_soon_as_it_does(
    platform: Platform, tmp_path: Path, way: str
) -> None:
    group = group_of(described(tmp_path, ('ready = "GET /"', WAYS[way])), platform)
    instance = group.start("shop-01", "1.9")
    until("its first line", lambda: "up soon" in instance.log.read_text(), within_s=10)
    seen: list[bool] = []

    def look() -> bool:
        try:
            seen.append(instance.status().ready)
        except Gone:
            seen.append(False)
        return seen[-1]

    until(f"{way} to see it ready", look, within_s=10)
    assert not seen[0]
    until("what it says once it listens", lambda: "Started in" in instance.log.read_text(), within_s=10)


NOT_READY = {
    'ready = "GET /nowhere"': "it answers GET /nowhere with 404",
    'ready.log = "never said"': "no line of its log is like 'never said'",
    """ready.command = ["{python}", "-c", "raise SystemExit('not yet')"]""": "('not yet'): exit 1: not yet",
}


@pytest.mark.parametrize("check", NOT_READY)
def test_what_its_check_sees_instead_is_told(platform: Platform, tmp_path: Path, check: str) -> None:
    """A path that it does not know was told as "it answers, but is not ready"."""
    group = group_of(described(tmp_path, ('ready = "GET /"', check)), platform)
    instance = group.start("shop-01", "1.9")
    until("its last line", lambda: "Started in" in instance.log.read_text(), within_s=10)
    with pytest.raises(Unmet) as late:
        await_ready(instance, within_s=0.5, every_s=0.1)
    assert NOT_READY[check] in str(late.value)


@pytest.mark.parametrize(
    ("way", "yields"),
    [
        (('ready = "GET /"', YIELDS_FOR), False),
        (('ready = "GET /nowhere"', YIELDS_FOR), False),
        (('ready.log = "never said"', YIELDS_FOR), True),
        (('ready.log = "never said"', 0.0), False),
    ],
    ids=["ready", "answers", "not yet", "not in time"],
)
def test_who_starts_yields_until_it_answers_or_takes_long(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: tuple[str, float], yields: bool
) -> None:
    """Spring Cloud registers when its server listens: at a tenth of a processor its callers timed out."""
    check, share = way
    monkeypatch.setattr("fixtures.services.instance.YIELDS_FOR", share)
    started = group_of(described(tmp_path, ('ready = "GET /"', check)), platform).start("shop-01", "1.9")
    assert isinstance(started.process, LocalProcess)
    assert started.process.launch_spec.yields
    until("its last line", lambda: "Started in" in started.log.read_text(), within_s=10)
    promoted: list[object] = []

    def promote(process: object) -> None:
        promoted.append(process)

    monkeypatch.setattr(LocalProcess, "promote", promote)
    started.status()
    assert bool(promoted) is not yields


class _Lists:
    """A registry that lists an address once it is told of it."""

    name = "nacos"

    def __init__(self) -> None:
        self.address = ""
        self.asked: set[RegistryName] = set()
        self.away = False

    @property
    def server(self) -> RestartableServer:
        raise NotImplementedError

    def registrations(self, service: RegistryName) -> tuple[Registration, ...]:
        if self.away:
            raise Gone("the registry does not answer")
        self.asked.add(service)
        return (Registration(address=self.address, healthy=True), Registration(address="elsewhere:1", healthy=True))

    def other_names(self, service: RegistryName, address: str) -> tuple[RegistryName, ...]:
        raise NotImplementedError

    def set_state(self, service: RegistryName, address: str, state: RegistryState) -> None:
        raise NotImplementedError


def test_it_is_ready_when_the_registry_lists_its_address(platform: Platform, tmp_path: Path) -> None:
    registered = 'ready.registry = true\nregistry = { name = "SHOP", group = "G", namespace = "prod" }'
    registry = _Lists()
    group = group_of(described(tmp_path, ('ready = "GET /"', registered)), platform, [registry])
    instance = group.start("shop-01", "1.8")
    assert not instance.status().ready
    registry.address = instance.address
    assert instance.status().ready
    registry.away = True
    assert not instance.status().ready, "and no error of the instance"
    assert registry.asked == {RegistryName("SHOP", "G", "prod")} == {group.registered_as}


def test_a_command_that_cannot_be_started_is_told(platform: Platform, tmp_path: Path) -> None:
    group = group_of(described(tmp_path, ('ready = "GET /"', 'ready.command = ["no-such-program"]')), platform)
    with pytest.raises(Gone, match=r"no-such-program cannot be started: No such file"):
        group.start("shop-01", "1.8").status()


def test_a_version_may_take_longer_than_the_service_says(platform: Platform, tmp_path: Path) -> None:
    group = group_of(described(tmp_path, ('ready = "GET /"', 'ready = "GET /"\nready_s = 40.0')), platform)
    one, another = started(group), group.start("shop-02", "1.9")
    assert (one.ready_s, another.ready_s) == (40.0, 90.0)
    assert (one.ready_key, another.ready_key) == ("services.shop.ready_s", 'services.shop.versions."1.9".ready_s')
