"""An instance that leaves is called no more: at once by the SLB (A3), within the policy's bound by consumers (A4, A7).

Behind the SLB no execution starts once the drain was acknowledged. Between services, executions that start after
the offline mark are the removal lag; it may not exceed what the offline policy allows. And whatever the policy,
nothing is sent to an incarnation after its stop: that call must fail, even where a retry hides it from the user.
A removal lag proves nothing of the callers where the machine was CPU-starved meanwhile; a drain that the SLB
has acknowledged and a stop are facts, however busy the machine is.
Judged by the instances' own logs. An entry without one is judged by the SLB's lines: what the load sent after the
acknowledgement and one that was drained answered; a line itself says when it was written, not when a request came in.
"""

from collections.abc import Sequence

from conformance.judge.check import Check, lacking, lacking_slb_lines, unseen_hops
from conformance.judge.cpu_starvation import amid
from conformance.judge.failures import MOST_IDS, during, request_id
from conformance.judge.model import Finding, Removal, Verdict
from conformance.judge.removals import first_after, removals
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import rows
from conformance.judge.wording import SECOND_NS, length, plural, seconds
from conformance.record.contract import Contract
from conformance.record.reader import Record
from conformance.vocabulary import FindingKind

_SENT_AFTER_STOP = f"""
WITH calls AS (
    SELECT h.hop, h.instance, s.incarnation, o.seq, o.sent_ns, s.stopped_ns
    FROM lives s JOIN hops h USING (incarnation) JOIN outcomes o USING (answer)
    WHERE o.sent_ns > s.exited_ns
       OR (o.sent_ns > s.stopped_ns AND (h.error <> '' OR (h.failed AND o.failure <> '')))
    UNION
    SELECT 'slb->' || o.entry, a.peer, s.incarnation, o.seq, o.sent_ns, s.stopped_ns
    FROM lives s JOIN slb a USING (incarnation) JOIN outcomes o USING (seq)
    WHERE o.sent_ns > s.exited_ns OR (o.sent_ns > s.stopped_ns AND a.answered = 0))
SELECT hop, instance, incarnation, count(*), min(sent_ns), max(sent_ns), any_value(stopped_ns),
       arg_min(seq, sent_ns, {MOST_IDS})
FROM calls GROUP BY hop, instance, incarnation ORDER BY min(sent_ns)
"""  # noqa: S608 - a constant
"""Between the stop signal and the end an instance may yet answer, draining by itself: there only what failed counts."""


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """Each incarnation that was taken down, by its own log; then what was sent to any that had stopped."""
    release = record.contract.release
    measured = removals(record, facts)
    bound_s = 0.0 if release.position == "entry" else release.removal_bound_s
    found = []
    if bound_s is not None and release.position != "worker" and not _unshown(record.contract):
        marked = {
            life.incarnation
            for batch in facts.batches
            for life in batch.old
            if life.drained_ns or life.marked_ns or (life.performed_ns and release.position != "entry")
        }
        found += [
            _lag(record, facts, removal, bound_s)
            for removal in measured
            if removal.incarnation in marked and removal.lag_s > bound_s
        ]
        seen = {removal.incarnation for removal in measured}
        found += [_unseen(incarnation) for incarnation in sorted(marked - seen)]
    return [*found, *_sent_after_stop(record, facts)]


def _lag(record: Record, facts: RunFacts, removal: Removal, bound_s: float) -> Finding:
    entry = record.contract.release.position == "entry"
    request, start_ns = first_after(record, facts, removal)
    hops = record.contract.release.hops
    mark = "its drain was acknowledged" if entry else "it had marked itself offline"
    allowed = "none is allowed" if entry else f"the policy allows {bound_s:g} s"
    starved = not entry and facts.starvation.explains(removal.marked_ns, removal.last_start_ns)
    return Finding(
        check=CHECK.name,
        finding=FindingKind.EXECUTION_AFTER_DRAIN if entry else FindingKind.REMOVAL_LAG,
        verdict=Verdict.INCONCLUSIVE if starved else Verdict.NO_GO,
        message=(
            f"{plural(removal.executions_after, 'execution')} started on {removal.incarnation} after {mark} "
            f"{during(removal.step)}, the last {removal.lag_s:.3f} s after; {allowed}{amid(starved=starved)}"
        ),
        step=removal.step,
        substep=facts.timeline.innermost_at(start_ns),
        hop=hops[0] if len(hops) == 1 else "",
        instance=removal.instance,
        incarnation=removal.incarnation,
        count=removal.executions_after,
        first_ns=start_ns,
        last_ns=removal.last_start_ns,
        requests=(request,),
        starved=starved,
        detail=(f"marked at {seconds(removal.marked_ns)}, last execution started at {seconds(removal.last_start_ns)}",),
    )


def _unseen(incarnation: str) -> Finding:
    return Finding(
        check=CHECK.name,
        finding=FindingKind.TOO_LITTLE_EVIDENCE,
        verdict=Verdict.INCONCLUSIVE,
        message=f"{incarnation} went down and nothing shows an execution of it: how long it was called cannot be told",
        incarnation=incarnation,
    )


def _sent_after_stop(record: Record, facts: RunFacts) -> list[Finding]:
    findings = []
    for hop, instance, incarnation, calls, first, last, stopped, seqs in rows(record.db, _SENT_AFTER_STOP):
        step, substep = facts.step_of(first)
        since = stopped if stopped is not None else first
        findings.append(
            Finding(
                check=CHECK.name,
                finding=FindingKind.SENT_AFTER_STOP,
                verdict=Verdict.INCONCLUSIVE if facts.before_release(first) else Verdict.NO_GO,
                message=(
                    f"{plural(calls, 'request')} sent to {incarnation} after its stop {during(step)}, "
                    f"the last {length(last - since)} after"
                ),
                step=step,
                substep=substep,
                hop=hop,
                instance=instance,
                incarnation=incarnation,
                count=calls,
                first_ns=first,
                last_ns=last,
                requests=tuple(request_id(record, seq) for seq in seqs),
            )
        )
    return findings


def _unshown(contract: Contract) -> tuple[str, ...]:
    return lacking(contract, contract.release.service, "executions", "how long it was called after its mark")


def gaps(contract: Contract) -> Sequence[str]:
    """Without executions nobody knows how long an instance was called; without X-Hops and SLB lines, by whom."""
    release = contract.release
    by_slb = release.position == "entry"
    if release.own_command:
        return ()  # nothing is promised of it: what is measured, and what is not, the record alone shows
    if release.position == "worker":
        unshown: tuple[str, ...] = (f"{release.service} is a worker, which nobody calls: how long it was called",)
    else:
        unshown = _unshown(contract)
    return (
        *unshown,
        *unseen_hops(contract, "whether it called an instance after its stop"),
        *(lacking_slb_lines(contract, "whether it sent a request to an instance that had stopped") if by_slb else ()),
    )


def unseen(record: Record, facts: RunFacts) -> Sequence[str]:
    """What a log that tells times less finely than is asked for cannot show; what a team's own system did not tell."""
    contract, release = record.contract, record.contract.release
    if release.own_command:
        gone = [life for life in facts.lives.values() if life.disappeared_ns is not None]
        left = {life.incarnation for life in gone if life.listed or life.launched_ns is None}
        untold = len(left.difference(removal.incarnation for removal in removals(record, facts)))
        if not untold:
            return ()
        return (f"for how long {untold} of {plural(len(left), 'instance')} were sent requests after leaving the SLB",)
    bound_s = 0.0 if release.position == "entry" else release.removal_bound_s
    finest_ns = facts.resolution_ns.get(release.service, 0)
    tolerated_s = max(bound_s or 0.0, contract.thresholds.clock_drift_ms / 1000)
    if bound_s is None or finest_ns <= tolerated_s * SECOND_NS:
        return ()
    told = f"the log of {release.service} tells times to {length(finest_ns)}"
    return (f"{told}: whether it was called for less than that after its mark",)


CHECK = Check(
    name="removal",
    title="Nobody called an instance that was gone",
    order=40,
    judge=judge,
    of_releases_only=True,
    gaps=gaps,
    unseen=unseen,
)
