"""Which step of the plan was under way at what time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.record.contract import PlanNode
from conformance.record.events import Event, StepBegan, StepEnded

FOREVER_NS = 1 << 62


@dataclass(frozen=True, slots=True)
class StepTaken:
    """One step as the events show it."""

    number: str
    title: str
    began_ns: int | None
    """None: it never began."""
    ended_ns: int | None
    done: bool
    saw: str
    """Where it failed: what was seen last."""
    top: bool
    """Whether it is a step of the plan itself, not one inside another."""
    undo: bool
    """Whether it rolls back."""

    @property
    def name(self) -> str:
        """``2.3 Stop: SIGTERM``."""
        return f"{self.number} {self.title}"


@dataclass(frozen=True, slots=True)
class Window:
    """A top-level step's share of the run: from its beginning to that of the next."""

    number: str
    title: str
    began_ns: int
    until_ns: int


class Timeline:
    """The plan's steps, and when they were taken."""

    def __init__(self, plan: Sequence[PlanNode], events: Sequence[Event]) -> None:
        began = {event.step: event for event in reversed(events) if isinstance(event, StepBegan)}
        ended = {event.step: event for event in events if isinstance(event, StepEnded)}
        self.steps = tuple(
            _taken(node, began.get(node.number), ended.get(node.number), top=node is parent, undo=parent.undo)
            for parent in plan
            for node in walk((parent,))
        )
        """Every step of the plan, in its order."""
        self._by_number = {step.number: step for step in self.steps}
        top = [self._by_number[node.number] for node in plan]
        begun = sorted(
            ((step, step.began_ns) for step in top if step.began_ns is not None), key=lambda taken: taken[1]
        )  # rolling back goes from the last batch to the first
        starts = [*(began_ns for _, began_ns in begun), FOREVER_NS]
        self.windows = tuple(
            Window(step.number, step.title, began_ns, until_ns)
            for (step, began_ns), until_ns in zip(begun, starts[1:], strict=True)
        )
        """The top-level steps that began."""

    def step(self, number: str) -> StepTaken | None:
        """The step of this number; None where the plan has none."""
        return self._by_number.get(number)

    def title(self, number: str) -> str:
        """The title of the step of this number."""
        step = self._by_number.get(number)
        return step.title if step else ""

    def window(self, number: str) -> Window | None:
        """The window of this top-level step; None where it never began."""
        return next((window for window in self.windows if window.number == number), None)

    def top_at(self, at_ns: int) -> str:
        """The title of the top-level step at this time; empty before the first."""
        return next((w.title for w in self.windows if w.began_ns <= at_ns < w.until_ns), "")

    def innermost_at(self, at_ns: int) -> str:
        """Number and title of the innermost step that was under way; empty where none was."""
        under_way = [
            step
            for step in self.steps
            if step.began_ns is not None and step.began_ns <= at_ns < (step.ended_ns or FOREVER_NS)
        ]
        return max(under_way, key=lambda step: step.number.count(".")).name if under_way else ""


def walk(nodes: Sequence[PlanNode]) -> Iterator[PlanNode]:
    """Each node, then those inside it."""
    for node in nodes:
        yield node
        yield from walk(node.children)


def _taken(node: PlanNode, began: StepBegan | None, ended: StepEnded | None, *, top: bool, undo: bool) -> StepTaken:
    return StepTaken(
        number=node.number,
        title=node.title,
        began_ns=began.at_ns if began else None,
        ended_ns=ended.at_ns if ended else None,
        done=ended is not None and ended.outcome == "done",
        saw=ended.saw if ended else "",
        top=top,
        undo=undo,
    )
