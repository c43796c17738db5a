"""One semantic damage to a real record, and what it must be judged as."""

from collections.abc import Callable
from dataclasses import dataclass

from conformance.judge.model import Verdict
from tests.judge.real_records import Damage

SAMPLE = "orders-gray"
SHOP = "stock-in-batches"
JOURNEYS = "baskets-sticky"
NO_GO, INCONCLUSIVE, GO = Verdict.NO_GO, Verdict.INCONCLUSIVE, Verdict.GO


@dataclass(frozen=True)
class DamageCase:
    name: str
    record: str
    verdict: Verdict
    finding: str
    damage: Damage


def damages(
    into: list[DamageCase], verdict: Verdict, finding: str = "", *, record: str = SAMPLE
) -> Callable[[Damage], Damage]:
    """Add the decorated damage to the list, by its name."""

    def add(damage: Damage) -> Damage:
        into.append(DamageCase(damage.__name__.strip("_"), record, verdict, finding, damage))
        return damage

    return add
