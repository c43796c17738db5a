"""Messages and events that are numbered from 1: none may be missing and none may come twice, over all connections."""

import msgspec

from conformance.load.answer_check import MOST_SHOWN, Look
from conformance.load.kinds.spec import Messages
from conformance.load.spec import Route, Take


class OutOfOrder(Exception):
    """What came is not what was to come; carries what was expected and what was seen."""

    def __init__(self, expected: str, saw: bytes) -> None:
        super().__init__(expected)
        self.told = (expected, saw[:MOST_SHOWN].decode(errors="replace"))


class Numbers:
    """Finds the number of a message."""

    def __init__(self, route: Route, messages: Messages) -> None:
        """``messages`` says where it stands."""
        take = Take(name="number", pointer=messages.pointer, pattern=messages.pattern)
        self._look = Look(msgspec.structs.replace(route, checks=(), take=(take,)))

    def of(self, message: bytes) -> int | None:
        """None where it has none."""
        return read(dict(self._look.taken(message, {}))["number"])


def read(number: bytes | None) -> int | None:
    """A number as it came."""
    return int(number) if number is not None and number.isdigit() else None


def counted(received: int, number: int | None, message: bytes) -> int:
    """How many have come with this one. Raises OutOfOrder where it is not the next."""
    due = received + 1
    if number != due:
        raise OutOfOrder(f"message {due}", message)
    return due
