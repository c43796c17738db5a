"""The command line: every form of every option, and refusals in one line before anything starts."""

import json
import shutil
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from conformance.run.cpu_watch import processors
from fixtures.glue.refusals import registry_of
from fixtures.services.descriptor import Descriptor
from fixtures.services.overrides import Override
from tests.glue.suite import CORE, ROOT, Ended, side_by_side
from tests.glue.suite import pytest as suite
from tests.turns import a_few

SAMPLE = ROOT / "fixtures" / "services" / "python"
OUT = ROOT / "reports" / "out"


WRONG = {
    ("--registry", "zookeeper"): "--registry zookeeper: expected one of nacos, eureka, both",
    ("--platform", "moon"): "--platform moon: expected one of auto, embedded, docker",
    ("--slb", "pigeon"): "--slb pigeon: expected one of nginx, nginx-reload",
    ("--profile", "vast"): "--profile vast: expected one of smoke, core, extended, full",
    ("tests/plan", "--profile", "vast"): "--profile vast: expected one of smoke, core, extended, full",
    ("--rate", "many"): "--rate many: expected a whole number of requests per second, 1 to 100,000",
    ("--rate", "0"): "--rate 0: expected a whole number of requests per second, 1 to 100,000",
    ("--rate", "5" * 5000): f"--rate {'5' * 60}: expected a whole number",
    ("--rate", "\N{FULLWIDTH DIGIT THREE}"): "expected a whole number of requests per second, 1 to 100,000",
    ("--workers", "0"): "--workers 0: expected ",
    ("--workers=-1",): "--workers -1: expected ",
    ("--workers", "two"): "--workers two: expected ",
    ("--workers", "9999"): "--workers 9999: expected ",
    ("--platform", "kubernetes", "--workers", "101"): "expected a whole number from 1 to 100, each in a pod of its own",
    ("--services", "nowhere.toml"): "--services nowhere.toml: no such file; expected a descriptor or its folder",
    ("--services", "docs"): "--services docs: a folder without a file services.toml; name the descriptor",
    ("--services", "a" * 300): f"--services {'a' * 60}...: File name too long; expected a path",
    ("--set", "name"): "--set name: expected KEY=VALUE, such as services.orders.versions.v2.image=orders:2",
    ("--set", "services.orders.instnaces=3"): "services.orders.instnaces = 3: unknown key; did you mean instances?",
    ("--set=services.orders.versions.v2.command=run",): 'services.orders.versions.v2.command = "run": expected a list',
    ("--set", "workload.rate=1", "--set", "workload.rate=0"): "workload.rate = 0: expected 1 or more",
    ("--services", "fixtures/services/dubbo", "--registry", "eureka"): (
        'registries = ["nacos"]: its services do not speak eureka, which --registry eureka asks for; '
        "choose --registry nacos, or add eureka here"
    ),
    ("--services", "fixtures/services/ribbon", "--registry", "both", "--plan-only"): (
        "its services do not speak nacos, which --registry both asks for"
    ),
    ("--set", 'registries=["zookeeper"]'): "expected registries, of nacos, eureka; there is no zookeeper",
    ("--set", 'registries=["nacos", "nacos"]'): "expected registries, of nacos, eureka, each once",
    ("--release", "ghost"): "--release ghost: expected a service that is released: storefront, orders, inventory",
    ("--release=orders", "--release=ghost"): "--release ghost: expected a service that is released: storefront, ord",
    ("--release", "orders", "--set", "services.orders.next=v2-slow", "--release", "ghost", "--plan-only"): (
        "--release ghost: expected a service that is released"
    ),
    ("--judge", "nowhere"): "--judge nowhere: no such folder; expected a run directory or a folder of them",
    ("--judge", "a" * 300): f"--judge {'a' * 60}...: File name too long; expected a path",
    ("--judge", "docs"): "--judge docs: no run there; expected a run directory or a folder of them",
    ("conformance/scenarios/test_batches.py::test_ghost",): "test_batches.py::test_ghost: no such scenario",
}
"""What is asked for, and what it is answered with."""


def _option(arguments: tuple[str, ...]) -> str:
    return arguments[0].partition("=")[0]


@pytest.mark.parametrize("arguments", a_few(WRONG, _option), ids=" ".join)
def test_a_wrong_value_is_refused_in_one_line(arguments: tuple[str, ...]) -> None:
    ended = suite(*arguments)
    assert ended.code == 4
    assert WRONG[arguments] in ended.complaint
    assert "Traceback" not in ended.out


def test_a_mistake_in_a_descriptor_names_file_key_value_and_what_was_expected(tmp_path: Path) -> None:
    text = (SAMPLE / "services.toml").read_text().replace('calls = ["inventory"]', 'calls = ["stock"]')
    (tmp_path / "services.toml").write_text(text)
    shutil.copy(SAMPLE / "schema.sql", tmp_path)
    ended = suite("--services", str(tmp_path))
    assert ended.code == 4
    for part in (str(tmp_path / "services.toml"), "services.orders.calls[0]", '"stock"', "storefront, inventory"):
        assert part in ended.complaint


@pytest.mark.skipif(processors() < 2, reason="two workers need two processors: run on a machine that has them")
def test_a_login_is_not_shared_by_workers(tmp_path: Path) -> None:
    read = 'path = "/orders/{written}"'
    as_somebody = (SAMPLE / "services.toml").read_text().replace(read, f'{read}\nheaders = {{ X-Token = "{{token}}" }}')
    login = """
[workload.login]
method = "POST"
path = "/login"
expect = [200]
take = { token = { pointer = "/token" } }
"""
    (tmp_path / "services.toml").write_text(as_somebody + login)
    shutil.copy(SAMPLE / "schema.sql", tmp_path)
    ended = suite("--services", str(tmp_path), "--workers", "2")
    assert ended.code == 4
    assert f"{tmp_path / 'services.toml'}: workload.login: a login is due to one of 2 workers" in ended.complaint


def test_a_configuration_of_the_slb_that_cannot_be_used_is_refused_before_anything_starts(tmp_path: Path) -> None:
    """By the kind that takes one; to another it is of no concern."""
    config = 'schema = "release-topology/1"\n'
    text = (SAMPLE / "services.toml").read_text().replace(config, f'{config}slb.config = "team.conf"\n')
    (tmp_path / "services.toml").write_text(text)
    shutil.copy(SAMPLE / "schema.sql", tmp_path)
    absent = suite("--services", str(tmp_path))
    (tmp_path / "team.conf").write_text("upstream shop { }")
    chosen = ("--services", str(tmp_path), "--collect-only", "-q", "--slb")
    refused, accepted = side_by_side(tmp_path / "asked", [(*chosen, "nginx-reload"), (*chosen, "nginx")])
    expected = f'slb.config = "team.conf": expected a file beside the descriptor, in {tmp_path}'
    assert (absent.code, expected in absent.complaint) == (4, True)
    assert refused.code == 4
    assert f"{tmp_path / 'team.conf'}: {{servers}} stands there 0 times: expected it once" in refused.complaint
    assert accepted.code == 0


def test_what_the_slb_cannot_do_is_skipped_before_anything_starts_and_says_which_one_can(tmp_path: Path) -> None:
    asked = ("--platform", "embedded", "--profile", "extended", "-rs", "--slb", "nginx-reload")
    rules, checks = side_by_side(tmp_path, [(*asked, "-k", "header_meet"), (*asked, "-k", "missed_sooner")])
    assert "slb: nginx-reload cannot choose whose requests meet the gray; run with --slb nginx" in rules.out
    assert "slb: nginx-reload cannot ask its members by itself how they are; run with --slb nginx" in checks.out
    for ended, skipped in ((rules, 3), (checks, 1)):
        assert "releases: platform embedded, registry nacos, SLB nginx-reload (nginx, reloaded for each" in ended.out
        assert f"{skipped} skipped" in ended.out
        assert "ready after" not in ended.out, "a server was started for it"
    not_run = json.loads((tmp_path / "0" / "verdict.json").read_text())["not_run"]
    skips = [one for one in not_run if one["kind"] == "skipped"]
    first = skips[0]
    assert {one["reason"] for one in skips} == {first["reason"]}
    assert first["reason"] == "slb: nginx-reload cannot choose whose requests meet the gray; run with --slb nginx"
    assert f"not run       {first['name']}: {first['reason']}" in rules.out
    assert {one["reason"] for one in not_run if one not in skips} == {"not selected by the command line"}


PLACES = ("inside", "outside")
NAMES = ("with space", "with=equals")
FORMS = ("two words", "one word")


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, ...], Ended]]:
    """The plans of a descriptor in each of these folders, below the project's own and elsewhere, in both forms."""
    calls: dict[tuple[str, ...], tuple[str, ...]] = {}
    with TemporaryDirectory(prefix=".inside-", dir=ROOT / "tests") as inside:
        bases = {"inside": Path(inside), "outside": tmp_path_factory.mktemp("outside")}
        for place, name in product(PLACES, NAMES):
            folder = bases[place] / name
            shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"), dirs_exist_ok=True)
            calls[place, name, "two words"] = ("--services", str(folder), "--plan-only", "-q")
            calls[place, name, "one word"] = (f"--services={folder / 'services.toml'}", "--plan-only", "-q")
        yield dict(zip(calls, side_by_side(tmp_path_factory.mktemp("planned"), calls.values()), strict=True))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", NAMES)
def test_a_path_works_with_a_space_and_an_equals_sign_in_both_forms(
    place: str, name: str, form: str, planned: dict[tuple[str, ...], Ended]
) -> None:
    ended = planned[place, name, form]
    assert ended.code == 0, ended.out
    assert f"{CORE} passed" in ended.out


def test_a_recorded_run_is_found_by_both_forms_wherever_it_lies(tmp_path: Path) -> None:
    folder = tmp_path / "runs of = today"
    folder.mkdir()
    for ended in side_by_side(tmp_path / "out", [("--judge", str(folder)), (f"--judge={folder}",)]):
        assert ended.code == 4
        assert f"--judge {folder}: no run there" in ended.complaint


def test_a_recorded_run_is_judged_or_a_plan_is_printed(tmp_path: Path) -> None:
    (tmp_path / "end.json").touch()
    ended = suite("--judge", str(tmp_path), "--plan-only")
    assert ended.code == 4
    assert "--plan-only with --judge: a recorded run has its plan and nothing to start; take one" in ended.complaint


def test_a_plan_shows_no_secret() -> None:
    act = 'services.orders.offline=[{ http = "POST /offline?token=geheim-geheim" }, { signal = "SIGTERM" }]'
    ended = suite("--set", act, "--release", "orders", "--profile", "smoke", "--plan-only")
    assert ended.code == 0
    assert "POST /offline?token=***" in ended.out
    assert "geheim" not in ended.out


def test_plans_are_printed_and_nothing_is_started_or_written(tmp_path: Path) -> None:
    before = OUT.exists() and sorted(OUT.iterdir())
    ended = suite("--plan-only", XDG_STATE_HOME=str(tmp_path), PATH="/nowhere")
    assert ended.code == 0
    assert "Release orders (provider) v1 -> v2: 10 instances in 3 batches of 4, 3 and 3, lossless" in ended.out
    assert "  2.2    Call: POST /offline?notify=true while a write is in flight" in ended.out
    assert list(tmp_path.iterdir()) == []
    assert (OUT.exists() and sorted(OUT.iterdir())) == before


@pytest.mark.parametrize(("what", "less", "more"), [("", "smoke", "core"), ("tests/end_to_end", "core", "extended")])
def test_a_profile_contains_those_before_it(tmp_path: Path, what: str, less: str, more: str) -> None:
    """Of the scenarios, and of the suite's own tests."""
    calls = [(*what.split(), "--collect-only", "-q", "--profile", name) for name in (less, more)]
    first, second = side_by_side(tmp_path, calls)
    assert first.code == second.code == 0
    chosen, all_of_them = ({line for line in ended.out.splitlines() if "::" in line} for ended in (first, second))
    assert chosen
    assert chosen < all_of_them


def test_the_suites_own_tests_keep_pytests_exit_codes_and_write_no_report(tmp_path: Path) -> None:
    done, nothing = side_by_side(tmp_path, [("tests/plan", "-q", "-k", name) for name in ("golden", "no_such_test")])
    assert done.code == 0
    assert "VERDICT" not in done.out
    assert nothing.code == 5
    assert list(tmp_path.iterdir()) == []


def test_a_choice_that_nothing_fits_is_told_and_judges_nothing(tmp_path: Path) -> None:
    asked = ("--platform", "embedded", "-k", "no_such_scenario")
    judged, shown = side_by_side(tmp_path, [asked, (*asked, "--plan-only")])
    told = "INCONCLUSIVE: no scenario was selected: what the command line asks for, such as -k, fits none"
    assert (judged.code, shown.code) == (7, 5)
    assert told in judged.out.splitlines()
    assert told in (tmp_path / "0" / "junit.xml").read_text()


def test_a_machine_that_lacks_something_is_told_before_anything_starts(tmp_path: Path) -> None:
    ended = suite("-k", "batch_release_loses and orders", XDG_STATE_HOME=str(tmp_path), PATH="/nowhere", JAVA_HOME="")
    assert ended.code == 7
    assert "a JDK 17 or later is needed for the registry, none was found: apt-get install" in ended.out
    assert list(tmp_path.iterdir()) == []


NO_MARIADB = """
from fixtures.databases.mariadb import binaries
binaries.BESIDE_PATH = ()
"""


def test_a_machine_that_lacks_the_descriptors_database_is_told_before_anything_starts(tmp_path: Path) -> None:
    folder, state = tmp_path / "shop", tmp_path / "state"
    shutil.copytree(ROOT / "fixtures" / "services" / "python", folder)
    descriptor = folder / "services.toml"
    descriptor.write_text(descriptor.read_text().replace("[database]\n", '[database]\nkind = "mariadb"\n'))
    (tmp_path / "no_mariadb.py").write_text(NO_MARIADB)
    machine = {"PYTHONPATH": str(tmp_path), "PATH": "/nowhere", "JAVA_HOME": "", "XDG_STATE_HOME": str(state)}
    ended = suite(
        "-p", "no_mariadb", "-k", "batch_release_loses and orders", "--services", str(folder), cwd=ROOT, **machine
    )
    assert ended.code == 7
    lacking = next(line for line in ended.out.splitlines() if "a JDK 17 or later is needed" in line)
    assert "; a MariaDB server is needed, mariadbd was not found: apt-get install mariadb-server" in lacking
    assert not state.exists()


def test_both_registries_are_taken_one_after_the_other(tmp_path: Path) -> None:
    """Every scenario of the one, then every scenario of the other: servers need not change in between."""
    ended = suite("--collect-only", "-q", "--registry", "both", "--profile", "smoke", CONFORMANCE_OUT=str(tmp_path))
    named = [line for line in ended.out.splitlines() if "::" in line]
    assert [line.rpartition("-")[2].rstrip("]") for line in named] == ["nacos"] * 6 + ["eureka"] * 6


def test_every_profile_has_a_gray_of_the_services_that_their_team_releases_so() -> None:
    gray = ("--set", "services.orders.release.strategy=gray")
    ended = suite("--profile", "smoke", "--plan-only", "-q", *gray)
    assert ended.code == 0, ended.out
    assert ended.out.count("Release orders (provider) v1 -> v2: 10 instances in gray of 2, then 2 batches") == 1
    assert "nanobind" not in ended.out
    assert "test_a_gray_release_loses_nothing[orders]" in suite("--profile", "smoke", "--collect-only", "-q", *gray).out


@pytest.mark.parametrize(("own", "taken"), [('["eureka", "nacos"]', "eureka"), ('["nacos"]', "nacos")])
def test_where_nobody_chooses_a_registry_the_first_that_the_services_speak_is_taken(own: str, taken: str) -> None:
    descriptor = Descriptor.read(ROOT / "fixtures" / "services" / "python", [Override.read(f"registries={own}")])
    assert registry_of(descriptor, "") == taken
    assert registry_of(descriptor, "nacos") == "nacos"
    without = Descriptor.read(ROOT / "fixtures" / "services" / "python")
    assert [registry_of(without, asked) for asked in ("", "eureka", "both")] == ["nacos", "eureka", "both"]
