"""Rules of the house that no linter knows."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE = 400
LONGEST_FUNCTION = 60


def _tracked(*patterns: str) -> list[Path]:
    """What belongs to the project: tracked files and new ones, not what is ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [ROOT / line for line in listed.splitlines() if (ROOT / line).is_file()]


PYTHON = _tracked("*.py")
SCENARIOS = [path for path in PYTHON if path.match("conformance/scenarios/test_*.py")]


def _walk(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text()))


def test_a_file_has_one_job() -> None:
    assert [path for path in PYTHON if len(path.read_text().splitlines()) > LONGEST_FILE] == []


def test_no_function_is_too_long_to_read_at_once() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in PYTHON
        for node in _walk(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


def test_scenarios_neither_sleep_nor_retry() -> None:
    source = "\n".join(path.read_text() for path in SCENARIOS)
    assert SCENARIOS
    assert not re.search(r"\bsleep\b|\bretry\b|\bretries\b|\bflaky\b|\brerun", source)


def test_scenarios_name_roles_not_services_or_addresses() -> None:
    source = "\n".join(path.read_text() for path in SCENARIOS)
    names = r"storefront|orders|inventory|127\.0\.0\.1|localhost|nginx|nacos|docker"
    assert not re.search(names, source, re.IGNORECASE)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.name)
def test_every_scenario_states_its_promise(path: Path) -> None:
    tests = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
    assert tests
    for test in tests:
        assert re.match(r"A\d", ast.get_docstring(test) or ""), f"{test.name} cites no part of the article"


def test_no_skip_is_without_a_reason() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in PYTHON
        if re.search(r"pytest\.(mark\.)?(skip|xfail)", path.read_text())
        for node in _walk(path)
        if isinstance(node, ast.Call)
        and re.fullmatch(r"pytest\.(mark\.)?(skip|xfail|skipif)", ast.unparse(node.func))
        and not (node.args and ast.unparse(node.func) == "pytest.skip")
        and not any(keyword.arg == "reason" for keyword in node.keywords)
    ]
    assert bare == []


def test_every_path_that_the_docs_name_exists() -> None:
    text = {path: path.read_text() for path in _tracked("*.md")}
    pattern = re.compile(r"`((?:conformance|fixtures|reports/[a-z]|tests|docs|bench|compose)[\w./-]*)`")
    missing = [
        f"{path.relative_to(ROOT)}: {name}"
        for path, body in text.items()
        for name in pattern.findall(body)
        if not name.startswith("reports/out") and not (ROOT / name).exists()
    ]
    assert missing == []


def test_every_folder_of_services_has_a_descriptor() -> None:
    folders = [path for path in (ROOT / "fixtures" / "services").iterdir() if (path / "__init__.py").exists()]
    folders.remove(ROOT / "fixtures" / "services" / "tables")  # what a descriptor is made of
    assert folders
    for folder in folders:
        assert (folder / "services.toml").is_file(), folder.name


def test_no_file_names_a_package_registry_or_a_path_of_one_machine() -> None:
    hosts = "|".join(("pypi", "pythonhosted", "maven" + r"\.org", "npmjs", "proxy.golang"))
    pattern = re.compile(rf"https?://[\w./-]*({hosts})|(?<![\w.])/(home|root|Users)/\w", re.IGNORECASE)
    found = [
        f"{path.relative_to(ROOT)}: {match.group(0)}"
        for path in _tracked()
        if path.suffix not in {".png", ".jar"} and path != Path(__file__)
        for match in pattern.finditer(path.read_text(errors="replace"))
    ]
    assert found == []
