"""One run from its contract to its end marker."""

import contextlib
import os
import platform
import sys
from datetime import UTC, datetime

from conformance.load.process import LoadFailed, LoadProcess
from conformance.plan import render
from conformance.record import events
from conformance.record.contract import Environment
from conformance.record.files import BrokenRecord
from conformance.record.writer import RecordWriter
from conformance.run.clock import Clock, wall_minus_monotonic
from conformance.run.collect import collect
from conformance.run.contract import contract_of, load_order, plan_nodes
from conformance.run.machine import MachineWatch
from conformance.run.order import RunOrder
from conformance.run.scene import Narrator, Scene
from conformance.run.steps import carry_out
from conformance.run.waiting import Unmet, until
from conformance.run.watch import Watch
from conformance.run.world import World


class Run:
    """One release under load, and its record.

    Made in two strokes, so that the load's process can start and prove itself while the topology is being brought up.
    """

    def __init__(self, order: RunOrder, slb_address: str, narrator: Narrator) -> None:
        self._order = order
        self._narrator = narrator
        self._started = datetime.now(UTC)
        self._clock = Clock.start()
        self._writer = RecordWriter(order.directory)
        self._writer.write_contract(contract_of(order))
        self._writer.write_plan(plan_nodes(order.plan), render(order.plan))
        self._load = LoadProcess(
            load_order(order, self._clock, slb_address), started=lambda pid: order.spawned(pid, "load")
        )
        self._load.launch()

    def carry_out(self, world: World) -> None:
        """Release into this world under load, record all of it, seal the record.

        What goes wrong on the way is in the record: the judge says what it means. Only what makes a record
        impossible is raised, and then the directory has no end marker.

        Raises:
            LoadFailed: The load's process did not become ready: nothing has been released.
        """
        order = self._order
        scene = Scene(
            plan=order.plan,
            world=world,
            load=self._load,
            writer=self._writer,
            clock=self._clock,
            thresholds=order.thresholds,
            timings=order.surroundings.patient(order.timings.at(order.rate)),
            told_within_s=order.surroundings.told_within_s,
            narrator=self._narrator,
            run=order.run,
            review=order.review,
            ask=order.ask,
            control=order.control,
        )
        self._narrator.planned(order.plan)
        try:
            self._load.wait_ready(order.timings.load_ready)
            with MachineWatch(scene.writer.event, scene.clock, scene.thresholds, scene.timings), Watch(scene):
                self._release(scene)
            self._narrator.finished("reading ledger and logs")
            collect(scene, order.run, order.directory)
            self._writer.write_environment(self._environment())
            with contextlib.suppress(BrokenRecord):  # it then has no end marker, and the judge says what is missing
                self._writer.seal()
        finally:
            self._load.kill()
            self._narrator.finished("")

    def abandon(self) -> None:
        """End the load's process of a run that will not be carried out."""
        self._load.kill()

    def _release(self, scene: Scene) -> None:
        timings = self._order.timings
        try:
            self._load.start()
            until(
                "the load's first requests",
                self._load.progress,
                accept=lambda progress: progress.phase == "loading",
                within_s=timings.load_began,
                describe=lambda progress: f"{progress.phase} {progress.message}",
            )
            scene.writer.event(events.LoadBegan(at_ns=self._clock.now(), step=""))
            carry_out(scene, self._order.plan)
            self._narrator.finished("ending the load")
            self._load.stop(timings.load_stopped)
            scene.writer.event(events.LoadEnded(at_ns=self._clock.now(), step=""))
        except (LoadFailed, Unmet) as error:
            scene.writer.event(events.Trouble(at_ns=self._clock.now(), step="", what=str(error)))

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
            versions={"python": sys.version.split()[0], **self._order.versions},
        )
