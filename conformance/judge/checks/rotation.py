"""Some instances always serve (A8): at every sample enough of them are in rotation while the load runs.

By the SLB's group for the entry, by the list of each registry for the others; an incarnation that has ended does not
serve, whoever still lists it. A server that the plan itself restarts is not asked until everybody is back. Where the
SLB's health check has taken out instances that no step was taking down, or the record tells of trouble before a
registry listed too few, it is the world that was sick: inconclusive. So is what is missing right after seconds in which
the machine was CPU-starved, for then heart-beats and health checks come late.
Between two samples nobody looked: where that was for too long, nothing is known. The same holds of the watch over the
processes: an instance that ended while nobody looked would be missed.
"""

from collections.abc import Sequence
from itertools import pairwise

from conformance.judge.check import Check
from conformance.judge.cpu_starvation import amid
from conformance.judge.failures import during, preceded
from conformance.judge.model import Finding, Verdict
from conformance.judge.observers import registries
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import rows
from conformance.judge.timeline import FOREVER_NS, Window
from conformance.judge.wording import SECOND_NS, length, plural, seconds, span
from conformance.record.contract import Contract
from conformance.record.events import AuditRead
from conformance.record.reader import Record
from conformance.record.schema import PROCESSES
from conformance.vocabulary import FindingKind

_SAMPLES = """
SELECT s.at_ns, count(DISTINCT CASE WHEN $surges THEN s.incarnation ELSE s.instance END)
                    FILTER (in_rotation AND s.instance <> '' AND coalesce(s.at_ns < l.exited_ns, true))
FROM states s LEFT JOIN lives l ON l.incarnation = s.incarnation
WHERE observer = $observer AND s.service = $service AND s.at_ns BETWEEN $began_ns AND $ended_ns
GROUP BY s.at_ns ORDER BY s.at_ns
"""


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """Every sample between the load's first and last request, then the gaps between them."""
    began_ns, ended_ns = facts.load_began_ns, facts.load_ended_ns
    if began_ns is None or ended_ns is None:
        return (_gap("the load's beginning or end is not recorded: when instances had to serve cannot be told"),)
    found = [
        one for observer in _observers(record) for one in _in_rotation(record, facts, observer, began_ns, ended_ns)
    ]
    looks = [at_ns for at_ns, _ in _samples(record, PROCESSES, began_ns, ended_ns, service="")]
    if looks:  # records that were made before the watch showed that it looked have none
        found += _gaps(record, "whether every process runs", [began_ns, *looks, ended_ns], ())
    return found


def _observer(contract: Contract) -> str:
    """Who shows which instances are in rotation; empty where nothing lists them."""
    release = contract.release
    if release.position == "entry":
        return "slb"
    return "registry" if release.position == "provider" and contract.service(release.service).registered else ""


def _observers(record: Record) -> Sequence[str]:
    """Each of them: callers may go by either of two registries, and each must list enough.

    Whom the contract does not name is no witness of a loss: ``samples_agree`` says so.
    """
    observer = _observer(record.contract)
    return registries(record.contract) if observer == "registry" else (observer,) if observer else ()


def _in_rotation(record: Record, facts: RunFacts, observer: str, began_ns: int, ended_ns: int) -> Sequence[Finding]:
    samples = _samples(record, observer, began_ns, ended_ns)
    if not samples:
        return (_gap(f"there is no sample of what the {observer} lists of {record.contract.release.service}"),)
    outages = facts.outages.get("SLB" if observer == "slb" else "registry", ())
    samples = [(at_ns, serving) for at_ns, serving in samples if not _within(at_ns, outages)]
    found = [*_too_few(record, facts, observer, samples), *_at_the_edges(record, facts, observer, began_ns, ended_ns)]
    what = f"what the {observer} lists"
    return [*found, *_gaps(record, what, [began_ns, *(at_ns for at_ns, _ in samples), ended_ns], outages)]


def _gaps(record: Record, what: str, times: Sequence[int], outages: Sequence[Window]) -> list[Finding]:
    """The longest time without a look, where it is too long."""
    limit_ns = round(record.contract.thresholds.rotation_gap_s * SECOND_NS)
    longest_ns, since_ns = max(
        (later - earlier - _outage(earlier, later, outages), earlier) for earlier, later in pairwise(times)
    )
    if longest_ns <= limit_ns:
        return []
    message = f"nobody looked at {what} for {length(longest_ns)} from {seconds(since_ns)} on"
    return [_gap(f"{message}; {length(limit_ns)} are allowed")]


def _within(at_ns: int, outages: Sequence[Window]) -> bool:
    return any(outage.began_ns <= at_ns < outage.until_ns for outage in outages)


def _outage(earlier: int, later: int, outages: Sequence[Window]) -> int:
    """How much of the time between was an outage."""
    return sum(max(0, min(later, one.until_ns) - max(earlier, one.began_ns)) for one in outages)


def _samples(
    record: Record, observer: str, began_ns: int, ended_ns: int, service: str | None = None
) -> list[tuple[int, int]]:
    values = {
        "observer": observer,
        "service": record.contract.release.service if service is None else service,
        "began_ns": began_ns,
        "ended_ns": ended_ns,
        "surges": record.contract.release.own_command,  # who goes and who takes its place may serve side by side
    }
    return [(int(at_ns), int(serving)) for at_ns, serving in rows(record.db, _SAMPLES, values)]


def _too_few(record: Record, facts: RunFacts, observer: str, samples: Sequence[tuple[int, int]]) -> list[Finding]:
    """One finding per top-level step in which too few were in rotation."""
    wanted, service = record.contract.release.minimum_in_rotation, record.contract.release.service
    before_ns = round(record.contract.thresholds.starved_before_s * SECOND_NS)
    by_step: dict[str, list[tuple[int, int]]] = {}
    for at_ns, serving in samples:
        if serving < wanted:
            by_step.setdefault(facts.timeline.top_at(at_ns), []).append((at_ns, serving))
    found = []
    for step, short in by_step.items():
        first_ns, last_ns, least = short[0][0], short[-1][0], min(serving for _, serving in short)
        excuses = facts.lost if observer == "slb" else facts.troubles
        starved = facts.starvation.explains(first_ns - before_ns, first_ns)
        worlds_own = starved or preceded(record, excuses, first_ns)
        found.append(
            Finding(
                check=CHECK.name,
                finding=FindingKind.TOO_FEW_IN_ROTATION,
                verdict=Verdict.INCONCLUSIVE if worlds_own or facts.before_release(first_ns) else Verdict.NO_GO,
                message=(
                    f"{least} of {service} in rotation by the {observer} {during(step)} ({span(first_ns, last_ns)}, "
                    f"{plural(len(short), 'sample')}); "
                    f"at least {wanted} must serve at all times{amid(starved=starved)}"
                ),
                step=step,
                substep=facts.timeline.innermost_at(first_ns),
                count=len(short),
                first_ns=first_ns,
                last_ns=last_ns,
                starved=starved,
            )
        )
    return found


def _at_the_edges(record: Record, facts: RunFacts, observer: str, began_ns: int, ended_ns: int) -> Sequence[Finding]:
    """Samples before the load, and after it until the ledger was read: nothing is lost, but the world is not whole."""
    wanted, service = record.contract.release.minimum_in_rotation, record.contract.release.service
    outages = facts.outages.get("SLB" if observer == "slb" else "registry", ())
    read_ns = max((event.at_ns for event in record.events if isinstance(event, AuditRead)), default=ended_ns)
    found = []
    for when, since_ns, until_ns in (
        ("before the load began", -FOREVER_NS, began_ns - 1),
        ("after the load had ended", ended_ns + 1, read_ns),
    ):
        samples = _samples(record, observer, since_ns, until_ns)
        short = [one for one in samples if one[1] < wanted and not _within(one[0], outages)]
        if short and not (facts.refused or facts.release_began_ns is None):
            least, first_ns, last_ns = min(serving for _, serving in short), short[0][0], short[-1][0]
            message = f"{least} of {service} in rotation by the {observer} {when} ({span(first_ns, last_ns)})"
            found.append(
                Finding(
                    check=CHECK.name,
                    finding=FindingKind.TOO_FEW_IN_ROTATION,
                    verdict=Verdict.INCONCLUSIVE,
                    message=f"{message}; at least {wanted} must serve",
                    count=len(short),
                    first_ns=first_ns,
                    last_ns=last_ns,
                )
            )
    return found


def _gap(message: str) -> Finding:
    return Finding(
        check=CHECK.name, finding=FindingKind.ROTATION_NOT_SAMPLED, verdict=Verdict.INCONCLUSIVE, message=message
    )


def gaps(contract: Contract) -> Sequence[str]:
    """Of what neither the SLB nor the registry lists nothing shows how many serve."""
    release = contract.release
    if _observer(contract):
        return ()
    why = "is a worker, which nothing lists" if release.position == "worker" else "does not stand in the registry"
    return (f"{release.service} {why}: whether enough instances serve",)


CHECK = Check(name="rotation", title="Enough instances were in rotation at all times", order=60, judge=judge, gaps=gaps)
