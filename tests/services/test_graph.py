"""The call graph of a descriptor: positions, order, who is registered, and what a version changes of it."""

import time
from pathlib import Path

import pytest

from conformance import plan
from conformance.run.world import RegistryName
from fixtures.services.descriptor import Descriptor

SHOP = """\
schema = "release-topology/1"
name = "shop"
[services.stock]
version = "1"
versions.1.command = ["run"]
ready = "GET /"
registry = { name = "STOCK-SERVICE", group = "SHOP", namespace = "prod" }
[services.settings]
supporting = true
version = "1"
versions.1.command = ["run"]
versions.2.command = ["run"]
ready.tcp = true
[services.mailer]
worker = true
calls = ["settings", "price"]
version = "1"
versions.1.command = ["run"]
versions.2.command = ["run"]
ready.log = "up"
offline = [{ quiet.log = "idle" }, { signal = "SIGTERM", at_once = true }, { wait_s = 2.0 }]
release = { strategy = "gray", batches = "50 %", first = 1 }
[services.price]
calls = ["stock"]
registry = false
version = "1"
versions.1.command = ["run"]
versions.2.command = ["run"]
versions.3.command = ["run"]
ready = "GET /"
[services.api]
entry = "/api/"
calls = ["price"]
version = "1"
versions.1.command = ["run"]
versions.2 = { command = ["run"], calls = ["price", "stock"] }
versions.3 = { command = ["run"], variant = "slow" }
admin.health = "GET /health"
ready = "GET /health"
released_instances = 4
[services.web]
entry = true
registry = {}
calls = ["api", "settings"]
version = "1"
versions.1.command = ["run"]
admin.health = "GET /health"
ready = "GET /health"
[release]
batches = 2
interval_s = 5.0
confirm = "manual"
[workload]
routes = [{ name = "read", method = "GET", path = "/", weight = 1, expect = [200], write = false }]
"""


def _read(folder: Path, text: str = SHOP) -> Descriptor:
    (folder / "services.toml").write_text(text)
    return Descriptor.read(folder)


def test_each_service_stands_after_all_that_call_it_and_entries_first(tmp_path: Path) -> None:
    topology = _read(tmp_path).topology
    assert [(one.name, one.position) for one in topology.services] == [
        ("web", "entry"),
        ("api", "entry"),
        ("mailer", "worker"),
        ("settings", "supporting"),
        ("price", "provider"),
        ("stock", "provider"),
    ]
    assert [one.name for one in topology.callers("stock")] == ["api", "price"]
    assert [one.name for one in topology.entries] == ["web", "api"]


def test_a_version_that_calls_others_adds_to_the_graph(tmp_path: Path) -> None:
    descriptor = _read(tmp_path)
    assert descriptor.topology.service("api").calls == ("price", "stock")
    assert descriptor.services["api"].calls_of("1") == ("price",)
    assert descriptor.services["api"].calls_of("2") == ("price", "stock")


def test_providers_are_registered_and_others_where_it_is_said(tmp_path: Path) -> None:
    descriptor = _read(tmp_path)
    assert {name: descriptor.registered_as(name) for name in descriptor.services} == {
        "stock": RegistryName("STOCK-SERVICE", "SHOP", "prod"),
        "settings": None,
        "mailer": None,
        "price": None,
        "api": None,
        "web": RegistryName("web"),
    }
    assert [one.name for one in descriptor.topology.services if one.registered] == ["web", "stock"]


@pytest.mark.parametrize("told", ["true", "{}", '{ name = "web" }'])
def test_true_stands_for_its_own_name(tmp_path: Path, told: str) -> None:
    (tmp_path / "services.toml").write_text(SHOP.replace("registry = {}", f"registry = {told}"))
    assert Descriptor.read(tmp_path).registered_as("web") == RegistryName("web")


@pytest.mark.parametrize(
    ("services", "used"),
    [
        ("", False),
        ("registry = {}", True),
        ('env.NACOS = "{registry}"', True),
        ('versions.2.env.EVERY = "{refresh_s}"', True),
        ('env.REGISTRY = "registry.example:8848"', False),
    ],
)
def test_a_registry_is_used_where_one_lists_a_service_or_is_named_to_one(
    tmp_path: Path, services: str, used: bool
) -> None:
    alone = (
        SHOP[: SHOP.index("[services")]
        + """[services.api]
entry = true
version = "1"
versions.1.command = ["run"]
versions.2.command = ["run"]
ready = "GET /"
admin.health = "GET /health"
"""
    )
    (tmp_path / "services.toml").write_text(f"{alone}{services}\n{SHOP[SHOP.index('[workload') :]}")
    assert Descriptor.read(tmp_path).uses_registry is used


def test_what_is_released_is_the_only_other_version_that_is_no_variant(tmp_path: Path) -> None:
    topology = _read(tmp_path).topology
    assert {one.name: one.next for one in topology.services} == {
        "web": "",
        "api": "2",
        "mailer": "2",
        "settings": "",
        "price": "",
        "stock": "",
    }
    assert [one.name for one in topology.released] == ["api", "mailer"]
    named = _read(tmp_path, SHOP.replace("[services.price]", '[services.price]\nnext = "3"'))
    assert named.topology.service("price").next == "3"


def test_a_service_s_own_way_of_releasing_beats_the_topology_s_key_by_key(tmp_path: Path) -> None:
    topology = _read(tmp_path).topology
    assert topology.service("api").release == plan.ReleaseDefaults(batches=2, interval_s=5.0, manual=True)
    assert topology.service("mailer").release == plan.ReleaseDefaults(
        strategy="gray", batches="50 %", first=1, interval_s=5.0, manual=True
    )


def test_a_way_down_becomes_plan_data(tmp_path: Path) -> None:
    assert _read(tmp_path).topology.service("mailer").way_down == (
        plan.QuietAct(log="idle"),
        plan.SignalAct("SIGTERM", at_once=True),
        plan.WaitAct(2.0),
    )


def test_a_supporting_service_is_one_at_an_address_that_stays(tmp_path: Path) -> None:
    descriptor = _read(tmp_path, SHOP.replace("[services.price]", '[services.price]\nenv.AT = "{settings}"'))
    assert descriptor.services["settings"].is_kept
    assert descriptor.topology.service("settings").instances == 1
    two = _read(tmp_path, SHOP.replace("supporting = true", "supporting = true\ninstances = 2"))
    assert two.topology.service("settings").instances == 2


def test_a_service_s_own_expectation_beats_the_topology_s(tmp_path: Path) -> None:
    more = '[expect]\ngraceful_stop = "any"\nhang = "any"\n[services.api.expect]\ngraceful_stop = "GO"\n[workload]'
    descriptor = _read(tmp_path, SHOP.replace("[workload]", more))
    assert descriptor.expected("api") == {"graceful stop": "GO", "hang": "any"}
    assert descriptor.expected("web") == {"graceful stop": "any", "hang": "any"}


def test_a_large_graph_is_read_at_once(tmp_path: Path) -> None:
    """Each service calls all that stand behind it: hundreds of thousands of ways lead through them."""
    names = [f"s{number}" for number in range(20)]
    tables = [
        f"[services.{name}]\ncalls = {names[number + 1 :]}\nversion = '1'\nversions.1.command = ['run']\n"
        f"ready.tcp = true\n{'entry = true' if number == 0 else ''}\n"
        + ('admin.health = "GET /"\n' if number == 0 else "")
        for number, name in enumerate(names)
    ]
    head, tail = SHOP[: SHOP.index("[services.stock]")], SHOP[SHOP.index("[workload]") :]
    began = time.monotonic()
    topology = _read(tmp_path, head + "".join(tables) + tail).topology
    assert [one.name for one in topology.services] == names
    assert time.monotonic() - began < 5
