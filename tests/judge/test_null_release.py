"""A null release: nothing was released, so that whatever is lost in it the system loses by itself."""

from pathlib import Path

import pytest

from conformance.judge.check import all_checks
from conformance.judge.expectation import meets
from conformance.judge.model import Judgement, Verdict
from conformance.record import events
from conformance.record.contract import Expected
from conformance.record.schema import HopAnswer
from conformance.vocabulary import Doubt, FindingKind
from tests.judge.handmade import MS, Handmade
from tests.judge.unreleased import unreleased

REFUSED = HopAnswer("storefront->orders", "orders-01", "orders-01.1", 0, "connect refused")


def _doubt(judgement: Judgement) -> Doubt:
    return meets(judgement, Expected()).doubt


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
def test_one_that_loses_nothing_is_go(tmp_path: Path, service: str) -> None:
    judgement = unreleased(service).judged(tmp_path / "run")
    assert (judgement.verdict, judgement.findings) == (Verdict.GO, ())
    assert meets(judgement, Expected()).met
    assert judgement.headline.startswith("0 of 12 requests failed, 6 writes whole: loss below ")
    assert judgement.null_release


def test_what_only_a_release_does_is_neither_proved_nor_untested(tmp_path: Path) -> None:
    judgement = unreleased().judged(tmp_path / "run")
    left_out = {check.name for check in all_checks() if check.of_releases_only}
    assert {"replaced", "removal", "stops"} <= left_out
    assert set(judgement.passed) == {check.name for check in all_checks()} - left_out
    assert not [line for line in judgement.untested if line.partition(":")[0] in left_out]


@pytest.mark.parametrize(("seq", "when"), [(1, "before the release began"), (5, "Null release")])
def test_a_request_that_fails_is_the_systems_own_loss_and_named_with_hop_and_instance(
    tmp_path: Path, seq: int, when: str
) -> None:
    record = unreleased()
    record.fail(seq, hops=[REFUSED])
    judgement = record.judged(tmp_path / "run")
    worst = judgement.findings[0]
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert worst.finding is FindingKind.LOSES_WITHOUT_A_RELEASE
    assert (worst.hop, worst.instance, worst.incarnation) == ("storefront->orders", "orders-01", "orders-01.1")
    assert judgement.headline.startswith("this system loses without a release: 1 ")
    assert when in judgement.headline
    assert _doubt(judgement) is Doubt.LOSES_BY_ITSELF


def test_a_write_that_is_not_whole_is_the_systems_own_loss(tmp_path: Path) -> None:
    record = unreleased()
    record.drop_effects(5, "reserved")
    record.events[-1] = events.AuditRead(at_ns=1200 * MS, step="", rows=len(record.ledger), agreed=True)
    judgement = record.judged(tmp_path / "run")
    assert {one.finding for one in judgement.findings} == {
        FindingKind.LOSES_WITHOUT_A_RELEASE,
        FindingKind.PARTIAL_WRITE,
    }
    assert _doubt(judgement) is Doubt.LOSES_BY_ITSELF


def test_an_instance_that_leaves_the_list_is_the_systems_own_loss(tmp_path: Path) -> None:
    record = unreleased()
    for row in record.states:
        if row["instance"] == "orders-02" and int(row["at_ns"]) in range(500 * MS, 700 * MS):
            row["in_rotation"] = False
    judgement = record.judged(tmp_path / "run")
    assert "1 of orders in rotation by the registry" in judgement.headline
    assert _doubt(judgement) is Doubt.LOSES_BY_ITSELF


def _too_little(record: Handmade) -> None:
    record.thresholds(batch_requests=1_000)


def _no_load(record: Handmade) -> None:
    record.thresholds(lateness_max_ms=0.01)


def _released_all_the_same(record: Handmade) -> None:
    who = {"service": "orders", "instance": "orders-01", "incarnation": "orders-01.1"}
    record.events.append(events.Signalled(at_ns=500 * MS, step="2", signal="SIGTERM", **who))


@pytest.mark.parametrize("change", [_too_little, _no_load, _released_all_the_same])
def test_one_that_lost_nothing_and_lacks_proof_says_nothing_of_the_system(tmp_path: Path, change: object) -> None:
    record = unreleased()
    assert callable(change)
    change(record)
    judgement = record.judged(tmp_path / "run")
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert FindingKind.LOSES_WITHOUT_A_RELEASE not in {one.finding for one in judgement.findings}
    outcome = meets(judgement, Expected())
    assert outcome.doubt is Doubt.UNPROVED
    assert outcome.sentence == f"the null release proves nothing: {judgement.headline}"


def test_something_that_was_released_all_the_same_contradicts_it(tmp_path: Path) -> None:
    record = unreleased()
    _released_all_the_same(record)
    told = [one.message for one in record.judged(tmp_path / "run").findings]
    assert "Signalled orders-01.1 at 0.5 s, though nothing was released" in told


def test_where_nothing_failed_no_other_run_is_doubted(tmp_path: Path) -> None:
    record = unreleased()
    record.release(nothing=False)
    judgement = record.judged(tmp_path / "run")
    assert judgement.verdict is Verdict.INCONCLUSIVE, "v1 was not released to v1"
    assert _doubt(judgement) is Doubt.NONE
