"""What the run could not see, or saw fail on single instances: for people, beside the steps."""

from collections.abc import Sequence

from conformance.judge.model import InstanceTold
from conformance.judge.wording import number, plural, seconds
from conformance.record import events
from conformance.record.contract import RouteFacts
from conformance.record.events import Event
from conformance.record.load_end import LoadEnd

MOST_NOTES = 100


def notes(happened: Sequence[Event]) -> tuple[str, ...]:
    """One line each, in the order of their times; the first MOST_NOTES."""
    told = [f"{seconds(event.at_ns)}: {said}" for event in happened if (said := _said(event))]
    return tuple(told[:MOST_NOTES])


def told_of_instances(happened: Sequence[Event]) -> tuple[InstanceTold, ...]:
    """What a system that stands already told by itself, instance by instance, each in the order of time."""
    told = [
        InstanceTold(at_ns=event.at_ns, incarnation=event.incarnation, aspect=event.aspect, said=event.said)
        for event in happened
        if isinstance(event, events.Told)
    ]
    first = {one.incarnation: one.at_ns for one in sorted(told, key=lambda one: -one.at_ns)}
    return tuple(sorted(told, key=lambda one: (first[one.incarnation], one.incarnation, one.at_ns)))


def of_sessions(load: LoadEnd, routes: Sequence[RouteFacts]) -> tuple[str, ...]:
    """How often clients went on on another connection, where a route allows it."""
    if not load.reconnects and not any(route.goes_on for route in routes):
        return ()
    return (f"{plural(load.reconnects, 'time')} a session went on on another connection, as its route allows",)


def of_connections(load: LoadEnd) -> tuple[str, ...]:
    """Where so many answers ended their connections that a client's reuse of them was hardly tried."""
    if load.ended_by_answers * 2 < max(1, load.sent):
        return ()
    said = plural(load.ended_by_answers, "answer")
    return (f"{said} of {number(load.sent)} ended the connection: a request on one that closes was hardly tried",)


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
