"""The examples: each names what must come of it, fits its descriptor, and is compared scenario by scenario."""

import re
from pathlib import Path

import pytest

from docs.run_examples import EXAMPLES, EXPECTED, Example, differences, main, read
from fixtures.services.descriptor import Descriptor

FOLDERS = sorted(path.parent for path in EXAMPLES.glob("*/services.toml"))


def an_example(**scenarios: str) -> Example:
    return Example(name="x", folder=Path(), arguments=(), exit_code=0, scenarios=scenarios)


def came(**scenarios: str) -> list[dict[str, object]]:
    return [{"name": f"somewhere/test_x.py::{name}", "verdict": verdict} for name, verdict in scenarios.items()]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_each_can_be_read_and_has_its_instructions_and_what_is_expected(folder: Path) -> None:
    Descriptor.read(folder)
    assert (folder / "README.md").is_file()
    assert all(one.scenarios for one in read(folder))


def test_there_are_those_that_the_readme_lists() -> None:
    listed = re.findall(r"^\| \[(\w+)\]\(\1\) \|", (EXAMPLES / "README.md").read_text(), re.MULTILINE)
    assert sorted(listed) == [folder.name for folder in FOLDERS]
    assert [folder for folder in FOLDERS if not (folder / EXPECTED).is_file()] == []


def test_the_spring_descriptor_keeps_within_forty_lines() -> None:
    lines = (EXAMPLES / "spring" / "services.toml").read_text().splitlines()
    assert len([line for line in lines if line.strip() and not line.startswith("#")]) <= 40


def test_what_is_as_expected_differs_in_nothing() -> None:
    assert list(differences(an_example(a="GO", b="NO-GO"), 0, came(a="GO", b="NO-GO"))) == []


def test_another_verdict_another_code_and_what_is_missing_or_more_are_each_named() -> None:
    assert list(differences(an_example(a="GO", b="NO-GO"), 7, came(a="INCONCLUSIVE", c="GO"))) == [
        "exit code 7, expected 0",
        "a: INCONCLUSIVE, expected GO",
        "b: not carried out, expected NO-GO",
        "c: GO, expected not carried out",
    ]


def test_an_example_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ghost"]) == 4
    named = ", ".join(folder.name for folder in FOLDERS)
    assert f"ghost: expected one of {named}" in capsys.readouterr().err
