"""How an instance goes down and up, as steps of a batch: by its acts, or as the offline policy ends it."""

from collections.abc import Sequence

from conformance.plan.acts import (
    LEAVES,
    Act,
    CommandAct,
    DrainAct,
    HttpAct,
    QuietAct,
    RegistryAct,
    SignalAct,
    UnlistedAct,
    WaitAct,
)
from conformance.plan.release import Round
from conformance.plan.steps import (
    Action,
    AwaitAnswered,
    AwaitEnd,
    AwaitListed,
    AwaitUnlisted,
    Drain,
    Dwell,
    Hang,
    Perform,
    ServeUntilQuiet,
    ServeUntilUnlisted,
    Start,
    Stop,
)
from conformance.plan.topology import Service
from conformance.plan.ways_down import OfflinePolicy

Way = list[tuple[str, Action]]
"""Title and action of each step."""

SUITES_ENTRY: tuple[Act, ...] = (DrainAct(), SignalAct())
"""A3: drained at the SLB, then stopped."""
SUITES_PROVIDER: tuple[Act, ...] = (RegistryAct("out of service"), UnlistedAct(), QuietAct(), SignalAct())
"""A4, A7: taken out of service by the registry's own API, serving on until every caller knows, then stopped."""
SUITES_WORKER: tuple[Act, ...] = (SignalAct(),)
"""No caller has to know: it finishes what it has begun, or leaves it to the others."""


def suites_way_down(service: Service) -> tuple[Act, ...]:
    """The acts by which the suite takes an instance down where a team declares none; empty where it has no way."""
    match service.position:
        case "entry":
            return (DrainAct(), *SUITES_PROVIDER) if service.registered else SUITES_ENTRY
        case "worker":
            return SUITES_WORKER
        case _:
            return SUITES_PROVIDER if service.registered else ()


def way_down_of(service: Service, policy: OfflinePolicy) -> tuple[Act, ...]:
    """The acts of a policy that leaves first; the team's own where it is the team's way that is meant."""
    if not policy.leaves_first:
        return ()
    own = service.way_down if policy.as_declared else ()
    acts = own or suites_way_down(service)
    return acts if not acts or any(isinstance(act, SignalAct) for act in acts) else (*acts, SignalAct())


def way_up_of(service: Service, down: Sequence[Act]) -> tuple[Act, ...]:
    """The team's acts; an address that was put out of service is put in service again where it is kept."""
    if service.way_up:
        return service.way_up
    out_of_service = any(isinstance(act, RegistryAct) for act in down)
    return (RegistryAct("in service"),) if service.kept_addresses and out_of_service else ()


def way_down(round_: Round, policy: OfflinePolicy) -> Way:
    """From serving to stopped."""
    if not policy.leaves_first:
        return _unannounced(round_, policy)
    way: Way = []
    begun = at_once = False
    for act in round_.parts[0].way_down:
        begins = not begun and isinstance(act, LEAVES | SignalAct)
        way.append(_step(act, round_, begins=begins, serves="Wait" if at_once else "Serve on"))
        begun = begun or begins
        at_once = act.at_once if isinstance(act, SignalAct) else at_once
    if at_once:
        way.append(("Wait until it has ended", AwaitEnd()))
    return way


def _step(act: Act, round_: Round, *, begins: bool, serves: str) -> tuple[str, Action]:  # noqa: PLR0911 - a flat table
    """The title says in ``serves`` what the instance does meanwhile.

    ``begins``: whether it is the first by which the instance leaves, or ends: a write is to be in flight then.
    """
    amid = _amid(round_) if begins else ""
    match act:
        case DrainAct():
            empty = "until nothing is" if amid else "until nothing is in flight"
            return f"Drain: out of the SLB's group{amid}, {empty}", Drain(begins)
        case HttpAct() | CommandAct():
            how = "Call" if isinstance(act, HttpAct) else "Run"
            told = "; its callers are told from then on" if act.notifies else ""
            return f"{how}: {act}{amid}{told}", Perform(act, begins)
        case RegistryAct(state):
            to = f"put {state}" if isinstance(state, str) else f"set {act}"
            return f"Registry: {to}{amid}", Perform(act, begins)
        case UnlistedAct():
            return f"{serves} until {_listers(round_)} lists it", ServeUntilUnlisted()
        case QuietAct(None, "") if not round_.service.shows_in_flight:
            return f"{serves}: nothing shows what is in flight", ServeUntilQuiet(act)
        case QuietAct(command, log, _):
            by = f", by {command}" if command else f", by its log: {log}" if log else ""
            return f"{serves} until nothing is in flight{by}", ServeUntilQuiet(act)
        case WaitAct(seconds):
            return f"{serves} for {seconds:g} s", Dwell(seconds)
        case SignalAct(signal, at_once):
            goes_on = ", without waiting for its end" if at_once else ""
            return f"Stop: {signal}{amid}{goes_on}", Stop(signal, in_mid_write=begins, at_once=at_once)


def _amid(round_: Round) -> str:
    """What is to be in flight on each instance where it begins to leave, for titles; nothing where it shows nothing."""
    if not round_.service.shows_in_flight:
        return ""
    return f" while a {'write' if round_.service.written else 'request'} is in flight"


def _listers(round_: Round) -> str:
    """Those who may list what is released, for titles."""
    return "neither the registry nor a caller" if round_.service.registered else "no caller"


def _unannounced(round_: Round, policy: OfflinePolicy) -> Way:
    noticed: Way = []
    if round_.behind_slb:
        noticed = [("Wait until the SLB's health check has taken it out", AwaitUnlisted())]
    elif round_.service.registered:
        noticed = [(f"Wait until {_listers(round_)} lists it", AwaitUnlisted())]
    if policy.stop == "SIGSTOP":
        end = Stop("SIGKILL", in_mid_write=False)
        return [(f"Hang: SIGSTOP{_amid(round_)}", Hang()), *noticed, ("Stop: SIGKILL", end)]
    goes = ", its address goes too" if policy.vanishes else ""
    stop = Stop(policy.stop, in_mid_write=True, vanish=policy.vanishes)
    return [(f"Stop: {policy.stop}{_amid(round_)}{goes}", stop), *noticed]


def way_up(round_: Round) -> Way:
    """From nothing to serving."""
    return [
        (f"Start: {round_.to}{at_a_time(round_)}, until ready", Start(round_.to, round_.most_starting)),
        *own_way_up(round_),
        *listed(round_),
        answered(round_),
    ]


def at_a_time(round_: Round) -> str:
    """How many of the batch may be starting at the same time, for titles; nothing where all may."""
    most = round_.most_starting
    if most is None or most >= len(round_.instances):
        return ""
    return ", one at a time" if most == 1 else f", {most} at a time"


def own_way_up(round_: Round) -> Way:
    """What is done once an instance is ready, before its callers list it."""
    return [_step(act, round_, begins=False, serves="Wait") for act in round_.parts[0].way_up]


def answered(round_: Round) -> tuple[str, Action]:
    """The step in which it proves itself; what nobody calls has nobody to answer."""
    each = "" if round_.service.position == "worker" else "each has answered and "
    return f"Wait until {each}the traffic suffices", AwaitAnswered()


def listed(round_: Round) -> Way:
    """The step in which its callers come to know it; none for what nobody has to know."""
    if round_.behind_slb:
        return [("Enrol: into the SLB's group, until its health check has passed", AwaitListed())]
    if round_.service.registered:
        return [("Wait until the registry and every caller list it", AwaitListed())]
    return []
