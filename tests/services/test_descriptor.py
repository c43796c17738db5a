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
entry = true
ready = "GET /ready"
version = "1.0"
versions."1.0" = { command = ["run", "{python}"] }
versions."1.1" = { command = ["run"], env = { FLAG = "on" } }
env = { PORT = "{port}", DB_PASSWORD = "hunter2", LINK = "postgresql://me:hunter2@db/shop" }
admin = { health = "GET /health" }
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
    shop = plan.Service(
        name="shop", position="entry", registered=False, version="1.0", next="1.1", versions=("1.0", "1.1")
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


def test_a_version_with_an_image_alone_is_refused_by_a_platform_that_starts_commands(
    read: Callable[[str], Descriptor], tmp_path: Path
) -> None:
    descriptor = read(SMALL.replace('{ command = ["run"], env = { FLAG = "on" } }', '{ image = "shop:1.1" }'))
    with pytest.raises(DescriptorError) as refused:
        descriptor.require("commands")
    key = "services.shop.versions.1.1.command"
    assert str(refused.value) == f"{tmp_path}/services.toml: {key}: missing; this platform starts commands"


NAMES = ", ".join(templates.OF_AN_INSTANCE)
SECOND = """\
[services.stock]
version = "1"
versions.1.command = ["run"]
ready = "GET /"
"""


def _second(more: str = "", calls: str = 'calls = ["stock"]\n') -> tuple[str, str]:
    """A text of SMALL, and what takes its place: a second service, called by the first."""
    return "[services.shop]\nentry = true\n", f"{SECOND}{more}\n[services.shop]\nentry = true\n{calls}"


MISTAKES = {
    "no TOML": ("entry = true", "entry = yes", "not TOML: Invalid value (at line 5, column 9)"),
    "a key that does not exist": (
        "entry = true",
        "entry = true\ninstnaces = 3",
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
    "a role, as there once were": (
        "entry = true",
        'role = "entry"',
        (
            'services.shop.role = "entry": unknown key; roles are gone: write entry = true, or name it in calls = [...] of '
            "its caller"
        ),
    ),
    "a service that nobody calls": (
        *_second(calls=""),
        (
            "services.stock: expected somebody to call it: give entry, worker or supporting = true, or name it in another "
            "service's calls"
        ),
    ),
    "a callee that is not there": (
        *_second(calls='calls = ["stocks"]\n'),
        'services.shop.calls[0] = "stocks": expected another service: stock',
    ),
    "a circle of calls": (
        *_second('calls = ["shop"]'),
        'services.stock.calls = ["shop"]: expected no cycle; found: stock -> shop -> stock',
    ),
    "a service that calls itself": (
        "entry = true",
        'entry = true\ncalls = ["shop"]',
        'services.shop.calls = ["shop"]: expected no cycle; found: shop -> shop',
    ),
    "a worker that is called": (
        *_second("worker = true"),
        "services.stock.worker = true: expected none: shop calls it, and a worker is not called",
    ),
    "two positions": (
        "entry = true",
        "entry = true\nworker = true",
        "services.shop.worker: expected none: entry is given, and a service has one position",
    ),
    "two entries of one prefix": (
        *_second('entry = true\nadmin.health = "GET /"'),
        'services.shop.entry = "/": expected a prefix that stock does not have',
    ),
    "a prefix that is none": (
        "entry = true",
        'entry = "api"',
        (
            'services.shop.entry = "api": expected true, or the prefix of its paths, which begins and ends with /, such as '
            '"/api/"'
        ),
    ),
    "no entry": (
        SMALL[SMALL.index("entry = true") : SMALL.index("[workload]")],
        'worker = true\nready.log = "up"\nversion = "1"\nversions.1.command = ["run"]\n',
        "services: expected one with entry = true, to which the load is sent",
    ),
    "a supporting service that is released": (
        *_second('supporting = true\nnext = "1"'),
        'services.stock.next = "1": expected another of its versions: there is none',
    ),
    "a supporting service with a way down": (
        *_second("supporting = true\noffline = [{ drain = true }]"),
        "services.stock.offline: expected none: a supporting service is never released",
    ),
    "the same version again": (
        'version = "1.0"',
        'version = "1.0"\nnext = "1.0"',
        'services.shop.next = "1.0": expected another of its versions: 1.1',
    ),
    "two versions for one thing": (
        'command = ["run", "{python}"]',
        'command = ["run"], variant = "slow" }\nversions.x = { command = ["run"], variant = "slow"',
        'services.shop.versions.x.variant = "slow": expected what 1.0 is not made for already',
    ),
    "two services under one name": (
        *_second(
            'registry.name = "both"\n[services.more]\nversion = "1"\nversions.1.command = ["run"]\n'
            'ready = "GET /"\nregistry.name = "both"',
            calls='calls = ["stock", "more"]\n',
        ),
        'services.more.registry.name = "both": expected a name that stock does not have',
    ),
    "a ready check where it once stood": (
        'health = "GET /health"',
        'health = "GET /health", ready = "GET /ready"',
        'services.shop.admin.ready = "GET /ready": unknown key; ready stands in [services.shop] itself',
    ),
    "an offline hook where it once stood": (
        'health = "GET /health"',
        'health = "GET /health", offline = "POST /off"',
        'services.shop.admin.offline = "POST /off": unknown key; a way down is [[services.shop.offline]], acts in order',
    ),
    "no ready check": ('ready = "GET /ready"\n', "", "services.shop.ready: missing; it must be given"),
    "two ready checks in one": (
        'ready = "GET /ready"',
        'ready = { tcp = true, log = "up" }',
        "services.shop.ready: expected one of http, tcp, log, registry, command; given: tcp, log",
    ),
    "a check that is no check": (
        'ready = "GET /ready"',
        "ready = { tcp = false }",
        "services.shop.ready.tcp = false: expected true, or no such key",
    ),
    "a pattern for the log that is broken": (
        'ready = "GET /ready"',
        'ready = { log = "up(" }',
        (
            'services.shop.ready.log = "up(": expected a regular expression; this one is broken: '
            "missing ), unterminated subpattern at position 2"
        ),
    ),
    "ready by a registry that does not know it": (
        'ready = "GET /ready"',
        "ready = { registry = true }",
        (
            "services.shop.ready.registry = true: expected none: shop is not registered; give it "
            'registry = { name = "..." } where it is'
        ),
    ),
    "an act that is none": (
        "entry = true",
        "entry = true\noffline = [{}]",
        (
            "services.shop.offline[0]: expected what is done, one of http, command, registry, drain, unlisted, quiet, "
            "wait_s, signal"
        ),
    ),
    "two acts in one": (
        "entry = true",
        'entry = true\noffline = [{ drain = true, signal = "SIGTERM" }]',
        "services.shop.offline[0].signal: expected one thing in one act, and drain is one; make it an act of its own",
    ),
    "a word that belongs to another act": (
        "entry = true",
        'entry = true\noffline = [{ drain = true, body = "now" }]',
        'services.shop.offline[0].body = "now": expected none: it belongs to an act of http, not drain',
    ),
    "no acts": (
        "entry = true",
        "entry = true\noffline = []",
        "services.shop.offline = []: expected acts in order, or no such key, which leaves it to the suite",
    ),
    "a drain where no SLB is": (
        *_second("offline = [{ drain = true }]"),
        "services.stock.offline[0].drain = true: expected none: the SLB does not stand before stock, which is no entry",
    ),
    "a registry's act for one that it does not know": (
        "entry = true",
        'entry = true\noffline = [{ registry = "weight 0" }]',
        (
            'services.shop.offline[0].registry = "weight 0": expected none: shop is not registered; give it '
            'registry = { name = "..." } where it is'
        ),
    ),
    "a state that registries do not have": (
        *_second('offline = [{ registry = "away" }]'),
        (
            'services.stock.offline[0].registry = "away": expected "out of service", "in service" or a weight, such as '
            '"weight 0"'
        ),
    ),
    "unlisted where nothing is listed": (
        *_second("registry = false\noffline = [{ unlisted = true }]"),
        (
            "services.stock.offline[0].unlisted = true: expected none: stock is not registered; give it "
            'registry = { name = "..." } where it is'
        ),
    ),
    "quiet that nothing shows": (
        "entry = true",
        "entry = true\noffline = [{ quiet = true }]",
        (
            'services.shop.offline[0].quiet = true: expected what shows it: evidence.status = ["in_flight"], '
            'quiet = { command = [...] } or { log = "..." }'
        ),
    ),
    "an act after the end": (
        "entry = true",
        'entry = true\noffline = [{ signal = "SIGTERM" }, { drain = true }]',
        (
            "services.shop.offline[1].drain: expected nothing after SIGTERM, which ends it; at_once = true lets both begin "
            "at the same moment"
        ),
    ),
    "a way down on the way up": (
        "entry = true",
        "entry = true\nonline = [{ drain = true }]",
        "services.shop.online[0].drain: expected none on the way up: it belongs to [[services.NAME.offline]]",
    ),
    "a state of leaving on the way up": (
        *_second('online = [{ registry = "out of service" }]'),
        'services.stock.online[0].registry = "out of service": expected "in service" or a weight on the way up',
    ),
    "a signal that does not end anything": (
        "entry = true",
        'entry = true\noffline = [{ signal = "SIGUSR1" }]',
        "services.shop.offline[0].signal = \"SIGUSR1\": expected 'SIGTERM', 'SIGINT', 'SIGQUIT' or 'SIGKILL'",
    ),
    "more batches than instances": (
        "entry = true",
        "entry = true\nreleased_instances = 2\nrelease = { batches = 3 }",
        (
            "services.shop.release.batches = 3: expected batches that can be made: 3 batches for 2 instances; at most one "
            "batch per instance"
        ),
    ),
    "batches that are no sizes": (
        "[workload]",
        "[release]\nbatches = [1.5]\n[workload]",
        'release.batches = [1.5]: expected a number of batches, their sizes such as [2, 4, 4], or a share such as "30 %"',
    ),
    "a gray of all": (
        "[workload]",
        "[release]\nfirst = 10\n[workload]",
        "release.first = 10: expected fewer than the 10 instances that are released",
    ),
    "the next life before the last has gone": (
        "entry = true",
        'entry = true\naddresses = "kept"\nrelease = { order = "start first" }',
        (
            'services.shop.release.order = "start first": expected "stop first": shop keeps its addresses, and the old '
            "incarnation still has them"
        ),
    ),
    "a server that is a service": (
        "[workload]",
        '[servers.shop]\nimage = "redis:7"\n[workload]',
        "servers.shop: expected another name: a service is called so",
    ),
    "a server that is called like something else": (
        "[workload]",
        '[servers.database]\nimage = "redis:7"\n[workload]',
        "servers.database: expected another name: {database} means something already",
    ),
    "a server that says nothing": (
        "[workload]",
        "[servers.cache]\nport = 6379\n[workload]",
        "servers.cache.command: expected a command, or an image",
    ),
    "an address that changes": (
        *_second(calls='calls = ["stock"]\nversions.x = { command = ["run"], env.STOCK = "{stock_port}" }\n'),
        (
            'services.shop.versions.x.env.STOCK = "{stock_port}": expected no {stock_port}: stock serves at a new address in each '
            'life; give it addresses = "kept", or let the registry tell'
        ),
    ),
    "a build of nothing": (
        'name = "small"',
        'name = "small"\nbuild = []',
        "build.command = []: expected at least 1",
    ),
    "a service's own policy that is relaxed": (
        "entry = true",
        'entry = true\nexpect.lossless = "any"',
        (
            'services.shop.expect.lossless = "any": expected no such line: an instance that leaves its callers first must '
            "lose nothing; leave it out, or state what graceful_stop comes to"
        ),
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
        "entry = true",
        'entry = true\ninstances = "3"',
        'services.shop.instances = "3": expected a whole number',
    ),
    "too small a number": (
        "entry = true",
        "entry = true\ninstances = 0",
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
        'services.shop.ready.http = "/ready": expected a method and a path, such as "POST /offline"',
    ),
    "a look that changes something": (
        '"GET /ready"',
        '"POST /ready"',
        'services.shop.ready.http = "POST /ready": expected GET and a path, such as "GET /ready"',
    ),
    "an entry that the SLB cannot check": (
        '{ health = "GET /health" }',
        "{}",
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


def test_no_two_mistakes_are_told_alike() -> None:
    told = [says for _, _, says in MISTAKES.values()]
    assert len(set(told)) == len(told) > 30


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
