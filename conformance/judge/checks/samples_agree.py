"""Rotation samples and the SLB's lines tell of the same instances as the events, in the time of the run.

Samples alone may say that nobody was missing, and events alone that a new instance is listed. Where the same observer
is said to have listed somebody whom its samples never have, one of the two is not what was seen.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from conformance.judge.check import Check
from conformance.judge.contradictions import contradiction
from conformance.judge.incarnations import IncarnationFacts
from conformance.judge.model import Finding, Verdict
from conformance.judge.observers import FIRST_REGISTRY, SLB, known, registries
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import rows
from conformance.judge.timeline import FOREVER_NS
from conformance.judge.wording import SECOND_NS, few, plural, seconds
from conformance.record.events import Halted, Launched, LeftRotation, Struck, Trouble
from conformance.record.reader import Record
from conformance.record.schema import PROCESSES
from conformance.vocabulary import FindingKind

SOON_NS = 2 * SECOND_NS
"""How much later than an event the samples of the same observer may still be older than it."""

OUT_NS = 2 * SECOND_NS
"""How long after a sample what its observer does may still be of before it, or already of what comes next."""


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """Who was listed, who was dropped, when all of it was seen, and where each was."""
    sampled = {str(observer) for (observer,) in rows(record.db, "SELECT DISTINCT observer FROM states")}
    return [
        *_listed(record, facts, sampled),
        *_dropped(record, facts, sampled),
        *_late(record),
        *_empty(record),
        *_absent(record, facts),
        *_off_lists(record, facts),
        *_never_there(record),
        *_unregistered(record),
        *_unknown(record, sampled),
        *_addresses(record, facts),
    ]


def _name(observer: str) -> str:
    return {"registry": "the registry", "slb": "the SLB"}.get(observer, observer)


def _of(life: IncarnationFacts, message: str) -> Finding:
    return contradiction(CHECK.name, message, instance=life.instance, incarnation=life.incarnation)


_TOLD = """
WITH told AS (SELECT unnest($incarnation) AS incarnation, unnest($observer) AS observer, unnest($told_ns) AS told_ns,
                     unnest($since_ns) AS since_ns, unnest($until_ns) AS until_ns)
SELECT incarnation, observer, told_ns, count(*) FROM told t JOIN states s USING (incarnation, observer)
"""


class _Span(NamedTuple):
    """The time in which the samples of an observer are held against an event of its own."""

    incarnation: str
    observer: str
    told_ns: int
    since_ns: int
    until_ns: int


def _samples(record: Record, question: str, spans: Sequence[_Span]) -> Iterator[tuple[str, str, int, int]]:
    """Incarnation, observer, when it was told, and how many samples say otherwise."""
    if spans:
        columns = dict(zip(_Span._fields, map(list, zip(*spans, strict=True)), strict=True))
        yield from rows(record.db, _TOLD + question, columns)


_NEVER_LISTED = """
WHERE s.at_ns BETWEEN t.since_ns AND t.until_ns
GROUP BY ALL HAVING NOT bool_or(s.in_rotation) ORDER BY told_ns, incarnation
"""


def _listed(record: Record, facts: RunFacts, sampled: Collection[str]) -> Iterator[Finding]:
    """Whom the run saw listed is in rotation by some sample of the same observer, until its way down.

    By a team's own command some come and go again at once, and nobody sees when they begin to. Callers' lists are
    looked at, and not sampled.
    """
    end_ns = max((event.at_ns for event in record.events), default=0)
    spans = [
        _Span(life.incarnation, observer, at_ns, at_ns + SOON_NS, end_ns if life.down_ns is None else life.down_ns)
        for life in facts.lives.values()
        if life.disappeared_ns is None
        for observer, at_ns in (
            *(() if life.registered_ns is None else (("registry", life.registered_ns),)),
            *life.listed,
        )
        if observer in sampled
    ]
    for incarnation, observer, at_ns, samples in _samples(record, _NEVER_LISTED, spans):
        told = f"{_name(observer)} had listed {incarnation} at {seconds(at_ns)} by the run's events"
        message = f"{told}, and has it in rotation in none of its {plural(samples, 'sample')} since"
        yield _of(facts.lives[incarnation], message)


_LISTED_AGAIN = """
WHERE s.in_rotation AND s.at_ns > t.since_ns AND s.at_ns <= t.until_ns GROUP BY ALL ORDER BY told_ns, incarnation
"""


def _dropped(record: Record, facts: RunFacts, sampled: Collection[str]) -> Iterator[Finding]:
    """Whom the run saw dropped, and who then ended, is not in the samples of the same observer any more."""
    spans = [
        _Span(life.incarnation, observer, at_ns, max(at_ns, life.exited_ns) + SOON_NS, FOREVER_NS)
        for life in facts.lives.values()
        if life.exited_ns is not None
        for observer, at_ns in life.unlisted
        if observer in sampled
    ]
    for incarnation, observer, at_ns, samples in _samples(record, _LISTED_AGAIN, spans):
        told = f"{_name(observer)} had dropped {incarnation} at {seconds(at_ns)} by the run's events"
        yield _of(facts.lives[incarnation], f"{told}, and lists it in {samples} samples after its end")


_LATE = "SELECT observer, count(*) FROM states WHERE at_ns > $end_ns GROUP BY observer ORDER BY observer"


def _late(record: Record) -> Iterator[Finding]:
    """Nobody looks once the run is over."""
    end_ns = max((event.at_ns for event in record.events), default=0) + SOON_NS
    for observer, samples in rows(record.db, _LATE, {"end_ns": end_ns}):
        yield contradiction(
            CHECK.name, f"{_name(observer)}: {plural(samples, 'sample')} of a time after the run's end", samples
        )


_EMPTY = """
SELECT observer, service, count(*) FROM (
    SELECT observer, service FROM states WHERE observer <> $processes GROUP BY observer, service, at_ns
    HAVING bool_or(instance = '') AND count(*) > 1)
GROUP BY observer, service ORDER BY observer, service
"""


def _empty(record: Record) -> Iterator[Finding]:
    """A sample lists somebody or nobody, not both."""
    for observer, service, samples in rows(record.db, _EMPTY, {"processes": PROCESSES}):
        message = f"{_name(observer)} lists nobody of {service or 'no service'} and somebody at the same moment"
        yield contradiction(CHECK.name, f"{message}, {samples} times", samples)


_OUT = """
WITH looks AS (SELECT DISTINCT service, at_ns FROM states WHERE observer = $observer),
last AS (SELECT service, max(at_ns) AS at_ns FROM looks GROUP BY service),
spans AS (
    SELECT s.service, instance, incarnation, s.at_ns AS since_ns,
           coalesce(lead(s.at_ns) OVER (PARTITION BY incarnation ORDER BY s.at_ns), last.at_ns) AS until_ns
    FROM states s JOIN last USING (service) WHERE observer = $observer AND in_rotation AND incarnation <> '')
SELECT any_value(o.instance), o.incarnation, o.since_ns, o.until_ns,
       (SELECT count(*) FROM slb l JOIN outcomes r USING (seq)
        WHERE $observer = 'slb' AND l.incarnation = o.incarnation AND l.answered > 0
          AND r.sent_ns BETWEEN o.since_ns + $soon_ns AND o.until_ns - $soon_ns)
FROM spans o JOIN looks k ON k.service = o.service AND k.at_ns > o.since_ns AND k.at_ns < o.until_ns
WHERE o.until_ns - o.since_ns > $long_ns
GROUP BY o.incarnation, o.since_ns, o.until_ns
HAVING count(*) >= (o.until_ns - o.since_ns) // $apart_ns ORDER BY o.since_ns, o.incarnation
"""
"""Since when, and until when, an observer's samples have somebody out of rotation who was in it, and what the SLB sent
it meanwhile, where the observer is the SLB."""


def _absent(record: Record, facts: RunFacts) -> Iterator[Finding]:
    """Whom the SLB takes out of rotation it sends nothing, and somebody or something took it out.

    A sticky SLB goes on sending a user to where they were.
    """
    for out in _spans_out(record, SLB):
        when = f"by its samples the SLB had {out.incarnation} out of rotation from {out.when}"
        if out.sent and not record.contract.sticky:
            yield _of_out(out, f"{when}; by its lines it sent it {plural(out.sent, 'request')} meanwhile", out.sent)
        elif not _is_told(record, facts, out, "SLB"):
            yield _of_out(out, f"{when}; the run's events tell of nothing that took it out")


def _off_lists(record: Record, facts: RunFacts) -> Iterator[Finding]:
    """Whom a registry lists no more somebody or something took off its list: a bystander, too, whom nobody released.

    Where the run tells of trouble, or halted until everybody was listed again, that may be what it was.
    """
    told = [event.at_ns for event in record.events if isinstance(event, Trouble | Halted)]
    for registry in registries(record.contract):
        for out in _spans_out(record, registry):
            excused = any(at_ns <= out.until_ns for at_ns in told)
            if not (excused or _is_told(record, facts, out, FIRST_REGISTRY)):
                who = f"{_name(registry)} had {out.incarnation} off its list from {out.when}"
                yield _of_out(out, f"by its samples {who}; the run's events tell of nothing that took it off")


class _Out(NamedTuple):
    """One who was out of rotation by an observer's samples."""

    instance: str
    incarnation: str
    since_ns: int
    until_ns: int
    sent: int
    """Requests that the SLB sent it meanwhile."""

    @property
    def when(self) -> str:
        return f"{seconds(self.since_ns)} to {seconds(self.until_ns)}"


def _spans_out(record: Record, observer: str) -> Iterator[_Out]:
    values = {
        "observer": observer,
        "soon_ns": OUT_NS,
        "long_ns": 2 * OUT_NS if observer == SLB else OUT_NS,
        "apart_ns": round(record.contract.thresholds.rotation_gap_s * SECOND_NS),
    }
    yield from (_Out(*row) for row in rows(record.db, _OUT, values))


def _of_out(out: _Out, message: str, times: int = 1) -> Finding:
    return contradiction(CHECK.name, message, times, instance=out.instance, incarnation=out.incarnation)


def _is_told(record: Record, facts: RunFacts, out: _Out, server: str) -> bool:
    """Whether events tell why: a way down, a fault, a health check, a restart of the server, a team's own command."""
    life = facts.lives.get(out.incarnation)
    goes = life is not None and life.down_ns is not None and life.down_ns <= out.until_ns
    told = any(
        isinstance(event, LeftRotation | Struck) and event.incarnation == out.incarnation for event in record.events
    )
    away = any(one.began_ns < out.until_ns and out.since_ns < one.until_ns for one in facts.outages.get(server, ()))
    return goes or told or away or any(release.own_command for release in record.contract.releases)


_NEVER = """
WITH wanted AS (SELECT unnest($service) AS service, unnest($instance) AS instance)
SELECT o.observer, w.service, w.instance FROM wanted w
     JOIN (SELECT DISTINCT observer, service FROM states WHERE list_contains($registries, observer)) o USING (service)
WHERE NOT EXISTS (FROM states s WHERE s.observer = o.observer AND s.instance = w.instance AND s.in_rotation)
ORDER BY 1, 2, 3
"""


def _never_there(record: Record) -> Iterator[Finding]:
    """Every instance of the contract is on the list of each registry that lists its service, at some time at least."""
    contract = record.contract
    if any(release.own_command for release in contract.releases):
        return
    own = [(one.name, instance) for one in contract.services if one.registered for instance in one.instances]
    values = {
        "service": [service for service, _ in own],
        "instance": [instance for _, instance in own],
        "registries": list(registries(contract)),
    }
    for observer, service, instance in rows(record.db, _NEVER, values) if own else ():
        message = f"{instance} of {service} is one of the contract's, and in rotation by no sample of {_name(observer)}"
        yield contradiction(CHECK.name, message, instance=instance)


_LISTED_SERVICES = """
SELECT service, bool_or(list_contains($registries, observer) AND in_rotation) FROM states WHERE observer <> $processes
GROUP BY service ORDER BY service
"""


def _unregistered(record: Record) -> Iterator[Finding]:
    """Samples are of the contract's services, and who stands in no registry is on no registry's list."""
    own = {one.name: one.registered for one in record.contract.services}
    values = {"registries": list(registries(record.contract)), "processes": PROCESSES}
    for service, is_listed in rows(record.db, _LISTED_SERVICES, values):
        if service not in own:
            message = f"samples are of {service or 'no service'}, which is none of the contract's"
            yield contradiction(CHECK.name, message)
        elif is_listed and not own[service]:
            yield contradiction(CHECK.name, f"{service} stands in no registry by the contract, and is listed by one")


def _unknown(record: Record, sampled: Collection[str]) -> Iterator[Finding]:
    """A witness of whom this suite does not know what it lists: what it saw is not judged."""
    for observer in sorted({*sampled} - {*known(record.contract)}):
        yield Finding(
            check=CHECK.name,
            finding=FindingKind.NEWER_RECORD,
            verdict=Verdict.INCONCLUSIVE,
            message=f"samples by {observer or 'nobody'}, which is neither the SLB nor a registry of the contract "
            f"({record.contract.registry}): judge it with the version that made it, or a later one",
        )


_SHARED = """
WITH stays AS (
    SELECT address, incarnation, min(at_ns) AS since_ns, max(at_ns) AS until_ns FROM slb
    WHERE address <> '' AND incarnation <> '' AND NOT contains(address, ',') GROUP BY ALL)
SELECT a.address, list_sort(list(DISTINCT a.incarnation)) FROM stays a JOIN stays b USING (address)
WHERE a.incarnation <> b.incarnation AND a.since_ns + $soon_ns < b.until_ns AND b.since_ns + $soon_ns < a.until_ns
GROUP BY a.address ORDER BY a.address
"""


def _addresses(record: Record, facts: RunFacts) -> Iterator[Finding]:
    """Two that live at the same time answer at two addresses, by the SLB's lines and by their launches.

    Where all are launched at one address, as on platforms that tell nothing else, that says nothing.
    """
    launched = [event for event in record.events if isinstance(event, Launched) and event.address]
    if 2 * len({event.address for event in launched}) > len(launched):
        for first, second in combinations(launched, 2):
            over_ns = facts.lives[first.incarnation].over_ns
            if first.address == second.address and (over_ns is None or over_ns > second.at_ns):
                both = f"{first.incarnation} and {second.incarnation}"
                yield contradiction(
                    CHECK.name, f"{both} were launched at one address, {first.address}, at the same time"
                )
    for address, incarnations in rows(record.db, _SHARED, {"soon_ns": SOON_NS}):
        message = f"by the SLB's lines {few(incarnations)} answered at one address, {address}, at the same time"
        yield contradiction(CHECK.name, message)


CHECK = Check(name="samples_agree", title="Samples and lines tell of the same instances", order=77, judge=judge)
