"""python -m conformance check: what a descriptor means, in an order that reads well; nothing is started or written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.judge.check import all_checks
from fixtures import prerequisites
from fixtures.glue.applicable import Place
from fixtures.glue.commands.judged_told import contracts, untested
from fixtures.glue.commands.releases_told import Outlook
from fixtures.glue.commands.usage import UNJUDGED
from fixtures.services.descriptor import Descriptor
from tests.glue.commands import goldens
from tests.glue.commands.command_line import Done, carry_out
from tests.glue.commands.goldens import DESCRIPTORS, GOLDEN, ROOT, SAMPLE
from tests.glue.suite import NO_ENGINE
from tests.glue.suite import pytest as suite

SECTIONS = ("WHO CALLS WHOM", "WHAT A RELEASE DOES", "WHAT IS JUDGED", "WHAT TO ADD NEXT, THE MOST VALUABLE FIRST")


@pytest.fixture(autouse=True)
def _whole_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prerequisites, "missing", lambda *_, **__: iter(()))


@pytest.mark.parametrize("name", goldens.DESCRIPTORS)
def test_the_whole_text(name: str) -> None:
    assert goldens.said(name) == goldens.text(name).read_text(encoding="utf-8"), (
        "where it reads as well as before, write it anew: python -m tests.glue.commands.goldens"
    )


@pytest.mark.parametrize("name", ["single", "fan"])
def test_sections_come_in_order_and_what_to_add_comes_last(name: str) -> None:
    out = carry_out("check", str(DESCRIPTORS[name]), "--platform", "embedded").out
    titles = [line for line in out.splitlines() if line and line == line.upper() and not line.startswith(" ")]
    assert titles == list(SECTIONS)


def test_what_to_add_is_one_line_per_evidence_and_the_writes_come_first() -> None:
    out = carry_out("check", str(DESCRIPTORS["fan"]), "--platform", "embedded").out
    lines = out.split(f"{SECTIONS[-1]}\n")[1].splitlines()
    assert lines[0].startswith('  [[workload.routes]] "POST /orders": effects = ["placed"], with [audit] query = ')
    assert lines[1].startswith(
        '  [[workload.routes]] "POST /orders": check = { pointer = "/code", equal = 0 }: would show '
    )
    assert [line for line in lines if "hops = true" in line] == [lines[3]]
    assert lines[3].startswith("  [services.gateway.evidence] hops = true (the same for catalog): would show whether ")
    assert not any("identity = true" in line and "gateway" in line.split(":")[0] for line in lines)


def test_what_is_added_is_judged_and_no_longer_proposed() -> None:
    said = carry_out("check", str(DESCRIPTORS["fan"]), "--set", "services.gateway.evidence.hops=true").out
    assert "gateway does not declare hops" not in said
    assert "[services.catalog.evidence] hops = true: would show" in said


def test_nothing_is_left_to_add_to_the_sample_but_what_the_judge_lacks() -> None:
    """The same gaps as the verdict's: no check is silent about what it could not see."""
    descriptor = Descriptor.read(SAMPLE)
    about = contracts(Outlook(descriptor, Place("embedded", "nacos", "nginx")))
    gaps = {why for check in all_checks() for one in about for why in untested(check, one)}
    said = carry_out("check", str(SAMPLE), "--platform", "embedded").out
    assert {line.partition("untested: ")[2] for line in said.splitlines() if "untested: " in line} == gaps


def test_a_value_in_the_place_of_another_is_what_is_told() -> None:
    said = carry_out("check", str(DESCRIPTORS["single"]), "--set", "services.site.released_instances=3").out
    assert "site: 1.8 -> 1.9, 3 instances" in said
    assert "too few instances" not in said


NOTHING_TO_JUDGE = {
    "Answers were as quick as the team promises": "promise.p99_ms=250",
    "Every write is whole: all of its effects or none": "workload.routes.0.write=true",
    "What was written before the release could be read until the end": "workload.routes.0.write=true",
    "A gray was confirmed before the rest followed": "services.site.released_instances=4",
    "A gray release exposes the share that it promised": "services.site.released_instances=4",
}


@pytest.mark.parametrize("title", NOTHING_TO_JUDGE)
def test_what_nothing_is_declared_for_is_not_called_judged(title: str) -> None:
    without = carry_out("check", str(DESCRIPTORS["single"]), "--platform", "embedded").out
    declared = carry_out(
        "check", str(DESCRIPTORS["single"]), "--platform", "embedded", "--set", NOTHING_TO_JUDGE[title]
    ).out
    assert f"  nothing   {title}\n" in without
    assert f"  nothing   {title}\n" not in declared


def test_the_registry_decides_what_can_be_carried_out() -> None:
    eureka = carry_out("check", str(SAMPLE), "--platform", "embedded", "--registry", "eureka").out
    assert "- a provider that is killed among polling clients: eureka cannot tell its subscribers" in eureka
    assert "+ self preservation keeps a dead provider listed" in eureka


def test_it_starts_nothing_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "services.toml").write_text((GOLDEN / "single.toml").read_text(encoding="utf-8"), encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-B", "-m", "conformance", "check", "."],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("services.toml: topology single, 1 service, 1 of them released; platform ")
    assert sorted(tmp_path.rglob("*")) == before


JAVA = """
schema = "release-topology/1"
name = "pitfalls"

[services.site]
entry = true
version = "v1"
ready = { tcp = true }
admin.health = "GET /"
versions.v1.command = ["java", "-jar", "site.jar"]
versions.v2.command = ["no-such-program", "{port}"]
versions.v3 = { variant = "slow", command = ["./start.sh"] }

[[workload.routes]]
name = "r"
method = "GET"
path = "/"
weight = 1
expect = [200]
write = false
"""


def _checked(folder: Path, *words: str) -> Done:
    (folder / "services.toml").write_text(JAVA, encoding="utf-8")
    return carry_out("check", str(folder), *words)


def _pitfalls(folder: Path, *words: str) -> list[str]:
    out = _checked(folder, *words).out
    return [line.strip() for line in out.split("ON THIS MACHINE\n")[1].split("\n\n")[0].splitlines()]


def test_what_will_not_work_is_told_before_it_fails(tmp_path: Path) -> None:
    found = _pitfalls(tmp_path, "--platform", "embedded")
    site = "services.site.versions"
    ports, path = "has {port} in it", "no such program on this machine's PATH"
    told = [line.split(": ")[0] for line in found if path not in line and ports not in line]
    assert told == [f"{site}.v1.command", f"{site}.v3.command[0] = './start.sh'"]
    assert [line for line in found if "no -Xmx" in line]


def test_no_secret_of_an_act_is_told(tmp_path: Path) -> None:
    act = 'services.site.offline=[{ http = "POST /offline?token=geheim-geheim" }, { signal = "SIGTERM" }]'
    done = _checked(tmp_path, "--platform", "embedded", "--set", act)
    assert "POST /offline?token=***" in done.out
    assert "geheim" not in done.out + done.err


def test_what_a_session_refuses_ends_with_its_exit_code_behind_all_that_can_be_said(tmp_path: Path) -> None:
    done = _checked(tmp_path, "--platform", "embedded")
    lines = [line.removeprefix(f"ERROR: {tmp_path}/services.toml: ") for line in done.err.splitlines()]
    site = "services.site.versions"
    assert done.code == 4
    assert "WHAT A RELEASE DOES" in done.out
    assert [line.partition(": ")[0] for line in lines if "PATH" not in line] == [f"{site}.v1.command[2] = 'site.jar'"]
    assert [line.partition(": ")[0] for line in lines if "no-such" in line] == [
        f"{site}.v2.command[0] = 'no-such-program'"
    ]


def test_what_a_build_makes_need_not_be_there(tmp_path: Path) -> None:
    done = _checked(tmp_path, "--platform", "embedded", "--set", 'services.site.build=["true"]')
    assert "no such file" not in done.out + done.err
    assert "no-such-program" in done.err


def test_a_platform_of_images_without_images_is_refused(tmp_path: Path) -> None:
    done = _checked(tmp_path, "--platform", "docker")
    assert "services.site.versions.v1.image: missing; this platform starts images" in done.error
    assert done.code == 4


@pytest.mark.parametrize(
    ("files", "words", "says"),
    [
        ({"known-issues.toml": "[[issue]]\nlink = 'x'\n"}, (), "known-issues.toml"),
        ({"team.conf": "events { }\n"}, ("--slb", "nginx-reload", "--set", "slb.config=team.conf"), "team.conf"),
        ({}, ("--set", "audit.dsn_env=NOWHERE_SET", "--set", "audit.query=TABLE :run"), "the variable is not set"),
    ],
)
def test_whatever_a_session_refuses_check_refuses(
    tmp_path: Path, files: dict[str, str], words: tuple[str, ...], says: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "services.toml").write_text(DESCRIPTORS["single"].read_text(encoding="utf-8"), encoding="utf-8")
    done = carry_out("check", str(tmp_path), "--platform", "embedded", *words)
    assert done.code == 4
    assert says in done.error


NO_JDK = "a JDK 17 or later is needed for the registry, none was found: "


def test_what_the_machine_lacks_ends_with_the_code_of_a_session_that_judges_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gate that asks ``check`` first is not told that all is well."""
    monkeypatch.undo()  # the machine is what PATH says
    for name, value in {"PATH": str(tmp_path), "JAVA_HOME": "", **NO_ENGINE}.items():
        monkeypatch.setenv(name, value)
    done = carry_out("check", str(SAMPLE), "--platform", "embedded")
    assert done.code == UNJUDGED
    assert done.err.startswith(f"INCONCLUSIVE: embedded: {NO_JDK}")
    assert "WHAT IS JUDGED" in done.out
    docker = carry_out("check", str(SAMPLE), "--platform", "docker")
    assert docker.code == UNJUDGED
    assert "INCONCLUSIVE: docker: " in docker.err
    single = tmp_path / "services.toml"
    single.write_text(DESCRIPTORS["single"].read_text(encoding="utf-8"), encoding="utf-8")
    _tool(tmp_path, "node")
    assert carry_out("check", str(single), "--platform", "embedded").code == 0, "without a registry no JDK is needed"
    ended = suite("--services", str(SAMPLE), "--platform", "embedded", "--profile", "smoke", PATH=str(tmp_path))
    assert ended.code == UNJUDGED
    assert f"INCONCLUSIVE: {NO_JDK}" in ended.out


def test_services_that_nobody_tells_where_to_listen_are_told(tmp_path: Path) -> None:
    """They would come up one by one, and all but the first end with "address already in use"."""
    told = [line for line in _pitfalls(tmp_path, "--platform", "embedded") if "has {port} in it" in line]
    assert [line.partition(": ")[0] for line in told] == ["services.site.versions.v1", "services.site.versions.v3"]
    said = _checked(tmp_path, "--platform", "embedded", "--set", "services.site.env.PORT={port}").out
    assert "has {port} in it" not in said


@pytest.mark.parametrize(
    ("act", "told"),
    [
        ('http = "POST /actuator/serviceregistry?status=DOWN"', True),
        ("""http = "POST /actuator/serviceregistry", body = '{"status": "DOWN"}'""", True),
        ("""http = "POST /x/serviceregistry", body = '{"status": "DOWN"}', content_type = 'application/json'""", False),
        (
            """http = "POST /serviceregistry", body = '{"status": "UP"}', headers.content-type = 'application/json'""",
            False,
        ),
        ('http = "POST /offline?status=DOWN"', False),
    ],
)
def test_an_act_that_spring_boot_s_actuator_refuses_is_told(tmp_path: Path, act: str, told: bool) -> None:
    way = f'services.site.offline=[{{ {act} }}, {{ signal = "SIGTERM" }}]'
    found = [line for line in _pitfalls(tmp_path, "--platform", "embedded", "--set", way) if "415" in line]
    assert [line.partition(": ")[0] for line in found] == ["services.site.offline[0].http"] * told


def _tool(folder: Path, name: str) -> None:
    (folder / name).write_text("#!/bin/sh\n", encoding="utf-8")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("override", "says"),
    [
        (
            'build={command=["true"],needs={no-such-tool="get it"}}',
            "build needs no-such-tool, which is not on this machine",
        ),
        ('services.site.versions."1.9".variant="slow"', "no scenario can be carried out: "),
    ],
)
def test_where_each_scenario_would_be_skipped_it_says_so(override: str, says: str) -> None:
    done = carry_out("check", str(DESCRIPTORS["single"]), "--platform", "embedded", "--set", override)
    assert done.code == UNJUDGED
    assert done.err.startswith(f"INCONCLUSIVE: {DESCRIPTORS['single']}: {says}")
    (told,) = done.err.splitlines()
    assert told


@pytest.mark.parametrize(("kept", "lines"), [("", 1), ("list_cache_s = 1", 0)])
def test_a_list_that_spring_keeps_and_nobody_has_told_of_is_told(tmp_path: Path, kept: str, lines: int) -> None:
    """A release of what it calls would stop its instances while they are still called, and be NO-GO for that."""
    caller = f'calls = ["orders"]\n{kept}\nenv.SPRING_APPLICATION_JSON = "{{}}"\nversion = "v1"'
    callee = '[services.orders]\nversion = "v1"\nready = { registry = true }\nversions.v1.command = ["java"]\n'
    text = JAVA.replace('version = "v1"', caller, 1).replace("[[workload", f"{callee}\n[[workload")
    (tmp_path / "services.toml").write_text(text, encoding="utf-8")
    out = carry_out("check", str(tmp_path), "--platform", "embedded").out
    assert (
        out.count("services.site.list_cache_s: Spring Cloud LoadBalancer keeps a list of instances for 35 s") == lines
    )


NOT_RELEASED = {
    "several to choose from": (
        'versions."2.0".command = ["{python}"]\n',
        "which of 1.9, 2.0 comes next is not said; choose one by next",
    ),
    "only variants": (
        'versions."1.9".variant = "slow"\n',
        'each other version is a variant: 1.9 ("slow"); add one without variant, or choose one by next',
    ),
    "one version": ("", "1.8 is its only version; add the one that is released to its versions"),
}


@pytest.mark.parametrize("case", NOT_RELEASED)
def test_a_service_that_is_not_released_is_told_with_the_reason_and_what_would_do(tmp_path: Path, case: str) -> None:
    further, why = NOT_RELEASED[case]
    text = DESCRIPTORS["single"].read_text(encoding="utf-8")
    if not further:
        text = "".join(line for line in text.splitlines(keepends=True) if not line.startswith('versions."1.9"'))
    file = tmp_path / "services.toml"
    file.write_text(text.replace("\n[[workload.routes]]", f"{further}\n[[workload.routes]]"), encoding="utf-8")
    told = f"not released: services.site: {why}"
    said = carry_out("check", str(file)).out
    assert told in said
    assert "-> site: entry, paths /; not released" in said
    assert "not released" not in carry_out("check", str(DESCRIPTORS["single"])).out
    if case == "only variants":
        ended = suite("--services", str(file), "--plan-only")
        assert [line for line in ended.out.splitlines() if line == told], "in the first lines of a session, too"
        refused = suite("--services", str(file), "--plan-only", "--release", "site")
        assert refused.complaint.endswith(f"a service that is released: none; services.site: {why}")
