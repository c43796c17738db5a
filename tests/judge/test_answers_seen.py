"""The texts of wrong answers in a finding: each kind of failure has its place, and ids make no text a new one."""

from collections.abc import Iterable
from pathlib import Path

from conformance.judge.answers_seen import MOST_KINDS, MOST_TEXTS, dealt
from conformance.record.load_end import AN_EXPECTED_STATUS, WrongAnswer
from conformance.vocabulary import ErrorClass
from tests.judge.healthy import made

WHO = '{"error": "who are you", "trace": "5d41402abc4b2a76"}'


def _lines(*texts: tuple[int, str, str]) -> list[str]:
    """The lines of answers of this status, which were to be something and were this."""
    return list(dealt(_answers(texts)))


def _answers(texts: Iterable[tuple[int, str, str]]) -> Iterable[tuple[tuple[str, int], WrongAnswer]]:
    for seq, (status, expected, saw) in enumerate(texts):
        error = ErrorClass.UNEXPECTED_STATUS if expected == AN_EXPECTED_STATUS else ErrorClass.WRONG_ANSWER
        yield (error, status), WrongAnswer(seq=seq, expected=expected, saw=saw)


def test_texts_that_differ_by_ids_only_count_as_one() -> None:
    by_ids = [
        '{"order": "r1-0000002a", "took": 47110}',
        '{"order": "r1-0000002b", "took": 47999}',
    ]
    uuids = ["no 5d41402a-bc4b-2a76-b971-9d911017c592", "no 7d793037-a076-4686-874b-411111111111"]
    times = ["at 2026-11-30T10:55:53.123456Z", "at 2026-11-30T10:55:53.223456Z"]
    lines = _lines(*((200, "JSON", text) for text in (*by_ids, *uuids, *times)))
    assert lines == [f"JSON: saw {text}" for text in (by_ids[0], uuids[0], times[0])]


def test_short_numbers_are_no_ids() -> None:
    lines = _lines((200, "/code = 0", "500"), (200, "/code = 0", "404"), (200, "/v = 1", "v12"), (200, "/v = 1", "v13"))
    assert len(lines) == len(set(lines)) == 4


def test_each_kind_has_its_first_text_before_any_has_a_second_one() -> None:
    many = [(200, "JSON", f"oops {'x' * place}") for place in range(8)]
    lines = _lines(*many, (401, AN_EXPECTED_STATUS, WHO), (500, AN_EXPECTED_STATUS, "stock is away"))
    assert lines == [
        "JSON: saw oops ",
        f"an expected status: saw 401 {WHO}",
        "an expected status: saw 500 stock is away",
        "JSON: saw oops x",
        "JSON: saw oops xx",
    ]
    assert len(lines) == MOST_TEXTS


def test_as_many_kinds_as_there_may_be_are_told() -> None:
    kinds = [(400 + number, AN_EXPECTED_STATUS, "no") for number in range(MOST_KINDS + 3)]
    assert len(_lines(*kinds)) == MOST_KINDS


def test_a_status_has_its_text_in_the_finding_behind_many_of_another_kind(tmp_path: Path) -> None:
    """Only the first few requests of a finding are named, and their texts are not all that there are."""
    record = made()
    wrong = [(seq, "JSON", f'{{"order": "r1-0000002{seq}"}}') for seq in (3, 4, 5)]
    for seq, _, _ in wrong:
        record.fail(seq, error=ErrorClass.WRONG_ANSWER, status=201 if seq % 2 else 200)
    record.fail(6, status=401)
    record.load["wrong_answers"] = [
        {"seq": seq, "expected": expected, "saw": saw} for seq, expected, saw in (*wrong, (6, AN_EXPECTED_STATUS, WHO))
    ]
    found = record.findings("failed_requests", tmp_path)
    texts = [line for one in found for line in one.detail if ": saw " in line]
    assert texts == [
        'JSON: saw {"order": "r1-00000023"}',
        'JSON: saw {"order": "r1-00000024"}',
        f"an expected status: saw 401 {WHO}",
    ]
