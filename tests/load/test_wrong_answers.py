"""What a load keeps of answers that were not what they had to be."""

from conformance.load.request import Request
from conformance.load.wrong_answers import MOST, WrongAnswers, of_all
from conformance.record.load_end import WrongAnswer
from conformance.vocabulary import ErrorClass


def _request(seq: int, error: str, saw: str, status: int = 200) -> Request:
    request = Request.__new__(Request)
    request.seq, request.error, request.saw = seq, error, ("JSON", saw) if saw else ("", "")
    request.status = status
    return request


def test_many_of_one_kind_take_the_place_of_none_of_another() -> None:
    kept = WrongAnswers(("s3cret",))
    for seq in range(MOST + 1):
        kept.add(_request(seq, ErrorClass.UNEXPECTED_STATUS, "no s3cret"))
    kept.add(_request(MOST + 1, "", ""))
    kept.add(_request(MOST + 2, ErrorClass.WRONG_ANSWER, "no"))
    assert [one.seq for one in kept.told()] == [*range(MOST), MOST + 2]
    assert {one.saw for one in kept.told()} == {"no ***", "no"}


def test_many_of_one_status_take_the_place_of_none_of_another() -> None:
    kept = WrongAnswers(())
    for seq in range(MOST + 1):
        kept.add(_request(seq, ErrorClass.UNEXPECTED_STATUS, "who are you", status=401))
    kept.add(_request(MOST + 1, ErrorClass.UNEXPECTED_STATUS, "stock is away", status=500))
    assert kept.told()[-1].saw == "stock is away"


def test_those_of_several_workers_come_by_number() -> None:
    first, second = (WrongAnswer(seq=seq, expected="JSON", saw="no") for seq in (4, 7))
    assert of_all([(second,), (), (first,)]) == (first, second)
