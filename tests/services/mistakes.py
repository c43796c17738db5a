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
            " journeys, locustfile, users, timeout_s, writes"
        ),
    ),
    "a key of no table": (
        'name = "small"',
        'nmae = "small"',
        'nmae = "small": unknown key; did you mean name? (and 1 more)',
    ),
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
        'services.shop.versions."1.0".command: expected a command, or an image',
    ),
    "a word of another type": (
        '["run"]',
        '["run", 1]',
        'services.shop.versions."1.1".command[1] = 1: expected a text in quotes, as in ["java", "-jar", "orders.jar"]',
    ),
    "a text in the place of a list": (
        '["run"]',
        '"run"',
        'services.shop.versions."1.1".command = "run": expected a list: ["java", "-jar", "orders.jar"]',
    ),
    "a text in the place of a number": (
        "entry = true",
        'entry = true\ninstances = "3"',
        'services.shop.instances = "3": expected a whole number',
    ),
    "too small a number": (
        "entry = true",
        "entry = true\ninstances = 0",
        "services.shop.instances = 0: expected 1 or more",
    ),
    "an unknown name in an environment": (
        '"{port}"',
        '"{prot}"',
        'services.shop.env.PORT = "{prot}": expected no {prot}; known names: ' + NAMES + "; did you mean {port}?",
    ),
    "an unknown name in a command": (
        '["run", "{python}"]',
        '["run", "{pyhton}"]',
        'services.shop.versions."1.0".command[1] = "{pyhton}": expected no {pyhton}; known names: '
        + NAMES
        + "; did you mean {python}?",
    ),
    "an unknown name in a request": (
        '"{id}"',
        '"{uid}"',
        (
            'workload.routes[0].body = "{\\"id\\": \\"{uid}\\"}": expected no {uid}; known names: id, written, work_ms'
            "; did you mean {id}?"
        ),
    ),
    "a hook without a method": (
        '"GET /ready"',
        '"/ready"',
        'services.shop.ready.http = "/ready": expected a method and a path, such as "GET /ready"',
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
            "two of start, end and duration, each once and with its unit, such as end_ms and duration_ms (ns, us, ms, "
            "s; of start and end iso and clf, too); given: none; or the name of a format: tomcat, nginx, combined, "
            "logback"
        ),
    ),
    "a format that there is not": (
        "[workload]",
        '[services.shop.evidence]\nexecutions = "apache"\n[workload]',
        (
            'services.shop.evidence.executions = "apache": expected request_id, operation, status; missing: '
            "request_id, operation, status; or the name of a format: tomcat, nginx, combined, logback"
        ),
    ),
    "executions as a number": (
        "[workload]",
        "[services.shop.evidence]\nexecutions = 3\n[workload]",
        (
            "services.shop.evidence.executions = 3: expected the name of a format (tomcat, nginx, combined, logback), "
            'a regular expression in quotes, or { json = { request_id = "/id", operation = "/path", '
            'status = "/status", end_iso = "/at", ... } }'
        ),
    ),
    "a value of JSON that is nowhere": (
        "[workload]",
        (
            '[services.shop.evidence]\nexecutions = { json = { request_id = "id", operation = "/o", status = "/s", '
            'start_ms = "/t", end_ms = "/e" } }\n[workload]'
        ),
        (
            'services.shop.evidence.executions = {"json": {"request_id": "id", "operation": "/o", "status"...: '
            "expected a JSON pointer such as \"/status\"; 'id' is none"
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
    "effects of another type": (
        'effects = ["bought"]',
        "effects = { 201 = true }",
        'workload.routes[0].effects = {"201": true}: expected a list for 201',
    ),
    "effects of a status that is none": (
        'effects = ["bought"]',
        'effects = { ok = ["bought"] }',
        'workload.routes[0].effects = {"ok": ["bought"]}: expected statuses as its keys, such as 201; ok is none',
    ),
    "effects of a status that is not expected": (
        'effects = ["bought"]',
        'effects = { 201 = ["bought"], 409 = [] }',
        "workload.routes[0].effects.409 = []: expected a status that the route expects: 201",
    ),
    "effects of one of two statuses": (
        'expect = [201]\nwrite = true\neffects = ["bought"]',
        'expect = [201, 409]\nwrite = true\neffects = { 201 = ["bought"] }',
        (
            'workload.routes[0].effects = {"201": ["bought"]}: expected what is left for 409, too: [] where that is '
            "nothing"
        ),
    ),
    "a version's effects of a route that there is not": (
        '{ command = ["run"], env',
        '{ command = ["run"], effects = { by = ["bought", "told"] }, env',
        'services.shop.versions."1.1".effects.by: expected the name of a route that writes: buy',
    ),
    "a version's effects of a status that is not expected": (
        '{ command = ["run"], env',
        '{ command = ["run"], effects = { buy = { 200 = ["bought"] } }, env',
        'services.shop.versions."1.1".effects.buy.200 = ["bought"]: expected a status that the route expects: 201',
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
    "an audit that says nothing": (
        "query = \"SELECT * FROM effects WHERE request_id LIKE :run || '%'\"",
        "settles_s = 5.0",
        "audit: expected one of query, command, http; given: none",
    ),
    "an audit in two ways": (
        "[audit]",
        '[audit]\ncommand = ["count"]',
        "audit: expected one of query, command, http; given: query, command",
    ),
    "a query with an address of a request": (
        "[audit]",
        '[audit]\naddress = "db:80"',
        "audit.address: expected none: it says more of http, and query is given",
    ),
    "a query in a time of its own": (
        "[audit]",
        "[audit]\nwithin_s = 2.0",
        "audit.within_s = 2.0: expected none: it says more of command and http",
    ),
    "a request to nowhere": (
        "query = \"SELECT * FROM effects WHERE request_id LIKE :run || '%'\"",
        'http = "GET /effects"',
        'audit.address: expected where it is sent to, such as "{ledger}", a server of [servers]',
    ),
    "an audit that changes what it counts": (
        "query = \"SELECT * FROM effects WHERE request_id LIKE :run || '%'\"",
        'http = "POST /effects"\naddress = "{host}:80"',
        'audit.http = "POST /effects": expected GET and a path, such as "GET /ready"',
    ),
    "an audit of a server that there is not": (
        "query = \"SELECT * FROM effects WHERE request_id LIKE :run || '%'\"",
        'command = ["drain", "{broker}"]',
        'audit.command[1] = "{broker}": expected no {broker}; known names: run, python',
    ),
    "a database of another kind than can be read": (
        "[audit]",
        '[audit]\ndsn = "oracle://db/shop"',
        (
            'audit.dsn = "oracle://db/shop": expected an address such as postgresql://reader:...@host:5432/name; '
            "known: postgresql://, postgres://, mysql://, mariadb://"
        ),
    ),
    "an id that a write does not tell": (
        "[audit]",
        '[audit]\nid = "order"',
        (
            'audit.id = "order": expected what a write\'s answer tells; say of each write that leaves something '
            'take = { order = { pointer = "/id" } }'
        ),
    ),
    "an id that only another write tells": (
        "[audit]",
        """[[workload.routes]]
name = "open"
method = "POST"
path = "/accounts"
expect = [201]
write = true
weight = 1
take = { order = { pointer = "/id" } }
[audit]
id = "order\"""",
        'workload.routes[0].take: expected { order = { pointer = "/id" } } or the like: audit.id names it',
    ),
    "an id that is misspelt": (
        "[audit]",
        'take = { order_no = { pointer = "/id" } }\n[audit]\nid = "orderno"',
        'audit.id = "orderno": expected what a write\'s answer tells; did you mean order_no?',
    ),
    "a query of too few columns": (
        "SELECT * FROM",
        "SELECT request_id, effect FROM",
        (
            'audit.query = "SELECT request_id, effect FROM effects WHERE request_id ...: expected the columns '
            "request_id, effect, instance, incarnation, version, with '' for what nothing tells; it gives 2 columns, "
            "without instance, incarnation, version"
        ),
    ),
    "a query of columns in another order": (
        "SELECT * FROM",
        "SELECT effect, request_id, instance, incarnation, version FROM",
        (
            'audit.query = "SELECT effect, request_id, instance, incarnation, versio...: expected the columns in this '
            "order: request_id, effect, instance, incarnation, version"
        ),
    ),
    "effects that settle in milliseconds": (
        "[audit]",
        "[audit]\nsettles_s = 5000",
        "audit.settles_s = 5000: expected 3600 or less",
    ),
    "a database at two addresses": (
        "[audit]",
        '[audit]\ndsn = "mysql://db/shop"\ndsn_env = "BOOKS"',
        'audit.dsn_env = "BOOKS": expected none: dsn is given',
    ),
    "a variable that is none": (
        "[audit]",
        '[audit]\ndsn_env = "$BOOKS"',
        "audit.dsn_env = \"$BOOKS\": String should match pattern '^[A-Za-z_][A-Za-z0-9_]*$'",
    ),
    "a status that does not exist": (
        "[201]",
        "[99]",
        "workload.routes[0].expect[0] = 99: expected 100 or more",
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
        "audit: expected a table [database], which the query reads, or a dsn",
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
            "abrupt_stop, swallowed_signal, hang, vanish; for one service alone in [services.NAME.expect]"
        ),
    ),
    "a name that is none": (
        "[services.shop]",
        '[services."My Shop"]',
        'services."My Shop": expected a name of small letters, digits and hyphens, a letter first, such as my-shop',
    ),
}
"""What stands there, what is written in its place, and what is said to that."""
