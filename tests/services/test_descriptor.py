"""A descriptor: what it says, and what it says when something in it cannot be."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance import plan
from fixtures.databases.kinds import DATABASES
from fixtures.registries.kinds import REGISTRIES
from fixtures.services import masking
from fixtures.services import tables as tables_of_a_descriptor
from fixtures.services.descriptor import Descriptor, DescriptorError
from fixtures.services.tables import Hook
from tests.services import (
    mistakes,
    mistakes_in_headers,
    mistakes_in_keys,
    mistakes_in_services,
    mistakes_in_values,
    mistakes_out_of_place,
)
from tests.services.mistakes import SMALL

DOCS = Path(__file__).parents[2] / "docs" / "descriptor.md"
SAMPLE = Path(__file__).parents[2] / "fixtures" / "services" / "python"


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], Descriptor]:
    def read(text: str) -> Descriptor:
        (tmp_path / "services.toml").write_text(text)
        return Descriptor.read(tmp_path)

    return read


@pytest.mark.parametrize(
    ("old", "new", "lack"),
    [
        ("", "", ""),
        ('open = "POST /open"\n', "", "orders declares no admin.open"),
        ('LANE = "{lane}"\n', "", "nothing that starts orders names {lane}"),
    ],
)
def test_whether_instances_can_stand_in_a_lane(
    read: Callable[[str], Descriptor], tmp_path: Path, old: str, new: str, lack: str
) -> None:
    (tmp_path / "schema.sql").touch()
    text = (SAMPLE / "services.toml").read_text()
    sample = read(text.replace(old, new) if old else text)
    assert sample.lacks_lanes("orders").startswith(lack)
    assert bool(sample.lacks_lanes("orders")) is bool(lack)
    assert sample.lacks_lanes("storefront") == "", "the SLB alone calls it, and knows its members' lanes"


def test_the_sample_is_read_as_data() -> None:
    sample = Descriptor.read(SAMPLE)
    assert [(one.name, one.position, one.calls, one.registered) for one in sample.topology.services] == [
        ("storefront", "entry", ("orders",), False),
        ("orders", "provider", ("inventory",), True),
        ("inventory", "provider", (), True),
    ]
    orders = sample.topology.service("orders")
    assert (orders.version, orders.next, orders.variants["never ready"]) == ("v1", "v2", "v2-never-ready")
    assert orders.way_down == (
        plan.HttpAct(method="POST", path="/offline?notify=true", notifies=True),
        plan.UnlistedAct(),
        plan.QuietAct(),
        plan.SignalAct("SIGTERM"),
    )
    of_orders = ("identity", "hops", "executions", "in_flight", "held_writes", "offline", "sees")
    assert sample.services["orders"].shows == of_orders
    assert sample.services["inventory"].shows == ("identity", "executions", "in_flight", "held_writes", "offline")
    assert [(route.name, route.effects) for route in sample.workload.routes] == [
        ("POST /orders", ("placed", "reserved", "confirmed")),
        ("GET /orders", ()),
    ]
    entry = sample.services["storefront"]
    assert (entry.admin.health, entry.keep_alive_s) == (Hook("GET", "/health"), 75.0)
    assert sample.setup_script == SAMPLE / "schema.sql"


def test_a_folder_stands_for_its_services_toml() -> None:
    assert Descriptor.read(SAMPLE) == Descriptor.read(SAMPLE / "services.toml")


def test_it_becomes_plan_data(read: Callable[[str], Descriptor]) -> None:
    shop = plan.Service(
        name="shop",
        position="entry",
        registered=False,
        in_sight_of_a_registry=False,
        version="1.0",
        next="1.1",
        versions=("1.0", "1.1"),
        shows_in_flight=False,
    )
    assert read(SMALL).topology == plan.Topology("small", (shop,))


def test_what_a_policy_comes_to_here_is_keyed_by_the_policy_s_name(read: Callable[[str], Descriptor]) -> None:
    assert read(SMALL + '[expect]\ngraceful_stop = "any"\n').expect == {"graceful stop": "any"}


def test_the_resolved_settings_are_flat_complete_and_without_secrets(read: Callable[[str], Descriptor]) -> None:
    command = 'versions."1.0" = { command = ["run", "--api-token", "hunter2", "--key=hunter2", "{python}"] }'
    resolved = read(SMALL.replace('versions."1.0" = { command = ["run", "{python}"] }', command)).resolved()
    assert resolved["services.shop.entry"] == "/"
    assert resolved["services.shop.instances"] == "2", "defaults too"
    assert resolved["services.shop.ready.http"] == "GET /ready"
    assert resolved["services.shop.env.DB_PASSWORD"] == masking.MASK
    assert resolved["services.shop.env.LINK"] == "postgresql://me:***@db/shop"
    assert resolved["services.shop.versions.1.0.command"] == "run --api-token *** --key=*** {python}"
    assert resolved["workload.routes[0].expect"] == "201"
    assert "hunter2" not in str(resolved)


NO_COMMAND = "missing; this platform starts commands: give it one, or take another --platform"


def test_a_version_with_an_image_alone_is_refused_by_a_platform_that_starts_commands(
    read: Callable[[str], Descriptor], tmp_path: Path
) -> None:
    descriptor = read(SMALL.replace('{ command = ["run"], env = { FLAG = "on" } }', '{ image = "shop:1.1" }'))
    with pytest.raises(DescriptorError) as refused:
        descriptor.require("commands")
    assert str(refused.value) == f'{tmp_path}/services.toml: services.shop.versions."1.1".command: {NO_COMMAND}'


def test_so_is_a_server_with_an_image_alone(read: Callable[[str], Descriptor], tmp_path: Path) -> None:
    descriptor = read(SMALL.replace("[workload]", '[servers.cache]\nimage = "redis:7"\n[workload]'))
    with pytest.raises(DescriptorError) as refused:
        descriptor.require("commands")
    assert str(refused.value) == f"{tmp_path}/services.toml: servers.cache.command: {NO_COMMAND}"
    assert descriptor.images_to_start == (), "its services have commands only"


MISTAKES = {
    **mistakes.MISTAKES,
    **mistakes_in_headers.MISTAKES,
    **mistakes_in_services.MISTAKES,
    **mistakes_in_values.MISTAKES,
    **mistakes_in_keys.MISTAKES,
    **mistakes_out_of_place.MISTAKES,
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_in_one_line_with_file_key_value_and_what_was_expected(
    read: Callable[[str], Descriptor], tmp_path: Path, mistake: str
) -> None:
    right, wrong, says = MISTAKES[mistake]
    assert SMALL.count(right) >= 1
    with pytest.raises(DescriptorError) as refused:
        read(SMALL.replace(right, wrong, 1))
    assert str(refused.value) == f"{tmp_path}/services.toml: {says.replace('{folder}', str(tmp_path))}"


@pytest.mark.parametrize(
    "command",
    [
        ["sh", "-c", "run > log &"],
        ["expr", "1", "|", "0"],
        ["cut", "-d", "|", "list"],
        ["find", ".", "-exec", "touch", "{}", ";"],
        ["run", "--range", ">=1.0 <2", "a|b"],
    ],
)
def test_what_is_no_shells_operator_is_left_to_the_program(
    read: Callable[[str], Descriptor], command: list[str]
) -> None:
    text = SMALL.replace('["run", "{python}"]', json.dumps(command), 1)
    assert read(text).services["shop"].versions["1.0"].command == tuple(command)


def test_no_two_mistakes_are_told_alike() -> None:
    told = [says for _, _, says in MISTAKES.values()]
    tables = (mistakes, mistakes_in_headers, mistakes_in_services, mistakes_in_values, mistakes_in_keys)
    assert len(MISTAKES) == sum(len(table.MISTAKES) for table in (*tables, mistakes_out_of_place))
    assert len(set(told)) == len(told) > 100


def test_a_descriptor_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DescriptorError, match=r"nowhere\.toml: cannot be read \(No such file or directory\)"):
        Descriptor.read(tmp_path / "nowhere.toml")


def test_the_worked_example_in_the_docs_is_a_descriptor(read: Callable[[str], Descriptor], tmp_path: Path) -> None:
    example = DOCS.read_text().partition("## An example")[2]
    (tmp_path / "tables.sql").touch()
    indented = (line.removeprefix("    ") for line in example.splitlines() if line.startswith("    ") or not line)
    assert read("\n".join(indented)).topology.callers("stock")[0].name == "shop"


def test_every_key_is_explained_in_the_docs() -> None:
    explained = set(
        re.findall(r"`([a-z0-9_]+)`|^### `\[+(?:services\.NAME\.)?([a-z.]+)\]+`", DOCS.read_text(), re.MULTILINE)
    )
    words = {word.rpartition(".")[2] for pair in explained for word in pair} | {"schema", "name", "services", "servers"}
    tables = [Descriptor, *(table for table in vars(tables_of_a_descriptor).values() if _is_table(table))]
    keys = {field.alias or name for table in tables for name, field in table.model_fields.items()}
    assert keys - words == set()


def _is_table(thing: object) -> bool:
    return isinstance(thing, type) and issubclass(thing, tables_of_a_descriptor.Table)


def test_every_server_may_be_started_from_another_image_and_no_other(tmp_path: Path) -> None:
    known = ("slb", *REGISTRIES, *DATABASES)
    images = "\n".join(f'{name} = "mine/{name}"' for name in known)
    (tmp_path / "services.toml").write_text(f"{SMALL}\n[images]\n{images}\n")
    assert Descriptor.read(tmp_path).images == {name: f"mine/{name}" for name in known}
    (tmp_path / "services.toml").write_text(f'{SMALL}\n[images]\noracle = "mine"\n')
    with pytest.raises(DescriptorError, match=r"images.*oracle.*slb, nacos, eureka, postgres, mariadb") as refused:
        Descriptor.read(tmp_path)
    assert "\n" not in str(refused.value)
