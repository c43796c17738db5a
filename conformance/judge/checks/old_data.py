"""What the old version wrote can still be read: by the new version, by both at once, and after a rollback, too.

A route that only reads and names what an acknowledged write told is sent to the first writes of all, made before the
release, as well as to the newest one, by turns and until the load ends (``conformance/record/read_back.py``). A read
that fails is a failed request like any other. Where the old data's reads fail by their answers and the newest data's do
not, it is not the way to the service that was lost but what it had kept: that is said here.
"""

from collections.abc import Sequence

from conformance.judge.check import Check
from conformance.judge.failures import MOST_IDS, by_frequency, request_id
from conformance.judge.model import Finding, Verdict
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import one
from conformance.judge.wording import number, plural, span, tally
from conformance.record.contract import Contract
from conformance.record.read_back import OLD
from conformance.record.reader import Record
from conformance.vocabulary import FindingKind

_BY_ANSWER = "(failure = 'wrong answer' OR (failure = 'unexpected status' AND status NOT IN (502, 503, 504)))"
"""What an SLB answers where it finds nobody says nothing of data."""
_READ = f"""
WITH reads AS (
    SELECT seq, moment_ns, status, {OLD} AS old, {_BY_ANSWER} AS failed, failure
    FROM outcomes WHERE list_contains($routes, route) AND sent_ns > 0 AND moment_ns >= (SELECT began_ns FROM release))
SELECT count(*) FILTER (old), count(*) FILTER (old AND failed),
       count(*) FILTER (NOT old), count(*) FILTER (NOT old AND failed),
       count(*) FILTER (old AND failure = '' AND moment_ns > $last_ns),
       min(moment_ns) FILTER (old AND failed), max(moment_ns) FILTER (old AND failed),
       min(seq, {MOST_IDS}) FILTER (old AND failed),
       histogram(CASE WHEN failure = 'unexpected status' THEN 'status ' || status ELSE failure END)
           FILTER (old AND failed)
FROM reads
"""  # noqa: S608 - constants
SELDOM = 10
"""Reads of new data fail by their answers so many times less often: what fails is not reading as such."""
LEAST = 5
"""Fewer failed reads may all be of old data by chance."""


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """The reads of old data since the release began, held against those of new data."""
    routes = _routes(record.contract)
    if not routes or facts.release_began_ns is None:
        return ()
    last_ns = max(batch.began_ns for batch in facts.batches if batch.began_ns is not None)
    values = {"routes": routes, "last_ns": last_ns}
    old, old_failed, new, new_failed, after, first, last, seqs, causes = one(record.db, _READ, values)
    if old_failed >= LEAST and new_failed * SELDOM * max(old, 1) < old_failed * max(new, 1):
        step, substep = facts.step_of(first)
        return (
            Finding(
                check=CHECK.name,
                finding=FindingKind.OLD_DATA_NOT_READ,
                verdict=Verdict.NO_GO,
                message=(
                    f"{number(old_failed)} of {plural(old, 'read')} of what was written before the release failed by "
                    f"their answers ({span(first, last)}): {tally(by_frequency(causes)[:4])}; of "
                    f"{plural(new, 'read')} of newer data, {number(new_failed)}"
                ),
                step=step,
                substep=substep,
                count=old_failed,
                first_ns=first,
                last_ns=last,
                requests=tuple(request_id(record, seq) for seq in seqs),
            ),
        )
    if after or old_failed:
        return ()
    message = "nothing that was written before the release was read since its last batch began"
    return (
        Finding(
            check=CHECK.name,
            finding=FindingKind.TOO_LITTLE_EVIDENCE,
            verdict=Verdict.INCONCLUSIVE,
            message=message,
        ),
    )


def _routes(contract: Contract) -> list[str]:
    return [route.name for route in contract.load.routes if route.reads_back]


def gaps(contract: Contract) -> Sequence[str]:
    """Where the load reads back nothing."""
    routes = contract.load.routes
    says = any(route.expect for route in routes)  # a locustfile's requests say nothing of what they read
    if not says or _routes(contract) or not any(route.write for route in routes):
        return ()
    return ("no route that only reads names {written}: whether what the old version wrote can be read",)


def idle(contract: Contract) -> str:
    """Where nothing is written, or nobody says what reads it."""
    routes = contract.load.routes
    if not any(route.expect for route in routes):
        return "a locustfile's requests do not say what they read"
    return "" if any(route.write for route in routes) else "the workload has no writes"


CHECK = Check(
    name="old_data",
    title="What was written before the release could be read until the end",
    order=9,
    judge=judge,
    idle=idle,
    gaps=gaps,
)
