"""The titles of the report's list: what was released, how, and what came of it."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from conformance.judge.model import Judgement, Refusal, Verdict
from conformance.record.contract import LoadFacts
from conformance.record.partial_record import NOTHING, PartialRecord, remains
from conformance.vocabulary import Refuser
from reports.allure.wording import LONGEST, load_told, titles
from tests.judge.healthy import made
from tests.judgements import judgement
from tests.reports.results import GAP, LOSS, result

COUNTED = {"requests": 9, "failed": 5}


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> PartialRecord:
    return remains(made().write(tmp_path_factory.mktemp("facts") / "run"))


def _released(
    facts: PartialRecord, *sizes: int, gray: bool = False, server_settings: str = "", **changes: object
) -> str:
    """How a release is told whose batches have these sizes."""
    assert facts.contract is not None
    names = [f"orders-{number:02d}" for number in range(1, sum(sizes) + 1)]
    made = [
        msgspec.structs.replace(
            facts.contract.release.batches[0], instances=tuple(names[sum(sizes[:at]) : sum(sizes[: at + 1])])
        )
        for at in range(len(sizes))
    ]
    made[0] = msgspec.structs.replace(made[0], gray=gray)
    release = msgspec.structs.replace(facts.contract.release, **{"batches": tuple(made), "strategy": "", **changes})
    services = tuple(
        msgspec.structs.replace(one, instances=tuple(names)) if one.name == "orders" else one
        for one in facts.contract.services
    )
    contract = msgspec.structs.replace(
        facts.contract, release=release, services=services, server_settings=server_settings
    )
    judged = judgement(counts={"requests": 9})
    (title,) = titles([result(judged=judged)], [replace(facts, contract=contract, environment=None)])
    return title.removesuffix(": 0 of 9 lost")


@pytest.mark.parametrize(
    ("sizes", "gray", "changes", "told"),
    [
        ((4, 3, 3), False, {}, "3 batches of 10"),
        ((10,), False, {}, "1 batch of 10"),
        ((2, 4, 4), True, {}, "gray of 2"),
        ((2, 8), True, {"met_by": "5 % of the users"}, "gray of 2 for 5 % of the users"),
        ((5, 5), False, {"start_first": True}, "2 batches of 10, each started before the old one stops"),
        (
            (1, 2),
            True,
            {"met_by": "5 % of the users", "together": False},
            "gray of 1 for 5 % of the users, service by service",
        ),
        ((5, 5), False, {"overtaken_by": "v3"}, "2 batches of 10, overtaken by v3 after the first"),
    ],
)
def test_how_it_was_released_is_said_in_few_words(
    facts: PartialRecord, sizes: tuple[int, ...], gray: bool, changes: dict[str, Any], told: str
) -> None:
    assert _released(facts, *sizes, gray=gray, **changes) == f"orders: {told}, lossless, nacos"


def test_what_the_plan_says_of_its_strategy_for_people_is_not_taken_apart(facts: PartialRecord) -> None:
    assert (
        _released(facts, 4, 6, strategy="gray of 2, then 9 batches of 1") == "orders: 2 batches of 10, lossless, nacos"
    )


def test_instances_that_come_and_go_between_two_batches_are_no_batch(facts: PartialRecord) -> None:
    assert facts.contract is not None
    first, second = facts.contract.release.batches
    more = msgspec.structs.replace(second, instances=("orders-03", "orders-04"))
    told = _released(facts, 1, 1, batches=(first, more, second))
    assert told == "orders: 2 batches of 2, lossless, nacos"


def test_the_server_settings_are_said_where_they_are_unusual(facts: PartialRecord) -> None:
    assert _released(facts, 1, 1, server_settings="fast timers, slow health checks") == (
        "orders: 2 batches of 2, lossless, slow health checks, nacos"
    )


def _came(judged: Judgement | None, verdict: Verdict, expected: str = "GO", sentence: str = "why") -> str:
    (title,) = titles([result(verdict, expected=expected, judged=judged, sentence=sentence)], [NOTHING])
    return title.removeprefix("a batch release loses nothing, nacos: ")


def test_what_came_of_it(facts: PartialRecord) -> None:
    assert facts.contract
    lost = judgement(LOSS, GAP, counts=COUNTED | {"partial_writes": 2, "duplicates": 1})
    assert _came(lost, Verdict.NO_GO) == "3 of 9 lost, 2 partial writes, 1 duplicate", "two failed by something else"
    assert _came(lost, Verdict.NO_GO, "NO-GO").endswith("1 duplicate, as expected")
    assert _came(lost, Verdict.NO_GO, "ANY").endswith("1 duplicate, measured")
    lag = msgspec.structs.replace(LOSS, check="removal", finding="removal lag")
    assert _came(judgement(lag, counts={"requests": 9}), Verdict.NO_GO) == "0 of 9 lost, removal lag"
    assert _came(judgement(GAP), Verdict.INCONCLUSIVE) == "not proved: too little evidence"
    assert _came(None, Verdict.INCONCLUSIVE) == "not proved: why"
    assert _came(judgement(counts={"requests": 9}), Verdict.GO, "NO-GO") == "0 of 9 lost, a loss was expected"
    assert _came(judgement(counts={"requests": 9}), Verdict.NO_GO, sentence="its own") == "0 of 9 lost, its own"


def test_a_version_that_was_refused_is_named() -> None:
    refusal = Refusal(by=Refuser.NOBODY, at_ns=0, why="it crashed", requests=5, lost=3, share=0.6, lost_after=0)
    judged = judgement(LOSS, counts=COUNTED, refusal=refusal, versions=("v1", "v2-bad"))
    assert _came(judged, Verdict.NO_GO, "NO-GO") == "v2-bad refused, 3 of 9 lost, as expected"


def test_what_came_of_it_is_not_cut_off(facts: PartialRecord) -> None:
    assert facts.contract is not None
    contract = msgspec.structs.replace(facts.contract, server_settings="far away " * 40)
    scenario = result(Verdict.NO_GO, expected="GO", judged=judgement(LOSS, counts=COUNTED))
    (title,) = titles([scenario], [replace(NOTHING, contract=contract)])
    assert title.endswith("…: 3 of 9 lost")
    assert len(title) <= LONGEST + 2
    assert len(_came(None, Verdict.INCONCLUSIVE, sentence="x" * 10_000)) <= LONGEST


@pytest.mark.parametrize(
    ("workers", "told"), [(1, "8,000 requests/s, open loop"), (2, "8,000 requests/s, open loop, 2 load workers")]
)
def test_a_load_says_by_how_many_processes_it_was_sent(workers: int, told: str) -> None:
    assert load_told(LoadFacts(rate=8_000, fresh_share=0.1, routes=(), workers=workers)) == told
