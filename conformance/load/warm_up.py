"""What is said of a warm-up that failed: which requests, what they were answered, and what was expected."""

from collections import Counter
from collections.abc import Callable, Sequence

from conformance.load.request import Request
from conformance.load.spec import Route
from conformance.vocabulary import ErrorClass

NOTHING_WRITTEN = "{written} named nothing: no write had been answered by a status that leaves something"
MOST_WAYS = 3
"""In which requests failed, that are told one by one; the most frequent first."""


def failures(failed: Sequence[Request], sent: str, told_of: Callable[[Request], str]) -> str:
    """Which failed, each way once: answers that differ by the request's id alone are one.

    Args:
        failed: The requests; one at least.
        sent: Of what they are a part: ``20 warm-up requests``.
        told_of: Which kind of request it is, and what it came to.
    """
    first, *_ = told = [told_of(request).replace(request.id.decode(), "{id}") for request in failed]
    (way, count), *others = sorted(Counter(told).items(), key=lambda one: one[0] != first)
    text = f"{len(failed)} of {sent} failed; the first: {way} ({failed[0].id.decode()})"
    if not others:
        return text
    others.sort(key=lambda one: -one[1])
    more = "; ".join(f"{number} x {other}" for other, number in others[: MOST_WAYS - 1])
    left = len(others) - MOST_WAYS + 1
    rest = f"; and {left} more way{'s' * (left > 1)}" if left > 0 else ""
    return f"{text}, {count} like it; {more}{rest}"


def asked_of(route: Route, request: Request) -> str:
    """A request of a route: what was asked, and what it came to."""
    asked = f"{route.method} {route.path}"
    name = asked if route.name == asked else f"{route.name} ({asked})"
    return f"{name}, {came_to(request, route.expect)}"


def came_to(request: Request, expect: Sequence[int] = ()) -> str:
    """Its status and how it failed; what was expected, where that is known."""
    status = f"status {request.status}" if request.status else "no status"
    saw = f": {request.saw[1]}" if request.saw[1] else ""
    due = f": {' or '.join(map(str, expect))} is expected" if request.error == ErrorClass.UNEXPECTED_STATUS else ""
    return f"{status}, {request.error}{due if expect else ''}{saw}"
