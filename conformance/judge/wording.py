"""How figures and lists are said, the same in every message."""

from collections.abc import Iterable, Sequence

SECOND_NS = 1_000_000_000
MILLISECOND_NS = 1_000_000


def number(value: int) -> str:
    """``102,251``."""
    return f"{value:,}"


def seconds(ns: int) -> str:
    """A time since the run's origin: ``34.6 s``."""
    return f"{ns / SECOND_NS:.1f} s"


def length(ns: int) -> str:
    """A length of time: ``340 ms``, ``1.2 s``."""
    return f"{ns / MILLISECOND_NS:.0f} ms" if ns < SECOND_NS else seconds(ns)


def span(first_ns: int, last_ns: int) -> str:
    """``34.6-36.0 s``; one figure where both are the same."""
    first, last = f"{first_ns / SECOND_NS:.1f}", f"{last_ns / SECOND_NS:.1f}"
    return f"{first} s" if first == last else f"{first}-{last} s"


def milliseconds(value: float) -> str:
    """``12.3 ms``."""
    return f"{value:,.1f} ms"


def few(items: Iterable[str], most: int = 5) -> str:
    """The first few, and how many more there are."""
    every = list(items)
    shown = ", ".join(every[:most])
    return f"{shown} and {len(every) - most} more" if len(every) > most else shown


def tally(counts: Sequence[tuple[str, int]]) -> str:
    """``70 connect refused, 28 reset``."""
    return ", ".join(f"{number(count)} {what}" for what, count in counts)


def plural(count: int, noun: str) -> str:
    """``1 request``, ``1,200 requests``."""
    return f"{number(count)} {noun}" if count == 1 else f"{number(count)} {noun}s"
