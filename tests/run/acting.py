"""Releases into the stub by ways down and up of a test's own, and calls of its world that fail."""

from dataclasses import replace
from pathlib import Path

from conformance.plan import (
    Act,
    CommandAct,
    HttpAct,
    RegistryAct,
    Service,
    batches,
    lossless,
)
from conformance.run.world import Gone
from tests.run.stub_run import StubRun
from tests.run.stub_world import StubInstance

SCRIPT = CommandAct(argv=("leave", "it"))
IDLE = CommandAct(argv=("is", "idle"))
PAUSE = HttpAct(method="PUT", path="/pause")
OUT = RegistryAct("out of service")


def released_by(folder: Path, service: Service, *acts: Act, up: tuple[Act, ...] = (), instances: int = 4) -> StubRun:
    """A release of the service by these acts, ready to go."""
    released = replace(service, way_down=acts, way_up=up, released_instances=instances)
    return StubRun(folder, batches(released, offline=lossless))


def gone(run: StubRun, call: str, *, until: int = 10**9, says: str = "403 no") -> None:
    """Let this call of the world's fail until it has been made so often."""
    made: list[str] = []

    def meddle(now: str, _times: int) -> None:
        if now.endswith(call):
            made.append(now)
            if len(made) <= until:
                raise Gone(says)

    run.stub.calls.meddle = meddle


def old(run: StubRun) -> list[StubInstance]:
    """Every incarnation of the old version."""
    return [one for one in run.stub.groups[run.release.service.name].every if one.version == "v1"]
