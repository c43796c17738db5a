"""Rules of the house for checks: each has its tests, all three kinds, and its section in the documentation."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from conformance.judge import checks
from conformance.judge.check import all_checks
from conformance.vocabulary import FindingKind

ROOT = Path(__file__).parent.parent.parent
NAMES = [check.name for check in all_checks()]
DOCS = (ROOT / "docs" / "checks.md").read_text()


def test_every_module_in_checks_is_a_check() -> None:
    modules = {path.stem for path in Path(checks.__path__[0]).glob("*.py")} - {"__init__"}
    assert modules == set(NAMES)


def test_the_order_of_the_checks_is_settled() -> None:
    orders = [check.order for check in all_checks()]
    assert orders == sorted(set(orders))


@pytest.mark.parametrize("name", NAMES)
def test_a_check_states_its_promise_before_its_code(name: str) -> None:
    promise = importlib.import_module(f"{checks.__name__}.{name}").__doc__ or ""
    assert promise.splitlines()[0].endswith((".", ":", ")")), promise


@pytest.mark.parametrize("kind", ["test_passes", "test_fails", "test_lacks_evidence"])
@pytest.mark.parametrize("name", NAMES)
def test_a_check_has_records_that_pass_that_fail_and_that_lack_evidence(name: str, kind: str) -> None:
    tree = ast.parse((Path(__file__).parent / f"test_{name}.py").read_text())
    tests = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert any(test.startswith(kind) for test in tests), f"tests/judge/test_{name}.py has no {kind}_..."


@pytest.mark.parametrize("name", NAMES)
def test_a_check_has_a_section_in_the_documentation(name: str) -> None:
    assert re.search(rf"^### {name}$", DOCS, re.MULTILINE)


def test_the_documentation_tells_of_no_check_that_is_gone() -> None:
    assert set(re.findall(r"^### (\w+)$", DOCS, re.MULTILINE)) == set(NAMES)


def _made(source: str) -> set[str]:
    """Those that it names, and those that the functions make which several checks call."""
    by_all = {"contradiction": FindingKind.CONTRADICTORY_RECORD, "unproved": FindingKind.STEP_NOT_PROVED}
    imported = "".join(re.findall(r"from conformance.judge.contradictions import (.+)", source)).split(", ")
    named = {FindingKind[name] for name in re.findall(r"FindingKind\.([A-Z_]+)", source)}
    return named | {kind for call, kind in by_all.items() if call in imported}


@pytest.mark.parametrize("name", NAMES)
def test_the_documentation_names_every_finding_of_a_check(name: str) -> None:
    """A scenario that expects a loss names the finding: people must be able to look it up."""
    source = (Path(checks.__path__[0]) / f"{name}.py").read_text()
    section = DOCS.split(f"### {name}\n")[1].split("\n### ")[0]
    assert _made(source), f"{name} makes no finding"
    for finding in _made(source):
        assert f"`{finding}`" in section, finding


def test_every_finding_of_the_vocabulary_is_made_by_somebody_and_documented() -> None:
    made = {kind for path in ROOT.glob("conformance/judge/**/*.py") for kind in _made(path.read_text())}
    assert made == set(FindingKind)
    assert [kind.value for kind in FindingKind if f"`{kind}`" not in DOCS] == []
