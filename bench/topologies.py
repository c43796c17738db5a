"""What a topology costs as it grows: plain services in a binary tree of calls behind one entry.

First more and more services of two instances each, then more and more instances of the one that is released. Each size
comes up on real servers, has that service released in two batches under load, and is judged. Nothing is shared between
two sizes; all are measured in one run, one after the other: ``python -m bench.topologies [services|instances N ...]``.
"""

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from conformance.judge.judge import judge
from conformance.load.spec import Progress
from conformance.plan import Plan, Step, batches, lossless, plan
from conformance.record.contract import Expected
from conformance.record.thresholds import Thresholds
from conformance.run.conductor import Run
from fixtures.glue.run_spec import Scenario, run_spec
from fixtures.glue.servers import ServerConfig
from fixtures.glue.session_topology import SessionTopology
from fixtures.glue.settings import Settings
from fixtures.services.descriptor import Descriptor

RELEASED = "s2"
SCRIPT = Path(__file__).with_name("one_of_many.py")


@dataclass(frozen=True, slots=True)
class Size:
    """Of a topology."""

    services: int
    instances: int = 2
    """Of the released service; the others have two."""
    rate: int = 20
    """Requests per second."""
    answers: int = 15
    """By each new incarnation, before its batch is over."""

    @property
    def all_instances(self) -> int:
        """Of all services."""
        return 2 * (self.services - 1) + self.instances

    @property
    def thresholds(self) -> Thresholds:
        """By which a batch is over, and judged."""
        return Thresholds(baseline_requests=60, batch_requests=150, incarnation_answers=self.answers)


SERVICES = tuple(Size(services) for services in (5, 10, 20, 30))
INSTANCES = tuple(Size(5, instances, rate=100, answers=5) for instances in (10, 30, 100))
"""Half of the requests come to the released service: enough for each of many to be asked some times."""

_HEAD = """\
schema = "release-topology/1"
name = "many"

[workload]
rate = {rate}
warm_up_requests = 40
routes = [{{ name = "walk", method = "GET", path = "/", expect = [200], write = false, weight = 1 }}]
"""
_SERVICE = """
[services.s{number}]
{place}
version = "1"
versions.1.command = ["{{python}}", "{script}"]
versions.2.command = ["{{python}}", "{script}"]
instances = {instances}
released_instances = {instances}
ready = "GET /health"
ready_s = 120.0
admin = {{ address = "{{host}}:{{port}}"{health} }}
[services.s{number}.env]
LISTEN = "{{host}}:{{port}}"
NAME = "S{number}"
CALLS = "{callees}"
EUREKA = "{{registry}}"
RENEW_S = "{{renew_s}}"
EXPIRE_S = "{{expire_s}}"
REFRESH_S = "{{refresh_s}}"
"""


class _Silent:
    """Tells nobody how far a run is."""

    def planned(self, plan: Plan) -> None: ...

    def began(self, step: Step) -> None: ...

    def ended(self, step: Step, *, done: bool, saw: str) -> None: ...

    def progress(self, progress: Progress) -> None: ...

    def halted(self, why: str) -> None: ...

    def finished(self, doing: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one size."""

    size: Size
    servers_s: float
    """Until SLB and registry stood."""
    up_s: float
    """From there until every instance was ready, listed, and seen by its callers."""
    up_cpu_s: float
    """Processor time of all processes in that time."""
    memory_mb: float
    """Of the instances, what each has to itself, once they stood."""
    released_s: float
    """From the load's start to the last record."""
    judged_s: float
    verdict: str
    requests: int
    failed: int


def descriptor(size: Size) -> str:
    """Service n calls 2n and 2n + 1, where there are such; the first is the entry."""
    parts = [_HEAD.format(rate=size.rate)]
    for number in range(1, size.services + 1):
        callees = [f"s{one}" for one in (2 * number, 2 * number + 1) if one <= size.services]
        place = "entry = true\n" if number == 1 else f'registry.name = "S{number}"\n'
        place += f"calls = {callees}" if callees else ""
        health = ', health = "GET /health"' if number == 1 else ""
        names = " ".join(name.upper() for name in callees)
        instances = size.instances if f"s{number}" == RELEASED else 2
        told = {"number": number, "place": place, "health": health, "script": SCRIPT, "callees": names}
        parts.append(_SERVICE.format(instances=instances, **told))
    return "".join(parts)


def measured(size: Size, folder: Path) -> Cost:
    """Up, released and judged."""
    folder.mkdir()
    (folder / "services.toml").write_text(descriptor(size))
    topology = SessionTopology(Descriptor.read(folder), lambda _line: None, released=(RELEASED,))
    try:
        began = time.monotonic()
        world = topology.open(ServerConfig("eureka"))
        servers_s = time.monotonic() - began
        drawn = plan(batches(topology.topology.service(RELEASED), batches=2, offline=lossless))
        began, cpu = time.monotonic(), _cpu_s()
        topology.arrange(drawn)
        up_s, up_cpu_s, memory_mb = time.monotonic() - began, _cpu_s() - cpu, _memory_mb(folder)
        directory = folder / "run"
        directory.mkdir()
        order = run_spec(
            run="b1b",
            directory=directory,
            scenario=Scenario(name="many", title="one of many is released", promise="A8", expected=Expected()),
            plan=drawn,
            rate=size.rate,
            settings=_settings(folder),
            session_topology=topology,
            registry="eureka",
            thresholds=size.thresholds,
        )
        began = time.monotonic()
        run = Run(order, world.slb.address, _Silent())
        try:
            run.carry_out(world)
        finally:
            run.abandon()
        released_s, began = time.monotonic() - began, time.monotonic()
        judgement = judge(directory)
        for finding in judgement.findings:
            print(f"  {size}: {finding.verdict} {finding.message}", file=sys.stderr)
        return Cost(
            size,
            servers_s,
            up_s,
            up_cpu_s,
            memory_mb,
            released_s,
            time.monotonic() - began,
            judgement.verdict,
            judgement.counts["requests"],
            judgement.counts["failed"],
        )
    finally:
        topology.close()


def _settings(folder: Path) -> Settings:
    return Settings(
        platform="embedded",
        registry="eureka",
        slb="nginx",
        services=folder,
        profile="core",
        rate=None,
        plan_only=False,
        judge=(),
        keep=False,
        out=folder,
    )


def _children() -> Iterator[psutil.Process]:
    yield from psutil.Process().children(recursive=True)


def _cpu_s() -> float:
    """Of this process and all that it has started, those that have ended too."""
    total = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    for child in _children():
        try:
            times = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def _memory_mb(folder: Path) -> float:
    own = [one for one in _children() if str(SCRIPT) in one.cmdline()]
    assert own, folder
    return float(sum(one.memory_full_info().uss for one in own)) / 1e6


def main(asked: list[str]) -> None:
    """The tables of docs/benchmarks.md."""
    what, *numbers = asked or ["both"]
    given = tuple(map(int, numbers))
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")
    if what in ("both", "services"):
        _table("a service", tuple(Size(one) for one in given) or SERVICES, lambda size: size.services)
    if what in ("both", "instances"):
        sizes = tuple(Size(5, one, rate=100, answers=5) for one in given) or INSTANCES
        _table("an instance", sizes, lambda size: size.all_instances)


def _table(of: str, sizes: Sequence[Size], number: Callable[[Size], int]) -> None:
    columns = ("Services", "Instances", "Servers, s", "Up, s", "CPU, s", of, "Memory, MB", "Released, s", "Judged, s")
    print("| " + " | ".join((*columns, "Verdict")) + " |\n" + "|---" * 10 + "|")
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="many-") as folder:
            cost = measured(size, Path(folder) / "many")
        print(
            f"| {size.services} | {size.all_instances} | {cost.servers_s:.1f} | {cost.up_s:.1f} | {cost.up_cpu_s:.1f} "
            f"| {cost.up_cpu_s / number(size):.2f} | {cost.memory_mb:.0f} | {cost.released_s:.1f} "
            f"| {cost.judged_s:.1f} | {cost.verdict}, {cost.failed} of {cost.requests} failed |",
            flush=True,
        )


if __name__ == "__main__":
    main(sys.argv[1:])
