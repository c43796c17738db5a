"""Check answers_agree: load, SLB, services and X-Hops tell the same; the real records are in test_cross_examination."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import Verdict
from tests.judge.handmade import Handmade
from tests.judge.healthy import made


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
def test_passes_where_all_tell_the_same(tmp_path: Path, service: str) -> None:
    assert made(service).findings("answers_agree", tmp_path) == []


def test_fails_on_what_the_slb_saw_fail(tmp_path: Path) -> None:
    record = made()
    record.slb[9] |= {"status": 502, "answered": 0}
    (found,) = record.findings("answers_agree", tmp_path)
    assert (found.verdict, found.finding, found.hop) == (Verdict.NO_GO, "hidden failure", "slb->storefront")
    assert found.message == (
        "the SLB tells of 1 request that failed (status 502; no member answered) and the client of a good answer"
    )


def test_fails_on_an_execution_that_failed_behind_a_good_answer(tmp_path: Path) -> None:
    record = made()
    record.executions[-1]["status"] = 500
    (found,) = record.findings("answers_agree", tmp_path)
    assert (found.verdict, found.finding) == (Verdict.NO_GO, "hidden failure")


def test_what_failed_before_the_release_is_not_the_releases(tmp_path: Path) -> None:
    record = made()
    record.slb[0] |= {"status": 502, "answered": 502}
    assert [found.verdict for found in record.findings("answers_agree", tmp_path)] == [Verdict.INCONCLUSIVE]


def test_names_both_witnesses_where_they_only_differ(tmp_path: Path) -> None:
    record = made()
    record.slb[9] |= {"peer": "storefront-02", "incarnation": "storefront-02.1"}
    found = record.findings("answers_agree", tmp_path)
    assert {one.verdict for one in found} == {Verdict.INCONCLUSIVE}
    assert any("SLB storefront-02.1, answer storefront-01.1" in one.message for one in found)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"status":', '"attempts":2,"status":', "storefront->orders with the keys hop, "),
        ('"status":', '"status":500,"status":', "storefront->orders with the keys hop, "),
        ('"status":200', '"state":200', "storefront->orders with the keys hop, "),
        ('"status":200', '"status":null', "storefront->orders without a status"),
    ],
    ids=["unknown key", "key told twice", "key of another name", "no status"],
)
def test_an_entry_of_x_hops_that_is_not_as_it_should_be_is_no_witness(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    """A team's services tell what the suite would not look at: a second attempt, another status."""
    record = made()
    record.identities[9]["hops"] = str(record.identities[9]["hops"]).replace(old, new, 1)
    found = record.findings("answers_agree", tmp_path)
    assert {one.verdict for one in found} == {Verdict.INCONCLUSIVE}
    assert any("cannot be read" in one.message and said in " ".join(one.detail) for one in found), found


def test_fails_on_an_entry_of_x_hops_without_the_instance_that_others_tell(tmp_path: Path) -> None:
    record = made()
    orders, *rest = record.calls(9)
    record.call(9, replace(orders, instance=""), *rest)
    (found,) = record.findings("answers_agree", tmp_path)
    assert (found.verdict, found.finding) == (Verdict.INCONCLUSIVE, "contradictory record")
    assert "X-Hops: no instance of orders-02.2" in found.message


def _unlined(record: Handmade) -> None:
    record.contract = msgspec.structs.replace(record.contract, slb_lines=False)
    record.slb = []


def test_lacks_evidence_where_neither_slb_nor_services_tell_anything(tmp_path: Path) -> None:
    """What nobody tells contradicts nothing: that it is untested is said by the checks that live by it."""
    record = made()
    _unlined(record)
    record.undeclare("hops", "executions", "identity")
    record.forget_hops()
    record.executions = []
    assert record.findings("answers_agree", tmp_path) == []
