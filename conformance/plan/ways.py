"""How an instance goes down and up, as steps of a batch: by its role, the offline policy and the order."""

from conformance.plan.offline import OfflinePolicy
from conformance.plan.release import Round
from conformance.plan.steps import (
    Action,
    AwaitAnswered,
    AwaitListed,
    AwaitUnlisted,
    Drain,
    GoOffline,
    Hang,
    ServeOut,
    Start,
    Stop,
)
from conformance.plan.topology import CALLERS

Way = list[tuple[str, Action]]
"""Title and action of each step."""


def callers(round_: Round) -> str:
    """Those who call what is released: ``entry instance``; of several, whoever calls each."""
    return f"{CALLERS[round_.role]} instance" if len(round_.parts) == 1 else "caller"


def way_down(round_: Round, policy: OfflinePolicy) -> Way:
    """From serving to stopped."""
    if not policy.leaves_first:
        return _unannounced(round_, policy)
    stop = Stop("SIGTERM", in_mid_write=False)
    if round_.role == "entry":
        return [
            ("Drain: out of the SLB's group while a write is in flight, until nothing is", Drain()),
            ("Stop: SIGTERM", stop),
        ]
    told = "deregister and tell the callers" if policy.notifies else "deregister"
    return [
        (f"Go offline: {told}, while a write is in flight", GoOffline(notify=policy.notifies)),
        (f"Serve on until no {callers(round_)} lists it and nothing is in flight", ServeOut()),
        ("Stop: SIGTERM", stop),
    ]


def _unannounced(round_: Round, policy: OfflinePolicy) -> Way:
    noticed = (
        "the SLB's health check has taken it out"
        if round_.role == "entry"
        else f"neither the registry nor any {callers(round_)} lists it"
    )
    unlisted: tuple[str, Action] = (f"Wait until {noticed}", AwaitUnlisted())
    if policy.stop == "SIGSTOP":
        end = Stop("SIGKILL", in_mid_write=False)
        return [("Hang: SIGSTOP while a write is in flight", Hang()), unlisted, ("Stop: SIGKILL", end)]
    goes = ", its address goes too" if policy.vanishes else ""
    stop = Stop(policy.stop, in_mid_write=True, vanish=policy.vanishes)
    return [(f"Stop: {policy.stop} while a write is in flight{goes}", stop), unlisted]


def way_up(round_: Round) -> Way:
    """From nothing to serving."""
    listed = (
        "Enrol: into the SLB's group, until its health check has passed"
        if round_.role == "entry"
        else f"Wait until the registry and every {callers(round_)} list it"
    )
    return [
        (f"Start: {round_.to}, until ready", Start(round_.to)),
        (listed, AwaitListed()),
        ("Wait until each has answered and the traffic suffices", AwaitAnswered()),
    ]
