"""Wrong descriptors: what is wrong with a service itself, with its place among the others, or with its ways."""

from tests.services.mistakes import SMALL

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
    "a role, as there once were": (
        "entry = true",
        'role = "entry"',
        (
            'services.shop.role = "entry": unknown key; roles are gone: write entry = true, or name it in '
            "calls = [...] of "
            "its caller"
        ),
    ),
    "a list kept by a service that calls none": (
        "entry = true",
        "entry = true\nlist_cache_s = 35",
        "services.shop.list_cache_s = 35.0: expected none: it calls no service, and keeps no list of one",
    ),
    "a service that nobody calls": (
        *_second(calls=""),
        (
            "services.stock: expected a caller: give entry, worker or supporting = true, or name "
            "it in another "
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
            'services.shop.entry = "api": expected true, or the prefix of its paths, which begins and ends '
            "with /, such as "
            '"/api/"'
        ),
    ),
    "a prefix that no path begins with": (
        "entry = true",
        'entry = "/a/../b/"',
        (
            'services.shop.entry = "/a/../b/": expected true, or the prefix of its paths, which begins and ends with '
            '/, such as "/api/"'
        ),
    ),
    "no entry": (
        SMALL[SMALL.index("entry = true") : SMALL.index("[workload]")],
        'worker = true\nready.log = "up"\nversion = "1"\nversions.1.command = ["run"]\n',
        (
            "services: expected one that the SLB stands before, to which the load is sent: give entry = true to the "
            "one that clients call (shop), or add it"
        ),
    ),
    "a supporting service that is released": (
        *_second('supporting = true\nnext = "1"'),
        "services.stock.next: expected none: a supporting service is never released",
    ),
    "a supporting service with a way down": (
        *_second("supporting = true\noffline = [{ drain = true }]"),
        "services.stock.offline: expected none: a supporting service is never released",
    ),
    "a supporting service that starts one at a time": (
        *_second("supporting = true\nmost_starting = 1"),
        "services.stock.most_starting: expected none: a supporting service is never released",
    ),
    "nobody who may start": (
        "entry = true",
        "entry = true\nmost_starting = 0",
        "services.shop.most_starting = 0: expected 1 or more",
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
        (
            'services.shop.admin.offline = "POST /off": unknown key; a way down is '
            "[[services.shop.offline]], acts in order"
        ),
    ),
    "no ready check": (
        'ready = "GET /ready"\n',
        "",
        'services.shop.ready: missing; it must be given, as in "GET /ready" or { tcp = true }',
    ),
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
            "services.shop.offline[1].drain: expected nothing after SIGTERM, which ends it; at_once = true "
            "lets both begin "
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
            "services.shop.release.batches = 3: expected batches that can be made: 3 batches for 2 "
            "instances; at most one "
            "batch per instance"
        ),
    ),
    "batches that are no sizes": (
        "[workload]",
        "[release]\nbatches = [1.5]\n[workload]",
        (
            "release.batches = [1.5]: expected a number of batches, their sizes such as [2, 4, 4], or a "
            'share such as "30 %"'
        ),
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
            'services.shop.versions.x.env.STOCK = "{stock_port}": expected no {stock_port}: stock serves at '
            "a new address in each "
            'life; give it addresses = "kept", or let the registry tell'
        ),
    ),
    "a build of nothing": (
        'name = "small"',
        'name = "small"\nbuild = []',
        'build.command = []: expected at least one, as in ["java", "-jar", "orders.jar"]',
    ),
    "a service's own policy that is relaxed": (
        "entry = true",
        'entry = true\nexpect.lossless = "any"',
        (
            'services.shop.expect.lossless = "any": expected no such line: an instance that leaves its '
            "callers first must "
            "lose nothing; leave it out, or state what graceful_stop comes to"
        ),
    ),
}
"""As ``mistakes.MISTAKES``."""
