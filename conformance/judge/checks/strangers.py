"""Whoever answers, is called, writes or is listed was launched by the run, or was there when it began.

An incarnation that nobody launched is a witness that cannot be believed; one that calls itself the version that the
release replaces, and is still met after the last batch, is an instance that the release forgot.
"""

from collections.abc import Iterator, Sequence

from conformance.judge.check import Check
from conformance.judge.contradictions import breach, contradiction
from conformance.judge.incarnations import IncarnationFacts
from conformance.judge.model import Finding
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import rows
from conformance.judge.timeline import FOREVER_NS
from conformance.judge.wording import number, seconds, span
from conformance.record.events import StepEnded
from conformance.record.reader import Record
from conformance.vocabulary import FindingKind

_MET = """
WITH met AS (
    SELECT 'answers' AS teller, '' AS service, a.instance, a.incarnation, a.version, o.times, o.first,
           o.first_ns, o.last_ns
    FROM asked o JOIN answers a USING (answer) WHERE a.incarnation <> ''
    UNION ALL
    SELECT 'X-Hops', h.callee, h.instance, h.incarnation, '', o.times, o.first, o.first_ns, o.last_ns
    FROM asked o JOIN hops h USING (answer)
    WHERE h.incarnation <> '' AND h.incarnation NOT LIKE '%:%' AND list_contains($named, h.callee)
    UNION ALL
    SELECT 'its own log', service, instance, incarnation, version, times, first, first_ns, last_ns FROM worked
    UNION ALL
    SELECT 'the SLB''s log', entry, peer, incarnation, '', times, first, first_ns, last_ns FROM lined
    WHERE incarnation <> ''
    UNION ALL
    SELECT 'the ledger', '', instance, incarnation, version, times, first, first_ns, last_ns FROM effects_told
    WHERE incarnation <> ''
    UNION ALL
    SELECT 'what the ' || observer || ' lists', service, instance, incarnation, '', count(*), NULL, min(at_ns),
           max(at_ns)
    FROM states WHERE in_rotation AND incarnation <> '' GROUP BY ALL)
SELECT instance, incarnation, coalesce(max(service), ''), coalesce(max(version), ''),
       string_agg(DISTINCT teller, ', ' ORDER BY teller), sum(times), min(first), min(first_ns), max(last_ns)
FROM met ANTI JOIN known USING (incarnation) GROUP BY instance, incarnation ORDER BY min(first_ns), incarnation
"""

_MISNAMED = """
WITH told AS (
    SELECT DISTINCT incarnation, instance FROM answers WHERE incarnation <> ''
    UNION SELECT DISTINCT incarnation, instance FROM worked
    UNION SELECT DISTINCT incarnation, peer FROM lined WHERE incarnation <> ''
    UNION SELECT DISTINCT incarnation, instance FROM effects_told WHERE incarnation <> ''
    UNION SELECT DISTINCT incarnation, instance FROM hops WHERE incarnation <> ''
    UNION SELECT DISTINCT incarnation, instance FROM states WHERE incarnation <> ''),
served AS (SELECT DISTINCT incarnation, service FROM worked
           UNION SELECT DISTINCT incarnation, service FROM states WHERE incarnation <> '')
SELECT t.incarnation, t.instance, k.instance FROM told t JOIN known k USING (incarnation)
WHERE t.instance <> '' AND t.instance <> k.instance
UNION ALL
SELECT s.incarnation, s.service, k.service FROM served s JOIN known k USING (incarnation)
WHERE s.service <> k.service
ORDER BY 1, 2
"""
"""Of whom witnesses name another instance, or another service, than the run does."""


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """Whom any witness names, against whom the run launched or found."""
    return [*_strangers(record, facts), *_misnamed(record), *_unlaunched(record, facts)]


def _strangers(record: Record, facts: RunFacts) -> Iterator[Finding]:
    contract = record.contract
    named = [one.name for one in contract.services if one.position in ("entry", "provider")]
    old = {release.service: release.old for release in contract.releases}
    noted_until_ns = _noted_until_ns(record)
    over_ns = FOREVER_NS if facts.release_ended_ns is None else facts.release_ended_ns
    for instance, incarnation, service, version, tellers, times, seq, first_ns, last_ns in rows(
        record.db, _MET, {"named": named}
    ):
        if first_ns >= noted_until_ns:
            continue
        when = span(first_ns, last_ns)
        told = f"{tellers} tell of {incarnation} {number(int(times))} times ({when}); nobody launched it"
        forgotten = version and last_ns > over_ns and version == old.get(service or _service_of(record, instance))
        if forgotten:
            yield breach(
                CHECK.name,
                FindingKind.OLD_VERSION_ANSWERS,
                f"{told}, and it served as {version} after the last batch",
                record,
                facts,
                count=int(times),
                first_ns=max(first_ns, over_ns),
                last_ns=last_ns,
                seq=seq,
                instance=instance,
                incarnation=incarnation,
            )
        else:
            yield contradiction(
                CHECK.name,
                told,
                int(times),
                instance=instance,
                incarnation=incarnation,
                first_ns=first_ns,
                last_ns=last_ns,
            )


def _noted_until_ns(record: Record) -> int:
    """A team's own command may go on after the last step: who comes then is noted by nobody."""
    if not record.contract.release.own_command:
        return FOREVER_NS
    return max((event.at_ns for event in record.events if isinstance(event, StepEnded)), default=FOREVER_NS)


def _service_of(record: Record, instance: str) -> str:
    """Of an instance that the contract does not know: the service whose instances are named like it."""
    stem = instance.rpartition("-")[0]
    named = (one.name for one in record.contract.services for own in one.instances if own.rpartition("-")[0] == stem)
    return next(named, "")


def _misnamed(record: Record) -> Iterator[Finding]:
    for incarnation, told, own in rows(record.db, _MISNAMED):
        message = f"{incarnation} is one of {own} by the run's events and one of {told} by another witness"
        yield contradiction(CHECK.name, message, incarnation=incarnation)


def _unlaunched(record: Record, facts: RunFacts) -> Iterator[Finding]:
    """Who became ready or was listed in a step that starts instances, and was never launched."""
    first = {instance: incarnation for instance, incarnation in rows(record.db, _FIRST)}  # noqa: C416 - rows are not typed
    for life in facts.lives.values():
        up_ns = _up_ns(life)
        if life.launched_ns is None and up_ns is not None and first.get(life.instance) != life.incarnation:
            message = f"{life.incarnation} came up at {seconds(up_ns)}, and no event tells that it was launched"
            yield contradiction(CHECK.name, message, instance=life.instance, incarnation=life.incarnation)
        elif life.launched_ns is None and life.instance not in first:
            message = f"events tell of {life.incarnation}, which nobody launched and which was never there before"
            yield contradiction(CHECK.name, message, instance=life.instance, incarnation=life.incarnation)


_FIRST = "SELECT instance, incarnation FROM known WHERE since_ns < 0"


def _up_ns(life: IncarnationFacts) -> int | None:
    return next((at_ns for at_ns in (life.ready_ns, life.registered_ns) if at_ns is not None), None)


CHECK = Check(name="strangers", title="Whoever served was launched by the run", order=35, judge=judge)
