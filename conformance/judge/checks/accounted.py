"""Every planned request is accounted for, exactly once, and load, SLB and instances speak of the same requests.

A request that nobody can account for may be the one that was lost. So the load's rows are dense, none contradicts
itself or the contract, every answered request has a line in the SLB's log, and neither SLB nor instances know a
request that the load does not. A request that the client could not send (``not sent``) is the load's failure, not
the product's: from then on the load was not the one that was planned.
"""

from collections.abc import Sequence

from conformance.judge.check import Check, lacking_slb_lines
from conformance.judge.model import Finding, Verdict
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import count, numbers, one
from conformance.judge.wording import number, plural
from conformance.record.contract import Contract
from conformance.record.reader import Record
from conformance.record.schema import ERRORS
from conformance.vocabulary import FindingKind

_NUMBERS = f"SELECT {numbers('seq')}, coalesce(min(seq), 0), coalesce(max(seq), 0) FROM requests"  # noqa: S608 - ours

_CONTRADICTIONS = """
SELECT count(*) FROM requests r LEFT JOIN expected e ON e.route = r.route LEFT JOIN answers a ON a.answer = r.answer
WHERE e.route IS NULL OR r.is_write <> e.is_write OR a.answer IS NULL OR done_ns = 0
   OR (error <> '' AND NOT list_contains($errors, error)) OR (error = 'not sent' AND (sent_ns > 0 OR status > 0))
   OR (error = '' AND NOT (0 < sent_ns AND sent_ns <= first_ns AND first_ns <= done_ns AND status > 0))
"""


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """Compare the load's rows with its plan, with themselves, and with what SLB and instances saw."""
    db, planned = record.db, record.load.planned
    distinct, first, last = one(db, _NUMBERS, {"last": facts.requests})
    if distinct != facts.requests:  # some are not from 0 on, or stand there twice
        distinct = count(db, "SELECT count(DISTINCT seq) FROM requests")
    tasks = record.load.tasks
    unused = 0 if tasks is None else tasks.unused_ids
    dense = first <= unused and last <= max(planned - 1 + unused, 0)
    found = [*_tasks(record, facts)]
    if not (facts.requests == distinct == planned and dense):
        found.append(
            _finding(
                FindingKind.UNACCOUNTED_REQUEST,
                f"{number(planned)} requests were planned; the record has {number(facts.requests)} rows "
                f"for {number(distinct)} of them, from number {first} to {last}",
                abs(planned - distinct) + facts.requests - distinct,
            )
        )
    if unsent := count(db, "SELECT count(*) FROM outcomes WHERE failure = 'not sent'"):
        message = f"{number(unsent)} of {number(planned)} requests were not sent: the client had no connection left"
        found.append(_finding(FindingKind.LOAD_NOT_SUSTAINED, message, unsent))
    if odd := count(db, _CONTRADICTIONS, {"errors": list(ERRORS)}):
        message = f"{plural(odd, 'row')} of requests.csv at odds with the contract or with itself"
        found.append(_finding(FindingKind.CONTRADICTORY_RECORD, message, odd))
    if odd := count(db, "SELECT count(*) FROM executions WHERE end_ns < start_ns"):
        message = (
            f"{plural(odd, 'execution')} that ended before {'it' if odd == 1 else 'they'} began, by the instances' logs"
        )
        found.append(_finding(FindingKind.CONTRADICTORY_RECORD, message, odd))
    question = "SELECT count(*) FROM outcomes o ANTI JOIN slb USING (seq) WHERE failure = ''"
    if record.contract.slb_lines and (unseen := count(db, question)):
        message = f"{plural(unseen, 'answered request')} without a line in the SLB's log"
        found.append(_finding(FindingKind.CONTRADICTORY_RECORD, message, unseen))
    for table, teller in (("slb", "the SLB's log tells"), ("executions", "the instances' logs tell")):
        question = f"""
            SELECT count(*) FROM {table}
            WHERE (seq IS NULL AND starts_with(other_id, $run)) OR NOT seq BETWEEN $first AND $last
        """  # noqa: S608 - two names, above
        if unknown := count(db, question, {"run": record.contract.ids.prefix, "first": first, "last": last}):
            message = f"{teller} of {plural(unknown, 'request')} that the load has no row of"
            found.append(_finding(FindingKind.UNACCOUNTED_REQUEST, message, unknown))
    return found


_OF_TASKS = """
WITH asked AS (SELECT unnest(string_split(requests, ' ')) AS seq FROM tasks WHERE requests <> '')
SELECT (SELECT count(*) FROM tasks), (SELECT count(DISTINCT task) FROM tasks),
       (SELECT coalesce(max(task), 0) FROM tasks),
       (SELECT count(*) FROM asked), (SELECT count(DISTINCT seq) FROM asked),
       (SELECT count(*) FROM asked WHERE try_cast(seq AS UBIGINT) NOT IN (SELECT seq FROM requests)),
       (SELECT count(*) FROM tasks WHERE outcome = 'raised' AND requests = '')
"""


def _tasks(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """Each task execution has its row, each request belongs to one of them at most, and none ended without asking."""
    tasks = record.load.tasks
    if tasks is None:
        return ()
    kept, distinct, last, asked, of_one, unknown, silent = one(record.db, _OF_TASKS)
    found = []
    if not (kept == distinct == tasks.planned and last == max(tasks.planned - 1, 0)):
        noun = facts.load.noun
        message = f"{number(tasks.planned)} {noun}s were planned; the record has {number(kept)} of them"
        found.append(_finding(FindingKind.UNACCOUNTED_REQUEST, message, abs(tasks.planned - kept)))
    if asked != of_one or unknown or asked + tasks.apart != record.load.rows:
        message = (
            f"tasks.csv tells of {number(asked)} requests, and {number(tasks.apart)} belong to no task; "
            f"the load wrote {number(record.load.rows)}"
        )
        found.append(_finding(FindingKind.CONTRADICTORY_RECORD, message, abs(record.load.rows - asked - tasks.apart)))
    if silent:
        why = tasks.errors[0][0] if tasks.errors else "no exception is recorded"
        message = f"{plural(silent, 'task execution')} raised before asking for anything; the most frequent: {why}"
        found.append(_finding(FindingKind.LOAD_NOT_SUSTAINED, message, silent))
    return found


def _finding(finding: FindingKind, message: str, number_of: int) -> Finding:
    return Finding(check=CHECK.name, finding=finding, verdict=Verdict.INCONCLUSIVE, message=message, count=number_of)


def gaps(contract: Contract) -> Sequence[str]:
    """An SLB that tells of no request."""
    return lacking_slb_lines(contract, "whether every answered request came by it")


CHECK = Check(name="accounted", title="Every planned request is accounted for", order=30, judge=judge, gaps=gaps)
