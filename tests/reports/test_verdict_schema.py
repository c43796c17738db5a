"""docs/release-verdict-1.schema.json says what verdict.json is: real ones are valid, wrong ones are not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.judge.model import Pair, Verdict
from conformance.record.contract import Delay
from conformance.record.schema import HopAnswer
from reports.model import SessionResult
from reports.verdict import write_verdict
from tests.glue.suite import ROOT
from tests.judge.healthy import made
from tests.judgements import judgement
from tests.reports.results import GAP, LOSS, result, session

SCHEMA = json.loads((ROOT / "docs" / "release-verdict-1.schema.json").read_text())
VALID = Draft202012Validator(SCHEMA)
Document = dict[str, Any]


def _written(whole: SessionResult, folder: Path) -> Document:
    write_verdict(whole, folder / "verdict.json")
    document: Document = json.loads((folder / "verdict.json").read_text())
    return document


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Document:
    """A run that lost nothing and one that lost a request, as they are judged."""
    folder = tmp_path_factory.mktemp("real")
    lossy = made()
    lossy.fail(5, hops=[HopAnswer("storefront->orders", "orders-01", "orders-01.1", 0, "connect refused")])
    return _written(
        session(
            result(judged=made().judged(folder / "fine"), directory=folder / "fine"),
            result(Verdict.NO_GO, judged=lossy.judged(folder / "lossy"), directory=folder / "lossy"),
            not_run=("test_b",),
        ),
        folder,
    )


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_a_real_verdict_is_valid(real: Document) -> None:
    assert [error.message for error in VALID.iter_errors(real)] == []
    windows = [window for scenario in real["scenarios"] for window in scenario["windows"]]
    assert windows, "the schema of windows was not tried"


@pytest.mark.parametrize(
    "whole",
    [
        session(not_run=("a",), trouble="a JDK is needed"),
        session(result(), interrupted=True),
        session(result(Verdict.INCONCLUSIVE, sentence="Nacos ended at start")),
        session(result(Verdict.NO_GO, judged=judgement(LOSS, GAP, error_window_ns=(1, 2), untested=("a: b",)))),
        session(
            result(
                Verdict.NO_GO,
                expected="ANY",
                judged=judgement(
                    LOSS,
                    chain=(Delay(part="cache", what="its list", at_most_s=None),),
                    pairs=(Pair(caller="a", caller_version="v1", provider="b", provider_version="v2", requests=9),),
                    timers={"a": 1.5},
                ),
            )
        ),
    ],
    ids=["nothing judged", "interrupted", "no run", "lossy", "measured"],
)
def test_every_kind_of_session_is_valid(whole: SessionResult, tmp_path: Path) -> None:
    assert [error.message for error in VALID.iter_errors(_written(whole, tmp_path))] == []


def test_every_key_is_described(real: Document) -> None:
    """Nothing is written that the schema does not name, and nothing is named that is not written."""
    assert SCHEMA["properties"].keys() == real.keys()
    assert SCHEMA["$defs"]["scenario"]["properties"].keys() == real["scenarios"][0].keys()
    assert SCHEMA["$defs"]["finding"]["properties"].keys() == real["scenarios"][1]["findings"][0].keys()


def _set(*path: str | int, to: object) -> Callable[[Document], None]:
    def change(document: Any) -> None:  # noqa: ANN401 - as deep as the path
        *folders, last = path
        for folder in folders:
            document = document[folder]
        document[last] = to

    return change


def _drop(*path: str | int) -> Callable[[Document], None]:
    def change(document: Any) -> None:  # noqa: ANN401 - as deep as the path
        *folders, last = path
        for folder in folders:
            document = document[folder]
        del document[last]

    return change


WRONG = {
    "another schema": _set("schema", to="release-verdict/2"),
    "another verdict": _set("verdict", to="MAYBE"),
    "a headline without the verdict": _set("headline", to="all is well"),
    "an exit code that there is none of": _set("exit_code", to=3),
    "GO though a scenario was lossy": _set("verdict", to="GO"),
    "exit code 1 without NO-GO": _set("verdict", to="INCONCLUSIVE"),
    "no scenarios": _drop("scenarios"),
    "a key more": _set("colour", to="green"),
    "a scenario without its findings": _drop("scenarios", 0, "findings"),
    "a count that is no number": _set("scenarios", 0, "counts", "failed", to="none"),
    "fewer than none lost": _set("scenarios", 0, "counts", "failed", to=-1),
    "counts without the failed": _drop("scenarios", 0, "counts", "failed"),
    "a finding that is GO": _set("scenarios", 1, "findings", 0, "verdict", to="GO"),
    "a finding without its hop": _drop("scenarios", 1, "findings", 0, "hop"),
    "half an error window": _set("scenarios", 1, "error_window_ns", to=[1]),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_a_wrong_verdict_is_refused(change: Callable[[Document], None], real: Document) -> None:
    wrong = json.loads(json.dumps(real))
    change(wrong)
    assert list(VALID.iter_errors(wrong))
