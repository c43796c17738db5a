"""Releases of the stationer's shop, which knows nothing of the suite, under workloads of routes."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from conformance.judge.model import Judgement
from conformance.plan import batches, lossless
from fixtures.glue.session_topology import SessionTopology
from fixtures.services.descriptor import Descriptor
from tests.end_to_end.small import Small

SERVICE = Path(__file__).with_name("stationer.py")
DESCRIPTOR = """\
schema = "release-topology/1"
name = "stationery"

[services.stationer]
entry = true
version = "old"
next = "new"
versions.old.command = ["{python}", "stationer.py"]
versions.new = { command = ["{python}", "stationer.py"], env = { OF_THE_NEW } }
instances = 2
released_instances = 2
ready = "GET /up"
env = { HOST = "{host}", PORT = "{port}", SHELF = "SHELF_FOLDER", OF_BOTH }
admin = { address = "{host}:{port}", health = "GET /up" }
"""
READ = """
[workload]
rate = 120
warm_up_requests = 30

[[workload.routes]]
name = "look at an article"
method = "GET"
path = "/articles/pen"
expect = [200]
check = { pointer = "/price", equal = 120 }
write = false
weight = 1
"""


def stationery(
    folder: Path, workload: str, of_the_new: str = "", of_both: str = "", files: Mapping[str, str] | None = None
) -> Descriptor:
    """Its descriptor, with this workload."""
    folder.mkdir(exist_ok=True)
    shelf = folder / "shelf"
    shelf.mkdir()
    text = DESCRIPTOR.replace("OF_THE_NEW", of_the_new).replace(", OF_BOTH", f", {of_both}" if of_both else "")
    (folder / "services.toml").write_text(text.replace("SHELF_FOLDER", str(shelf)) + workload)
    shutil.copy(SERVICE, folder)
    for name, content in (files or {}).items():
        (folder / name).write_text(content)
    return Descriptor.read(folder)


@contextmanager
def opened(descriptor: Descriptor, folder: Path) -> Iterator[Small]:
    """Its topology."""
    session_topology = SessionTopology(descriptor, print)
    try:
        yield Small(session_topology, folder)
    finally:
        session_topology.close()


def released(small: Small, *, rate: int = 120) -> tuple[Judgement, Path]:
    """A lossless release of it, and the run's directory."""
    stationer = small.session_topology.topology.service("stationer")
    return small.release(batches(stationer, to="new", batches=2, offline=lossless), rate=rate)
