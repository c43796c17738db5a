"""Each wrong word on the command line has a line of its own, exit code 4, and nothing is written."""

from pathlib import Path

import pytest

from tests.glue.commands.command_line import carry_out

SINGLE = Path(__file__).parent / "golden" / "single.toml"
ENTRY = ("--service", "shop", "--entry", "--command", "./shop", "--next-command", "./shop")
STOCK = ("--service", "stock", "--command", "./stock", "--next-command", "./stock")

INIT: dict[str, tuple[tuple[str, ...], str]] = {
    "no service": ((), "--service: missing, and there is no terminal to ask at"),
    "no name": (("--service", "--entry"), "--service: expected its name"),
    "a name with capitals": (("--service", "Shop"), "--service Shop: expected a name of small letters"),
    "a name with other letters": (
        ("--service", "Ö shop"),
        "--service Ö shop: expected a name of small letters, digits and hyphens, a letter first, such as o-shop",
    ),
    "a name that ends in a hyphen": (("--service", "shop-"), "--service shop-: expected a name of small letters"),
    "a name without an end": (("--service", "a" * 41), "expected a name of at most 40 letters"),
    "a topology's name": (("--name", " ", *ENTRY), "--name ' ': expected a text in one line, not empty"),
    "nothing that is released": (
        (*ENTRY[:-2], "--next", "none"),
        "--next none: expected one service at least that is released",
    ),
    "a start of what is not released": (
        (*ENTRY, "--next", "none"),
        "--service shop --next-command: expected none: --next none",
    ),
    "a framework": (("--framework", "rails", *ENTRY), "--framework rails: expected one of plain, spring-boot, dubbo"),
    "a registry": (("--registry", "consul", *ENTRY), "--registry consul: expected one of nacos, eureka, none"),
    "a database": (("--database", "oracle", *ENTRY), "--database oracle: expected one of none, postgres, mariadb"),
    "a path to read": (("--get", "orders", *ENTRY), "--get orders: expected a path that begins with /"),
    "a path to write": (("--post", "orders", *ENTRY), "--post orders: expected a path that begins with /"),
    "a header of an id": (
        ("--request-id", "X Trace", *ENTRY),
        "--request-id X Trace: expected a header's name: letters, digits and hyphens",
    ),
    "a lane without its value": (("--lane", "x-env", *ENTRY), "--lane x-env: expected a header's value"),
    "one header for both": (
        ("--request-id", "X-Env", "--lane", "x-env: canary", *ENTRY),
        "--lane x-env: canary: expected another header: this one has the request's id",
    ),
    "no instance": (("--instances", "0", *ENTRY), "--instances 0: expected a whole number of instances"),
    "a flag of the whole behind a service": (
        (*ENTRY, "--registry", "nacos"),
        "--service shop --registry: is about all of them; expected it before the first --service",
    ),
    "a number of the whole behind a service": (
        (*ENTRY, "--instances=3"),
        "--service shop --instances=3: is about all of them; expected it before the first --service",
    ),
    "a flag of none": ((*ENTRY, "--replicas", "3"), "unrecognized arguments: --replicas 3; usage: --service shop"),
    "a flag of a service before it": (
        ("--command", "./shop"),
        "--command: is about one service; expected it behind --service NAME",
    ),
    "no value": ((*ENTRY, "--ready"), "argument --ready: expected one argument"),
    "no entry": (STOCK, "--entry: missing; expected one of stock to stand behind the SLB"),
    "called by nobody": ((*ENTRY, *STOCK), "--service stock: nobody calls it; expected --entry, --worker or"),
    "the same twice": ((*ENTRY, *ENTRY), "--service shop: given twice; expected another name"),
    "a callee that is not there": (
        (*ENTRY, "--calls", "stok"),
        "--service shop --calls stok: expected another service",
    ),
    "itself": ((*ENTRY, "--calls", "shop"), "--service shop --calls shop: expected another service"),
    "two positions": ((*ENTRY, "--worker"), "--service shop --worker: expected none: --entry is given"),
    "a prefix": (
        ("--service", "shop", "--entry", "/api", *ENTRY[3:]),
        "--service shop --entry /api: expected a prefix that begins and ends with /",
    ),
    "nothing to start": (
        ("--service", "shop", "--entry"),
        "--service shop --command: missing; expected it, or --image",
    ),
    "nothing new to start": (
        ("--service", "shop", "--entry", "--command", "./shop"),
        "--service shop --next-command: missing; expected it, or --next-image",
    ),
    "a command and an image": (
        ("--service", "shop", "--entry", "--command", "./shop", "--next-image", "shop:2"),
        "--service shop --next-command: expected both versions as commands, or both as images",
    ),
    "the same version": ((*ENTRY, "--next", "v1"), "--service shop --next v1: expected another version"),
    "a quote without its end": (
        ("--service", "shop", "--entry", "--command", "sh -c 'x"),
        "--service shop --command sh -c 'x: expected words as a shell reads them: No closing quotation",
    ),
    "a ready path": ((*ENTRY, "--ready", "ready"), "--service shop --ready ready: expected a path"),
    "a health path": ((*ENTRY, "--health", "GET /h"), "--service shop --health GET /h: expected a path"),
    "a supporting service's next": (
        (*ENTRY, "--calls", "stock", *STOCK, "--supporting"),
        "--service stock --next-command: expected none: a supporting service is never released",
    ),
    "writes nowhere": ((*ENTRY, "--writes"), "--service shop --writes: expected --post PATH"),
    "a cycle": (
        (*ENTRY, "--calls", "stock", *STOCK, "--calls", "shop"),
        "expected no cycle; found: shop -> stock -> shop",
    ),
    "a name that no template has": (
        (*ENTRY[:3], "--command", "./shop {adress}", *ENTRY[5:]),
        "expected no {adress}; known names: ",
    ),
}

CHECK: dict[str, tuple[tuple[str, ...], str]] = {
    "no command": ((), "the following arguments are required: init|check|diff"),
    "another command": (("chek",), "argument init|check|diff: invalid choice: 'chek'"),
    "no file": (("check",), "the following arguments are required: FILE"),
    "a file that is not there": (("check", "gone.toml"), "gone.toml: cannot be read (No such file or directory)"),
    "a folder without one": (("check", "."), "services.toml: cannot be read"),
    "a file that is none": (("check", __file__), "not TOML"),
    "an override without a value": (("check", str(SINGLE), "--set", "name"), "--set name: expected KEY=VALUE"),
    "an override of no key": (("check", str(SINGLE), "--set", "nam=x"), "nam = "),
    "an override through a text": (
        ("check", str(SINGLE), "--set", "name.x=1"),
        "name: expected a table, which alone has keys",
    ),
    "an override that cannot be": (
        ("check", str(SINGLE), "--set", "services.site.version=2.0"),
        "services.site.version",
    ),
    "a platform": (("check", str(SINGLE), "--platform", "moon"), "--platform moon: expected one of auto, embedded"),
    "a registry": (
        ("check", str(SINGLE), "--registry", "consul"),
        "--registry consul: expected one of nacos, eureka, both",
    ),
    "a service that is not there": (
        ("check", str(SINGLE), "--release", "site", "--release", "ghost"),
        "--release ghost: expected a service that is released: site",
    ),
    "an slb": (("check", str(SINGLE), "--slb", "f5"), "--slb f5: expected one of nginx"),
    "an option of none": (("check", str(SINGLE), "--quick"), "unrecognized arguments: --quick"),
}


@pytest.mark.parametrize(("words", "expected"), INIT.values(), ids=INIT)
def test_init(words: tuple[str, ...], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Path("/dev/null").open())  # noqa: SIM115 - closed with the interpreter
    done = carry_out("init", str(tmp_path / "new"), *words)
    assert (done.code, done.out) == (4, "")
    assert expected in done.error
    assert not (tmp_path / "new" / "services.toml").exists()


@pytest.mark.parametrize(("words", "expected"), CHECK.values(), ids=CHECK)
def test_check(words: tuple[str, ...], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = carry_out(*words)
    assert (done.code, done.out) == (4, "")
    assert expected in done.error


def test_no_two_of_them_are_told_in_the_same_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", Path("/dev/null").open())  # noqa: SIM115 - closed with the interpreter
    lines = [carry_out("init", "new", *words).error for words, _ in INIT.values()]
    lines += [carry_out(*words).error for words, _ in CHECK.values()]
    assert len(set(lines)) == len(lines) == len(INIT) + len(CHECK) >= 30
