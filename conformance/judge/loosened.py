"""What a contract asks less of than the suite does by default: it is judged as recorded, and that is said."""

from typing import Final, Literal

from conformance.record.contract import Contract
from conformance.record.thresholds import Thresholds

Stricter = Literal["more", "less"]

STRICTER: Final[dict[str, Stricter]] = {
    "client_timeout_s": "less",
    "baseline_requests": "more",
    "batch_requests": "more",
    "batch_writes": "more",
    "incarnation_answers": "more",
    "in_flight_at_stop": "more",
    "usual_requests": "more",
    "gray_requests": "more",
    "gray_answers": "more",
    "gray_slower": "less",
    "gray_slower_ms": "less",
    "promise_answers": "less",
    "sent_share": "more",
    "worst_second_share": "more",
    "lateness_p99_ms": "less",
    "lateness_max_ms": "less",
    "clock_drift_ms": "less",
    "gray_share_chance": "more",
    "rotation_gap_s": "less",
    "spare_processors": "less",
    "starved_share": "more",
    "starved_before_s": "less",
    "stall_ms": "less",
}
"""Each threshold, and in which direction it demands more."""

SERVER_ERROR = 500
"""The first status that is an error of the server's."""


def loosened(contract: Contract) -> tuple[str, ...]:
    """One phrase for each: ``client_timeout_s 60 instead of 10``; empty where nothing is looser."""
    defaults, found = Thresholds(), []
    for name, stricter in STRICTER.items():
        usual, own = getattr(defaults, name), getattr(contract.thresholds, name)
        if own < usual if stricter == "more" else own > usual:
            found.append(f"{name} {own:g} instead of {usual:g}")
    for release in contract.releases:
        batches = [set(batch.instances) for batch in release.batches]
        own_names = set(contract.service(release.service).instances)
        largest = max((len(batch & own_names) for batch in batches), default=0)
        left = 0 if release.position == "worker" else len(own_names) - (0 if release.start_first else largest)
        if release.minimum_in_rotation < left:
            found.append(f"{release.minimum_in_rotation} of {release.service} in rotation instead of {left}")
    widened = (
        (route, [str(status) for status in route.expect if status >= SERVER_ERROR]) for route in contract.load.routes
    )
    found += [f"{route.name} may be answered {' or '.join(statuses)}" for route, statuses in widened if statuses]
    return tuple(found)
