"""The failure text: the whole fact first, then where, the first lost request, why, what to try and what to read."""

import re
from pathlib import Path

import msgspec
import pytest

from conformance.judge.judge import judge
from conformance.judge.model import Judgement, Loss, PartialWrite
from conformance.record import events
from conformance.record.schema import HopAnswer
from conformance.vocabulary import FindingKind
from reports.failure_text import failure_text
from reports.files import files_of
from tests.judge.handmade import Handmade, request_id
from tests.judge.healthy import made
from tests.judgements import judgement
from tests.reports.results import GAP, LOSS

OUT = Path("out")
RUN = OUT / "runs" / "r1"
FILES = [
    f"  picture: {OUT / 'details' / 'r1' / 'release.svg'}",
    f"  record: {RUN}",
    f"  judge it again: pytest --judge {RUN}",
    "  repeat it: pytest 'test_batches.py::test_a'",
]


def _text(judged: Judgement, sentence: str = "NO-GO: 3 of 9 requests lost", directory: Path = RUN) -> str:
    again = (f"pytest --judge {directory}", "pytest 'test_batches.py::test_a'")
    return failure_text(judged, sentence, "Do not release.", files_of(OUT, directory), again)


def _lossy() -> Handmade:
    """Request 5 is lost by the storefront's first instance to the one that was killed without a word."""
    record = made()
    record.without(events.MarkedOffline)
    record.fail(5, hops=[HopAnswer("storefront->orders", "orders-01", "orders-01.1", 0, "connect refused")])
    record.drop_effects(5, "confirmed")
    record.events = [
        msgspec.structs.replace(event, rows=len(record.ledger)) if isinstance(event, events.AuditRead) else event
        for event in record.events
    ]
    return record


def _losses(count: int) -> tuple[Loss, ...]:
    return tuple(
        Loss(
            hop="storefront->orders",
            caller="storefront-01",
            instance=f"orders-{number:02}",
            incarnation=f"orders-{number:02}.1",
            count=5,
            errors=(("connect refused", 5),),
            first_ns=0,
            last_ns=0,
        )
        for number in range(count)
    )


def test_of_a_real_loss_it_tells_everything_in_the_order_in_which_it_is_asked_for(tmp_path: Path) -> None:
    judged = _lossy().judged(tmp_path / "run")
    lines = _text(judged, f"NO-GO: {judged.headline}").splitlines()
    assert lines[0] == 'NO-GO: 1 of 12 requests lost in step "Batch 1 of 2" (0.5 s), 1 write not whole'
    assert [line.strip().partition(":")[0] for line in lines if re.match(r"  \w", line)] == [
        "where",
        "first lost request",
        "partial writes",
        "why",
        "INCONCLUSIVE",
        "try",
        "all 1 failed requests",
        "picture",
        "record",
        "judge it again",
        "repeat it",
    ]
    text = "\n".join(lines)
    for part in (
        "    storefront-01 -> orders-01.1       1 lost   1 connect refused",
        f"    at 0.510 s (0.510 s into the load)  POST /orders  502  unexpected status  after 10 ms  {request_id(5)}",
        "    hops: client 502 <- SLB 201 <- storefront-01.1 v1 201 <- orders-01.1 v1: connect refused (SIGTERM",
        " at 0.4 s with 1 write in flight, neither drained nor marked offline)",
        f"    1 x placed and reserved are there, confirmed is missing ({request_id(5)})",
        "    Batch 1 of 2: 1 lost, ",
        "    orders-01.1, neither drained nor marked offline, was stopped by SIGTERM at 0.4 s",
        f"  all 1 failed requests: {OUT / 'details' / 'r1' / 'failed-requests.csv'}",
    ):
        assert part in text, part


def test_the_removal_lag_of_a_callee_stands_beside_what_was_lost_to_it(tmp_path: Path) -> None:
    record = made()
    record.fail(3, hops=[HopAnswer("storefront->orders", "orders-01", "orders-01.1", 0, "connect refused")])
    late = next(row for row in record.executions if row["incarnation"] == "orders-01.1")
    late |= {"start_ns": 400_000_000, "end_ns": 401_000_000}
    text = _text(record.judged(tmp_path / "run"))
    assert re.search(r"storefront-01 -> orders-01\.1 +1 lost   1 connect refused   removal lag 0\.08 s", text)


def test_a_request_that_the_slb_had_nobody_for_was_lost_to_nobody(tmp_path: Path) -> None:
    record = made("storefront")
    record.fail(5, status=503)
    record.forget_answer(5)
    (line,) = (row for row in record.slb if row["request_id"] == request_id(5))
    line |= {"status": 503, "peer": "", "incarnation": "", "answered": 0}
    text = _text(record.judged(tmp_path / "run"))
    assert re.search(r"SLB -> nobody +1 lost   1 nobody in rotation", text)
    assert "SLB 503: nobody in rotation" in text


def test_what_never_reached_the_slb_has_no_hop_behind_it(tmp_path: Path) -> None:
    record = made()
    record.fail(5, error="connect refused", status=0)
    record.forget_answer(5)
    record.slb = [row for row in record.slb if row["request_id"] != request_id(5)]
    text = _text(record.judged(tmp_path / "run"))
    assert re.search(r"client -> SLB +1 lost   1 connect refused", text)
    assert "    hops: client: connect refused\n" in text


def test_hops_that_cannot_be_read_end_at_who_answered(tmp_path: Path) -> None:
    record = made()
    record.fail(5)
    record.identities[5]["hops"] = "not JSON"
    assert re.search(
        r"hops: client 502 <- SLB 20[01] <- storefront-01\.1 v1[^<]*\n", _text(record.judged(tmp_path / "run"))
    )


def test_lacking_evidence_is_told_by_kind_with_the_first_of_each() -> None:
    other = msgspec.structs.replace(GAP, finding="clocks disagree", message="20 ms apart")
    judged = judgement(GAP, GAP, other, untested=("gray_share: nothing is gray", "clock: no"))
    assert _text(judged, "INCONCLUSIVE: see below").splitlines() == [
        "INCONCLUSIVE: see below",
        "  INCONCLUSIVE: too little evidence: 2 writes during Batch 2 of 2; 20 wanted",
        "    and 1 more of this kind",
        "  INCONCLUSIVE: clocks disagree: 20 ms apart",
        "  try: Do not release.",
        '  untested: "A gray release exposes the share that it promised": nothing is gray; "The clocks agree": no',
        *FILES,
    ]


def test_what_the_first_line_says_is_not_said_twice() -> None:
    lines = _text(judgement(GAP), f"INCONCLUSIVE: {GAP.message}").splitlines()
    assert lines[1] == "  INCONCLUSIVE: too little evidence"


def test_an_expected_loss_that_was_not_found_shows_what_was() -> None:
    lines = _text(
        judgement(LOSS), "INCONCLUSIVE: the suite was blind: NO-GO for a 'partial write' was expected"
    ).splitlines()
    assert f"  failed request: {LOSS.message}" in lines
    assert "    step 2.3 Stop: SIGTERM" in lines
    assert "    requests: r1-00000003, r1-00000004, r1-00000007" in lines


def test_a_run_that_was_cut_off_says_so_and_names_no_failed_requests(tmp_path: Path) -> None:
    record = made()
    directory = record.write(tmp_path / "run")
    (directory / "end.json").unlink()
    judged = judge(directory)
    text = _text(judged, f"INCONCLUSIVE: {judged.headline}", directory)
    assert text.startswith("INCONCLUSIVE: run has no end marker: the run was cut off")
    assert "failed requests" not in text


def test_every_kind_of_write_that_is_not_whole_is_named_with_its_first_ones() -> None:
    lost, twice = (
        msgspec.structs.replace(LOSS, check="writes", finding=kind, message=f"25 {kind}s", requests=("r1-0000002a",))
        for kind in (FindingKind.LOST_WRITE, FindingKind.DUPLICATE_WRITE)
    )
    judged = judgement(
        LOSS,
        lost,
        twice,
        losses=_losses(1),
        counts={"failed": 3, "partial_writes": 0, "lost_writes": 25, "duplicates": 1},
    )
    text = _text(judged)
    assert "  writes not whole: 25 lost, 1 duplicate\n" in text
    assert "  lost write: 25 lost writes\n" in text
    assert "    first requests: r1-0000002a\n" in text
    assert "  duplicate write: 25 duplicate writes\n" in text


def test_ten_thousand_lost_requests_are_as_quick_to_read_as_ten() -> None:
    writes = tuple(
        PartialWrite(request=f"r1-{seq:08x}", found=("placed",), missing=("reserved",), acknowledged=False, step="")
        for seq in range(1_000)
    )
    judged = judgement(
        msgspec.structs.replace(LOSS, count=12_000),
        losses=_losses(100),
        partial_writes=writes,
        counts={"failed": 12_000, "partial_writes": 3_000},
    )
    text = _text(judged)
    assert "    and 94 more pairs, 470 lost\n" in text
    assert "  partial writes: 3,000, the first 1,000:\n" in text
    assert "  the first 10,000 of 12,000 failed requests: " in text
    assert len(text.splitlines()) < 25
    assert len(text) < 2_000


def test_a_few_ids_of_many_requests_are_said_to_be_the_first() -> None:
    finding = msgspec.structs.replace(LOSS, count=12, requests=("r1-00000003",))
    assert "    first requests: r1-00000003\n" in _text(judgement(finding))


@pytest.mark.parametrize(("kinds", "more"), [(6, None), (7, "1 more kind"), (50, "44 more kinds")])
def test_of_many_kinds_of_findings_the_worst_are_told_and_the_others_counted(kinds: int, more: str | None) -> None:
    text = _text(judgement(*[msgspec.structs.replace(LOSS, finding=f"kind {number}") for number in range(kinds)]))
    assert text.count("  kind ") == 6
    assert (f"  and {more} of findings in verdict.json" in text) == (more is not None)


def test_the_log_lines_that_came_with_a_trouble_stay_below_it() -> None:
    finding = msgspec.structs.replace(GAP, message="at 2.0 s: PostgreSQL ended\nlast lines of pg.log:\nFATAL: no")
    lines = _text(judgement(finding)).splitlines()
    assert lines[1:4] == [
        "  INCONCLUSIVE: too little evidence: at 2.0 s: PostgreSQL ended",
        "    last lines of pg.log:",
        "    FATAL: no",
    ]


def test_what_looks_like_markup_is_text() -> None:
    message = "[bold red]1[/] <script>&amp; **orders** {0} %s \\n"
    assert f"failed request: {message}\n" in _text(judgement(msgspec.structs.replace(LOSS, message=message)))


def test_another_record_gives_another_text(tmp_path: Path) -> None:
    """Every figure comes from the record."""
    record = _lossy()
    once = _text(record.judged(tmp_path / "once"))
    record.fail(4, hops=[HopAnswer("storefront->orders", "orders-02", "orders-02.1", 500, "")])
    twice = _text(record.judged(tmp_path / "twice"))
    assert "orders-02" not in once
    assert re.search(r"storefront-01 -> orders-02\.1 +1 lost   1 status 500", twice)
    assert "at 0.410 s" in twice
