"""How many connections a load's process needs, and the open files that go with them.

A load that runs out of connections no longer measures the system, so the cap is what would be needed if nothing were
answered at all.
"""

import math
import resource

from conformance.load.spec import LoadSpec

_SPARE_CONNECTIONS = 64
_OTHER_FILES = 128


def warm_connections(spec: LoadSpec) -> int:
    """Connections that are held open even where the load needs fewer."""
    return max(8, min(64, int(spec.own_rate) // 50))


def most_connections(spec: LoadSpec) -> int:
    """Enough for each request to hold one until its timeout, and for the warm ones."""
    if spec.tasks is not None:
        # Each execution may take a user, and each user a connection, for as long as a request may take.
        return math.ceil(spec.own_rate * spec.timeout_s) + spec.tasks.users + _SPARE_CONNECTIONS
    each = zip(spec.routes, spec.requests_each, strict=True)
    waits_s = sum(number * (route.timeout_s or spec.timeout_s) for route, number in each)
    return math.ceil(spec.own_rate * waits_s) + warm_connections(spec) + _SPARE_CONNECTIONS


def open_files(spec: LoadSpec) -> int:
    """Open files that the load's process may need."""
    return most_connections(spec) + _OTHER_FILES


def open_files_allowed() -> int | None:
    """Most that this user may have; None: no limit."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return None if hard == resource.RLIM_INFINITY else hard


def allow_open_files(spec: LoadSpec) -> None:
    """Raise this process's limit to what the load may need; raises ValueError beyond what the user may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < open_files(spec):
        resource.setrlimit(resource.RLIMIT_NOFILE, (open_files(spec), hard))
