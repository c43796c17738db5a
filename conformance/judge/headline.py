"""The whole verdict in one sentence."""

import math
from collections import Counter
from collections.abc import Sequence

from conformance.judge.binomial import CONFIDENCE, most_possible
from conformance.judge.cpu_starvation import amid
from conformance.judge.model import Finding, Verdict
from conformance.judge.wording import few, number, plural, span
from conformance.vocabulary import FindingKind

CAUSES = (FindingKind.REFUSED, FindingKind.ENDED_BY_ITSELF, FindingKind.STOP_SIGNAL_SWALLOWED)
"""Findings that say why requests were lost, and come before the loss itself; a refusal tells of both."""
HALTS = (FindingKind.LOSES_WITHOUT_A_RELEASE, FindingKind.TROUBLE, FindingKind.STEP_FAILED, FindingKind.REFUSED)
"""Findings that say why a release got no further, and come before all that is therefore not proved."""
HARM = ("writes", "old_data", "sessions")
"""Checks whose findings that are NO-GO count what was lost or damaged."""
MOST_STEPS = 3


def good_news(requests: int, whole: int, answered: int, stops: int) -> str:
    """What GO rests on.

    Args:
        requests: All of the load.
        whole: Acknowledged writes that were found to be whole; 0 where none was judged.
        answered: Requests that ended as expected since the release began.
        stops: Incarnations that the release took down.
    """
    writes = f", {number(whole)} writes whole" if whole else ""
    at_stops = f", 0 of {plural(stops, 'stop')} lost anything" if stops else ""
    return f"0 of {number(requests)} requests failed{writes}{at_stops}: {loss_bound(0, answered, stops)}"


def looser(phrases: Sequence[str]) -> str:
    """What is added to good news where the contract asks less than the suite does by default; empty where it does not.

    Args:
        phrases: As loosened.py has them.
    """
    return f"; looser than the suite's defaults: {few(phrases, MOST_STEPS)}" if phrases else ""


def loss_bound(failed: int, requests: int, stops: int = 0) -> str:
    """``loss below 0.02 % of requests and 26 % of stops at 95 % confidence``: what is still possible, rounded up.

    Args:
        failed: Requests that failed since the release began.
        requests: Requests that ended since then, these among them.
        stops: At how many stops nothing was lost, where that is so of all of them; 0 leaves them out.
    """
    of_requests = f"loss below {_percent(most_possible(failed, requests))} %"
    of_stops = f" of requests and {_percent(most_possible(0, stops))} % of stops" if stops else ""
    return f"{of_requests}{of_stops} at {CONFIDENCE * 100:.0f} % confidence"


def bad_news(findings: Sequence[Finding], requests: int) -> str:
    """The whole loss where requests were lost; else the worst finding, and how many there are besides.

    Who ended by itself comes before the loss only where it did so before the last of it: after that it explains none.
    Where data was damaged or sessions were lost that is the largest of the kind that has most of them, before anything
    that only broke a rule.

    What a CPU-starved machine explains is told as a whole, too, unless the release got no further for
    another reason.

    Args:
        findings: The worst first.
        requests: All of the load.
    """
    bad = [finding for finding in findings if finding.verdict is Verdict.NO_GO]
    kinds, told = (CAUSES, bad) if bad else (HALTS, findings)
    cause = next((finding for kind in kinds for finding in told if finding.finding == kind), None)
    lost = [finding for finding in bad if finding.check == "failed_requests"]
    if lost and (cause is None or cause.finding != FindingKind.REFUSED):
        cause = cause or _end(findings, lost)
        loss = _loss(lost, [finding for finding in bad if finding.check == "writes"], requests)
        if cause is None:
            return loss
        later = cause.finding == FindingKind.ENDED_BY_ITSELF and cause.first_ns > max(one.last_ns for one in lost)
        return f"{loss}; {cause.message}" if later else f"{cause.message}; {loss}"
    starved = [] if cause or bad else [finding for finding in findings if finding.starved]
    if starved:
        return _starved(starved, len(findings), requests)
    return f"{(cause or _largest(bad) or findings[0]).message}{_besides(len(findings) - 1)}"


def _end(findings: Sequence[Finding], lost: Sequence[Finding]) -> Finding | None:
    """The end of its own accord of whoever most of the lost requests failed at: no step of the release, nor its fault.

    Of an instance that is not of the new version such an end is no NO-GO by itself; None where there was none.
    """
    at: Counter[str] = Counter()
    for finding in lost:
        at[finding.incarnation] += finding.count
    most, times = at.most_common(1)[0]
    ends = (one for one in findings if one.finding == FindingKind.ENDED_BY_ITSELF and one.incarnation == most)
    return next(ends, None) if 2 * times > at.total() else None


def _largest(bad: Sequence[Finding]) -> Finding | None:
    """Of what was lost or damaged, by kind; None where nothing was."""
    harm = [finding for finding in bad if finding.check in HARM]
    sizes: Counter[str] = Counter()
    for finding in harm:
        sizes[finding.finding] += finding.count
    return max(harm, key=lambda finding: (sizes[finding.finding], finding.count), default=None)


def _starved(starved: Sequence[Finding], findings: int, requests: int) -> str:
    """What failed, as a whole; else the first that came late."""
    lost = [finding for finding in starved if finding.check == "failed_requests"]
    if not lost:
        return f"{starved[0].message}{_besides(findings - 1)}"
    damage = [finding for finding in starved if finding.check == "writes"]
    told = _loss(lost, damage, requests, "timed out") + amid(starved=True)
    return f"{told}{_besides(findings - len(lost) - len(damage))}"


def _besides(more: int) -> str:
    return f" (and {plural(more, 'more finding')})" if more else ""


def _loss(lost: Sequence[Finding], damage: Sequence[Finding], requests: int, what: str = "lost") -> str:
    """``98 of 102,251 requests lost in step "Batch 2 of 3" (34.6-36.0 s), 2 writes not whole``."""
    count = sum(finding.count for finding in lost)
    when = span(min(finding.first_ns for finding in lost), max(finding.last_ns for finding in lost))
    by_time = sorted(lost, key=lambda finding: finding.first_ns)
    steps = [f'"{step}"' for step in dict.fromkeys(finding.step for finding in by_time) if step]
    during = f" in step {few(steps, MOST_STEPS)}" if len(steps) == 1 else f" in steps {few(steps, MOST_STEPS)}"
    broken = sum(finding.count for finding in damage)
    writes = f", {plural(broken, 'write')} not whole" if broken else ""
    return f"{number(count)} of {number(requests)} requests {what}{during if steps else ''} ({when}){writes}"


def _percent(share: float) -> str:
    """In percent, two digits, rounded up: a bound must not be understated."""
    percent = share * 100
    digits = 1 - math.floor(math.log10(percent))
    scale = 10.0**digits
    return f"{math.ceil(percent * scale) / scale:.{max(digits, 0)}f}"
