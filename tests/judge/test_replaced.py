"""Check replaced: a release that did nothing must not pass for one that lost nothing."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import Finding, Verdict
from conformance.record import events
from tests.judge.handmade import Handmade
from tests.judge.healthy import made


def _pretend(record: Handmade, version: str) -> None:
    """The new incarnations say of themselves that they are this version."""
    for row in [*record.ledger, *record.identities.values()]:
        if str(row["incarnation"]).endswith(".2"):
            row["version"] = version


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
def test_passes_where_each_instance_was_replaced_and_the_new_version_says_so(tmp_path: Path, service: str) -> None:
    assert made(service).findings("replaced", tmp_path) == []


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
def test_fails_on_a_new_version_that_is_the_old_one(tmp_path: Path, service: str) -> None:
    record = made(service)
    _pretend(record, "v1")
    judgement = record.judged(tmp_path)
    assert judgement.verdict is Verdict.NO_GO
    found = [finding for finding in judgement.findings if finding.verdict is Verdict.NO_GO]
    assert {one.finding for one in found} == {"the old version still answers"}
    assert "was started as v2 and says of itself that it is v1" in found[0].message


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
def test_fails_on_an_old_incarnation_that_answers_after_the_last_batch(tmp_path: Path, service: str) -> None:
    """Its log tells, and what it wrote or answered tells."""
    record = made(service)
    old = f"{record.service}-01.1"
    for row in record.executions:
        if row["service"] == record.service and str(row["request_id"]).endswith("b"):
            row |= {"incarnation": old, "version": "v1"}
    found = record.findings("replaced", tmp_path)
    assert [(one.finding, one.verdict, one.incarnation) for one in found] == [
        ("the old version still answers", Verdict.NO_GO, old)
    ]


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
def test_fails_on_an_old_incarnation_that_only_its_own_words_betray(tmp_path: Path, service: str) -> None:
    record = made(service)
    told = [record.identities[11]] if service == "storefront" else record.ledger[-3:]
    for row in told:
        if row["instance"] == f"{record.service}-01":
            row.update(incarnation=f"{record.service}-01.1", version="v1")
    record.undeclare("executions")
    record.executions.clear()
    found = record.findings("replaced", tmp_path)
    assert ("the old version still answers", Verdict.NO_GO) in {(one.finding, one.verdict) for one in found}


def test_lacks_evidence_where_a_step_did_nothing(tmp_path: Path) -> None:
    """No end, no launch: nothing proves a replacement, whatever the steps say of themselves."""
    record = made()
    for kind in (events.Exited, events.Launched):
        record.without(kind)
    found = record.findings("replaced", tmp_path)
    assert [one.message for one in found if one.step == "Batch 1 of 2"] == [
        "nothing proves that orders-01 ended in Batch 1 of 2",
        "nothing proves that orders-01 was started as v2 in Batch 1 of 2",
    ]
    assert record.judged(tmp_path / "judged").verdict is not Verdict.GO


def test_lacks_evidence_where_an_instance_is_in_no_batch(tmp_path: Path) -> None:
    record = made()
    services = tuple(
        msgspec.structs.replace(s, instances=(*s.instances, "orders-03")) if s.name == "orders" else s
        for s in record.contract.services
    )
    record.contract = msgspec.structs.replace(record.contract, services=services)
    (found,) = record.findings("replaced", tmp_path)
    assert (found.verdict, found.message) == (Verdict.INCONCLUSIVE, "orders-03 is in no batch of the release")


def test_lacks_evidence_where_another_version_was_started(tmp_path: Path) -> None:
    record = made()
    record.events = [
        msgspec.structs.replace(e, version="v1") if isinstance(e, events.Launched) else e for e in record.events
    ]
    found = record.findings("replaced", tmp_path)
    assert "nothing proves that orders-02 was started as v2 in Batch 2 of 2" in {one.message for one in found}


def _started_again(service: str = "orders") -> Handmade:
    """The second batch brings the old version a second time, which says so itself."""
    record = made(service)
    again = f"{service}-02.2"
    record.events = [
        msgspec.structs.replace(e, version="v1") if isinstance(e, events.Launched) and e.incarnation == again else e
        for e in record.events
    ]
    for row in (*record.executions, *record.ledger, *record.identities.values()):
        if row["incarnation"] == again:
            row["version"] = "v1"
    return record


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
def test_fails_on_an_instance_that_was_started_in_the_old_version_again(tmp_path: Path, service: str) -> None:
    record = _started_again(service)
    (found,) = [one for one in record.findings("replaced", tmp_path) if one.verdict is Verdict.NO_GO]
    assert (found.finding, found.instance, found.step) == (
        "the old version still answers",
        f"{service}-02",
        "Batch 2 of 2",
    )
    assert found.message == (
        f"{service}-02.2 was started as v1 in Batch 2 of 2, where v2 was to be, and was left to serve"
    )


def test_fails_on_an_old_version_that_was_started_again_and_that_no_request_met(tmp_path: Path) -> None:
    """The run ends where it sees it, a moment after the batch: whether a request came by then is chance."""
    record = _started_again()
    record.drop_executions(incarnation="orders-02.2")
    record.ledger = [row for row in record.ledger if row["incarnation"] != "orders-02.2"]
    (found,) = record.findings("replaced", tmp_path)
    assert (found.verdict, found.finding) == (Verdict.NO_GO, "the old version still answers")


def test_an_old_version_that_was_started_again_and_taken_down_is_not_there(tmp_path: Path) -> None:
    record = _started_again()
    record.drop_executions(incarnation="orders-02.2")
    record.ledger = [row for row in record.ledger if row["incarnation"] != "orders-02.2"]
    (ready,) = [e for e in record.events if isinstance(e, events.Ready) and e.incarnation == "orders-02.2"]
    gone = events.Exited(
        at_ns=ready.at_ns + 1,
        step="3",
        service="orders",
        instance="orders-02",
        incarnation="orders-02.2",
        code=0,
        signal="",
    )
    record.events.append(gone)
    found = record.findings("replaced", tmp_path)
    assert {one.verdict for one in found} == {Verdict.INCONCLUSIVE}
    assert "nothing proves that orders-02 was started as v2 in Batch 2 of 2" in {one.message for one in found}


def test_lacks_evidence_where_a_new_incarnation_never_executed(tmp_path: Path) -> None:
    record = made()
    record.drop_executions(incarnation="orders-02.2")
    (found,) = record.findings("replaced", tmp_path)
    assert found.message == "orders-02.2 was started as v2 and never executed a request"


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
def test_lacks_evidence_where_a_new_incarnation_never_says_what_it_is(tmp_path: Path, service: str) -> None:
    record = made(service)
    _pretend(record, "")
    (found,) = record.findings("replaced", tmp_path)
    assert (found.verdict, found.finding) == (Verdict.INCONCLUSIVE, "new version not shown")
    assert found.message == f"{record.service}-01.2, {record.service}-02.2 never said of itself that it is v2"


def test_lacks_evidence_where_a_new_incarnation_is_neither_the_old_nor_the_new_version(tmp_path: Path) -> None:
    record = made()
    _pretend(record, "v3")
    found = record.findings("replaced", tmp_path)
    assert {(one.finding, one.verdict) for one in found} == {
        ("unknown version", Verdict.INCONCLUSIVE),
        ("new version not shown", Verdict.INCONCLUSIVE),
    }


def test_lacks_evidence_where_both_versions_have_one_name(tmp_path: Path) -> None:
    record = made()
    record.release(new="v1")
    (found,) = record.findings("replaced", tmp_path)
    assert (found.verdict, found.finding) == (Verdict.INCONCLUSIVE, "not replaced")


def test_the_log_of_the_new_process_must_do_for_a_service_that_nobody_hears_of(tmp_path: Path) -> None:
    """A provider that only reads writes no version anywhere: its executions are the proof."""
    record = made()
    record.ledger = [row for row in record.ledger if row["effect"] == "reserved"]
    assert record.findings("replaced", tmp_path) == []


def test_an_entry_that_declares_who_it_is_must_say_so(tmp_path: Path) -> None:
    record = made("storefront")
    for identity in record.identities.values():
        identity["version"] = ""
    (found,) = record.findings("replaced", tmp_path)
    assert found.finding == "new version not shown"


def test_a_version_that_nothing_declared_can_show_is_untested_by_name(tmp_path: Path) -> None:
    record = made()
    record.undeclare("identity", "executions")
    record.executions.clear()
    judgement = record.judged(tmp_path)
    assert "replaced: orders declares neither identity nor executions: which version answered" in judgement.untested


def _overtaken(tmp_path: Path) -> list[Finding]:
    """The first batch brought a version that another release then overtook."""
    record = made()
    first, *rest = record.contract.release.batches
    record.release(batches=(msgspec.structs.replace(first, to="v1.5"), *rest))
    record.events = [
        msgspec.structs.replace(event, version="v1.5")
        if isinstance(event, events.Launched) and event.incarnation == "orders-01.2"
        else event
        for event in record.events
    ]
    for row in (*record.executions, *record.ledger):
        if row["incarnation"] == "orders-01.2":
            row["version"] = "v1.5"
    return record.findings("replaced", tmp_path)


def test_fails_where_a_version_that_was_overtaken_still_answers(tmp_path: Path) -> None:
    """It was rightly started, and says rightly what it is; but nobody took it down again."""
    assert {(found.verdict, found.finding, found.incarnation) for found in _overtaken(tmp_path)} == {
        (Verdict.NO_GO, "the old version still answers", "orders-01.2")
    }


def test_passes_where_a_ledger_does_not_know_versions(tmp_path: Path) -> None:
    """NULL there is nothing said, and no unknown version."""
    record = made()
    for row in record.ledger:
        row["version"] = ""
    assert record.findings("replaced", tmp_path) == []
