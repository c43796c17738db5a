"""Instances are started, asked and told to go as their descriptor says."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.run.waiting import until
from conformance.run.world import Execution, Gone, Platform, ServiceGroup
from fixtures.services.addresses import PORTS, NewAddresses, SlotAddresses
from fixtures.services.descriptor import Descriptor
from fixtures.services.group import DescribedGroup
from fixtures.services.instance import DescribedInstance

SCRIPT = Path(__file__).with_name("small_service.py")

DESCRIPTOR = f"""\
schema = "release-topology/1"
name = "small"
[database]
[services.shop]
entry = true
ready = "GET /ready"
version = "v1"
versions.v1 = {{ command = ["{{python}}", "{SCRIPT}", "{{incarnation}}"] }}
versions.v2 = {{ command = ["{{python}}", "{SCRIPT}"], env = {{ COLOUR = "blue" }} }}
versions.v3 = {{ image = "shop:v3" }}
[services.shop.env]
ADMIN = "{{host}}:{{admin_port}}"
WHO = "{{instance}} {{incarnation}} {{version}}"
COLOUR = "red"
REGISTRY = "{{registry}}"
SCRATCH = "{{scratch}}"
DATABASE = "{{database}}"
JDBC = "jdbc:postgresql://{{database_host}}:{{database_port}}/{{database_name}} {{database_user}} {{database_password}}"
[services.shop.admin]
health = "GET /health"
status = "GET /status"
[services.shop.evidence]
executions = '^EXECUTION (?P<request_id>\\S+) (?P<operation>\\S+) (?P<start_ns>\\d+) (?P<end_ns>\\d+) (?P<status>\\d+)$'
status = ["in_flight", "held_writes", "executions", "sees"]
[workload]
routes = [{{ name = "read", method = "GET", path = "/", weight = 1, expect = [200], write = false }}]
"""

STATUS = {"in_flight": 2, "held_writes": ["r-1"], "executions": 7, "sees": {"orders": ["orders-01.1"]}, "offline": True}

DSN = "postgresql://me:p%40ss@127.0.0.1:5432/shop"

Grouped = Callable[..., DescribedGroup]


@pytest.fixture
def grouped(platform: Platform, tmp_path: Path) -> Grouped:
    def grouped(slots: int | None = None, **env: str) -> DescribedGroup:
        lines = "".join(f"{key} = '{value}'\n" for key, value in env.items())
        text = DESCRIPTOR.replace("[services.shop.env]\n", f"[services.shop.env]\n{lines}")
        (tmp_path / "services.toml").write_text(text)
        addresses = (
            NewAddresses(platform) if slots is None else SlotAddresses([platform.reserve(PORTS) for _ in range(slots)])
        )
        group = DescribedGroup(Descriptor.read(tmp_path), "shop", platform, addresses)
        group.tell({"registry": "there:1", "database": DSN})
        return group

    return grouped


def _up(instance: DescribedInstance) -> DescribedInstance:
    until(f"{instance.incarnation} to say so", lambda: instance.log.read_text().endswith("\n"), within_s=10)
    return instance


def _end(instance: DescribedInstance) -> None:
    instance.signal("SIGKILL")
    until(f"{instance.incarnation} to end", instance.exit_status, within_s=30)


def test_each_life_of_an_instance_is_an_incarnation_at_a_new_address(grouped: Grouped) -> None:
    group = grouped()
    first = group.start("shop-01", "v1")
    _end(first)
    second, other = group.start("shop-01", "v1"), group.start("shop-02", "v1")
    assert [one.incarnation for one in (first, second, other)] == ["shop-01.1", "shop-01.2", "shop-02.1"]
    assert len({one.address for one in (first, second, other)}) == 3
    assert group.living() == (second, other)
    assert group.all() == (first, second, other)


def test_a_run_may_forget_who_ended_before_it(grouped: Grouped) -> None:
    group = grouped()
    ended, runs = group.start("shop-01", "v1"), group.start("shop-02", "v1")
    _end(ended)
    group.forget_ended()
    assert group.all() == (runs,)
    assert group.start("shop-01", "v1").incarnation == "shop-01.2", "its number is never given twice"


def test_a_group_is_what_a_run_asks_for(grouped: Grouped) -> None:
    group: ServiceGroup = grouped()
    assert (group.name, group.position, group.calls, group.registered_as) == ("shop", "entry", (), None)


def test_the_environment_is_filled_in_and_nothing_else_leaks_in(
    grouped: Grouped, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEAK", "yes")
    environment = json.loads(_up(grouped().start("shop-03", "v2")).log.read_text())
    assert environment["WHO"] == "shop-03 shop-03.1 v2"
    assert environment["REGISTRY"] == "there:1"
    assert environment["DATABASE"] == DSN
    assert environment["JDBC"] == "jdbc:postgresql://127.0.0.1:5432/shop me p@ss"
    assert environment["COLOUR"] == "blue", "the version's own value beats the service's"
    assert Path(environment["SCRATCH"]).is_dir()
    assert "LEAK" not in environment


def test_slots_go_round_and_come_back_when_their_instance_has_ended(grouped: Grouped) -> None:
    group = grouped(slots=2)
    first, second = group.start("shop-01", "v1"), group.start("shop-02", "v1")
    with pytest.raises(Gone, match="all 2 slots of the SLB are taken by instances that run"):
        group.start("shop-03", "v1")
    _end(first)
    assert group.start("shop-01", "v1").address == first.address != second.address


@pytest.mark.parametrize(
    ("version", "says"),
    [
        ("v9", "shop: version 'v9' is unknown; known: v1, v2, v3"),
        ("v3", "shop: version 'v3' has no command, which this platform starts"),
    ],
)
def test_a_version_that_cannot_be_started_is_refused(grouped: Grouped, version: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        grouped().start("shop-01", version)


def test_a_status_tells_what_is_declared_and_only_that(grouped: Grouped) -> None:
    status = _up(grouped(STATUS=json.dumps(STATUS)).start("shop-01", "v1")).status()
    assert (status.ready, status.in_flight, status.held_writes, status.executions) == (True, 2, ("r-1",), 7)
    assert status.sees == {"orders": ("orders-01.1",)}
    assert status.offline is None, "told, but not declared as evidence"


def test_not_ready_is_what_the_ready_check_says(grouped: Grouped) -> None:
    assert not _up(grouped(STATUS=json.dumps(STATUS), READY="503").start("shop-01", "v1")).status().ready


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ("{}", "shop-01.1 answered GET /status without in_flight, which its descriptor declares as evidence"),
        ("busy", "shop-01.1 answered GET /status with 200, not with a status"),
    ],
)
def test_declared_evidence_that_is_missing_is_an_error_of_the_world(grouped: Grouped, told: str, says: str) -> None:
    with pytest.raises(Gone, match=says):
        _up(grouped(STATUS=told).start("shop-01", "v1")).status()


def test_an_instance_that_has_ended_is_told_with_its_last_words(grouped: Grouped) -> None:
    ended = grouped(EXIT="yes").start("shop-01", "v1")
    until("its end", ended.exit_status, within_s=10)
    with pytest.raises(Gone, match=r"(?s)shop-01\.1 did not answer GET /ready.*it has ended: exit 1.*no database"):
        ended.status()


def test_executions_are_read_from_the_log_but_not_from_a_line_on_its_way(grouped: Grouped) -> None:
    instance = _up(grouped().start("shop-01", "v1"))
    with instance.log.open("a") as log:
        log.write("EXECUTION r-1 read 10 20 200\nsomething else\nEXECUTION r-2 place 30 40 201\nEXECUTION r-3 read 5")
    assert list(instance.executions()) == [
        Execution("r-1", "read", 10, 20, 200),
        Execution("r-2", "place", 30, 40, 201),
    ]
