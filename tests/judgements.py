"""Judgements made by hand."""

import msgspec

from conformance.judge.model import Finding, Judgement, Verdict


def judgement(*findings: Finding, **changes: object) -> Judgement:
    """A run with just these findings, the worst first."""
    made = Judgement(
        run="r1",
        scenario="test_batches.py::test_a_batch_release_loses_nothing",
        title="a batch release loses nothing",
        verdict=findings[0].verdict if findings else Verdict.GO,
        headline=findings[0].message if findings else "0 of 9 requests failed",
        findings=findings,
        untested=(),
        passed=(),
        counts={},
        load={},
        latency={},
        failed_requests=(),
        partial_writes=(),
        removals=(),
        error_window_ns=None,
    )
    return msgspec.structs.replace(made, **changes)
