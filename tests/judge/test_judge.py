"""The judge: only one that has come to its end lifts the verdict from inconclusive, and the worst finding decides."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge import judge as judging
from conformance.judge.check import Check, all_checks
from conformance.judge.judge import judge
from conformance.judge.model import Finding, Judgement, Verdict
from conformance.record import events
from conformance.record.contract import Expected
from conformance.record.schema import HopAnswer
from conformance.vocabulary import FindingKind
from tests.judge.handmade import MS, request_id
from tests.judge.healthy import made

REFUSED = HopAnswer("storefront->orders", "orders-01", "orders-01.1", 0, "connect refused")


def _with_findings(monkeypatch: pytest.MonkeyPatch, *findings: Finding) -> None:
    """Let there be one check, which finds just this."""
    found = Check(name="made_up", title="", order=1, judge=lambda _record, _story: findings)
    monkeypatch.setattr(judging, "all_checks", lambda: (found,))


def _finding(verdict: Verdict, first_ns: int = 0) -> Finding:
    return Finding(
        check="c", finding=FindingKind.TROUBLE, verdict=verdict, message=f"{verdict} {first_ns}", first_ns=first_ns
    )


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
def test_a_lossless_release_under_enough_load_is_go(tmp_path: Path, service: str) -> None:
    judgement = made(service).judged(tmp_path)
    assert (judgement.verdict, judgement.findings, judgement.untested) == (Verdict.GO, (), ())
    assert judgement.headline.partition("; looser")[0] == (
        "0 of 12 requests failed, 6 writes whole, 0 of 2 stops lost anything: "
        "loss below 29 % of requests and 78 % of stops at 95 % confidence"
    )
    assert set(judgement.passed) == {check.name for check in all_checks()}
    assert judgement.held_writes == (request_id(3), request_id(7))
    assert judgement.versions == ("v1", "v2")


def test_no_go_outweighs_inconclusive_and_the_earliest_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [
        _finding(Verdict.INCONCLUSIVE, 1),
        _finding(Verdict.NO_GO, 9),
        _finding(Verdict.NO_GO, 3),
        _finding(Verdict.INCONCLUSIVE, 0),
    ]
    _with_findings(monkeypatch, *found)
    judgement = made().judged(tmp_path)
    assert judgement.verdict is Verdict.NO_GO
    assert judgement.findings == (found[2], found[1], found[3], found[0])
    assert judgement.headline == "NO-GO 3 (and 3 more findings)"


def test_one_inconclusive_finding_is_enough_against_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _with_findings(monkeypatch, _finding(Verdict.INCONCLUSIVE))
    assert made().judged(tmp_path).verdict is Verdict.INCONCLUSIVE


def test_a_check_that_raises_is_inconclusive_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def collapse(_record: object, _story: object) -> list[Finding]:
        raise ZeroDivisionError("of all things")

    monkeypatch.setattr(judging, "all_checks", lambda: (Check(name="odd", title="", order=1, judge=collapse),))
    judgement = made().judged(tmp_path)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert judgement.headline == "check odd could not be carried out: ZeroDivisionError: of all things"
    assert judgement.passed == ()


def test_a_story_that_cannot_be_told_is_inconclusive(tmp_path: Path) -> None:
    """The contract names a service that the topology does not have."""
    record = made()
    record.contract = msgspec.structs.replace(record.contract, services=())
    judgement = record.judged(tmp_path)
    assert (judgement.verdict, judgement.findings[0].finding) == (Verdict.INCONCLUSIVE, "not judged")
    assert judgement.title == "A batch release"


def test_without_checks_nothing_is_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    all_checks.cache_clear()
    monkeypatch.setattr("conformance.judge.check.pkgutil.iter_modules", lambda _path: iter(()))
    try:
        assert made().judged(tmp_path).verdict is Verdict.INCONCLUSIVE
    finally:
        all_checks.cache_clear()


def test_a_broken_record_is_inconclusive_and_says_what_run_it_was(tmp_path: Path) -> None:
    record = made()
    record.contract = msgspec.structs.replace(record.contract, expected=Expected(verdict="NO-GO", finding="x"))
    directory = record.write(tmp_path / "run")
    (directory / "end.json").unlink()
    judgement = judge(directory)
    assert (judgement.verdict, judgement.run, judgement.title) == (Verdict.INCONCLUSIVE, "r1", "A batch release")
    assert judgement.expected.verdict == "NO-GO"
    assert judgement.findings[0].finding == "record broken"
    assert "has no end marker" in judgement.headline


def test_a_run_that_says_why_it_has_no_end_is_told_by_that(tmp_path: Path) -> None:
    record = made()
    said = "the load failed: 20 of 20 warm-up requests failed; the first: buy, status 404\nlast lines of load.log:"
    record.events.append(events.Trouble(at_ns=record.events[-1].at_ns, step="", what=said))
    directory = record.write(tmp_path / "run")
    (directory / "end.json").unlink()
    judgement = judge(directory)
    (found,) = judgement.findings
    first, second = said.splitlines()
    assert (judgement.verdict, judgement.headline) == (Verdict.INCONCLUSIVE, first)
    assert (found.finding, found.message, found.detail[0]) == ("ended early", first, second)
    assert "has no end marker" in found.detail[-1]


def test_a_directory_of_nothing_is_inconclusive(tmp_path: Path) -> None:
    judgement = judge(tmp_path / "nowhere")
    assert (judgement.verdict, judgement.run) == (Verdict.INCONCLUSIVE, "nowhere")


def test_judging_twice_gives_the_same_judgement(tmp_path: Path) -> None:
    record = made()
    for seq in (5, 6, 9):
        record.fail(seq, hops=[REFUSED])
    record.drop_effects(9, "reserved")
    directory = record.write(tmp_path)
    first = judge(directory)
    assert first.verdict is Verdict.NO_GO
    assert judge(directory) == first


def test_a_judgement_lists_what_failed_and_when(tmp_path: Path) -> None:
    record = made()
    record.fail(5, hops=[REFUSED])
    record.fail(9, error="reset in answer", status=201)
    record.drop_effects(9, "reserved", "confirmed")
    judgement = record.judged(tmp_path)
    assert judgement.verdict is Verdict.NO_GO
    assert [(one.request, one.hop, one.hop_error, one.step) for one in judgement.failed_requests] == [
        (request_id(5), "storefront->orders", "connect refused", "Batch 1 of 2"),
        (request_id(9), "slb->storefront", "reset in answer", "Batch 2 of 2"),
    ]
    (partial,) = judgement.partial_writes
    assert (partial.request, partial.found, partial.acknowledged) == (request_id(9), ("placed",), False)
    assert partial.missing == ("reserved", "confirmed")
    assert judgement.error_window_ns == (510 * MS, 920 * MS)
    assert (judgement.counts["failed"], judgement.counts["partial_writes"]) == (2, 1)


def test_a_judgement_reports_load_and_latency_and_judges_neither_stall_nor_gap(tmp_path: Path) -> None:
    """The two held writes are left out: they took as long as they were asked to."""
    record = made()
    record.thresholds(stall_ms=50.0)
    record.requests[8] |= {"first_ns": 870 * MS, "done_ns": 870 * MS}
    judgement = record.judged(tmp_path)
    assert judgement.verdict is Verdict.GO
    assert judgement.latency["p50_ms"] == 10.0
    assert (judgement.latency["max_ms"], judgement.latency["stalls"]) == (60.0, 1.0)
    assert judgement.latency["longest_gap_ms"] == 170.0
    assert (judgement.load["planned"], judgement.load["sent"], judgement.load["seconds"]) == (12.0, 12.0, 1.1)


def test_a_judgement_survives_its_way_through_json(tmp_path: Path) -> None:
    record = made()
    record.fail(5, hops=[REFUSED])
    judgement = record.judged(tmp_path)
    assert msgspec.json.decode(msgspec.json.encode(judgement), type=Judgement) == judgement


def test_every_service_of_a_release_is_judged_and_what_is_found_twice_is_said_once(tmp_path: Path) -> None:
    """Inventory was to be released too, and nobody touched it; and one request failed."""
    record = made()
    record.fail(5, hops=[REFUSED])
    first = record.contract.release
    batch = msgspec.structs.replace(first.batches[0], instances=("inventory-01",))
    also = msgspec.structs.replace(
        first, service="inventory", position="provider", callers=("orders",), batches=(batch,)
    )
    record.contract = msgspec.structs.replace(record.contract, also=(also,))
    judgement = record.judged(tmp_path)
    assert sorted((one.finding, one.instance) for one in judgement.findings) == [
        ("contradictory record", ""),  # the plan has another instance in this batch
        ("failed request", "orders-01"),
        ("not replaced", "inventory-01"),
        ("not replaced", "inventory-01"),
        ("sent after stop", "orders-01"),
        ("the old version still answers", "inventory-01"),
    ]
    lacking = {one.message for one in judgement.findings if one.finding == "not replaced"}
    assert lacking == {
        "nothing proves that inventory-01 ended in Batch 1 of 2",
        "nothing proves that inventory-01 was started as v2 in Batch 1 of 2",
    }
    assert {window.incarnations for window in judgement.windows} == {("orders-01.1",), ("orders-02.1",)}
