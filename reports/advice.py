"""What to do about a verdict, in one sentence for who decides: no more than the record supports."""

import re
from collections.abc import Iterator, Sequence

from conformance.judge.derived import NOBODY
from conformance.judge.model import ErrorWindow, Finding, Judgement, Verdict
from conformance.judge.wording import plural
from conformance.vocabulary import TOO_LATE, UNFIT, Cause, Doubt, ErrorClass, FindingKind, Refuser
from reports.model import ScenarioResult

SECOND_NS = 1e9
_REFUSED = re.compile(r"status 4(?!08|29)\d\d")
"""An instance's own answer to what is asked of it; 408 and 429 speak of time and of too much."""

STARVED = "starved"
"""In place of the name of a finding that a CPU-starved machine explains, whatever it is called."""
SESSIONS_SHORT = "sessions too short"
"""In place of the name of too little evidence of sessions: more of them do not help where all end before the stop."""
LACKING = {
    FindingKind.LOSES_WITHOUT_A_RELEASE: (
        "the system loses without a release: fix that first, for what a release loses cannot be told from it"
    ),
    FindingKind.ENDED_EARLY: "the run ended early: fix what its first line names, then release once more",
    FindingKind.RECORD_BROKEN: "the record was cut off or changed after the run: release once more",
    FindingKind.NEWER_RECORD: "the record was made by a later version of this suite: judge it with that one",
    FindingKind.NOT_JUDGED: "the judge could not read this run to its end: report the message as a fault of the suite",
    FindingKind.CHECK_FAILED: "a check could not be carried out: report the message as a fault of the suite",
    FindingKind.NOT_HEALTHY: "the old version failed before anything was touched: fix that first",
    FindingKind.TROUBLE: "a server or a process was in trouble: fix what the trouble names",
    FindingKind.STEP_FAILED: "a step could not be carried out: fix what it was waiting for, then release once more",
    STARVED: "the machine was CPU-starved when this happened: give it more room, or lower --rate",
    FindingKind.REFUSED: "the gray was met too seldom to be confirmed: raise --rate, or its share of the requests",
    FindingKind.LEFT_ROTATION: "the SLB took out untouched instances: give the machine more room, or lower --rate",
    FindingKind.ROTATION_NOT_SAMPLED: "lists were not read for a while: give the machine more room, or lower --rate",
    FindingKind.LOAD_NOT_SUSTAINED: "the load did not keep its schedule: give the machine more room, or lower --rate",
    FindingKind.CLIENT_NOT_HONEST: "the load's own self-test failed: release once more; again: a fault of the suite",
    FindingKind.TOO_LITTLE_EVIDENCE: "too little happened to prove anything: raise --rate, or let batches last longer",
    SESSIONS_SHORT: "no session outlived a stop: give the journeys more steps, or a longer think_ms",
    FindingKind.EVIDENCE_MISSING: "declared evidence is missing: fix what instances log and answer, or undeclare it",
    FindingKind.BLIND_AUDIT: "the audit does not see an effect: fix the audit or the effects in the descriptor",
    FindingKind.UNDECLARED_EFFECT: "writes left undeclared effects: complete the effects in the descriptor",
    FindingKind.LEDGER_NOT_SETTLED: "the ledger was not read or still changing: let writes settle, then repeat",
    FindingKind.CLOCKS_DISAGREE: "the clocks parted: keep the machine's clock from being set, then release once more",
}
"""What is lacking and what gets it, by finding; the first of them that a run has is told."""
OTHERWISE = "evidence is lacking: fix what the finding names, then release once more"


def what_to_do(result: ScenarioResult) -> str:
    """One sentence: may it go, what must be done first, or which evidence is to be got."""
    if result.doubt is Doubt.LOSES_BY_ITSELF and result.judgement is None:
        return f"No decision possible: {LACKING[FindingKind.LOSES_WITHOUT_A_RELEASE]}."
    if result.judgement is None:
        return "No decision possible: no release was judged; fix what is named above and run it again."
    if result.own_assertion:
        return of_own_assertion(result.expected)
    return advise(result.judgement, result.expected, met=result.met, lossy=result.lossy)


def of_own_assertion(expected: str) -> str:
    """The same where all was as expected but what the scenario itself demands."""
    decision = "Do not release" if expected == "GO" else "No decision possible"
    return f"{decision}: the scenario's own assertion failed; the line above says which."


def advise(judgement: Judgement, expected: str, *, met: bool, lossy: bool) -> str:
    """The same for a judgement.

    Args:
        judgement: How the run was judged.
        expected: ``GO``, ``NO-GO`` or ``ANY``.
        met: Whether that is what came of it.
        lossy: Whether something was lost that must not be lost.
    """
    if met:
        return _met(judgement, expected)
    if lossy:
        return f"Do not release: {'; '.join(remedies(judgement))}."
    if unfit := [one for one in judgement.findings if one.verdict is Verdict.NO_GO and one.finding in UNFIT]:
        fix = "; ".join(dict.fromkeys(_of_the_version(judgement, unfit)))
        return f"No decision possible: something else was found than what was expected: {fix}."
    if judgement.verdict is not Verdict.INCONCLUSIVE:
        return (
            "Do not trust a GO of this suite yet: it did not see the loss that it must see here; "
            "find out why before anything else."
        )
    return f"No decision possible: {lacking(judgement.findings)}."


def _met(judgement: Judgement, expected: str) -> str:
    if judgement.null_release:
        return "Nothing to do: without a release nothing is lost."
    if expected == "ANY":
        return "Nothing to decide: this way down is measured, not judged."
    if expected == "NO-GO":
        return "Nothing to do: the suite sees this loss, as it must."
    if judgement.untested:
        return f"It may go, if you accept what was not tested ({plural(len(judgement.untested), 'point')})."
    return "It may go."


def lacking(findings: Sequence[Finding]) -> str:
    """Which evidence is lacking, and what gets it."""
    told = [finding for finding in findings if finding.verdict is Verdict.INCONCLUSIVE]
    kinds = {_kind_lacking(finding) for finding in told}
    return next((remedy for kind, remedy in LACKING.items() if kind in kinds), OTHERWISE)


def _kind_lacking(finding: Finding) -> str:
    if finding.starved:
        return STARVED
    if finding.check == "sessions" and finding.finding == FindingKind.TOO_LITTLE_EVIDENCE:
        return SESSIONS_SHORT
    return finding.finding


def remedies(judgement: Judgement) -> tuple[str, ...]:
    """What would have spared the losses, as far as the record shows their cause; then what is to be repaired."""
    bad = [finding for finding in judgement.findings if finding.verdict is Verdict.NO_GO]
    causes = dict.fromkeys(
        (*_of_the_version(judgement, bad), *_of_the_way_down(judgement, bad), *_of_the_release(judgement, bad))
    )
    found = list(causes) or [_unexplained(bad)]
    damage = [finding for finding in bad if finding.check == "writes"]
    if damage:
        broken = sum(finding.count for finding in damage)
        what = f"{plural(broken, 'write')} that {'is' if broken == 1 else 'are'} not whole"
        found.append(
            f"repair {what}, beginning with {damage[0].requests[0]}" if damage[0].requests else f"repair {what}"
        )
    return tuple(found)


def _rolled_back(judgement: Judgement, refused: Finding) -> bool:
    """Whether nothing speaks against it: no step has failed since, and nothing is unproved of the way back."""
    return not any(
        (one.finding == FindingKind.STEP_FAILED and one.first_ns >= refused.first_ns)
        or (one.check == refused.check and one.finding != FindingKind.REFUSED)
        for one in judgement.findings
    )


def _of_the_version(judgement: Judgement, bad: Sequence[Finding]) -> Iterator[str]:
    """The new version itself is at fault."""
    for finding in bad:
        if finding.finding == FindingKind.REFUSED:
            yield _of_a_refusal(judgement, finding)
        elif finding.finding == FindingKind.ENDED_BY_ITSELF and finding.cause == Cause.OUT_OF_MEMORY:
            yield "give the new version more memory: it was killed for want of it"
        elif finding.finding == FindingKind.ENDED_BY_ITSELF:
            yield f"fix the new version: {finding.incarnation} ended by itself, its log says why"
        elif finding.finding == FindingKind.SESSION_LOST:
            yield "keep sessions where every instance finds them, or let each instance's sessions end before it goes"
        elif finding.error == ErrorClass.WRONG_ANSWER or _REFUSED.fullmatch(finding.error):
            yield "set right what is answered, or what the workload expects of it: both are told above"
        elif finding.error == TOO_LATE or finding.finding == FindingKind.SLOWER_THAN_PROMISED:
            yield _slow(judgement)
        elif finding.finding == FindingKind.STOP_SIGNAL_SWALLOWED:
            yield "hand the stop signal on to the service: no shell as process 1, exec it or put an init before it"


def _of_a_refusal(judgement: Judgement, refused: Finding) -> str:
    """An act that an instance refuses speaks against the way that the descriptor has it go, not against a version."""
    by_act = judgement.refusal is not None and judgement.refusal.by == Refuser.ACT
    what = "the way down or up that the descriptor declares" if by_act else "the new version"
    why = "an instance refused what it was asked" if by_act else "it was refused"
    back = "what had begun was not shown to be rolled back: look who serves, before anything else"
    taken = "what had begun was rolled back"
    return f"fix {what}: {why}, and {taken if _rolled_back(judgement, refused) else back}"


def _slow(judgement: Judgement) -> str:
    longest = max(judgement.slow_starts, key=lambda one: one.seconds, default=None)
    if longest is None:
        return "make answers as quick as is promised, or promise what holds"
    return (
        f"warm each new instance up before requests reach it: {longest.incarnation} was slow for"
        f" {longest.seconds:.1f} s after it was ready"
    )


def _of_the_way_down(judgement: Judgement, bad: Sequence[Finding]) -> Iterator[str]:
    """Requests went to instances that were leaving, or gone."""
    hit = {finding.incarnation for finding in bad if finding.incarnation}
    costly = [window for window in judgement.windows if hit.intersection(window.incarnations)]
    silent = [window for window in costly if window.marked_ns >= window.gone_ns]
    if silent:
        how = (
            "drain each instance out of the SLB's group before it stops"
            if judgement.position == "entry"
            else "deregister each instance and let it serve on until no caller lists it, before it stops"
        )
        yield f"{how} (nobody had said that it was going{_called(silent)})"
    announced = [window for window in costly if window not in silent and window.called_s]
    if announced:
        needed = max(((window.last_call_ns or 0) - window.marked_ns) / SECOND_NS for window in announced)
        said = "once it has said that it is going"
        yield f"let each instance serve on for at least {needed:.1f} s {said}{_called(announced)}"
    late = [
        finding for finding in bad if finding.finding in (FindingKind.REMOVAL_LAG, FindingKind.EXECUTION_AFTER_DRAIN)
    ]
    lags = [removal.lag_s for removal in judgement.removals if removal.incarnation in {f.incarnation for f in late}]
    if lags and not announced:
        yield (
            f"make callers drop an instance sooner, or allow for a removal lag of {max(lags):.1f} s "
            "by letting each serve on that long"
        )


def _called(windows: Sequence[ErrorWindow]) -> str:
    longest = max((window.called_s or 0.0 for window in windows), default=0.0)
    return f", and callers went on for {longest:.1f} s" if longest else ""


def _of_the_release(judgement: Judgement, bad: Sequence[Finding]) -> Iterator[str]:
    """The plan asks too much, or somebody repeats."""
    for finding in bad:
        nobody = finding.error == NOBODY and judgement.position == "entry"
        if finding.finding == FindingKind.TOO_FEW_IN_ROTATION or nobody:
            yield "keep more instances in rotation: smaller batches, or the new before the old"
        elif finding.finding == FindingKind.SENT_TWICE:
            yield f"switch off the retry over {finding.hop}: a repeated write is a second order"
        elif finding.finding == FindingKind.HIDDEN_FAILURE:
            yield f"let a call that failed over {finding.hop} fail the request too: a fallback hides a loss"
        elif finding.finding == FindingKind.GRAY_SHARE:
            yield "set the callers' weights right: the new version did not get the share that was promised"
        elif finding.finding == FindingKind.LEAK:
            yield "close the lane: who is meant for the gray must meet it at every hop, and nobody else"
        elif finding.finding == FindingKind.FLAPPING:
            yield "keep each user on one version: choose it by the user, not by the request"
        elif finding.finding == FindingKind.OLD_VERSION_ANSWERS:
            yield "find who still starts or routes to the old version: it answers after its release"


def _unexplained(bad: Sequence[Finding]) -> str:
    """Where the record shows the place and not the cause."""
    worst = bad[0]
    place = " ".join(
        f"{word} {what}" for word, what in (("over", worst.hop), ("at", worst.instance), ("in", worst.step)) if what
    )
    return f"find the cause of the {worst.finding} {place}".rstrip() + ": the record shows the place, not the cause"
