"""Wrong descriptors: what is changed of a right one, and the line in which that is told."""

from fixtures.services import templates

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


NAMES = ", ".join(templates.OF_AN_INSTANCE)
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
        (
            "workload.x = 1: unknown key; known here: rate, fresh_share, warm_up_requests, data, login, routes,"
            " locustfile, users, timeout_s, writes"
        ),
    ),
    "a key of no table": ('name = "small"', 'nmae = "small"', "name: missing; it must be given (and 1 more)"),
    "another schema": (
        "release-topology/1",
        "release-topology/9",
        "schema = \"release-topology/9\": expected 'release-topology/1'",
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
        'workload.routes = []: expected at least one [[workload.routes]], or locustfile = "locustfile.py"',
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
"""What stands there, what is written in its place, and what is said to that."""
