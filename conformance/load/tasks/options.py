"""What may be said of a request besides its method and address: the words of ``requests`` and Locust, and our own."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

Seconds = float | tuple[float, float]
Effects = Sequence[str] | Mapping[int, Sequence[str]]


class WithoutBody(TypedDict, total=False):
    """Keyword arguments of a request, but for its body."""

    params: Any
    files: Any
    headers: Any
    cookies: Any
    auth: Any
    timeout: Seconds | None
    """Two numbers: to connect, and to answer."""
    allow_redirects: bool
    """False without it; each redirect is a request of its own."""
    proxies: Any
    """It and the next ones change nothing here."""
    hooks: Any
    stream: Any
    verify: Any
    cert: Any
    name: str | None
    """What the record calls this kind of request, after its method; without one its path does."""
    catch_response: bool
    """The answer is used in a ``with`` block, in which ``success()`` or ``failure(text)`` say what it is."""
    context: Any
    """Nobody is told it."""
    expect: int | Iterable[int] | None
    """The statuses that are right; 200 to 299 without it."""
    write: bool | None
    """Whether it is a write; without it the descriptor says so, else the method."""
    effects: Effects | None
    """What it must leave once it is acknowledged, each as often as it is named; by the answer's status, where it
    depends on that."""
    request_id: str | None
    """One that ``new_id`` has given."""


class WithJson(WithoutBody, total=False):
    """The same, and a body of JSON."""

    json: Any


class Options(WithJson, total=False):
    """The same, and any body: all keyword arguments."""

    data: Any


USUAL = range(200, 300)
"""The statuses that are right where nobody says it."""
KNOWN = Options.__optional_keys__
NOT_DONE = ("proxies", "hooks", "stream", "verify", "cert")
"""What changes nothing here; each is said once."""


def statuses(expect: int | Iterable[int] | None) -> range | frozenset[int]:
    """The statuses that are right."""
    if expect is None:
        return USUAL
    return frozenset([expect] if isinstance(expect, int) else expect)
