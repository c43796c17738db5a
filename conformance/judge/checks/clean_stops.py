"""A stop is one: the process ends by itself and cleanly, with nothing under way, and whoever was started stays.

Every instance is asked to stop by a signal; one that ends by a crash, for want of memory or by a kill that the run did
not send, or that is stopped amid an execution after it had said that nothing was in flight, was cut off. What its
callers noticed of that by chance is another matter.
"""

from collections.abc import Iterator, Sequence

from conformance.judge.check import Check
from conformance.judge.contradictions import breach, contradiction
from conformance.judge.incarnations import IncarnationFacts
from conformance.judge.model import Finding, Verdict
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import rows
from conformance.judge.wording import MILLISECOND_NS, number, seconds
from conformance.record.events import Exited, Mended, Signalled, Struck
from conformance.record.reader import Record
from conformance.vocabulary import FindingKind

_NUMBERS = {"SIGHUP": 1, "SIGINT": 2, "SIGQUIT": 3, "SIGKILL": 9, "SIGTERM": 15}

_CUT = """
SELECT l.incarnation, any_value(e.instance), any_value(l.stopped_ns), any_value(q.quiet_ns), count(*), min(e.seq),
       max(e.end_ns) - any_value(l.stopped_ns)
FROM executions e JOIN lives l USING (incarnation) JOIN (SELECT unnest($quiet) AS incarnation,
                                                                unnest($since) AS quiet_ns) q USING (incarnation)
WHERE e.end_ns > q.quiet_ns + $allowed_ns AND e.start_ns < l.stopped_ns - $allowed_ns
  AND coalesce(e.end_ns <= l.exited_ns + $allowed_ns, true)
GROUP BY l.incarnation ORDER BY any_value(l.stopped_ns)
"""
"""What ended after its process had is stamped wrongly: the matter of ``clock``."""


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """How each that was asked to stop ended, what it was doing then, and who is left at the end."""
    return [*_ends(record, facts), *_under_way(record, facts), *_left(record, facts)]


def _ends(record: Record, facts: RunFacts) -> Iterator[Finding]:
    killed = {one.incarnation for one in record.events if isinstance(one, Signalled) and one.signal == "SIGKILL"}
    struck = {one.incarnation for one in record.events if isinstance(one, Struck)}
    ends = [one for one in record.events if isinstance(one, Exited)]
    twofold = {one.incarnation for one in ends if one.code is not None and one.signal is not None}
    for life in facts.lives.values():
        exited_ns, stopped_ns = life.exited_ns, life.stopped_ns
        if life.incarnation in twofold:
            message = f"{life.incarnation} ended by an exit code and by a signal, by its platform"
            yield contradiction(CHECK.name, message, instance=life.instance, incarnation=life.incarnation)
        if exited_ns is None or stopped_ns is None or stopped_ns > exited_ns or life.incarnation in struck:
            continue
        if life.incarnation in killed:
            if life.out_of_memory or not (_by_signal(life, "SIGKILL") or _by_signal(life, life.stop_signal)):
                yield from _odd_kill(life)
        elif life.survivors or not _clean(life):
            but = "; the run sent it nothing else"
            if life.survivors:
                but = (
                    f", and {number(life.survivors)} of the processes that it had started went on and had to be "
                    "killed: it hands no signal on (a shell does so by exec)"
                )
            yield breach(
                CHECK.name,
                FindingKind.UNCLEAN_STOP,
                f"{life.incarnation} was sent {life.stop_signal} at {seconds(stopped_ns)} and ended by {life.exit} at "
                f"{seconds(exited_ns)}{but}",
                record,
                facts,
                count=1,
                first_ns=stopped_ns,
                last_ns=exited_ns,
                instance=life.instance,
                incarnation=life.incarnation,
            )


def _odd_kill(life: IncarnationFacts) -> Iterator[Finding]:
    if life.exit == "exit 0" and life.stop_signal != "SIGKILL":  # it came to its end just before the kill
        return
    message = f"{life.incarnation} was sent SIGKILL by the run's events and ended by {life.exit} by its platform"
    yield contradiction(CHECK.name, message, instance=life.instance, incarnation=life.incarnation)


def _clean(life: IncarnationFacts) -> bool:
    return not life.out_of_memory and (life.exit == "exit 0" or _by_signal(life, life.stop_signal))


def _by_signal(life: IncarnationFacts, signal: str) -> bool:
    """Whether it ended by this signal: as the kernel tells of it, or as a shell and a container do."""
    return life.exit in (signal, f"exit {128 + _NUMBERS.get(signal, 0)}")


def _under_way(record: Record, facts: RunFacts) -> Iterator[Finding]:
    """What its own log shows under way at its stop, after it had said that nothing was."""
    quiet = {
        life.incarnation: life.quiet_ns
        for life in facts.lives.values()
        if life.quiet_ns is not None and life.stopped_ns is not None and life.quiet_ns <= life.stopped_ns
    }
    if not quiet:
        return
    values = {
        "quiet": list(quiet),
        "since": list(quiet.values()),
        "allowed_ns": round(record.contract.thresholds.clock_drift_ms * MILLISECOND_NS) + facts.coarsest_ns,
    }
    for incarnation, instance, stopped_ns, quiet_ns, times, seq, late_ns in rows(record.db, _CUT, values):
        yield breach(
            CHECK.name,
            FindingKind.UNCLEAN_STOP,
            f"{incarnation} said at {seconds(quiet_ns)} that nothing was in flight on it and was stopped at "
            f"{seconds(stopped_ns)}; its log shows {number(times)} under way",
            record,
            facts,
            count=times,
            first_ns=stopped_ns,
            last_ns=max(stopped_ns, stopped_ns + late_ns),
            seq=seq,
            instance=instance,
            incarnation=incarnation,
        )


def _left(record: Record, facts: RunFacts) -> Iterator[Finding]:
    """Each instance whose last incarnation the run stopped, and did not start again."""
    mended = {one.instance for one in record.events if isinstance(one, Mended)}
    end_ns = facts.load_ended_ns
    in_turn = sorted(facts.lives.values(), key=lambda life: life.launched_ns or -1)
    last = {life.instance: life for life in in_turn}
    for service in record.contract.services:
        for instance in service.instances:
            life = last.get(instance)
            stopped_ns = life.stopped_ns if life else None
            if life is None or stopped_ns is None or instance in mended or (end_ns and stopped_ns > end_ns):
                continue
            message = f"{life.incarnation} was stopped at {seconds(stopped_ns)}, and {instance} was not started again"
            yield Finding(
                check=CHECK.name,
                finding=FindingKind.NOT_REPLACED,
                verdict=Verdict.INCONCLUSIVE,
                message=message,
                instance=instance,
                incarnation=life.incarnation,
            )


CHECK = Check(
    name="clean_stops",
    title="Every stop was clean",
    order=86,
    judge=judge,
    of_releases_only=True,
)
