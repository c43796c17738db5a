"""Wrong descriptors: keys by another name, in another table, forgotten, or of another kind of value."""

from tests.services.mistakes import SMALL

_SECOND = 'versions."1.1" = { command = ["run"], env = { FLAG = "on" } }'
_SHOP = SMALL[SMALL.index("[services.shop]") : SMALL.index("[workload]")]


def _shop(line: str) -> tuple[str, str]:
    return "entry = true", f"entry = true\n{line}"


def _second(table: str) -> tuple[str, str]:
    return _SECOND, f'versions."1.1" = {table}'


MISTAKES = {
    "no schema": ('schema = "release-topology/1"\n', "", 'schema: missing; expected "release-topology/1"'),
    "another word": (*_shop("replicas = 3"), "services.shop.replicas = 3: unknown key; did you mean instances?"),
    "a slip of the pen": (*_shop("expects = { }"), "services.shop.expects = {}: unknown key; did you mean expect?"),
    "another word of a version": (
        *_second('{ cmd = ["run"] }'),
        'services.shop.versions."1.1".cmd = ["run"]: unknown key; did you mean command?',
    ),
    "a key of a table below": (
        *_shop("identity = true"),
        "services.shop.identity = true: unknown key; did you mean identity in [services.shop.evidence]?",
    ),
    "another word for a key of a table below": (
        *_shop('cmd = ["run"]'),
        'services.shop.cmd = ["run"]: unknown key; did you mean command in [services.shop.versions.NAME]?',
    ),
    "a key of each of many tables below": (
        "[workload]",
        "[workload]\neffects = []",
        "workload.effects = []: unknown key; did you mean effects in [[workload.routes]]?",
    ),
    "a table by another name": ("[database]", "[db]", "db = {}: unknown key; did you mean database?"),
    "what is chosen on the command line": (
        'name = "small"',
        'name = "small"\nregistry = "eureka"',
        'registry = "eureka": unknown key; one is chosen on the command line: --registry eureka',
    ),
    "a needed key by another name": (
        "expect = [201]",
        "expected = [201]",
        "workload.routes[0].expected = [201]: unknown key; did you mean expect? (and 1 more)",
    ),
    "no name in the registry": (
        *_shop('registry.name = ""'),
        'services.shop.registry.name = "": expected a text that is not empty, or no such key',
    ),
    "a variant of nothing": (
        *_second('{ command = ["run"], variant = "" }'),
        'services.shop.versions."1.1".variant = "": expected a text that is not empty, or no such key',
    ),
    "a command of nothing": (
        *_second("{ command = [] }"),
        (
            'services.shop.versions."1.1".command = []: expected at least one, as in ["java", "-jar", "orders.jar"], '
            "or no such key"
        ),
    ),
    "a command in the place of a version": (
        *_second('["run"]'),
        'services.shop.versions."1.1" = ["run"]: expected a table: { command = ["java", "-jar", "orders.jar"] }',
    ),
    "statuses in the place of what a release comes to": (
        *_shop("expect = [200]"),
        'services.shop.expect = [200]: expected a table: { graceful_stop = "any" }',
    ),
    "no database": (
        "[database]\n" + _SHOP,
        _SHOP.replace('"{port}"', '"{database_host}"'),
        (
            'services.shop.env.PORT = "{database_host}": expected no {database_host}, for there is no table '
            '[database]: add one, such as [database] with kind = "postgres", or name a database of your own'
        ),
    ),
    "a health check of one that is no entry": (
        "entry = true\n",
        "",
        (
            'services.shop.admin.health = "GET /health": expected none: the SLB checks the entry services only; give '
            "it entry = true where it is one"
        ),
    ),
    "a key below a value": (
        *_shop('version.old = "1"'),
        "not TOML: Cannot overwrite a value: a key is given twice, or one below a value (at line 8, column 16)",
    ),
}
