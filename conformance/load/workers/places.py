"""Where the workers of a load run, and where each of them writes."""

import sys
from collections.abc import Sequence
from pathlib import Path

from conformance.load.spec import LoadSpec
from conformance.load.workers.messages import HOST

FOLDER = "workers"
"""In the run directory: what each worker has written, 1, 2 ...; when all is put together only their logs are left."""
_LOCUSTFILE = Path(__file__).parents[1] / "locustfile.py"


def folder_of(order: LoadSpec, worker: int) -> Path:
    """Where this worker writes; they count from 0."""
    return Path(order.directory) / FOLDER / str(worker + 1)


def liaison_argv(port: int, command: Sequence[str]) -> list[str]:
    """What stands here for a worker that runs where this command runs programs; its master listens at this port."""
    return [sys.executable, "-m", "conformance.load.workers.liaison", str(port), *command]


def worker_argv(port: int) -> list[str]:
    """A worker whose master listens at this port, on the loopback of whoever runs it."""
    argv = [sys.executable, "-m", "locust", "-f", str(_LOCUSTFILE), "--worker"]
    return [*argv, "--master-host", HOST, "--master-port", str(port), "--loglevel", "WARNING"]
