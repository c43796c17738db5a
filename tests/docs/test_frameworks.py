"""The cases of the page of frameworks are releases that can be carried out."""

import ast
import json
import shlex
from itertools import pairwise
from pathlib import Path

import pytest

from docs.framework_cases import SERVICE, Case, cases
from docs.frameworks import asked_for, found, keep, kept, main, sessions
from fixtures.registries.kinds import REGISTRIES
from fixtures.services.descriptor import Descriptor
from fixtures.services.overrides import Override
from reports.frameworks_page import Counts, Figures

ROOT = Path(__file__).parents[2]
SCENARIOS = {
    node.name
    for path in (ROOT / "conformance" / "scenarios").glob("test_*.py")
    for node in ast.parse(path.read_text()).body
    if isinstance(node, ast.FunctionDef)
}


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_each_names_a_scenario_a_registry_and_a_descriptor_that_takes_its_settings(case: Case) -> None:
    assert case.scenario in SCENARIOS
    assert case.registry in REGISTRIES
    words = case.arguments
    changes = [Override.read(value) for option, value in pairwise(words) if option == "--set"]
    descriptor = Descriptor.read(ROOT / case.services, changes)
    assert SERVICE in {one.name for one in descriptor.topology.released}


def test_no_two_rows_are_told_alike() -> None:
    told = [(one.framework, one.registry, one.way_down) for one in cases()]
    assert len(told) == len(set(told))


SMALL = """
[frameworks.old]
title = "Old 1"
services = "shop"

[cases.old-kill]
framework = "old"
registry = "eureka"
way_down = "kill -9"
scenario = "test_kill"
ends = "the lease"

[series.old-waits]
framework = "old"
registry = "nacos"
line = "the list kept"
way_down = "by the API"
leaves = '{ registry = "out of service" }'
waits_s = [0, 2.5]
ends = "a wait"
"""


ANOTHER = """
[cases.old-stop]
framework = "old"
registry = "eureka"
way_down = "SIGTERM"
scenario = "test_stop"
ends = "the lease"
"""


def test_a_series_is_a_case_for_each_wait_whose_command_can_be_pasted(tmp_path: Path) -> None:
    (tmp_path / "cases.toml").write_text(SMALL)
    known = cases(tmp_path / "cases.toml")
    assert [one.name for one in known] == ["old-kill", "old-waits-0s", "old-waits-2.5s"]
    assert [one.way_down for one in known[1:]] == ["by the API, 0 s, SIGTERM", "by the API, 2.5 s, SIGTERM"]
    offline = '[{ registry = "out of service" }, { wait_s = 2.5 }, { signal = "SIGTERM" }]'
    assert f"services.orders.offline={offline}" in shlex.split(known[2].about.command)
    assert "--set" not in known[0].about.command
    assert [one.name for one in asked_for(["old-waits", "old-kill"], known)] == [
        "old-waits-0s",
        "old-waits-2.5s",
        "old-kill",
    ]
    assert asked_for([], known) == known


def test_cases_that_differ_in_their_scenario_alone_are_one_session_and_each_finds_its_own_there(tmp_path: Path) -> None:
    (tmp_path / "cases.toml").write_text(SMALL.replace("[series", f"{ANOTHER}\n[series"))
    known = cases(tmp_path / "cases.toml")
    assert [[one.name for one in session] for session in sessions(known)] == [
        ["old-kill", "old-stop"],
        ["old-waits-0s"],
        ["old-waits-2.5s"],
    ]
    scenarios = [
        {"name": f"a.py::{name}[orders]", "verdict": verdict, "counts": {"requests": 9}, "chain": [], "windows": []}
        for name, verdict in (("test_stop", "GO"), ("test_kill", "NO-GO"))
    ]
    (tmp_path / "verdict.json").write_text(json.dumps({"scenarios": scenarios}))
    (session, *_) = sessions(known)
    assert {name: one.verdict for name, one in found(session, tmp_path).items()} == {
        "old-kill": "NO-GO",
        "old-stop": "GO",
    }
    assert found(session, tmp_path / "nothing was judged") == {}


def test_what_is_measured_anew_takes_the_place_of_its_own_figures_alone(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    before = {name: Figures(name, "GO", Counts(requests=9), (), ()) for name in ("kill", "stop")}
    keep(before, file)
    keep({"kill": Figures("kill", "NO-GO", Counts(requests=9, failed=1), (), ())}, file)
    assert [(name, one.verdict) for name, one in kept(file).items()] == [("kill", "NO-GO"), ("stop", "GO")]
    assert kept(tmp_path / "nothing") == {}


def test_a_name_that_nothing_has_is_refused_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dubbo-nacos-kil"]) == 4
    said = capsys.readouterr().err
    assert said.startswith("dubbo-nacos-kil: expected one of spring-nacos-notify, ")
    assert "spring-nacos-35s" in said
