"""Where a run proves nothing: an INCONCLUSIVE run must not look like a good one."""

from collections.abc import Iterable, Sequence

from conformance.judge.model import Finding, Judgement, Verdict
from conformance.judge.timeline import Timeline
from conformance.judge.wording import SECOND_NS
from reports.picture.data import Blind, Span
from reports.picture.steps import steps_span, window_of

_SAME_NS = SECOND_NS
"""The load's begin and end may differ from the steps' by this much."""


def blind(
    judgement: Judgement, timeline: Timeline, whole: Span, due: Span | None, unkept: Sequence[Blind]
) -> tuple[Blind, ...]:
    """Every stretch without evidence, in order, none overlapping another.

    Those without the planned load are there whatever the verdict. Where nothing but the lack of evidence keeps a run
    from GO, so is what the findings name: their time, else their step, else all of the run.

    Args:
        judgement: The verdict and its findings.
        timeline: When which step was taken.
        whole: What the picture spans.
        due: From the first request to the last; None: there is none.
        unkept: Where the load did not keep its schedule.
    """
    if due is None:
        return (Blind(whole, "no request was recorded"),)
    found = [*unkept]
    steps = steps_span(timeline)
    if steps and due.began_ns > steps.began_ns + _SAME_NS:
        found.append(Blind(Span(steps.began_ns, due.began_ns), "no request was due yet"))
    if steps and due.ended_ns < steps.ended_ns - _SAME_NS:
        found.append(Blind(Span(due.ended_ns, steps.ended_ns), "no request was due any more"))
    if judgement.verdict is Verdict.INCONCLUSIVE:
        lacking = [finding for finding in judgement.findings if finding.verdict is Verdict.INCONCLUSIVE]
        placed = [(finding, _place(finding, timeline, whole)) for finding in lacking]
        found += [Blind(span, finding.finding) for finding, span in placed if span is not None]
        if not found:
            return (Blind(whole, lacking[0].finding if lacking else "nothing was judged", placed=False),)
    return _apart(Blind(one.span.within(whole), one.why) for one in found)


def _place(finding: Finding, timeline: Timeline, whole: Span) -> Span | None:
    """The time that a finding speaks of; None where it does not say."""
    if finding.last_ns > finding.first_ns:
        return Span(finding.first_ns, finding.last_ns)
    return window_of(timeline, finding.step, whole) if finding.step else None


def _apart(found: Iterable[Blind]) -> tuple[Blind, ...]:
    """Joined where they overlap; each reason is told once."""
    joined: list[Blind] = []
    for one in sorted(found, key=lambda blind: blind.span.began_ns):
        if joined and joined[-1].span.meets(one.span):
            last = joined.pop()
            why = last.why if one.why in last.why else f"{last.why}; {one.why}"
            joined.append(Blind(last.span.joined(one.span), why))
        else:
            joined.append(one)
    return tuple(joined)
