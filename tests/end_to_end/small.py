"""Small releases on real servers: two instances, short batches, and a place to meddle with them."""

import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from conformance.judge.judge import judge
from conformance.judge.model import Judgement, Verdict
from conformance.load.process import LoadProcess
from conformance.load.spec import Progress
from conformance.plan import Plan, Release, Step, plan
from conformance.record.contract import Expected
from conformance.record.files import EVENTS
from conformance.record.thresholds import Thresholds
from conformance.run.conductor import Run
from conformance.run.load_driver import LoadDriver
from conformance.run.timings import Timings
from conformance.run.waiting import until
from conformance.run.world import Instance, Process, World
from fixtures.glue.operator import CONTROL
from fixtures.glue.run_spec import Scenario, run_spec
from fixtures.glue.servers import ServerConfig
from fixtures.glue.session_topology import SessionTopology
from fixtures.glue.settings import NO_REGISTRY, SAMPLE
from fixtures.platforms.embedded.process import LocalProcess
from fixtures.services.descriptor import Descriptor
from fixtures.services.instance import DescribedInstance
from fixtures.services.overrides import Override
from tests.glue.made_settings import made_settings

LIAR = "liar"
"""A version of orders that says v1 of itself."""

_V2 = """[services.orders.versions.v2]
command = ["{python}", "-m", "fixtures.services.python.orders"]
image = "release-conformance/python"
args = ["python", "-m", "fixtures.services.python.orders"]
"""
_GOES = '{ http = "POST /offline?notify=true", notifies = true },\n'
"""Of inventory; in that of orders a comment stands behind it."""
BAD_ACTORS = {
    _V2: _V2 + "\n" + _V2.replace("v2", LIAR) + 'env = { VERSION = "v1" }\n',
    _GOES: _GOES.replace("POST /offline?notify=true", "GET /ready"),
}
"""The liar, and an offline hook of inventory that does nothing."""

QUICK = {
    "released_instances = 10": "released_instances = 2",
    "long_share = 0.15": "long_share = 0.3",
    "long_ms = [200, 600]": "long_ms = [200, 300]",
    "warm_up_requests = 200": "warm_up_requests = 40\nrate = 150",
}

# Half of the requests are writes, and it is a write that shows which version made it: of fifteen, one surely is.
USUAL = ServerConfig("nacos")

THRESHOLDS = Thresholds(
    baseline_requests=60,
    batch_requests=100,
    batch_writes=20,
    incarnation_answers=15,
    gray_requests=300,
    gray_answers=80,
    # Of so few requests p99 is a single stall of a machine that others use, too: that is judged by records of its own.
    lateness_p99_ms=250.0,
)
TIMINGS = Timings(served_out=4, stopped=4, listed=4, ready=8, enough_traffic=4, unlisted=4, quiet=2, audit=2)


def small_descriptor(
    folder: Path, changes: Mapping[str, str] | None = None, overrides: Iterable[Override] = ()
) -> Descriptor:
    """The sample's descriptor with two released instances and many short holds, and further texts or keys replaced."""
    text = SAMPLE.read_text()
    for old, new in {**QUICK, **(changes or {})}.items():
        assert old in text, old
        text = text.replace(old, new)
    folder.mkdir(exist_ok=True)
    (folder / "services.toml").write_text(text)
    shutil.copy(SAMPLE.with_name("schema.sql"), folder)
    return Descriptor.read(folder, overrides)


@dataclass
class Meddler:
    """A narrator that does something of its own when a step begins."""

    at: str = ""
    act: Callable[[], None] = lambda: None
    failed: list[str] = field(default_factory=list)
    halts: list[str] = field(default_factory=list)
    """Why it halted, and an empty text when it went on."""

    def planned(self, plan: Plan) -> None: ...

    def began(self, step: Step) -> None:
        if step.number == self.at:
            self.act()

    def ended(self, step: Step, *, done: bool, saw: str) -> None:
        if not done:
            self.failed.append(f"{step.number}: {saw}")

    def progress(self, progress: Progress) -> None: ...

    def halted(self, why: str) -> None:
        self.halts.append(why)

    def finished(self, doing: str) -> None: ...


@dataclass
class Small:
    """Carries small releases out."""

    session_topology: SessionTopology
    folder: Path
    runs: int = 0
    load_pid: int = 0

    def release(  # noqa: PLR0913 - what tests vary
        self,
        release: Release,
        meddler: Meddler | None = None,
        thresholds: Thresholds = THRESHOLDS,
        config: ServerConfig = USUAL,
        alter: Callable[[Plan], Plan] = lambda drawn: drawn,
        *,
        rate: int = 150,
        workers: int = 1,
        timings: Timings = TIMINGS,
        driver: Callable[..., LoadDriver] = LoadProcess,
    ) -> tuple[Judgement, Path]:
        self.runs += 1
        directory = self.directory
        directory.mkdir()
        drawn = alter(plan(release))
        if not self.session_topology.descriptor.uses_registry:
            config = replace(config, registry=NO_REGISTRY)
        world = self.session_topology.open(config)
        order = run_spec(
            run=f"e{self.runs}e",
            directory=directory,
            scenario=Scenario(name="small", title="a small release", promise="A8", expected=Expected()),
            plan=drawn,
            rate=rate,
            settings=made_settings(out=Path(), workers=workers, slb=config.slb),
            session_topology=self.session_topology,
            registry=config.registry,
            thresholds=thresholds,
            timings=timings,
        )
        run = Run(replace(order, spawned=self._spawned), world.slb.address, meddler or Meddler(), driver)
        try:
            run.carry_out(self.session_topology.arrange(drawn))
        finally:
            run.abandon()
        return judge(directory), directory

    @property
    def world(self) -> World:
        """The one that is open."""
        return self.session_topology.world

    @property
    def directory(self) -> Path:
        """Of the run that is being carried out, or was the last."""
        return self.folder / f"run-{self.runs}"

    def versions(self) -> list[str]:
        """Of the instances of orders that live."""
        return [one.version for one in self.world.group(self.session_topology.topology.service("orders").name).living()]

    def tell(self, file: str, word: str) -> None:
        """A person's word to the run that is being carried out."""
        (self.directory / file).write_text(word)

    def aborting(self, at: str) -> Meddler:
        """Whoever aborts the release when this step begins; nobody where it names none."""
        return Meddler(at, lambda: self.tell(CONTROL, "abort"))

    def until_recorded(self, *parts: str) -> None:
        """Wait until one event of the run that is being carried out says all of this."""

        def told() -> list[str]:
            lines = (self.directory / EVENTS).read_text().splitlines()
            return [line for line in lines if all(part in line for part in parts)]

        until(f"{' '.join(parts)} in the record", told, within_s=30)

    def pid_of(self, one: Process | Instance) -> int:
        """The number of a process of the embedded platform: a server's, or an instance's."""
        process = one.process if isinstance(one, DescribedInstance) else one
        assert isinstance(process, LocalProcess), one
        return process.pid

    def _spawned(self, pid: int, name: str) -> None:
        self.load_pid = pid
        self.session_topology.spawned(pid, name)


def refused(judgement: Judgement) -> str:
    """Why it was refused; nothing was lost by it."""
    assert judgement.verdict is Verdict.NO_GO
    assert {one.finding for one in judgement.findings if one.verdict is Verdict.NO_GO} == {"refused"}
    assert judgement.counts["failed"] == judgement.counts["partial_writes"] == 0
    assert judgement.refusal is not None
    return judgement.refusal.why
