"""A person confirms a gray: by a file, wherever there is no terminal."""

from pathlib import Path

import pytest

from fixtures.confirming import ANSWER, person


@pytest.mark.parametrize(("written", "answer"), {"yes": True, "Y\n": True, " no ": False, "N": False}.items())
def test_an_answer_in_the_file_is_taken(tmp_path: Path, written: str, *, answer: bool) -> None:
    (tmp_path / ANSWER).write_text(written)
    assert person(tmp_path, print)("Is it right?") is answer


@pytest.mark.parametrize("written", ["", "perhaps", "yesterday"])
def test_anything_else_is_no_answer(tmp_path: Path, written: str) -> None:
    (tmp_path / ANSWER).write_text(written)
    assert person(tmp_path, print)("Is it right?") is None


def test_it_is_asked_once_and_told_where_to_answer(tmp_path: Path) -> None:
    said: list[str] = []
    ask = person(tmp_path, said.append)
    assert [ask("Is it right?") for _ in range(3)] == [None, None, None]
    assert said == [f"Is it right? Answer yes or no here, or write it into {tmp_path / ANSWER}"]
