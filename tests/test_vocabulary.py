"""One place for each word: nobody repeats what conformance/vocabulary.py says, and nobody takes sentences apart."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.vocabulary import Cause, ErrorClass, FindingKind, Refuser

ROOT = Path(__file__).resolve().parent.parent
OWN = ROOT / "conformance" / "vocabulary.py"
SPOKEN_ELSEWHERE = (ROOT / "fixtures" / "services", ROOT / "conformance" / "scenarios")
"""Sample services speak for themselves over the wire, as a team's do; scenarios name findings as people read them."""
PLAIN = {"refused", "time"}
"""Plain words, too: the name of a check, and what is counted."""


def _words(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


@pytest.mark.parametrize("package", ["conformance", "reports", "fixtures"])
def test_no_other_module_repeats_a_word_of_the_vocabulary(package: str) -> None:
    words = {word.value for kinds in (FindingKind, Refuser, Cause, ErrorClass) for word in kinds if word.value}
    repeated = [
        f"{path.relative_to(ROOT)}:{line}: {word}"
        for path in (ROOT / package).rglob("*.py")
        if path != OWN and not any(path.is_relative_to(folder) for folder in SPOKEN_ELSEWHERE)
        for line, word in _words(path)
        if word in words - PLAIN
    ]
    assert repeated == []


def test_reports_take_no_sentence_apart() -> None:
    """What a report needs to know is a field; sentences are shown, and titles shortened where there is no room."""
    prose = {"message", "strategy", "sentence"}
    taken = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"
        for path in (ROOT / "reports").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.expr) and _takes_apart(node, prose)
    ]
    assert taken == []


def _takes_apart(node: ast.expr, prose: set[str]) -> bool:
    if isinstance(node, ast.Compare) and any(isinstance(operator, ast.In | ast.NotIn) for operator in node.ops):
        return any(isinstance(one, ast.Attribute) and one.attr in prose for one in node.comparators)
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"split", "partition", "rpartition", "startswith", "endswith", "removeprefix", "replace"}
        and isinstance(node.func.value, ast.Attribute)
        and node.func.value.attr in prose
    )
