"""Judgements, results and sessions as they come out of a run, made by hand."""

from pathlib import Path

from conformance.judge.model import Finding, Judgement, Verdict
from conformance.vocabulary import FindingKind
from reports.model import NotRun, NotRunKind, ScenarioResult, SessionResult

LOSS = Finding(
    check="failed_requests",
    finding=FindingKind.FAILED_REQUEST,
    verdict=Verdict.NO_GO,
    message="3 of 9 requests failed over storefront->orders at orders-01 in Batch 1 of 2 (1.5-2.0 s): "
    "3 connect refused",
    step="Batch 1 of 2",
    substep="2.3 Stop: SIGTERM",
    hop="storefront->orders",
    instance="orders-01",
    incarnation="orders-01.1",
    error="connect refused",
    count=3,
    first_ns=1_500_000_000,
    last_ns=2_000_000_000,
    requests=("r1-00000003", "r1-00000004", "r1-00000007"),
    detail=("orders-01.1 was stopped by SIGTERM at 1.4 s",),
)
GAP = Finding(
    check="evidence",
    finding=FindingKind.TOO_LITTLE_EVIDENCE,
    verdict=Verdict.INCONCLUSIVE,
    message="2 writes during Batch 2 of 2; 20 wanted",
)

LEFT_OUT = "not selected by the command line"


def result(  # noqa: PLR0913 - keywords, each with one meaning
    verdict: Verdict = Verdict.GO,
    *,
    expected: str = "GO",
    met: bool | None = None,
    sentence: str = "0 of 9 requests failed",
    title: str = "a batch release loses nothing",
    judged: Judgement | None = None,
    directory: Path | None = None,
) -> ScenarioResult:
    """A scenario that was judged; it met its expectation where the verdict is the expected one, or any is."""
    return ScenarioResult(
        name=f"test_batches.py::test_{title.replace(' ', '_')}",
        title=title,
        verdict=verdict,
        expected=expected,
        met=expected in ("ANY", verdict.value) if met is None else met,
        sentence=sentence,
        registry="nacos",
        slb="nginx",
        services="python-sample",
        versions=("v1", "v2"),
        seconds=61.25,
        directory=directory,
        judgement=judged,
    )


def session(
    *results: ScenarioResult,
    not_run: tuple[str, ...] = (),
    not_reached: tuple[str, ...] = (),
    interrupted: bool = False,
    trouble: str = "",
) -> SessionResult:
    """A session with just these results."""
    return SessionResult(
        results=results,
        not_run=(
            *(NotRun(name, NotRunKind.NOT_SELECTED, LEFT_OUT) for name in not_run),
            *(NotRun(name, NotRunKind.NOT_REACHED, "the session was interrupted") for name in not_reached),
        ),
        interrupted=interrupted,
        platform="embedded",
        registry="nacos",
        slb="nginx",
        seconds=123.46,
        trouble=trouble,
    )
