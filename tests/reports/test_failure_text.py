"""The failure text: the whole fact first, then where, why and what to read."""

import shlex
from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import FailedRequest, Judgement
from conformance.record.schema import HopAnswer
from reports.failure import failure_text
from tests.judge.handmade import request_id
from tests.judge.healthy import made
from tests.judgements import judgement
from tests.reports.results import GAP, LOSS

RUN = Path("out") / "runs" / "r1"


def _text(judged: Judgement, sentence: str = "NO-GO: 3 of 9 requests failed", directory: Path = RUN) -> str:
    return failure_text(judged, sentence, directory, "pytest 'test_batches.py::test_a'")


def test_it_tells_everything_in_the_order_in_which_it_is_asked_for() -> None:
    judged = judgement(
        LOSS, GAP, error_window_ns=(1_500_000_000, 2_000_000_000), untested=("gray_share: nothing is gray", "clock: no")
    )
    assert _text(judged) == "\n".join(
        (
            "NO-GO: 3 of 9 requests failed",
            f"  failed request: {LOSS.message}",
            "    step 2.3 Stop: SIGTERM",
            "    orders-01.1 was stopped by SIGTERM at 1.4 s",
            "    requests: r1-00000003, r1-00000004, r1-00000007",
            "  INCONCLUSIVE: too little evidence: 2 writes during Batch 2 of 2; 20 wanted",
            "  error window: 1.5-2.0 s",
            "  untested: gray_share: nothing is gray; clock: no",
            f"  record: {RUN}",
            f"  judge it again: pytest --judge {RUN}",
            "  repeat it: pytest 'test_batches.py::test_a'",
        )
    )


def test_of_a_real_loss_it_names_request_hop_instance_step_and_cause(tmp_path: Path) -> None:
    record = made()
    record.fail(3, hops=[HopAnswer("entry->middle", "orders-01", "orders-01.1", 0, "connect refused")])
    judged = record.judged(tmp_path / "run")
    first, *rest = _text(judged, f"NO-GO: {judged.headline}").splitlines()
    assert first.startswith("NO-GO: 1 of 12 requests failed over entry->middle at orders-01 in Batch 1 of 2")
    for part in (
        "step 2.2 Serve on",
        f"{request_id(3)}: entry->middle orders-01.1: connect refused",
        "orders-01.1 was stopped by SIGTERM",
        f"requests: {request_id(3)}",
    ):
        assert any(part in line for line in rest), part


def test_ten_thousand_lost_requests_are_as_quick_to_read_as_ten() -> None:
    ids = tuple(f"r1-{seq:08x}" for seq in range(10_000))
    lost = tuple(
        FailedRequest(
            request=request,
            route="GET /orders",
            due_ns=0,
            sent_ns=0,
            done_ns=0,
            status=0,
            error="connect refused",
            hop="",
            instance="",
            incarnation="",
            hop_error="",
            step="",
        )
        for request in ids
    )
    finding = msgspec.structs.replace(LOSS, count=len(ids), requests=ids)
    text = _text(judgement(finding, failed_requests=lost))
    assert f"    first requests: {', '.join(ids[:5])}\n" in text
    assert len(text.splitlines()) < 15
    assert len(text) < 1_000


def test_a_few_ids_of_many_requests_are_said_to_be_the_first() -> None:
    finding = msgspec.structs.replace(LOSS, count=12, requests=("r1-00000003",))
    assert "    first requests: r1-00000003\n" in _text(judgement(finding))


@pytest.mark.parametrize(("findings", "more"), [(8, None), (9, 1), (500, 492)])
def test_of_many_findings_the_worst_are_told_and_the_others_counted(findings: int, more: int | None) -> None:
    text = _text(judgement(*[LOSS] * findings))
    assert text.count("  failed request: ") == 8
    assert (f"  and {more} more findings in verdict.json" in text) == (more is not None)


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


@pytest.mark.parametrize("name", ["plain", "with space", "it's", "$HOME", "a;b", "(1)"])
def test_the_command_that_judges_it_again_can_be_pasted_into_a_shell(name: str) -> None:
    (line,) = (line for line in _text(judgement(LOSS), directory=RUN / name).splitlines() if "judge it again" in line)
    assert shlex.split(line.partition(": ")[2]) == ["pytest", "--judge", str(RUN / name)]
