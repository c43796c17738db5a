"""A person decides while a release is under way: by files, wherever there is no terminal."""

from pathlib import Path

import pytest

from fixtures.glue.operator import ANSWER, CONTROL, controller, person


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


@pytest.mark.parametrize(
    ("written", "order"),
    {None: "", "": "", "pause": "pause", "pause\nresume\n": "resume", "pause abort": "abort", "stop it": ""}.items(),
)
def test_the_last_word_of_the_control_file_is_the_order(tmp_path: Path, written: str | None, order: str) -> None:
    if written is not None:
        (tmp_path / CONTROL).write_text(written)
    assert controller(tmp_path)() == order
