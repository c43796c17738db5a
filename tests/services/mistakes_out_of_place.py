"""Wrong descriptors: what stands where it has no meaning, such as a shell's operator where no shell reads it."""

from tests.services.mistakes_in_services import SECOND

_SECOND = 'versions."1.1" = { command = ["run"], env = { FLAG = "on" } }'
_STUB = '\n[services.stub]\nsupporting = true\nready = { tcp = true }\nversion = "1"\nversions.1.command = ["run"]\n'
_WITH_HOOK = 'offline = [{ http = "POST /down", address = ADDRESS }, { signal = "SIGTERM" }]\nentry = true'
_OPERATOR = (
    "expected no shell's operator as a word of its own, which no shell reads: leave it out, or say "
    '["sh", "-c", "..."] with all of it in one text'
)
_NONE = "expected none: a supporting service is never released"


def _stub(line: str) -> tuple[str, str]:
    return "[workload]", f"{_STUB}{line}\n[workload]"


def _admin(address: str) -> tuple[str, str]:
    return '{ health = "GET /health" }', f'{{ health = "GET /health", address = "{address}" }}'


MISTAKES = {
    "an address of a host alone": (
        *_admin("{host}"),
        'services.shop.admin.address = "{host}": expected host and port alone, such as "{host}:{port}"',
    ),
    "an address that is a URL": (
        *_admin("http://{host}:{port}"),
        'services.shop.admin.address = "http://{host}:{port}": expected host and port alone, such as "{host}:{port}"',
    ),
    "an act at an address with a path": (
        "entry = true",
        _WITH_HOOK.replace("ADDRESS", '"{host}/actuator:{port}"'),
        (
            'services.shop.offline[0].address = "{host}/actuator:{port}": expected host and port alone, such as '
            '"{host}:{port}"'
        ),
    ),
    "a supporting service with a number for its release": (
        *_stub("released_instances = 4"),
        f"services.stub.released_instances: {_NONE}",
    ),
    "a supporting service of which a loss is expected": (
        *_stub('expect.graceful_stop = "any"'),
        f"services.stub.expect: {_NONE}",
    ),
    "a variant of a supporting service": (
        *_stub('versions.2 = { command = ["run"], variant = "never ready" }'),
        'services.stub.versions.2.variant = "never ready": expected none: a supporting service is never released',
    ),
    "a command in the background": (
        'version = "1.0"\nversions."1.0" = { command = ["run", "{python}"] }',
        'version = "1.0"\nversions."1.0" = { command = ["sh", "run.sh", "&"] }',
        f'services.shop.versions."1.0".command[2] = "&": {_OPERATOR}',
    ),
    "an image's arguments with the file for its output": (
        _SECOND,
        'versions."1.1" = { image = "shop:2", args = ["serve", ">", "/log"] }',
        f'services.shop.versions."1.1".args[1] = ">": {_OPERATOR}',
    ),
    "two commands in an act": (
        "entry = true",
        'offline = [{ command = ["leave", "&&", "wait"] }, { signal = "SIGTERM" }]\nentry = true',
        f'services.shop.offline[0].command[1] = "&&": {_OPERATOR}',
    ),
    "errors of an audit that go elsewhere": (
        "query = \"SELECT * FROM effects WHERE request_id LIKE :run || '%'\"",
        'command = ["count", "2>/dev/null"]',
        f'audit.command[1] = "2>/dev/null": {_OPERATOR}',
    ),
    "a server whose words go to another program": (
        "[workload]",
        '[servers.cache]\ncommand = ["cache", "|", "tee", "log"]\n[workload]',
        f'servers.cache.command[1] = "|": {_OPERATOR}',
    ),
    "the type of an act's body that there is not": (
        "entry = true",
        'offline = [{ http = "POST /down", content_type = "text/plain" }, { signal = "SIGTERM" }]\nentry = true',
        (
            'services.shop.offline[0].content_type = "text/plain": expected a body beside it, whose type it is; '
            "without one say it in headers"
        ),
    ),
    "an image of a server of one's own": (
        "[workload]",
        '[images]\nredis = "redis:7"\n[workload]',
        (
            'images.redis = "redis:7": expected a server of the suite\'s: slb, nacos, eureka, postgres, mariadb; one '
            "of your own is [servers.NAME] with its image"
        ),
    ),
    "a way back that one version alone has": (
        "[services.shop]\nentry = true\n",
        (
            f'{SECOND}versions."1.1" = {{ command = ["run"], calls = ["shop"] }}\n\n[services.shop]\nentry = true\n'
            'calls = ["stock"]\n'
        ),
        'services.stock.versions."1.1".calls = ["shop"]: expected no cycle; found: stock -> shop -> stock',
    ),
    "a status of a route that there is not": (
        _SECOND,
        'versions."1.1" = { command = ["run"], statuses = { sell = [202] } }',
        'services.shop.versions."1.1".statuses.sell: expected the name of a route: buy',
    ),
    "what one service comes to among all of them": (
        "[workload]",
        '[expect]\nshop = "GO"\n[workload]',
        (
            "expect.shop: expected an offline policy: lossless, lossless_without_notify, graceful_stop, abrupt_stop, "
            "swallowed_signal, hang, vanish; for one service alone in [services.NAME.expect]"
        ),
    ),
}
