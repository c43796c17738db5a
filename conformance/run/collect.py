"""After the last request: everything that the world knows of the run goes to disk, before anything is judged."""

import time
from collections.abc import Callable, Container
from functools import partial
from pathlib import Path

from conformance.record import events
from conformance.record.schema import EXECUTIONS, LEDGER, SLB
from conformance.run.run_context import RunContext
from conformance.run.waiting import Unmet
from conformance.run.world import Effect, Gone, Instance, Status, World


def await_quiet(context: RunContext) -> None:
    """Wait until every living instance reports nothing in flight: only then can the ledger be complete.

    Raises:
        Unmet: Something is still in flight at the deadline, or an instance has not answered until then.
        Gone: A server or an instance has ended.
    """

    def busy() -> dict[str, int]:
        return {
            instance.incarnation: in_flight
            for group in context.world.groups
            for instance in group.living()
            if (in_flight := _ask(context, instance).in_flight)
        }

    context.wait(
        "every instance to have nothing in flight",
        busy,
        accept=lambda busy: not busy,
        within_s=context.timings.quiet,
    )


def _ask(context: RunContext, instance: Instance) -> Status:
    return context.ask_until_answered(f"{instance.incarnation} to answer", instance.status, of=instance)


def ids_before(context: RunContext) -> frozenset[str]:
    """What the ledger holds before the load begins, where its ids are the services' own: another run's.

    Where it cannot be read that is a Trouble in the record.
    """
    ledger = context.world.ledger
    try:
        effects = () if ledger is None else ledger.effects(context.ids.prefix)
        return frozenset(one.request_id for one in effects)
    except Gone as gone:
        context.writer.event(events.Trouble(at_ns=context.clock.now(), step="", what=str(gone)))
        return frozenset()


def read_ledger(context: RunContext, settles_s: float = 0.0, before_ids: Container[str] = ()) -> None:
    """Read the ledger until two reads, one after the other, agree, and keep the last one.

    The two lie as far apart as effects may come after their answers, so that none that is still to come is missed.

    Where they never agree within the deadline the last read is kept and marked as such. Rows of the ids in
    ``before_ids`` are left out.
    """
    ledger, own = context.world.ledger, context.ids.prefix
    if ledger is None:
        return
    deadline = time.monotonic() + context.timings.audit + settles_s
    before = _others(ledger.effects(own), before_ids)
    while True:
        time.sleep(max(settles_s, context.timings.audit_apart))
        effects = _others(ledger.effects(own), before_ids)
        agreed = effects == before
        if agreed or time.monotonic() >= deadline:
            break
        before = effects
    _write_ledger(context, effects)
    context.writer.event(events.AuditRead(at_ns=context.clock.now(), step="", rows=len(effects), agreed=agreed))


def read_slb(context: RunContext) -> None:
    """Keep what the SLB tells of this run's requests."""
    with context.writer.table(SLB) as rows:
        for line in context.world.slb.accesses(context.ids.prefix):
            rows.write(
                (
                    line.request_id,
                    context.clock.of_wall(line.wall_ns),
                    line.attempt,
                    line.status,
                    line.peer,
                    line.incarnation,
                    line.address,
                    line.connected,
                    line.answered,
                )
            )


def read_executions(context: RunContext) -> None:
    """Keep every instance's executions of this run."""
    coarsest: dict[str, int] = {}
    ids = context.ids
    with context.writer.table(EXECUTIONS) as rows:
        for instance in _everyone(context.world):
            who = (instance.service, instance.name, instance.incarnation, instance.version)
            for one in instance.executions():
                request_id = ids.id_in(one.request_id)
                if request_id.startswith(ids.prefix):
                    coarsest[instance.service] = max(coarsest.get(instance.service, 0), one.resolution_ns)
                    times = context.clock.of_wall(one.start_wall_ns), context.clock.of_wall(one.end_wall_ns)
                    rows.write((request_id, *who, one.operation, *times, one.status))
    for service, resolution_ns in coarsest.items():
        if resolution_ns:
            at_ns = context.clock.now()
            context.writer.event(
                events.ExecutionsRead(at_ns=at_ns, step="", service=service, resolution_ns=resolution_ns)
            )


def keep_logs(world: World, directory: Path, redaction: Callable[[str], str]) -> None:
    """Copy the logs of every incarnation and every server, without secrets."""
    logs = directory / "logs"
    logs.mkdir()
    for instance in _everyone(world):
        keep_log(instance.log, logs / f"{instance.incarnation}.log", redaction)
    for log in world.own_command.logs if world.own_command is not None else ():
        keep_log(log, logs / log.name, redaction)
    for server in world.servers:
        keep_log(server.process.log, logs / f"{server.process.name}.log", redaction)


def collect(
    context: RunContext,
    directory: Path,
    redaction: Callable[[str], str] = str,
    *,
    settles_s: float = 0.0,
    before_ids: Container[str] = (),
) -> None:
    """All of it. What cannot be had becomes a Trouble in the record: the judge then knows why evidence is missing."""
    parts: tuple[Callable[[], None], ...] = (
        partial(await_quiet, context),
        partial(read_ledger, context, settles_s, before_ids),
        partial(read_slb, context),
        partial(read_executions, context),
        partial(keep_logs, context.world, directory, redaction),
    )
    for part in parts:
        try:
            part()
        except (Unmet, Gone, OSError) as error:
            context.writer.event(events.Trouble(at_ns=context.clock.now(), step="", what=str(error)))


def _others(effects: tuple[Effect, ...], ids: Container[str]) -> tuple[Effect, ...]:
    return tuple(one for one in effects if one.request_id not in ids)


def _write_ledger(context: RunContext, effects: tuple[Effect, ...]) -> None:
    with context.writer.table(LEDGER) as rows:
        for one in effects:
            rows.write((one.request_id, one.effect, one.instance, one.incarnation, one.version))


def _everyone(world: World) -> tuple[Instance, ...]:
    return tuple(instance for group in world.groups for instance in group.all())


def keep_log(source: Path, target: Path, redaction: Callable[[str], str]) -> None:
    """Copy a log without secrets; nothing where there is none."""
    if not source.exists():
        return
    with (
        source.open(errors="surrogateescape", newline="") as lines,
        target.open("w", errors="surrogateescape", newline="") as kept,
    ):
        for line in lines:
            kept.write(redaction(line))
