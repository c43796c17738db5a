"""One execution of a task: due at its time, carried out by one user, accounted for once."""

from typing import TYPE_CHECKING, Literal

from conformance.load.clock import now_ns

if TYPE_CHECKING:
    from conformance.load.request import Request

Outcome = Literal["ended", "raised", "broken off", "outlived", "not started"]


class Execution:
    """One task execution and what came of it. Times are monotonic, 0: did not happen."""

    __slots__ = (
        "due_ns",
        "ended_ns",
        "failed",
        "held",
        "name",
        "number",
        "open",
        "outcome",
        "requests",
        "started_ns",
        "text",
        "user",
    )

    def __init__(self, number: int, due_ns: int) -> None:
        self.number = number
        self.due_ns = due_ns
        self.started_ns = 0
        self.ended_ns = 0
        self.name = ""
        self.user = 0
        self.outcome: Outcome = "not started"
        self.text = ""
        """What was raised, and where."""
        self.requests: list[int] = []
        """Their numbers."""
        self.failed = False
        """Whether one of them has failed."""
        self.held: Request | None = None
        """The last one: right so far, unless the task raises."""
        self.open: dict[int, Request] = {}
        """Those of which the task has yet to say whether they are right."""

    def due_of_next(self, asked_ns: int) -> int:
        """When a request that its task asks for now is due: at once, but the first is as late as its task's start."""
        return asked_ns if self.requests else asked_ns - (self.started_ns - self.due_ns)

    def end(self, outcome: Outcome, text: str = "") -> None:
        """It is over; what came first counts."""
        if not self.ended_ns:
            self.ended_ns = now_ns()
            self.outcome, self.text = outcome, text
