"""A descriptor: what it says, and what it says when something in it cannot be."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance import plan
from fixtures.databases.kinds import DATABASES
from fixtures.registries.kinds import REGISTRIES
from fixtures.services import masking, templates
from fixtures.services import tables as tables_of_a_descriptor
from fixtures.services.descriptor import Descriptor, DescriptorError
from fixtures.services.tables import Hook

DOCS = Path(__file__).parents[2] / "docs" / "descriptor.md"
SAMPLE = Path(__file__).parents[2] / "fixtures" / "services" / "python"

SMALL = """\
schema = "release-topology/1"
name = "small"
[database]
[services.shop]
role = "entry"
version = "1.0"
versions."1.0" = { command = ["run", "{python}"] }
versions."1.1" = { command = ["run"], env = { FLAG = "on" } }
env = { PORT = "{port}", DB_PASSWORD = "hunter2", LINK = "postgresql://me:hunter2@db/shop" }
admin = { ready = "GET /ready", health = "GET /health" }
[workload]
[[workload.routes]]
name = "buy"
method = "POST"
path = "/orders"
body = '{"id": "{id}"}'
weight = 1
expect = [201]
write = true
effects = ["bought"]
[audit]
query = "SELECT * FROM effects WHERE request_id LIKE :run || '%'"
"""


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
    assert {name: service.role for name, service in sample.services.items()} == {
        "storefront": "entry",
        "orders": "middle",
        "inventory": "leaf",
    }
    assert sample.services["orders"].admin.offline == Hook("POST", "/offline")
    assert sample.services["orders"].shows == ("identity", "hops", "executions", "in_flight", "offline", "sees")
    assert sample.services["inventory"].shows == ("identity", "executions", "in_flight", "offline")
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
    assert read(SMALL).topology == plan.Topology(
        "small", (plan.Service("shop", "entry", "1.0", ("1.0", "1.1"), instances=2, released_instances=10),)
    )


def test_roles_may_be_absent_from_the_end(read: Callable[[str], Descriptor]) -> None:
    with pytest.raises(plan.RoleAbsent):
        _ = read(SMALL).topology.leaf


def test_what_a_policy_comes_to_here_is_keyed_by_the_policy_s_name(read: Callable[[str], Descriptor]) -> None:
    assert read(SMALL + '[expect]\ngraceful_stop = "any"\n').expect == {"graceful stop": "any"}


def test_the_resolved_settings_are_flat_complete_and_without_secrets(read: Callable[[str], Descriptor]) -> None:
    command = 'versions."1.0" = { command = ["run", "--api-token", "hunter2", "--key=hunter2", "{python}"] }'
    resolved = read(SMALL.replace('versions."1.0" = { command = ["run", "{python}"] }', command)).resolved()
    assert resolved["services.shop.role"] == "entry"
    assert resolved["services.shop.instances"] == "2", "defaults too"
    assert resolved["services.shop.admin.ready"] == "GET /ready"
    assert resolved["services.shop.env.DB_PASSWORD"] == masking.MASK
    assert resolved["services.shop.env.LINK"] == "postgresql://me:***@db/shop"
    assert resolved["services.shop.versions.1.0.command"] == "run --api-token *** --key=*** {python}"
    assert resolved["workload.routes[0].expect"] == "201"
    assert "hunter2" not in str(resolved)


def test_a_version_with_an_image_alone_is_refused_by_a_platform_that_starts_commands(
    read: Callable[[str], Descriptor], tmp_path: Path
) -> None:
    descriptor = read(SMALL.replace('{ command = ["run"], env = { FLAG = "on" } }', '{ image = "shop:1.1" }'))
    with pytest.raises(DescriptorError) as refused:
        descriptor.require("commands")
    key = "services.shop.versions.1.1.command"
    assert str(refused.value) == f"{tmp_path}/services.toml: {key}: missing; this platform starts commands"


NAMES = ", ".join(templates.OF_AN_INSTANCE)
SECOND = '[services.{}]\nrole = "{}"\nversion = "1"\nversions.1.command = ["run"]\nadmin.ready = "GET /"\n'

MISTAKES = {
    "no TOML": ('role = "entry"', "role = entry", "not TOML: Invalid value (at line 5, column 8)"),
    "a key that does not exist": (
        'role = "entry"',
        'role = "entry"\ninstnaces = 3',
        "services.shop.instnaces = 3: unknown key; did you mean instances?",
    ),
    "a key that resembles none": (
        "[workload]",
        "[workload]\nx = 1",
        "workload.x = 1: unknown key; known here: rate, fresh_share, warm_up_requests, routes",
    ),
    "a key of no table": ('name = "small"', 'nmae = "small"', "name: missing; it must be given (and 1 more)"),
    "another schema": (
        "release-topology/1",
        "release-topology/9",
        "schema = \"release-topology/9\": expected 'release-topology/1'",
    ),
    "a role that does not exist": (
        '"entry"',
        '"entrance"',
        "services.shop.role = \"entrance\": expected 'entry', 'middle' or 'leaf'",
    ),
    "no role": ('role = "entry"\n', "", "services.shop.role: missing; it must be given"),
    "a role twice": (
        "[workload]",
        SECOND.format("bazaar", "entry") + 'admin.health = "GET /"\n[workload]',
        'services.bazaar.role = "entry": expected a role that shop does not have',
    ),
    "a role that nobody calls": (
        "[workload]",
        SECOND.format("stock", "leaf") + "[workload]",
        'services.stock.role = "leaf": expected a service with the role middle, which calls it',
    ),
    "a released version that cannot be started": (
        'version = "1.0"',
        'version = "0.9"',
        'services.shop.version = "0.9": expected one of its versions: 1.0, 1.1',
    ),
    "a version that says nothing": (
        '{ command = ["run", "{python}"] }',
        "{}",
        "services.shop.versions.1.0.command: expected a command, or an image",
    ),
    "a word of another type": (
        '["run"]',
        '["run", 1]',
        "services.shop.versions.1.1.command[1] = 1: expected a text in quotes",
    ),
    "a text in the place of a list": (
        '["run"]',
        '"run"',
        'services.shop.versions.1.1.command = "run": expected a list',
    ),
    "a text in the place of a number": (
        'role = "entry"',
        'role = "entry"\ninstances = "3"',
        'services.shop.instances = "3": expected a whole number',
    ),
    "too small a number": (
        'role = "entry"',
        'role = "entry"\ninstances = 0',
        "services.shop.instances = 0: expected greater than or equal to 1",
    ),
    "an unknown name in an environment": (
        '"{port}"',
        '"{prot}"',
        'services.shop.env.PORT = "{prot}": expected no {prot}; known names: ' + NAMES,
    ),
    "an unknown name in a command": (
        '["run", "{python}"]',
        '["run", "{pyhton}"]',
        'services.shop.versions.1.0.command[1] = "{pyhton}": expected no {pyhton}; known names: ' + NAMES,
    ),
    "an unknown name in a request": (
        '"{id}"',
        '"{uid}"',
        'workload.routes[0].body = "{\\"id\\": \\"{uid}\\"}": expected no {uid}; known names: id, written, work_ms',
    ),
    "a hook without a method": (
        '"GET /ready"',
        '"/ready"',
        'services.shop.admin.ready = "/ready": expected a method and a path, such as "POST /offline"',
    ),
    "a look that changes something": (
        '"GET /ready"',
        '"POST /ready"',
        'services.shop.admin.ready = "POST /ready": expected GET and a path, such as "GET /ready"',
    ),
    "an entry that the SLB cannot check": (
        ', health = "GET /health"',
        "",
        "services.shop.admin.health: expected what the SLB checks, such as GET /health",
    ),
    "a broken pattern": (
        "[workload]",
        "[services.shop.evidence]\nexecutions = '(?P<request_id>'\n[workload]",
        (
            'services.shop.evidence.executions = "(?P<request_id>": expected a regular expression; this one is broken: '
            "missing ), unterminated subpattern at position 0"
        ),
    ),
    "a pattern that finds too little": (
        "[workload]",
        "[services.shop.evidence]\nexecutions = '(?P<request_id>.) (?P<operation>.) (?P<status>.)'\n[workload]",
        (
            'services.shop.evidence.executions = "(?P<request_id>.) (?P<operation>.) (?P<status>.)": expected '
            "the groups request_id, operation, start_ns, end_ns, status; missing: start_ns, end_ns"
        ),
    ),
    "evidence with nobody to ask for it": (
        "[workload]",
        '[services.shop.evidence]\nstatus = ["in_flight"]\n[workload]',
        "services.shop.admin.status: expected a status hook, which evidence.status needs",
    ),
    "evidence that does not exist": (
        "[workload]",
        '[services.shop.evidence]\nstatus = ["mood"]\n[workload]',
        (
            "services.shop.evidence.status[0] = \"mood\": expected 'in_flight', 'held_writes', 'offline', 'executions' "
            "or 'sees'"
        ),
    ),
    "a read that leaves effects": (
        "write = true",
        "write = false",
        'workload.routes[0].effects = ["bought"]: expected none: a read leaves no effects',
    ),
    "effects that nobody counts": (
        SMALL[SMALL.index("[audit]") :],
        "",
        'workload.routes[0].effects = ["bought"]: expected a table [audit] to count them',
    ),
    "an audit of everything": (
        " WHERE request_id LIKE :run || '%'",
        "",
        'audit.query = "SELECT * FROM effects": expected a query that names :run',
    ),
    "a database that there is not": (
        "[database]",
        '[database]\nkind = "oracle"',
        'database.kind = "oracle": expected a database that there is: postgres, mariadb',
    ),
    "an audit in a driver's own spelling": (
        " WHERE request_id LIKE :run || '%'",
        " WHERE request_id LIKE %(run)s",
        (
            'audit.query = "SELECT * FROM effects WHERE request_id LIKE %(run)s": '
            "expected :run in place of %(run)s, and % in place of %%"
        ),
    ),
    "a status that does not exist": (
        "[201]",
        "[99]",
        "workload.routes[0].expect[0] = 99: expected greater than or equal to 100",
    ),
    "no route": (
        SMALL[SMALL.index("[[workload") : SMALL.index("[audit]")],
        "routes = []\n",
        "workload.routes = []: expected at least 1",
    ),
    "two routes of one name": (
        "[audit]",
        SMALL[SMALL.index("[[workload") : SMALL.index("[audit]")] + "[audit]",
        'workload.routes[1].name = "buy": expected a name that no other route has',
    ),
    "long requests that are not": (
        "write = true",
        "write = true\nlong_share = 0.1",
        "workload.routes[0].long_share = 0.1: expected 0: neither path nor body names {work_ms}",
    ),
    "a database that nobody starts": (
        "[database]\n",
        "",
        "audit: expected a table [database], which the query reads",
    ),
    "a script that is not there": (
        "[database]\n",
        '[database]\nsetup = "tables.sql"\n',
        'database.setup = "tables.sql": expected a file beside the descriptor, in {folder}',
    ),
    "a policy that does not exist": (
        "[audit]",
        '[expect]\nkindness = "GO"\n[audit]',
        (
            "expect.kindness: expected an offline policy: lossless, lossless_without_notify, graceful_stop, "
            "abrupt_stop, swallowed_signal, hang, vanish"
        ),
    ),
    "a name that is none": (
        "[services.shop]",
        '[services."My Shop"]',
        "services.My Shop: expected a name of small letters, digits and hyphens",
    ),
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


def test_a_descriptor_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DescriptorError, match=r"nowhere\.toml: cannot be read \(No such file or directory\)"):
        Descriptor.read(tmp_path / "nowhere.toml")


def test_the_worked_example_in_the_docs_is_a_descriptor(read: Callable[[str], Descriptor], tmp_path: Path) -> None:
    example = DOCS.read_text().partition("## An example")[2]
    (tmp_path / "tables.sql").touch()
    indented = (line.removeprefix("    ") for line in example.splitlines() if line.startswith("    ") or not line)
    assert read("\n".join(indented)).topology.middle.name == "stock"


def test_every_key_is_explained_in_the_docs() -> None:
    explained = set(
        re.findall(r"`([a-z_]+)`|^### `\[+(?:services\.NAME\.)?([a-z.]+)\]+`", DOCS.read_text(), re.MULTILINE)
    )
    words = {word.rpartition(".")[2] for pair in explained for word in pair} | {"schema", "name", "services"}
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
