"""Samples who is in rotation, and notices what nobody asked for: a server or an instance that ended by itself."""

import threading
from collections.abc import Sequence
from dataclasses import asdict
from typing import Self

from conformance.load.process import LoadFailed
from conformance.record import events
from conformance.record.schema import STATES
from conformance.run.periodic_thread import PeriodicThread
from conformance.run.run_context import RunContext
from conformance.run.world import Gone, Member


class Watch:
    """Looks at the SLB's group, the registry's list and every process, four times a second.

    Each has a thread of its own: what one of them is slow to answer hides nothing of the others.
    """

    def __init__(self, context: RunContext) -> None:
        self._scene = context
        self._told: set[str] = set()
        self._telling = threading.Lock()
        self._rotating: set[str] = set()
        self._rows = context.writer.table(STATES)
        looks = {"slb": self._look_at_slb, "registry": self._look_at_registry, "processes": self._look_at_processes}
        self._looking = [PeriodicThread(f"watch {whom}", context.timings.sample, look) for whom, look in looks.items()]

    def __enter__(self) -> Self:
        for one in self._looking:
            one.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        for one in self._looking:
            one.__exit__()
        self._rows.close()

    def _look_at_slb(self) -> None:
        context = self._scene
        entry = next((group.name for group in context.world.groups if group.role == "entry"), "")
        try:
            members = context.world.slb.members()
        except Gone as error:
            if "SLB" not in context.leaving:
                self._trouble("slb", str(error))
            return
        at_ns = context.clock.now()
        if not members:
            self._rows.write((at_ns, "slb", entry, "", "", False))
        for member in members:
            self._rows.write((at_ns, "slb", entry, member.instance, member.incarnation, member.in_rotation))
        self._look_for_the_lost(members)

    def _look_for_the_lost(self, members: Sequence[Member]) -> None:
        """Whom the health check has taken out, though nobody was stopping it."""
        context = self._scene
        rotating = {member.incarnation for member in members if member.in_rotation}
        failing = {member.incarnation for member in members if member.enrolled and member.healthy is False}
        lost, self._rotating = self._rotating & failing - context.leaving, rotating
        if not lost or "SLB" in context.leaving:
            return
        for instance in (one for group in context.world.groups for one in group.living()):
            if instance.incarnation in lost:
                context.note(events.LeftRotation, "", instance)

    def _look_at_registry(self) -> None:
        context = self._scene
        for group in context.world.groups:
            if group.role == "entry":
                continue
            for number, registry in enumerate(context.world.registries):
                try:
                    registrations = registry.registrations(group.name)
                except Gone as error:
                    if "registry" not in context.leaving:
                        self._trouble("registry", str(error))
                    return
                observer = "registry" if number == 0 else registry.name
                at_ns = context.clock.now()
                if not registrations:
                    self._rows.write((at_ns, observer, group.name, "", "", False))
                for one in registrations:
                    self._rows.write((at_ns, observer, group.name, one.instance, one.incarnation, one.healthy))

    def _look_at_load(self) -> None:
        try:
            self._scene.narrator.progress(self._scene.load.progress())
        except LoadFailed as error:
            self._trouble("load", str(error))

    def _look_at_processes(self) -> None:
        try:
            self._look_for_ends()
        except Gone as error:
            self._trouble("platform", str(error))
        self._look_at_load()

    def _look_for_ends(self) -> None:
        context = self._scene
        for server in context.world.servers:
            process = server.process
            status = process.exit_status()
            if status is not None and process.name not in context.leaving:
                self._trouble(process.name, f"{process.name} ended by itself: {status}")
        for group in context.world.groups:
            for instance in group.all():
                status = instance.exit_status()
                if status is not None and instance.incarnation not in context.leaving | self._told:
                    context.note(events.Exited, "", instance, **asdict(status))
                    self._trouble(instance.incarnation, f"{instance.incarnation} ended by itself: {status}")

    def _trouble(self, whose: str, what: str) -> None:
        """Once for each part of the world: the first word is the cause, what follows are its consequences."""
        with self._telling:
            if whose in self._told:
                return
            self._told.add(whose)
        self._scene.writer.event(events.Trouble(at_ns=self._scene.clock.now(), step="", what=what))
