"""How long an instance may still be called after its offline mark, by the policy and by how often it is called."""

from collections.abc import Sequence

from conformance.load.spec import Route
from conformance.plan import OfflinePolicy


def removal_bound_s(policy: OfflinePolicy, *, told_within_s: float, round_s: float) -> float | None:
    """Seconds that the policy allows; None: any number.

    Who notifies tells a caller with the next answer, and cannot have told one that has not called since: where callers
    come round seldom, two of their rounds are allowed. Who does not notify waits for registry and lists.
    """
    if policy.removal_bound_s is None:
        return None
    if policy.notifies:
        return max(policy.removal_bound_s, 2 * round_s)
    return policy.removal_bound_s + told_within_s


def round_s(*, instances: int, callers: int, rate: int, routes: Sequence[Route]) -> float:
    """Seconds from a caller's call of an instance to its next one there, where each caller takes them in turn.

    A write goes all the way down the chain; what else is asked for may not come so far.
    """
    whole = sum(route.weight for route in routes)
    writes = sum(route.weight for route in routes if route.write) or whole
    return instances * callers / (rate * writes / whole)
