"""The report's settings, as Allure reads them: headline and logo by the verdict, failures first, categories, trends."""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from conformance.judge.model import Verdict
from conformance.judge.wording import plural
from conformance.record.contract import USUAL_SLB, Contract
from reports.allure.results import Told
from reports.allure.trends import performance
from reports.allure.wording import headline, load_told
from reports.model import SessionResult

HISTORY_LIMIT = 30
"""Sessions whose figures are kept."""

LOGOS = {
    Verdict.GO: ("#17803d", "M8 17l6 6 11-13"),
    Verdict.NO_GO: ("#c81e2b", "M9 9l14 14M23 9L9 23"),
    Verdict.INCONCLUSIVE: ("#9a6700", "M16 7v11M16 22v3"),
}
"""Colour and stroke: a tick, a cross, an exclamation mark, told apart by shape as well."""

HIDDEN = ("host", "thread", "framework", "language", "package", "parentSuite", "suite", "subSuite")


def settings(told: Told, *, output: Path, history: Path | None) -> dict[str, object]:
    """What Allure is to do.

    Args:
        told: The session.
        output: The folder of the report.
        history: The file of earlier sessions' figures, to which this one's are added; None: it is no new session.
    """
    session = told.session
    made: dict[str, object] = {
        "name": headline(session),
        "output": str(output),
        "hideLabels": list(HIDDEN),
        "variables": variables(session, told.contracts),
        "categories": {"rules": CATEGORIES},
        "performance": performance(),
        "appendHistory": history is not None,
        "plugins": {
            "awesome": {
                "options": {
                    "singleFile": True,
                    "reportLanguage": "en",
                    "theme": "auto",
                    "logo": logo(session.verdict),
                    "layout": "base",
                    "groupBy": ["feature"],
                    "defaultSortBy": "status,asc",
                    "stepTreeExpansion": "expand_failed_only",
                    "sections": ["charts", "timeline"],
                    "charts": CHARTS,
                }
            }
        },
    }
    if history is not None:
        made |= {"historyPath": str(history), "historyLimit": HISTORY_LIMIT}
    return made


CATEGORIES = [
    {
        "name": "Product: a release lost something",
        "matchers": [{"statuses": ["failed"]}],
        "groupByMessage": False,
        "expand": True,
    },
    {
        "name": "Inconclusive: the proof is lacking",
        "matchers": [{"statuses": ["broken"], "message": "^INCONCLUSIVE"}],
        "groupByMessage": False,
        "expand": True,
    },
    {
        "name": "Suite: a fault of the harness or its topology_timers",
        "matchers": [{"statuses": ["broken"]}],
        "groupByMessage": False,
        "expand": True,
    },
]
CHARTS = [
    {"type": "currentStatus", "title": "Scenarios"},
    {"type": "statusDynamics", "title": "Earlier sessions", "limit": HISTORY_LIMIT},
]


def logo(verdict: Verdict) -> str:
    """The verdict as a picture, in a data URI."""
    fill, stroke = LOGOS[verdict]
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="7" fill="{fill}"/>'
        f'<path d="{stroke}" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round"/></svg>'
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def variables(session: SessionResult, contracts: Sequence[Contract]) -> dict[str, str]:
    """The session's facts on the first screen: each what all its records say."""
    releases = [one for contract in contracts for one in contract.releases]
    told = {
        "Released": _each(f"{one.service} {one.old} → {one.new}" for one in releases),
        "Services": _each(result.services for result in session.results),
        "Platform": _each(contract.platform for contract in contracts),
        "Registry": _each(result.registry for result in session.results),
        "SLB": _each(contract.slb for contract in contracts),
        "Load": _each(load_told(contract.load) for contract in contracts),
        "Controls": _controls(session),
        "Measured, not judged": f"{len(session.measured)} scenarios" if session.measured else "",
        "Not released": _each(str(one) for one in session.not_released),
        "Not run": f"{len(session.not_run)} scenarios" if session.not_run else "",
    }
    return {name: value for name, value in told.items() if value}


def _controls(session: SessionResult) -> str:
    """What shows that a loss would have been the release's, and would have been seen."""
    if not session.null_releases and not session.needs_controls:
        return ""
    good = sum(one.met for one in session.null_releases)
    seen = sum(one.control and one.met for one in session.results)
    nulls = plural(len(session.null_releases), "null release")
    told = f"{good} of {nulls} GO, the loss that must be seen was seen {plural(seen, 'time')}"
    return f"{told}; {session.uncontrolled_told}" if session.uncontrolled else told


def history_name(told: Told) -> str:
    """The file of earlier sessions like this one: the same scenarios, services, platform, registries and SLB."""
    like = sorted((one.name, one.registry, one.services, *_unusual(one.slb)) for one in told.session.results)
    platforms = sorted({contract.platform for contract in told.contracts})
    return f"history-{hashlib.sha256(repr((like, platforms)).encode()).hexdigest()[:12]}.jsonl"


def _unusual(slb: str) -> tuple[str, ...]:
    """It, where it is not the usual one: histories are older than the choice."""
    return () if slb == USUAL_SLB else (slb,)


def _each(values: Iterable[str]) -> str:
    """Each of them once."""
    return ", ".join(dict.fromkeys(values))
