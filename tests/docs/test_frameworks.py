"""The cases of the page of frameworks are releases that can be carried out."""

import ast
import json
import shlex
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from conformance.judge.model import Verdict
from docs import frameworks
from docs.framework_cases import RATE, SERVICE, Case, cases
from docs.framework_results import keep, kept
from docs.frameworks import asked_for, found, main, repeat, sessions
from fixtures.registries.kinds import REGISTRIES
from fixtures.services.descriptor import Descriptor
from fixtures.services.overrides import Override
from reports.frameworks_page import Counts, Figures

ROOT = Path(__file__).parents[2]
SCENARIOS = {
    f"conformance/scenarios/{path.name}::{node.name}"
    for path in (ROOT / "conformance" / "scenarios").glob("test_*.py")
    for node in ast.parse(path.read_text()).body
    if isinstance(node, ast.FunctionDef)
}


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_each_names_a_scenario_a_registry_and_a_descriptor_that_takes_its_settings(case: Case) -> None:
    assert case.node in SCENARIOS
    assert case.registry in REGISTRIES
    words = case.arguments
    changes = [Override.read(value) for option, value in pairwise(words) if option == "--set"]
    descriptor = Descriptor.read(ROOT / case.services, changes)
    assert SERVICE in {one.name for one in descriptor.topology.released}


def test_all_are_sent_as_many_requests_as_the_page_says() -> None:
    assert all(("--rate", str(RATE)) in pairwise(case.arguments) for case in cases())
    assert f"({RATE} a second)" in (ROOT / "docs" / "frameworks.md").read_text()


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
scenario = "test_ways.py::test_kill"
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
scenario = "test_ways.py::test_stop"
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
    known = _known(tmp_path)
    assert [[one.name for one in session] for session in sessions(known)] == [
        ["old-kill", "old-stop"],
        ["old-waits-0s"],
        ["old-waits-2.5s"],
    ]
    scenarios = [_scenario(name, verdict) for name, verdict in (("test_stop", "GO"), ("test_kill", "NO-GO"))]
    (tmp_path / "verdict.json").write_text(json.dumps({"scenarios": scenarios}))
    (session, *_) = sessions(known)
    assert {name: [one.verdict for one in came] for name, came in found(session, tmp_path).items()} == {
        "old-kill": ["NO-GO"],
        "old-stop": ["GO"],
    }
    assert found(session, tmp_path / "nothing was judged") == {"old-kill": [], "old-stop": []}


def _scenario(name: str, verdict: str) -> dict[str, object]:
    """As a verdict file has it."""
    node = f"conformance/scenarios/test_ways.py::{name}[orders]"
    empty: list[object] = []
    return {
        "name": node,
        "verdict": verdict,
        "findings": empty,
        "counts": {"requests": 9},
        "chain": empty,
        "windows": empty,
    }


def _figures(verdict: Verdict, failed: int = 0) -> Figures:
    return Figures(verdict, (), Counts(requests=9, failed=failed), (), ())


def _known(tmp_path: Path) -> list[Case]:
    (tmp_path / "cases.toml").write_text(SMALL.replace("[series", f"{ANOTHER}\n[series"))
    return cases(tmp_path / "cases.toml")


def test_what_is_measured_anew_takes_the_place_of_its_own_figures_alone(tmp_path: Path) -> None:
    file, known = tmp_path / "figures.json", _known(tmp_path)
    for name in ("old-stop", "old-kill"):
        keep(known, name, [_figures(Verdict.GO), _figures(Verdict.GO)], file)
    keep(known, "old-kill", [_figures(Verdict.NO_GO, 1)], file)
    assert [(name, [one.verdict for one in releases]) for name, releases in kept(known, file).items()] == [
        ("old-kill", ["NO-GO"]),
        ("old-stop", ["GO", "GO"]),
    ]
    assert kept(known, tmp_path / "nothing") == {}


def test_figures_of_another_version_or_another_command_are_none_of_the_rows(tmp_path: Path) -> None:
    file, known = tmp_path / "figures.json", _known(tmp_path)
    for name in ("old-stop", "old-kill"):
        keep(known, name, [_figures(Verdict.GO)], file)
    newer = [replace(one, title="Old 2") if one.name == "old-kill" else one for one in known]
    assert list(kept(newer, file)) == ["old-stop"]
    other = [replace(one, set=("a=b",)) if one.name == "old-stop" else one for one in known]
    assert list(kept(other, file)) == ["old-kill"]


def test_each_session_is_kept_as_soon_as_it_has_ended_and_nothing_that_shows_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file, known = tmp_path / "figures.json", _known(tmp_path)
    keep(known, "old-kill", [_figures(Verdict.NO_GO, 5)], file)
    verdicts = iter(("NO-GO", "INCONCLUSIVE", "GO"))
    counts: list[int] = []

    def carry_out(session: Sequence[Case], times: int, out: Path) -> None:
        out.mkdir(parents=True, exist_ok=True)
        counts.append(times)
        scenarios = [_scenario("test_kill", next(verdicts)) for _ in range(times)] if len(session) == 1 else []
        (out / "verdict.json").write_text(json.dumps({"scenarios": scenarios}))

    monkeypatch.setattr(frameworks, "carry_out", carry_out)
    monkeypatch.setattr(frameworks, "out_folder", lambda: tmp_path)
    (kill,) = asked_for(["old-kill"], known)
    assert repeat([kill], known, 2, more=True, file=file) == 1
    assert [one.counts.failed for one in kept(known, file)["old-kill"]] == [5, 0]
    assert repeat([kill], known, 1, more=False, file=file) == 0
    assert [one.verdict for one in kept(known, file)["old-kill"]] == ["GO"]
    said = capsys.readouterr().out.splitlines()
    assert (
        said[0].strip()
        == f"old-kill: 2 releases; what is said: {tmp_path / 'frameworks' / 'old-kill' / 'terminal.txt'}"
    )
    assert [line.partition("s  ")[2] for line in said if "what is said" not in line] == [
        "old-kill 1/2  NO-GO: 0 of 9 lost",
        "old-kill 2/2  INCONCLUSIVE: 0 of 9 lost",
        "old-kill 1/1  GO: 0 of 9 lost",
    ]
    assert repeat(asked_for(["old-kill", "old-stop"], known), known, 1, more=True, file=file) == 2
    assert "old-stop 1/1  not judged: " in capsys.readouterr().out
    assert len(kept(known, file)["old-kill"]) == 1
    verdicts = iter(["GO"] * 12)
    counts.clear()
    assert repeat([kill], known, 12, more=True, file=file) == 0
    assert (counts, len(kept(known, file)["old-kill"])) == ([5, 5, 2], 13)


def test_a_name_that_nothing_has_is_refused_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dubbo-nacos-kil"]) == 4
    said = capsys.readouterr().err
    assert said.startswith("dubbo-nacos-kil: expected one of spring-nacos-notify, ")
    assert "spring-nacos-35s" in said
