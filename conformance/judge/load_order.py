"""What the load was told to do, as the record keeps it."""

from typing import Any

import msgspec

from conformance.record.files import UNREADABLE
from conformance.record.reader import Record

ORDER = "load-order.json"
"""Written by whoever orders the load, before it begins; ``contract_agrees`` misses it where it is not there."""


class UnreadableOrder(Exception):
    """It is no such JSON; the message says why."""


def load_order(record: Record) -> dict[str, Any]:
    """The order; empty where the record has none.

    Raises:
        UnreadableOrder: It is there and cannot be read.
    """
    path = record.directory / ORDER
    if not path.is_file():
        return {}
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except UNREADABLE as error:
        raise UnreadableOrder(f"{ORDER} cannot be read: {error}") from None


def by_name(order: dict[str, Any], key: str) -> dict[str, dict[str, Any]]:
    """Its ``routes`` or its ``journeys`` by name; what is none has no entry."""
    told = order.get(key)
    if not isinstance(told, list):
        return {}
    return {one["name"]: one for one in told if isinstance(one, dict) and isinstance(one.get("name"), str)}


def longest_held_s(order: dict[str, Any]) -> float:
    """The longest that any request was ordered to be held, in seconds; 0 where none was."""
    held = (one.get("long_ms") for one in by_name(order, "routes").values() if one.get("long_share"))
    longest = (one[-1] for one in held if isinstance(one, list) and one)
    return max((ms for ms in longest if isinstance(ms, int | float)), default=0) / 1000


def ordered_journeys(order: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Its journeys by name, as a contract has them; what is no journey has no entry."""
    found, routes = {}, order.get("routes")
    names = [one.get("name") for one in routes if isinstance(one, dict)] if isinstance(routes, list) else []
    for name, one in by_name(order, "journeys").items():
        if isinstance(one.get("steps"), list):
            session = one.get("session")
            found[name] = {
                "name": name,
                "weight": one.get("weight"),
                "steps": [names[step] for step in one["steps"] if isinstance(step, int) and step < len(names)],
                "session_begins": session.get("begins") if isinstance(session, dict) else None,
            }
    return found
