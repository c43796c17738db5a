"""Whether a record claims only what really happened in the stub world."""

from collections.abc import Iterator

from conformance.plan import QuietAct, RegistryAct
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
            yield bool(world.slb.rules) or world.slb.weighed > 0 or bool(world.registry.told)
        case _ if incarnation := getattr(event, "incarnation", ""):
            yield _of_instance(world, world.instance(incarnation), event)


def _of_instance(world: StubWorld, one: StubInstance, event: Event) -> bool:  # noqa: C901, PLR0911, PLR0912 - a flat table
    told = {address for address, _ in world.registry.told}
    match event:
        case events.WritesInFlight(requests=requests):
            return not requests or "held" in one.shows
        case events.DrainAcknowledged():
            return not world.slb.group[one.incarnation].enrolled
        case events.MarkedOffline(notify=notify):
            return (one.address in told and not notify) or notify in {act.notifies for act in one.performed}
        case events.Performed(act=act):
            states = {str(RegistryAct(state)) for address, state in world.registry.told if address == one.address}
            return act in states | {str(done) for done in one.performed}
        case events.NothingInFlight():
            by_word = any(isinstance(act, QuietAct) and (act.command or act.log) for act in one.group.service.way_down)
            return by_word or ("in_flight" in one.shows and one.in_flight == 0)
        case events.Signalled(signal=signal):
            return signal in one.received
        case events.Exited(code=code, signal=signal):
            return one.ended == ExitStatus(code, signal)
        case events.Launched(version=version):
            return one.version == version
        case events.Registered():
            return one.group.registered_as is not None
        case events.Listed(observer="slb"):
            return one.incarnation in world.slb.group
        case events.Listed(observer=observer):
            return any(by.name == observer and "sees" in by.shows for by in world.everybody())
        case events.Unlisted(observer="slb"):
            return one.ended is not None or one.silent
        case events.Unlisted(observer="registry") if one.group.registered_as is None:
            return False
        case events.Unlisted():
            return one.incarnation not in world.lists()[one.service]
        case events.Answered(executions=executions):
            by_the_slb = one.group.position == "entry" and 0 < executions <= world.slb.lines_each
            return by_the_slb or ("executions" in one.shows and executions > 0)
        case _:
            return True
