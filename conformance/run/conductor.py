"""One run from its contract to its end marker."""

import contextlib
import os
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from conformance.load.process import LoadFailed, LoadProcess
from conformance.plan import render
from conformance.record import events
from conformance.record.contract import Environment
from conformance.record.files import BrokenRecord
from conformance.record.writer import RecordWriter
from conformance.run.clock import Clock, wall_minus_monotonic
from conformance.run.collect import collect, ids_before
from conformance.run.contract import contract_of, load_spec, plan_nodes
from conformance.run.cpu_watch import CpuWatch
from conformance.run.load_driver import LoadDriver
from conformance.run.run_context import Narrator, RunContext
from conformance.run.spec import RunSpec
from conformance.run.steps import carry_out
from conformance.run.waiting import Unmet, until
from conformance.run.watch import Watch
from conformance.run.world import World


class Run:
    """One release under load, and its record.

    Made in two strokes, so that the load's process can start and prove itself while the topology is being brought up.
    """

    def __init__(
        self, spec: RunSpec, slb_address: str, narrator: Narrator, driver: Callable[..., LoadDriver] = LoadProcess
    ) -> None:
        """Write contract and plan, and let the load get ready.

        Args:
            spec: What is released, and how.
            slb_address: ``host:port`` that the load is sent to.
            narrator: Who tells a person how far the run is.
            driver: Makes the load of a LoadSpec and of ``started``, which is told its process id.
        """
        self._spec = spec
        self._narrator = narrator
        self._started = datetime.now(UTC)
        self._clock = Clock.start()
        self._writer = RecordWriter(spec.directory, spec.redaction)
        self._writer.write_contract(contract_of(spec))
        self._writer.write_plan(plan_nodes(spec.plan), render(spec.plan))
        self._load: LoadDriver = driver(
            load_spec(spec, self._clock, slb_address),
            started=lambda pid: spec.spawned(pid, "load"),
            redaction=spec.redaction,
        )
        self._load.launch()

    def carry_out(self, world: World) -> None:
        """Release into this world under load, record all of it, seal the record.

        What goes wrong on the way is in the record: the judge says what it means. Only what makes a record
        impossible is raised, and then the directory has no end marker.

        Raises:
            LoadFailed: The load's process did not become ready: nothing has been released.
        """
        spec = self._spec
        context = RunContext(
            plan=spec.plan,
            world=world,
            load=self._load,
            writer=self._writer,
            clock=self._clock,
            thresholds=spec.thresholds,
            timings=spec.topology_timers.patient(spec.timings.at(spec.rate)),
            told_within_s=spec.topology_timers.told_within_s,
            narrator=self._narrator,
            headers=spec.headers,
            ids=spec.headers.ids(spec.run),
            review=spec.review,
            ask=spec.ask,
            control=spec.control,
            slb_lines=spec.slb_lines,
            has_writes=any(route.write for route in spec.routes) or bool(spec.tasks and spec.tasks.writes),
            holds_writes=any(route.write and route.long_share > 0 for route in spec.routes),
        )
        self._narrator.planned(spec.plan)
        try:
            self._load.wait_ready(spec.timings.for_workers(spec.workers).load_ready)
            before_ids = ids_before(context) if spec.audit.joined_by else frozenset[str]()
            with CpuWatch(context.writer.event, context.clock, context.thresholds, context.timings), Watch(context):
                self._release(context)
            self._narrator.finished("reading ledger and logs")
            collect(context, spec.directory, spec.redaction, settles_s=spec.audit.settles_s, before_ids=before_ids)
            self._writer.write_environment(self._environment())
            with contextlib.suppress(BrokenRecord):  # it then has no end marker, and the judge says what is missing
                self._writer.seal()
        finally:
            self._load.kill()
            self._narrator.finished("")

    def abandon(self) -> None:
        """End the load's process of a run that will not be carried out."""
        self._load.kill()

    def _release(self, context: RunContext) -> None:
        timings = self._spec.timings.for_workers(self._spec.workers)
        try:
            self._load.start()
            until(
                "the load's first requests",
                self._load.progress,
                accept=lambda progress: progress.phase == "loading",
                within_s=timings.load_began,
                describe=lambda progress: f"{progress.phase} {progress.message}",
            )
            context.writer.event(events.LoadBegan(at_ns=self._clock.now(), step=""))
            carry_out(context, self._spec.plan)
            self._narrator.finished("ending the load")
            self._load.stop(timings.load_stopped)
            context.writer.event(events.LoadEnded(at_ns=self._clock.now(), step=""))
        except (LoadFailed, Unmet) as error:
            context.writer.event(events.Trouble(at_ns=self._clock.now(), step="", what=str(error)))

    def _environment(self) -> Environment:
        return Environment(
            started=self._started.isoformat(timespec="seconds"),
            wall_minus_monotonic_start_ns=self._clock.offset_ns,
            wall_minus_monotonic_end_ns=wall_minus_monotonic(),
            origin_ns=self._clock.origin_ns,
            host={
                "system": f"{platform.system()} {platform.machine()}",
                "cores": str(os.cpu_count()),
                "load_average": " ".join(f"{value:.2f}" for value in os.getloadavg()),
            },
            versions={"python": sys.version.split()[0], **self._spec.versions},
        )
