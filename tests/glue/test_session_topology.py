"""A topology of plain services stands on real servers: a stub, a supporting service, an entry, a provider, a worker."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.plan import Plan, batches, graceful_stop, plan
from conformance.run.timings import TIMINGS
from conformance.run.waiting import until
from conformance.run.world import Instance, RegistryName, World
from fixtures.glue import session_topology
from fixtures.glue.servers import ServerConfig
from fixtures.glue.session_topology import SessionTopology, TopologyFailed
from fixtures.platforms.http_client import HttpClient
from fixtures.services.descriptor import Descriptor
from tests.services.plain import SCRIPT

SERVICE = f"""
version = "1"
versions.1.command = ["{{python}}", "{SCRIPT}"]
versions.2.command = ["{{python}}", "{SCRIPT}"]
released_instances = 2
env.LISTEN = "{{host}}:{{port}}"
env.SETTINGS = "{{settings}}"
env.STUB = "{{stub}}"
"""
SHOP = f"""\
schema = "release-topology/1"
name = "shop"
[servers.stub]
command = ["{{python}}", "{SCRIPT}"]
env = {{ LISTEN = "{{host}}:{{port}}" }}
[services.settings]
supporting = true
version = "1"
versions.1.command = ["{{python}}", "{SCRIPT}"]
env = {{ LISTEN = "{{host}}:{{port}}", DELAY_S = "0.5", STUB = "{{stub_host}} {{stub_port}}" }}
ready.tcp = true
[services.stock]
registry.name = "STOCK-SERVICE"
addresses = "kept"
ready = "GET /"
admin.address = "{{host}}:{{port}}"
env.EUREKA = "{{registry}}"
env.NAME = "STOCK-SERVICE"
{SERVICE}
[services.api]
entry = true
calls = ["stock"]
ready = "GET /"
admin = {{ address = "{{host}}:{{port}}", health = "GET /" }}
{SERVICE}
[services.mailer]
worker = true
calls = ["stock"]
ready.log = "^Started"
{SERVICE}
[workload]
routes = [{{ name = "read", method = "GET", path = "/", weight = 1, expect = [200], write = false }}]
"""
PAIR = f"""\
schema = "release-topology/1"
name = "pair"
[services.api]
entry = true
ready = "GET /"
version = "1"
versions.1.command = ["{{python}}", "{SCRIPT}"]
admin = {{ address = "{{host}}:{{port}}", health = "GET /" }}
versions.2.command = ["{{python}}", "{SCRIPT}"]
env.LISTEN = "{{host}}:{{port}}"
[services.mailer]
worker = true
version = "1"
ready.log = "^Started"
versions.1.command = ["worker"]
[workload]
routes = [{{ name = "read", method = "GET", path = "/", weight = 1, expect = [200], write = false }}]
"""
EUREKA = ServerConfig("eureka")
ENDS = """["sh", "-c", "echo Started; echo gives up; sleep 0.02; exit 3"]"""


def _topology(folder: Path, text: str = SHOP) -> SessionTopology:
    (folder / "services.toml").write_text(text)
    return SessionTopology(Descriptor.read(folder), print)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SessionTopology]:
    topology = _topology(tmp_path_factory.mktemp("shop"))
    yield topology
    topology.close()


def _plan(session: SessionTopology, service: str) -> Plan:
    return plan(batches(session.topology.service(service), offline=graceful_stop))


def _stands(session: SessionTopology, service: str) -> World:
    session.open(EUREKA)
    return session.arrange(_plan(session, service))


def _told(instance: Instance) -> dict[str, Any]:
    first = instance.log.read_text().splitlines()[0]
    told: dict[str, Any] = json.loads(first.removeprefix("told "))
    return told


def test_every_service_stands_in_its_place(session: SessionTopology) -> None:
    world = _stands(session, "stock")
    assert {group.name: (group.position, len(group.living())) for group in world.groups} == {
        "api": ("entry", 2),
        "mailer": ("worker", 2),
        "stock": ("provider", 2),
        "settings": ("supporting", 1),
    }
    assert {member.service for member in world.slb.members() if member.in_rotation} == {"api"}
    listed = world.registries[0].registrations(RegistryName("STOCK-SERVICE"))
    assert {one.address for one in listed} == {one.address for one in world.group("stock").living()}
    assert {one.incarnation for one in listed} == {""}, "its address alone tells who it is"
    assert "stub" in {server.process.name.partition(".")[0] for server in world.servers}


def test_addresses_that_stay_are_told_to_whoever_names_them(session: SessionTopology) -> None:
    world = _stands(session, "stock")
    (settings,) = world.group("settings").living()
    told = _told(world.group("mailer").living()[0])
    assert told["SETTINGS"] == settings.address
    assert _told(settings)["STUB"].replace(" ", ":") == told["STUB"]
    assert HttpClient().get(f"http://{told['STUB']}/", timeout=2).status_code == 200


def test_what_others_need_is_ready_before_they_start(session: SessionTopology) -> None:
    world = _stands(session, "stock")
    (settings,) = world.group("settings").living()
    others = [one for group in world.groups if group.name != "settings" for one in group.all()]
    assert min(one.log.stat().st_mtime_ns for one in others) > settings.log.stat().st_mtime_ns


def test_who_keeps_its_address_is_put_in_service_again_after_a_run_that_took_it_out(session: SessionTopology) -> None:
    world = _stands(session, "stock")
    name, victim = RegistryName("STOCK-SERVICE"), world.group("stock").living()[0]
    registry = world.registries[0]
    registry.set_state(name, victim.address, "out of service")
    until(
        "the registry to tell everybody",
        lambda: {one.address: one.healthy for one in registry.registrations(name)}[victim.address],
        accept=lambda healthy: not healthy,
        within_s=10,
    )
    _stands(session, "stock")
    again = world.group("stock").living()[0]
    assert (again.name, again.address) == (victim.name, victim.address)
    assert again.incarnation != victim.incarnation, "it was on its way down"
    assert {one.address: one.healthy for one in registry.registrations(name)}[again.address]


def test_callers_that_do_not_show_their_list_are_given_the_time_in_which_they_are_told_of_a_change(
    session: SessionTopology, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, waited = _stands(session, "stock"), []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        time.sleep(seconds)

    monkeypatch.setattr(session_topology, "time", SimpleNamespace(monotonic=time.monotonic, sleep=sleep))
    _stands(session, "stock")
    assert waited == [], "nothing has changed"
    for name, seconds in (("mailer", []), ("api", []), ("stock", [EUREKA.told_within_s])):
        ending = world.group(name).living()[0]
        ending.signal("SIGKILL")
        until(f"{ending.incarnation} to end", ending.exit_status, within_s=30)
        world = _stands(session, "stock")
        assert waited == seconds, f"one of {name} was started anew"


def test_a_worker_that_is_not_ready_is_told_with_its_last_words(tmp_path: Path) -> None:
    text = SHOP.replace('ready.log = "^Started"', 'ready.log = "^Started"\nenv.DELAY_S = "no number"')
    session = _topology(tmp_path, text)
    try:
        with pytest.raises(TopologyFailed, match=r"(?s)mailer-0\d\.1 ended at start: exit 1.*could not convert string"):
            _stands(session, "api")
    finally:
        session.close()


@pytest.mark.parametrize(
    ("command", "told"),
    [('["false"]', r"mailer-0\d\.1 ended at start: exit 1"), (ENDS, r"(?s)mailer-0\d\.1 ended .*exit 3.*gives up")],
    ids=["at once", "once it is ready"],
)
def test_a_worker_that_has_ended_does_not_stand(tmp_path: Path, command: str, told: str) -> None:
    """Nothing lists a worker: that one is missing is seen by looking at it alone."""
    session = _topology(tmp_path, PAIR.replace('["worker"]', command))
    try:
        with pytest.raises(TopologyFailed, match=told):
            _stands(session, "api")
    finally:
        session.close()


def test_who_registers_under_another_name_is_told_by_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fixtures.glue.session_topology.TIMINGS", replace(TIMINGS, topology_ready=3.0))
    session = _topology(tmp_path, SHOP.replace('env.NAME = "STOCK-SERVICE"', 'env.NAME = "STOCKS"'))
    other = r"missing: stock-01\.1 at \S+ \(eureka lists it as STOCKS, not as STOCK-SERVICE\), stock-02\.1 at "
    try:
        with pytest.raises(TopologyFailed, match=other):
            _stands(session, "stock")
    finally:
        session.close()
