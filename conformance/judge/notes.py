"""What the run could not see, or saw fail on single instances: for people, beside the steps."""

from collections.abc import Sequence

from conformance.judge.wording import plural, seconds
from conformance.record import events
from conformance.record.events import Event

MOST_NOTES = 100


def notes(happened: Sequence[Event]) -> tuple[str, ...]:
    """One line each, in the order of their times; the first MOST_NOTES."""
    told = [f"{seconds(event.at_ns)}: {said}" for event in happened if (said := _said(event))]
    return tuple(told[:MOST_NOTES])


def _said(event: Event) -> str:
    """Empty for what is told elsewhere."""
    match event:
        case events.LookMissed():
            return f"{event.observer} did not say who is in rotation: {_first(event.why)}"
        case events.InstanceFailed():
            return f"step {event.step} failed on {event.incarnation or event.instance}: {_first(event.why)}"
        case events.InFlightUnknown():
            return f"{event.incarnation} was stopped without its requests in flight being seen"
        case events.Felt():
            return f"the fault was felt: {plural(event.failed, 'request')} failed meanwhile"
        case _:
            return ""


def _first(said: str) -> str:
    return said.partition("\n")[0]
