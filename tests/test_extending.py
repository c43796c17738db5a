"""docs/extending.md keeps its promise: few files for each addition, and all that it names exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MOST_TOUCHED = 3
ADDITIONS = (
    *("a check", "a registry", "a platform", "an SLB", "a database", "a way to count effects"),
    *(
        "an access log's format",
        "a way down",
        "a strategy",
        "a service family",
        "a section of the report",
        "a kind of request",
        "a time-out",
        "a fault of the detection matrix",
    ),
)
CHANGES = (
    "an option that is refused, or the words of it",
    "a step of a plan that waits for the wrong thing",
    "a page of `docs/` that is generated",
    "how long a client of the load waits",
    "tests that share servers",
    "which tests a commit carries out",
)
ADDING, _, LOOKING = (ROOT / "docs" / "extending.md").read_text().partition("## Where to look")


def _cells(text: str) -> list[list[str]]:
    """Of each row of its table, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def _rows() -> dict[str, tuple[str, str]]:
    """What is new and what is touched, by what is added."""
    return {added: (new, touched) for added, new, touched, _ in _cells(ADDING)}


def test_the_usual_additions_have_a_row() -> None:
    assert tuple(_rows()) == ADDITIONS


def test_so_have_changes_that_add_nothing_and_where_to_look_exists() -> None:
    rows = {change: re.findall(r"`([^`]+)`", where) for change, where, _ in _cells(LOOKING)}
    assert tuple(rows) == CHANGES
    assert all(files and all((ROOT / name).is_file() for name in files) for files in rows.values())


def test_what_it_names_besides_exists() -> None:
    named = re.findall(r"`((?:compose|conformance|docs|fixtures|reports|tests)/[\w/.-]*)`", ADDING + LOOKING)
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("added", ADDITIONS)
def test_an_addition_takes_few_files_and_all_of_them_exist(added: str) -> None:
    new, touched = _rows()[added]
    files = re.findall(r"`([^`]+)`", touched)
    assert 1 <= len(files) <= MOST_TOUCHED
    assert all((ROOT / name).is_file() for name in files)
    assert all((ROOT / name).is_dir() for name in re.findall(r"`([\w/]+/)`", new))


@pytest.mark.parametrize(
    ("added", "table"),
    [("a registry", "REGISTRIES"), ("a platform", "KINDS"), ("an SLB", "SLBS"), ("a database", "DATABASES")],
)
def test_each_kind_of_adapter_is_an_entry_of_a_table_and_a_folder_of_its_own(added: str, table: str) -> None:
    new, touched = _rows()[added]
    (kinds,) = re.findall(r"`([^`]+)`", touched)
    folder = ROOT / re.findall(r"`([\w/]+/)`", new)[0]
    text = (ROOT / kinds).read_text()
    body = text[text.index(f"{table}: ") :]
    named = {name.replace("-", "_") for name in re.findall(r'^    "([\w-]+)": ', body, re.MULTILINE)}
    assert named
    assert all((folder / name).is_dir() for name in named)
