"""How many connections a load needs, and the open files that go with them.

A load that runs out of connections no longer measures the system, so the cap is what would be needed if nothing were
answered at all.
"""

import math
import resource

from conformance.load.order import LoadOrder

_SPARE_CONNECTIONS = 64
_OTHER_FILES = 128


def warm_connections(order: LoadOrder) -> int:
    """Connections that are held open even where the load needs fewer."""
    return max(8, min(64, order.rate // 50))


def most_connections(order: LoadOrder) -> int:
    """Enough for each request to hold one until its timeout, and for the warm ones."""
    return math.ceil(order.rate * order.timeout_s) + warm_connections(order) + _SPARE_CONNECTIONS


def open_files(order: LoadOrder) -> int:
    """Open files that the load's process may need."""
    return most_connections(order) + _OTHER_FILES


def open_files_allowed() -> int | None:
    """Most that this user may have; None: no limit."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return None if hard == resource.RLIM_INFINITY else hard


def allow_open_files(order: LoadOrder) -> None:
    """Raise this process's limit to what the load may need; raises ValueError beyond what the user may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < open_files(order):
        resource.setrlimit(resource.RLIMIT_NOFILE, (open_files(order), hard))
