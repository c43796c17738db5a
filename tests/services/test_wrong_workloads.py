"""Every mistake in a workload is told in one line of its own, before anything starts."""

from pathlib import Path

import pytest

from fixtures.services.descriptor import Descriptor, DescriptorError
from tests.services import (
    wrong_demands_in_workloads,
    wrong_pairs_in_workloads,
    wrong_spellings_in_workloads,
    wrong_values_in_workloads,
    wrong_workloads,
)
from tests.services.test_workload import HEAD
from tests.services.wrong_workloads import RIGHT

MISTAKES = (
    wrong_workloads.MISTAKES
    | wrong_values_in_workloads.MISTAKES
    | wrong_spellings_in_workloads.MISTAKES
    | wrong_pairs_in_workloads.MISTAKES
    | wrong_demands_in_workloads.MISTAKES
)
FILES = {
    "people.csv": b"user,article\nada,pen\n",
    "empty.csv": b"user,article\n",
    "uneven.csv": b"user,article\nada,pen\ngrace\n",
    "twice.csv": b"user,user,article\nada,b,pen\n",
    "semicolons.csv": b"user;article\nada;pen\n",
    "latin.csv": "user,article\nad\u00e9,pen\n".encode("latin-1"),
    "nul.csv": b"user,article\na\0da,pen\n",
    "unclosed.csv": b'user,article\nada,"pen\ngrace,pen\n',
    "quotes.csv": b'user,article\nada,"pen" box\n',
    "sketch.txt": b"a sketch",
    "locustfile.py": b"",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def _read(folder: Path, workload: str) -> Descriptor:
    (folder / "services.toml").write_text(HEAD + workload)
    return Descriptor.read(folder)


def _line(folder: Path, mistake: str) -> str:
    old, new, _ = MISTAKES[mistake]
    assert old in RIGHT
    with pytest.raises(DescriptorError) as refused:
        _read(folder, RIGHT.replace(old, new, 1))
    return str(refused.value)


def test_what_is_changed_is_right_before(folder: Path) -> None:
    assert _read(folder, RIGHT).workload.journeys


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_in_one_line_with_file_key_and_what_was_expected(folder: Path, mistake: str) -> None:
    line = _line(folder, mistake)
    assert "\n" not in line
    assert line.startswith(f"{folder / 'services.toml'}: {MISTAKES[mistake][2].replace('FOLDER', str(folder))}")


def test_no_two_mistakes_are_told_alike(folder: Path) -> None:
    told = [_line(folder, mistake) for mistake in MISTAKES]
    assert len(set(told)) == len(told) >= 120
