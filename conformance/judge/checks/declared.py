"""Evidence that a descriptor declares is there: what is missing must not be taken for nothing having happened.

Where the entry declares its identity, every answered request names who answered. Where a service declares X-Hops, its
answers tell of every call that the log of its callee shows. Where a service declares its executions, its log has a line
for every call that it answered: one for each answered request at the entry, and at the services behind it as many as
the answers' X-Hops tell of, incarnation by incarnation. A log that lacks lines cannot show a removal lag.
"""

from collections.abc import Iterator, Sequence

from conformance.judge.check import Check, lacking, unseen_hops
from conformance.judge.model import Finding, Verdict
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import count, rows
from conformance.judge.wording import plural, tally
from conformance.record.contract import Contract, ServiceFacts
from conformance.record.reader import Record
from conformance.vocabulary import FindingKind

_LACKING = {
    "identity": "a.instance = '' OR a.incarnation = '' OR a.version = ''",
    "executions": "NOT EXISTS (FROM executions e WHERE e.seq = o.seq AND e.service = $entry)",
    "hops": "a.hops = ''",
}
"""What an entry declares -> when an answered request lacks it."""

_BY_ROUTE = """
SELECT route, count(*) FILTER ({lacking}) AS times, count(*) FROM outcomes o JOIN answers a USING (answer)
WHERE failure = '' AND o.entry = $entry GROUP BY route HAVING times > 0 ORDER BY times DESC, route
"""

_ANY_WITHOUT_EXECUTION = """
SELECT count(*) FROM outcomes o ANTI JOIN (SELECT seq FROM executions WHERE service = $entry) USING (seq)
WHERE failure = '' AND o.entry = $entry
"""
"""An eighth of what it takes to count by routes."""

_UNTOLD = """
SELECT count(*) FROM outcomes o SEMI JOIN (SELECT seq FROM executions WHERE service = $callee) e USING (seq)
       ANTI JOIN (SELECT answer FROM hops WHERE callee = $callee) h USING (answer)
       SEMI JOIN (SELECT answer FROM answers WHERE hops <> '') a USING (answer)
WHERE failure = '' AND o.entry <> $callee
"""

_CALLS = """
SELECT h.instance, h.incarnation, count(*) FROM outcomes o JOIN hops h USING (answer)
WHERE NOT h.failed AND h.incarnation <> '' AND h.caller <> 'slb' GROUP BY h.instance, h.incarnation
ORDER BY h.incarnation
"""


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """Service by service, what each declares."""
    answered = rows(record.db, _CALLS)
    return [
        finding
        for service in record.contract.services
        for finding in (
            *(_entry(record, service) if service.position == "entry" else ()),
            *_behind(facts, service, answered),
            *_untold(record, service),
        )
    ]


def _untold(record: Record, callee: ServiceFacts) -> Iterator[Finding]:
    """What its log shows, and the answers of those who called it should have told of."""
    callers = record.contract.callers(callee.name)
    if "executions" not in callee.evidence or not callers or not all("hops" in one.evidence for one in callers):
        return
    if untold := count(record.db, _UNTOLD, {"callee": callee.name}):
        message = f"X-Hops of {plural(untold, 'answer')} lacks the call to {callee.name} that its log shows"
        yield _missing(message, untold)


def _entry(record: Record, service: ServiceFacts) -> Iterator[Finding]:
    """What answered requests lack, and of which routes: a kind of request may be one that a log never has."""
    name = service.name
    for evidence, said in (
        ("identity", "{} did not say who gave it"),
        ("executions", f"the logs of {name} lack {{}}"),
        ("hops", f"{{}} of {name} came without X-Hops"),
    ):
        if evidence not in service.evidence:
            continue
        if evidence == "executions" and not count(record.db, _ANY_WITHOUT_EXECUTION, {"entry": name}):
            continue
        found = rows(record.db, _BY_ROUTE.format(lacking=_LACKING[evidence]), {"entry": name})
        lacking = sum(times for _, times, _ in found)
        noun = "answered request" if evidence == "executions" else "answer"
        if found:
            routes = tally(
                [(f"{route}{' (all)' if times == every else ''}", times) for route, times, every in found[:4]]
            )
            yield _missing(f"{said.format(plural(lacking, noun))}: {routes}", lacking)


def _behind(facts: RunFacts, service: ServiceFacts, answered: Sequence[tuple[str, str, int]]) -> Iterator[Finding]:
    """``answered``: by instance and incarnation, how many calls X-Hops tells that it answered."""
    if "executions" not in service.evidence:
        return
    for instance, incarnation, calls in answered:
        if instance not in service.instances:
            continue
        executed = facts.executed.get(incarnation)
        logged = executed.count if executed else 0
        if logged < calls:
            message = f"{incarnation} answered {plural(calls, 'call')}; its log has {plural(logged, 'execution')}"
            yield _missing(message, calls - logged, instance, incarnation)


def _missing(message: str, count_of: int, instance: str = "", incarnation: str = "") -> Finding:
    return Finding(
        check=CHECK.name,
        finding=FindingKind.EVIDENCE_MISSING,
        verdict=Verdict.INCONCLUSIVE,
        message=message,
        count=count_of,
        instance=instance,
        incarnation=incarnation,
    )


def gaps(contract: Contract) -> Sequence[str]:
    """What no service declares cannot be missed; who answered, the SLB tells as well."""
    named = (
        ()
        if contract.slb_lines
        else (
            gap for entry in contract.entries for gap in lacking(contract, entry, "identity", "who answered a request")
        )
    )
    return (*named, *unseen_hops(contract, "whether the logs behind it have every call"))


CHECK = Check(name="declared", title="Evidence that is declared is there", order=75, judge=judge, gaps=gaps)
