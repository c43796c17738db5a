"""Wrong descriptors: values of the right type that a program, a request or a clock would not take, and wrong shapes."""

from tests.services.mistakes import SMALL
from tests.services.mistakes_in_services import SECOND

ENTRY = "[services.shop]\nentry = true\n"
SECOND_ENTRY = f'{ENTRY}calls = ["stock"]\n'


MISTAKES = {
    "more instances than there can be": (
        "entry = true",
        "entry = true\nreleased_instances = 1000000",
        "services.shop.released_instances = 1000000: expected 1000 or less",
    ),
    "no end of time": (
        "entry = true",
        "entry = true\nready_s = inf",
        "services.shop.ready_s = Infinity: expected 86400 or less",
    ),
    "a wait of thirty years": (
        "entry = true",
        "entry = true\noffline = [{ wait_s = 1e9 }]",
        "services.shop.offline[0].wait_s = 1000000000.0: expected 86400 or less",
    ),
    "an interval without an end": (
        "[workload]",
        "[release]\ninterval_s = inf\n[workload]",
        "release.interval_s = Infinity: expected 86400 or less",
    ),
    "a negative time": (
        "entry = true",
        "entry = true\ngrace_s = -1",
        "services.shop.grace_s = -1: expected more than 0",
    ),
    "a weight without an end": (
        "weight = 1",
        "weight = inf",
        "workload.routes[0].weight = Infinity: expected a finite number",
    ),
    "a rate of no client": (
        "[workload]",
        "[workload]\nrate = 1000000000",
        "workload.rate = 1000000000: expected 100000 or less",
    ),
    "a callee twice": (
        ENTRY,
        f'{SECOND}{ENTRY}calls = ["stock", "stock"]\n',
        'services.shop.calls[1] = "stock": expected each service once',
    ),
    "a path with a space": (
        'path = "/orders"',
        'path = "/or ders"',
        (
            'workload.routes[0].path = "/or ders": expected a path of visible ASCII; write anything else as a URL '
            "does: a space as %20"
        ),
    ),
    "a path that no entry has": (
        "entry = true",
        'entry = "/api/"',
        'workload.routes[0].path = "/orders": expected a path that an entry has: below /api/',
    ),
    "a header in two lines": (
        "expect = [201]",
        'expect = [201]\nheaders = { X = "a\\r\\nb" }',
        'workload.routes[0].headers.X = "a\\r\\nb": expected a header\'s text in one line',
    ),
    "a header of two words": (
        "expect = [201]",
        'expect = [201]\nheaders = { "a b" = "c" }',
        'workload.routes[0].headers."a b": expected a header\'s name: letters, digits and hyphens, no space',
    ),
    "a header that says where the request ends": (
        "expect = [201]",
        'expect = [201]\nheaders = { Content-Length = "3" }',
        "workload.routes[0].headers.Content-Length: expected another header: the client sends this one by itself",
    ),
    "the content's type as a header": (
        "expect = [201]",
        'expect = [201]\nheaders = { Content-Type = "text/xml" }',
        (
            'workload.routes[0].headers.Content-Type = "text/xml": expected content_type, a key beside body, in its '
            "place"
        ),
    ),
    "a name that cannot stand in braces": (
        "expect = [201]",
        'expect = [201]\ntake = { "a b" = { pointer = "/x" } }',
        'workload.routes[0].take."a b": expected a name of small letters, digits and _, as it stands in braces',
    ),
    "an effect without a name": (
        '["bought"]',
        '[""]',
        'workload.routes[0].effects = [""]: expected names of effects, each a text in one line, not empty',
    ),
    "a range of three": (
        "write = true",
        "write = true\nlong_ms = [1, 2, 3]",
        "workload.routes[0].long_ms = [1, 2, 3]: expected 2 at most, as in [200, 600]",
    ),
    "an audit that writes": (
        "SELECT * FROM",
        "DELETE FROM",
        (
            "audit.query = \"DELETE FROM effects WHERE request_id LIKE :run || '%'\": expected a query that reads: one "
            "that begins with SELECT or WITH"
        ),
    ),
    "a version in pieces": (
        'versions."1.0" =',
        "versions.2.0 =",
        (
            'services.shop.versions.2.0 = {"command": ["run", "{python}"]}: unknown key; a name that holds a dot is '
            'written in quotes: "2.0"'
        ),
    ),
    "a version that is no file's name": (
        'versions."1.1"',
        'versions."1/1"',
        'services.shop.versions."1/1": expected a version of letters, digits and . _ + -, such as "1.9"',
    ),
    "a variable that holds =": (
        'PORT = "{port}"',
        '"A=B" = "x"',
        'services.shop.env."A=B": expected a variable\'s name: not empty, without =',
    ),
    "a value that ends early": (
        'PORT = "{port}"',
        'PORT = "a\\u0000b"',
        (
            'services.shop.env.PORT = "a\\u0000b": expected a text without the character NUL, which ends a text where '
            "a program is started"
        ),
    ),
    "a program without a name": (
        'command = ["run"]',
        'command = [""]',
        'services.shop.versions."1.1".command = [""]: expected a program as its first word',
    ),
    "an image that is none": (
        'command = ["run"]',
        'image = "a b"',
        (
            'services.shop.versions."1.1".image = "a b": expected the name of an image, such as '
            '"registry.example/orders:412"'
        ),
    ),
    "an address without a port": (
        'health = "GET /health"',
        'health = "GET /health", address = "localhost"',
        'services.shop.admin.address = "localhost": expected host and port alone, such as "{host}:{port}"',
    ),
    "a port that there is not": (
        "[workload]",
        '[servers.cache]\nimage = "redis:7"\nport = 70000\n[workload]',
        "servers.cache.port = 70000: expected 65535 or less",
    ),
    "a signal at once with nothing": (
        "entry = true",
        'entry = true\noffline = [{ signal = "SIGTERM", at_once = true }]',
        "services.shop.offline[0].at_once = true: expected an act behind it, which begins with the signal",
    ),
    "a weight beyond any registry's": (
        ENTRY,
        f'{SECOND}offline = [{{ registry = "weight 99999999" }}]\n{SECOND_ENTRY}',
        (
            'services.stock.offline[0].registry = "weight 99999999": expected a weight of at most 10000, as registries '
            "have it"
        ),
    ),
    "a build from elsewhere": (
        'name = "small"',
        'name = "small"\nbuild = { command = ["make"], inputs = ["/src/**"] }',
        'build.inputs[0] = "/src/**": expected a pattern of files in the descriptor\'s folder, such as "src/**"',
    ),
    "a build as a shell's line": (
        'name = "small"',
        'name = "small"\nbuild = "make jars"',
        'build = "make jars": expected ["make", "jars"] or { command = ["make", "jars"] }',
    ),
    "hops of one that calls no other": (
        "[workload]",
        "[services.shop.evidence]\nhops = true\n[workload]",
        "services.shop.evidence.hops = true: expected none: shop calls no other service",
    ),
    "a topology without a name": ('name = "small"', 'name = ""', 'name = "": expected a text in one line, not empty'),
    "a service of a long name": (
        "[services.shop]",
        f"[services.{'s' * 41}]",
        f"services.{'s' * 41}: expected a name of at most 40 letters: instances, hosts and files are called so",
    ),
    "a number of the port for a ready check": (
        'ready = "GET /ready"',
        "ready = 8080",
        'services.shop.ready = 8080: expected "GET /ready" or { tcp = true }',
    ),
    "a hook in the place of acts": (
        "entry = true",
        'entry = true\noffline = "POST /offline"',
        (
            'services.shop.offline = "POST /offline": expected a list: [[services.shop.offline]] with '
            'http = "POST /offline"'
        ),
    ),
    "a registered name alone": (
        ENTRY,
        f'{SECOND}registry = "STOCK"\n{SECOND_ENTRY}',
        (
            'services.stock.registry = "STOCK": expected a table: { name = "ORDERS" }; true for its own name; false '
            "where it is not registered"
        ),
    ),
    "services in a list": (
        SMALL[SMALL.index("[services.shop]") : SMALL.index("[workload]")],
        "[[services]]\n",
        "services = [{}]: expected a table: [services.orders], a table for each",
    ),
    "one route as a table": (
        SMALL[SMALL.index("[[workload") : SMALL.index("[audit]")],
        "[workload.routes]\n",
        "workload.routes = {}: expected a list: [[workload.routes]], a table for each",
    ),
}
"""As ``mistakes.MISTAKES``."""
