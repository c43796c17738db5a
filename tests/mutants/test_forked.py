"""A session of pytest in a fork: its code, its words, its limit, and nothing that it leaves in this process."""

import sys
from pathlib import Path

import pytest

from tests.mutants.forked import session


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    monkeypatch.chdir(tmp_path)


def _carried_out(source: str, within_cpu_s: float = 60.0) -> tuple[int | None, str]:
    Path("test_it.py").write_text(source)
    ended = session(("-q", "-p", "no:cacheprovider"), within_cpu_s)
    return ended.code, ended.output


def test_passes_and_fails_as_pytest_does() -> None:
    assert _carried_out("def test_it():\n    assert True\n")[0] == 0
    code, output = _carried_out("def test_it():\n    assert 1 == 2\n")
    assert code == 1
    assert "assert 1 == 2" in output


def test_each_imports_what_is_there_then_and_leaves_nothing_compiled() -> None:
    """A mutant as long as the one before, in the same second."""
    Path("tests").mkdir()
    for figure in (1, 2, 3):
        Path("tests/value.py").write_text(f"VALUE = {figure}\n")
        test = f"from tests.value import VALUE\n\n\ndef test_it():\n    assert VALUE == {figure}\n"
        assert _carried_out(test)[0] == 0, figure
    assert list(Path().rglob("*.pyc")) == []
    assert "tests.value" not in sys.modules


def test_one_that_does_not_end_is_ended() -> None:
    assert _carried_out("def test_it():\n    while True:\n        pass\n", within_cpu_s=3.0)[0] is None
