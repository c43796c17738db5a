"""While the gray served: of one service, or of several whose grays stand at the same time."""

from conformance.judge.incarnations import IncarnationFacts, mark_of
from conformance.judge.run_facts import RunFacts
from conformance.record.contract import Contract


def no_gray(contract: Contract) -> str:
    """Why no release of this service can begin with a part of its instances; empty where one can."""
    service = contract.service(contract.release.service)
    return "" if len(service.instances) > 1 else f"{service.name} has one instance: none of it can go first"


def has_gray(contract: Contract) -> bool:
    """Whether this release of the service begins with a part of its instances."""
    return any(batch.gray for batch in contract.release.batches)


def gray_window(contract: Contract, facts: RunFacts) -> tuple[int, int] | None:
    """From when everybody listed it and those whom it replaces had left, until it was opened, refused or followed.

    Returns:
        None where there is no gray, or nothing shows when it was listed or when that was over.
    """
    planned = [batch for release in contract.releases for batch in release.batches]
    grays = {batch.step for batch in planned if batch.gray}
    launched = [life for life in facts.lives.values() if life.launch_step.partition(".")[0] in grays]
    listed = [_listed_ns(contract, life) for life in launched]
    if not listed or None in listed:
        return None
    left = [mark_of(life) for life in facts.lives.values() if life.down_step.partition(".")[0] in grays]
    began_ns = max(at_ns for at_ns in (*listed, *left) if at_ns is not None)
    windows = [facts.timeline.window(batch.step) for batch in planned if not batch.gray]
    later = [window.began_ns for window in windows if window is not None]
    ends = [facts.opened_ns, *later, *(event.at_ns for event in facts.refused), facts.load_ended_ns]
    until_ns = min((at_ns for at_ns in ends if at_ns is not None and at_ns > began_ns), default=None)
    return None if until_ns is None else (began_ns, until_ns)


def _listed_ns(contract: Contract, life: IncarnationFacts) -> int | None:
    """When the last of those who were to list it did; of one that nothing lists, when it was ready."""
    others = (life.registered_ns, life.listed_by_time_ns)
    times = [at_ns for _, at_ns in life.listed] + [at_ns for at_ns in others if at_ns is not None]
    service = contract.service(life.service)
    unlisted = service.position != "entry" and not (service.registered and service.position == "provider")
    return max(times, default=life.ready_ns if unlisted else None)
