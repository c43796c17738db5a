"""What is compared from session to session, in Allure's own form: one figure of each kind for a session."""

import json
from collections.abc import Iterator
from pathlib import Path

from conformance.judge.model import Judgement
from reports.loss_text import lost_requests
from reports.model import SessionResult

GROUP = "releases"
METRICS = {
    "lost_requests": ("Lost requests", ""),
    "partial_writes": ("Partial writes", ""),
    "removal_lag_s": ("Longest removal lag", "s"),
    "p99_ms": ("Worst p99", "ms"),
}
"""Title and unit of each."""
FILE = "session-perf.json"


def performance() -> dict[str, object]:
    """The settings for these figures."""
    return {
        "groups": {GROUP: {"title": "Releases that are to lose nothing"}},
        "metrics": {
            key: {"title": title, "unit": unit, "better": "lower", "group": GROUP}
            for key, (title, unit) in METRICS.items()
        },
    }


def figures(session: SessionResult) -> dict[str, float]:
    """Of all scenarios that expect GO: what others lose is meant to be lost. Empty where none was judged."""
    judged = [one.judgement for one in session.results if one.expected == "GO" and one.judgement is not None]
    judged = [one for one in judged if one.counts]
    return {key: value for key, value in _figures(judged) if judged}


def _figures(judged: list[Judgement]) -> Iterator[tuple[str, float]]:
    yield "lost_requests", sum(lost_requests(one) for one in judged)
    yield "partial_writes", sum(one.counts.get("partial_writes", 0) for one in judged)
    yield "removal_lag_s", max((lag.lag_s for one in judged for lag in one.removals), default=0.0)
    yield "p99_ms", max((one.latency.get("p99_ms", 0.0) for one in judged), default=0.0)


def write_trends(session: SessionResult, folder: Path, at_ms: int) -> None:
    """Write the session's figures beside the results.

    Args:
        session: All of it.
        folder: Of Allure's results.
        at_ms: When it ended, in milliseconds since 1970.
    """
    samples = [
        {"id": f"{key}-{at_ms}", "key": key, "value": round(value, 3), "start": at_ms, "stop": at_ms}
        for key, value in figures(session).items()
    ]
    if samples:
        (folder / FILE).write_text(json.dumps(samples), encoding="utf8")
