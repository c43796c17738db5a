"""Samples who is in rotation, and notices what nobody asked for: a server or an instance that ended by itself."""

import threading
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Self

from conformance.load.process import LoadFailed
from conformance.log_lines import last_words
from conformance.record import events
from conformance.record.schema import PROCESSES, STATES
from conformance.run.listing import listed_by
from conformance.run.periodic_thread import PeriodicThread
from conformance.run.run_context import RunContext
from conformance.run.world import ExitStatus, Gone, Member


class Watch:
    """Looks at the SLB's group, the registry's list and every process, four times a second.

    Each has a thread of its own: what one of them is slow to answer hides nothing of the others.
    """

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._told: set[str] = set()
        self._answered_ns: dict[str, int] = {}
        self._missing: set[str] = set()
        self._telling = threading.Lock()
        self._rotating: set[str] = set()
        self._rows = context.writer.table(STATES)
        looks = {"slb": self._look_at_slb, "registry": self._look_at_registry, "processes": self._look_at_processes}
        self._looking = [
            PeriodicThread(
                f"watch {whom}",
                context.timings.sample,
                look,
                partial(self._failed, whom),
                joined_within_s=context.timings.joined,
            )
            for whom, look in looks.items()
        ]

    def __enter__(self) -> Self:
        for one in self._looking:
            one.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        for one in self._looking:
            one.__exit__()
        try:
            self._look_for_ends()  # once more: what ended since the last look would be missed
        except Gone as error:
            self._trouble("platform", str(error))
        self._rows.close()

    def _look_at_slb(self) -> None:
        context = self._context
        entries = [group.name for group in context.world.groups if group.position == "entry"]
        try:
            members = context.world.slb.members()
        except Gone as error:
            if "SLB" not in context.leaving.servers:
                self._missed("slb", error)
            return
        at_ns = self._seen("slb")
        for empty in set(entries) - {member.service for member in members}:
            self._rows.write((at_ns, "slb", empty, "", "", False))
        for member in members:
            row = (at_ns, "slb", member.service, member.instance, member.incarnation, member.in_rotation)
            self._rows.write(row)
        self._look_for_the_lost(members)

    def _look_for_the_lost(self, members: Sequence[Member]) -> None:
        """Whom the health check has taken out, though nobody was stopping it."""
        context = self._context
        rotating = {member.incarnation for member in members if member.in_rotation}
        failing = {member.incarnation for member in members if member.enrolled and member.healthy is False}
        lost, self._rotating = self._rotating & failing - context.leaving.incarnations, rotating
        if not lost or "SLB" in context.leaving.servers:
            return
        for instance in (one for group in context.world.groups for one in group.living()):
            if instance.incarnation in lost:
                context.note(events.LeftRotation, "", instance)

    def _look_at_registry(self) -> None:
        context = self._context
        for group in context.world.groups:
            if group.registered_as is None:
                continue
            for number, registry in enumerate(context.world.registries):
                observer = "registry" if number == 0 else registry.name
                try:
                    registrations = listed_by(registry, group)
                except Gone as error:
                    if "registry" not in context.leaving.servers:
                        self._missed(observer, error)
                    return
                at_ns = self._seen(observer)
                if not registrations:
                    self._rows.write((at_ns, observer, group.name, "", "", False))
                for one in registrations:
                    self._rows.write((at_ns, observer, group.name, one.instance, one.incarnation, one.healthy))

    def _look_at_load(self) -> None:
        try:
            self._context.narrator.progress(self._context.load.progress())
        except LoadFailed as error:
            self._trouble("load", str(error))

    def _look_at_processes(self) -> None:
        try:
            self._look_for_ends()
        except Gone as error:
            self._trouble("platform", str(error))
        self._look_at_load()
        self._rows.write((self._context.clock.now(), PROCESSES, "", "", "", False))

    def _look_for_ends(self) -> None:
        context = self._context
        for server in context.world.servers:
            process = server.process
            status = process.exit_status()
            if status is not None and process.name not in context.leaving.processes:
                self._ended(process.name, status, process.log)
        for group in context.world.groups:
            for instance in group.all():
                status = instance.exit_status()
                expected = instance.incarnation in context.leaving.incarnations
                if status is not None and not expected and instance.incarnation not in self._told:
                    context.note(events.Exited, "", instance, **asdict(status))
                    self._ended(instance.incarnation, status, instance.log)

    def _seen(self, observer: str) -> int:
        """It has answered: when."""
        at_ns = self._answered_ns[observer] = self._context.clock.now()
        self._missing.discard(observer)
        return at_ns

    def _missed(self, observer: str, error: Gone) -> None:
        """It did not answer: recorded, and trouble only once it has been silent for longer than the judge allows."""
        context, now_ns = self._context, self._context.clock.now()
        if observer not in self._missing:
            self._missing.add(observer)
            context.writer.event(events.LookMissed(at_ns=now_ns, step="", observer=observer, why=str(error)))
        silent_s = (now_ns - self._answered_ns.setdefault(observer, now_ns)) / 1e9
        if silent_s > context.thresholds.rotation_gap_s:
            self._trouble(observer, f"{observer} has not answered for {silent_s:.1f} s: {error}")

    def _failed(self, whom: str, error: Exception) -> None:
        self._trouble(f"watch {whom}", f"the watch of {whom} failed: {type(error).__name__}: {error}")

    def _ended(self, whose: str, status: ExitStatus, log: Path) -> None:
        self._trouble(whose, "\n".join([f"{whose} ended by itself: {status}", *last_words(log)]), ended=whose)

    def _trouble(self, whose: str, what: str, ended: str = "") -> None:
        """Once for each part of the world: the first word is the cause, what follows are its consequences."""
        with self._telling:
            if whose in self._told:
                return
            self._told.add(whose)
        self._context.writer.event(events.Trouble(at_ns=self._context.clock.now(), step="", what=what, ended=ended))
