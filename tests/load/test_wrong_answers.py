"""What a load keeps of answers that were not what they had to be."""

from conformance.load.request import Request
from conformance.load.wrong_answers import WHOLE, WrongAnswers, of_all
from conformance.record.load_end import WrongAnswer
from conformance.vocabulary import ErrorClass


def _request(seq: int, error: str, saw: str, status: int = 200) -> Request:
    request = Request.__new__(Request)
    request.seq, request.error, request.saw = seq, error, ("JSON", saw) if saw else ("", "")
    request.status = status
    return request


def test_many_of_one_kind_take_the_place_of_none_of_another() -> None:
    kept = WrongAnswers(("s3cret",))
    for seq in range(3 * WHOLE):
        kept.add(_request(seq, ErrorClass.UNEXPECTED_STATUS, "no s3cret"))
    kept.add(_request(3 * WHOLE, "", ""))
    kept.add(_request(3 * WHOLE + 1, ErrorClass.WRONG_ANSWER, "no"))
    assert [one.seq for one in kept.told()] == [*range(2 * WHOLE), *range(2 * WHOLE, 3 * WHOLE, 2), 3 * WHOLE + 1]
    assert {one.saw for one in kept.told()} == {"no ***", "no"}


def test_many_of_one_status_take_the_place_of_none_of_another() -> None:
    kept = WrongAnswers(())
    for seq in range(2 * WHOLE + 1):
        kept.add(_request(seq, ErrorClass.UNEXPECTED_STATUS, "who are you", status=401))
    for seq in range(WHOLE):
        kept.add(_request(3 * WHOLE + seq, ErrorClass.UNEXPECTED_STATUS, "stock is away", status=500))
    assert sum(one.saw == "stock is away" for one in kept.told()) == WHOLE


def test_of_very_many_of_one_kind_few_are_kept_and_some_of_the_last() -> None:
    kept = WrongAnswers(())
    for seq in range(1000 * WHOLE):
        kept.add(_request(seq, ErrorClass.UNEXPECTED_STATUS, "who are you", status=401))
    assert len(kept.told()) < 12 * WHOLE
    assert kept.told()[-1].seq > 900 * WHOLE


def test_those_of_several_workers_come_by_number() -> None:
    first, second = (WrongAnswer(seq=seq, expected="JSON", saw="no") for seq in (4, 7))
    assert of_all([(second,), (), (first,)]) == (first, second)
