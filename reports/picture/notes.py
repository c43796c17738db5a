"""What the judge holds against an instance: for how long it was still called, and what else it did wrong."""

from collections.abc import Sequence

from conformance.judge.incarnations import IncarnationFacts
from conformance.judge.model import Finding, Judgement, Removal, Verdict
from conformance.judge.wording import SECOND_NS, length, number, plural
from conformance.vocabulary import FindingKind
from reports.picture.data import Lag, Span

_CHECKS = ("removal", "stops", "steps", "replaced")
"""Those whose findings name what an incarnation did wrong; lost requests are told where they are drawn."""
_DRAWN = (FindingKind.LEFT_ROTATION,)
"""Findings that have a sign of their own."""


def lags_of(judgement: Judgement, instance: str) -> tuple[Lag, ...]:
    """Of every incarnation of it that was called once it was going: by its own log, or in vain."""
    bad: dict[str, int] = {}
    for finding in judgement.findings:
        if finding.check == "removal" and finding.verdict is Verdict.NO_GO:
            bad[finding.incarnation] = max(finding.last_ns, bad.get(finding.incarnation, 0))
    found = []
    for removal in judgement.removals:
        if removal.instance != instance:
            continue
        last_ns = max(removal.last_start_ns if removal.lag_s else 0, bad.get(removal.incarnation, 0))
        if last_ns > removal.marked_ns:
            found.append(Lag(Span(removal.marked_ns, last_ns), removal.incarnation in bad))
    return tuple(found)


def note_of(judgement: Judgement, lives: Sequence[IncarnationFacts]) -> tuple[str, bool]:
    """The worst of what was found of these incarnations, in a few words, and whether that is NO-GO; or nothing.

    What evidence is lacking matters where nothing worse was found.
    """
    by_name = {life.incarnation: life for life in lives}
    about = [
        found
        for found in judgement.findings
        if found.verdict is judgement.verdict and found.check in _CHECKS and found.finding not in _DRAWN
    ]
    worst = next((found for found in about if found.incarnation in by_name), None)
    if worst is None:
        return "", False
    removal = next((one for one in judgement.removals if one.incarnation == worst.incarnation), None)
    return _words(worst, by_name[worst.incarnation], removal), worst.verdict is Verdict.NO_GO


def _words(finding: Finding, life: IncarnationFacts, removal: Removal | None) -> str:
    since_ns = life.gone_ns
    if finding.finding == FindingKind.SENT_AFTER_STOP and since_ns is not None:
        return f"{number(finding.count)} sent after its stop, for {length(max(0, finding.last_ns - since_ns))}"
    if finding.finding in (FindingKind.REMOVAL_LAG, FindingKind.EXECUTION_AFTER_DRAIN) and removal is not None:
        lasted = length(round(removal.lag_s * SECOND_NS))
        return f"called for {lasted} after its mark, {plural(finding.count, 'execution')}"
    if finding.finding == FindingKind.ENDED_BY_ITSELF:
        return f"ended by itself: {life.exit}"
    if (
        finding.finding == FindingKind.STOP_SIGNAL_SWALLOWED
        and life.stopped_ns is not None
        and life.killed_ns is not None
    ):
        return f"heeded no {life.stop_signal}: killed after {length(life.killed_ns - life.stopped_ns)}"
    return finding.finding
