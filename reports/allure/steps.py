"""The plan's steps as Allure steps, with the times at which the record says that they were taken."""

from collections.abc import Callable, Sequence
from typing import Any

from conformance.judge.model import Finding, Verdict
from conformance.judge.timeline import StepTaken, Timeline
from conformance.judge.wording import plural
from conformance.record.contract import PlanNode
from conformance.record.partial_record import PartialRecord
from conformance.vocabulary import FindingKind

MS = 1_000_000
MOST_SAID = 8
"""Findings that are told at one step."""

Step = dict[str, Any]
"""A step as it stands in an Allure result."""


def steps_of(facts: PartialRecord, findings: Sequence[Finding], *, met: bool, starts_ms: int) -> list[Step]:
    """The steps, nested as they are numbered; what rolls back is left out where nothing was rolled back.

    Args:
        facts: Of the record.
        findings: What was found; each marks the step during which it happened.
        met: Whether all of that is as the scenario expects: then the steps are marked by words, not by colour.
        starts_ms: When the run began, in milliseconds since 1970.
    """
    timeline = Timeline(facts.plan, facts.events)
    began = facts.events[0].at_ns if facts.events else 0

    def at(time_ns: int) -> int:
        return starts_ms + (time_ns - began) // MS

    marks = _Marks(findings, met=met)
    return [
        _step(node, timeline, marks, at)
        for node in facts.plan
        if not node.undo or _taken(timeline, node).began_ns is not None
    ]


class _Marks:
    """Which steps the findings blame."""

    def __init__(self, findings: Sequence[Finding], *, met: bool) -> None:
        self._findings = findings
        self._met = met

    def of(self, step: StepTaken, *, top: bool) -> list[Finding]:
        """The findings of this step, or of one inside it."""
        if top:
            return [one for one in self._findings if one.step == step.title or one.substep == step.name]
        return [one for one in self._findings if one.substep == step.name]

    def status(self, step: StepTaken, blamed: Sequence[Finding]) -> str:
        """``failed`` where something was lost, ``broken`` where proof is lacking, ``skipped`` where never taken."""
        if step.began_ns is None:
            return "skipped"
        if not self._met:
            if any(one.verdict is Verdict.NO_GO for one in blamed):
                return "failed"
            if blamed or not step.done:
                return "broken"
        return "passed"


def _step(node: PlanNode, timeline: Timeline, marks: _Marks, at: Callable[[int], int]) -> Step:
    taken = _taken(timeline, node)
    top = taken.top
    blamed = marks.of(taken, top=top)
    made: Step = {
        "name": f"{taken.title if top else taken.name}{_names(node)}{_lost(blamed)}",
        "status": marks.status(taken, blamed),
        "stage": "finished",
        "steps": [_step(child, timeline, marks, at) for child in node.children],
    }
    if taken.began_ns is not None:
        last = _end(timeline) if taken.ended_ns is None else taken.ended_ns
        made |= {"start": at(taken.began_ns), "stop": at(max(last, taken.began_ns))}
    if made["status"] in ("failed", "broken"):
        said = [*([taken.saw] if taken.saw else []), *(one.message for one in blamed)]
        more = [f"and {len(said) - MOST_SAID} more"] if len(said) > MOST_SAID else []
        made["statusDetails"] = {"message": "\n".join([*said[:MOST_SAID], *more]) or "a step inside it failed"}
    return made


def _end(timeline: Timeline) -> int:
    """The last time at which a step is known to have begun or ended; 0 where none is."""
    return max((at for step in timeline.steps for at in (step.began_ns, step.ended_ns) if at is not None), default=0)


def _taken(timeline: Timeline, node: PlanNode) -> StepTaken:
    taken = timeline.step(node.number)
    assert taken is not None  # noqa: S101 - the timeline is made of this very plan
    return taken


def _names(node: PlanNode) -> str:
    return f": {', '.join(node.instances)}" if node.children and node.instances else ""


def _lost(blamed: Sequence[Finding]) -> str:
    """`` · 98 lost · 2 partial writes`` behind a step's title."""
    lossy = [one for one in blamed if one.verdict is Verdict.NO_GO]
    kinds = dict.fromkeys(one.finding for one in lossy)
    return "".join(f" · {_told(kind, sum(one.count for one in lossy if one.finding == kind))}" for kind in kinds)


def _told(kind: str, count: int) -> str:
    if kind == FindingKind.FAILED_REQUEST:
        return f"{count:,} lost"
    return plural(count, kind) if kind == FindingKind.PARTIAL_WRITE else kind
