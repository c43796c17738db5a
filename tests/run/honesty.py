"""Whether a record claims only what really happened in the stub world."""

from collections.abc import Iterator

from conformance.record import events
from conformance.record.events import Event
from conformance.run.world import ExitStatus
from tests.run.stub_world import StubInstance, StubWorld


def false_claims(world: StubWorld, happened: list[Event]) -> list[Event]:
    """The events that the world, as it is in the end, does not bear out."""
    return [event for event in happened if not all(_borne_out(world, event))]


def _borne_out(world: StubWorld, event: Event) -> Iterator[bool]:
    match event:
        case events.Opened():
            yield world.slb.opened > 0
        case events.Exposed():
            yield world.slb.diverted > 0 or world.slb.weighed > 0
        case _ if incarnation := getattr(event, "incarnation", ""):
            yield _of_instance(world, world.instance(incarnation), event)


def _of_instance(world: StubWorld, one: StubInstance, event: Event) -> bool:  # noqa: C901, PLR0911, PLR0912 - a flat table
    match event:
        case events.WritesInFlight(requests=requests):
            return not requests or "held" in one.shows
        case events.DrainAcknowledged():
            return not world.slb.group[one.incarnation].enrolled
        case events.MarkedOffline():
            return one.offline
        case events.NothingInFlight():
            return "in_flight" in one.shows and one.in_flight == 0
        case events.Signalled(signal=signal):
            return signal in one.received
        case events.Exited(code=code, signal=signal):
            return one.ended == ExitStatus(code, signal)
        case events.Launched(version=version):
            return one.version == version
        case events.Registered():
            return one.group.role != "entry"
        case events.Listed(observer="slb"):
            return one.incarnation in world.slb.group
        case events.Listed(observer=observer):
            return any(by.name == observer and "sees" in by.shows for by in world.everybody())
        case events.Unlisted(observer="slb"):
            return one.ended is not None or one.silent
        case events.Unlisted():
            return one.incarnation not in world.lists()[one.service]
        case events.Answered(executions=executions):
            return "executions" in one.shows and executions > 0
        case _:
            return True
