"""A new version that is refused is not to be released (A8), however well it was rolled back.

It is refused where it is never ready, ends at its start, is not listed or does not answer, where the gray's
confirmation, by the record or by a person, says no, where an act of the way down or up is refused, and where the team's
own command fails once it has come. The release must then have stopped, and everything that had begun must have been
rolled back: whether that lost anything is for the other checks to say.

A CPU-starved machine makes any version slow and late. Where that explains all that spoke against the
new one, the refusal proves nothing. A person's no, wrong writes and a version that ends by itself have no such excuse.
Nor does a wait in vain, or an act that was refused, where a server or a process was in trouble since the batch began.
Nor does it prove anything where the gray was not met often enough to be confirmed.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from conformance.judge.check import Check
from conformance.judge.cpu_starvation import amid
from conformance.judge.failed_instances import others_failed
from conformance.judge.model import Finding, Verdict
from conformance.judge.run_facts import Batch, RunFacts
from conformance.judge.sql import one
from conformance.judge.wording import number, plural, seconds
from conformance.record.events import Refused
from conformance.record.reader import Record
from conformance.vocabulary import FindingKind, Refuser

UNKNOWN = Refuser.TRAFFIC
"""Where nothing spoke against the new version, but not enough for it either."""
_EXCUSED = (Refuser.TIMEOUT, Refuser.ACT, Refuser.COMMAND)
"""What a machine without time, or a server in trouble, explains as well."""

_HARM = """
SELECT count(*), count(*) FILTER (moment_ns <= $at_ns), count(*) FILTER (moment_ns <= $at_ns AND NOT starved)
FROM failures WHERE NOT before
"""


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """Why it was refused, and whether the release stopped there."""
    if not facts.refused:
        return ()
    first = facts.refused[0]
    step, substep = facts.step_of(first.at_ns)
    why, *log = first.why.splitlines() or ["no reason is recorded"]
    release = record.contract.release
    hit = next((batch.to for batch in facts.batches if first.step.partition(".")[0] == batch.step), release.new)
    harm, *by_then = one(record.db, _HARM, {"at_ns": first.at_ns})
    starved = _starved(record, facts, first, *by_then)
    trouble = _trouble(record, facts, first)
    rollback = _rollback(facts)
    found = [
        Finding(
            check=CHECK.name,
            finding=FindingKind.REFUSED,
            verdict=Verdict.INCONCLUSIVE if starved or trouble or first.by == UNKNOWN else Verdict.NO_GO,
            message=(
                f"{'the release' if first.by == Refuser.ACT else hit} was refused at {seconds(first.at_ns)}: {why}; "
                f"{rollback}, {number(harm)} of {number(facts.requests)} requests lost in all{amid(starved=starved)}"
            ),
            step=step,
            substep=substep,
            first_ns=first.at_ns,
            last_ns=first.at_ns,
            detail=(*trouble, *log, *others_failed(record, first.step, first.why)),
            starved=starved,
        )
    ]
    if rollback.missing:
        found.append(_unproved(f"nothing proves that {_were(rollback.missing)} rolled back"))
    begun = [batch for batch in facts.batches if not batch.undo and batch.began_ns is not None]
    if any(batch.began_ns is not None and batch.began_ns > first.at_ns for batch in begun):
        found.append(_unproved("a batch began after the new version had been refused"))
    return found


@dataclass(frozen=True, slots=True)
class _Rollback:
    """What came of every instance of the batches that had begun, by name; what has not begun is nowhere in it."""

    proved: frozenset[str]
    """Touched, in batches whose rollback is done, and from which nothing is left that was to end."""
    failed: frozenset[str]
    """In batches whose rollback failed."""
    unproved: frozenset[str]

    def __str__(self) -> str:
        said = [f"{plural(len(self.proved), 'instance')} rolled back"] if self.proved or not self.missing else []
        said += [f"rolling back {plural(len(self.failed), 'instance')} failed"] if self.failed else []
        said += [f"whether {_were(self.unproved)} rolled back is not proved"] if self.unproved else []
        return ", ".join(said)

    @property
    def missing(self) -> frozenset[str]:
        """Of which nothing proves that they were rolled back."""
        return self.failed | self.unproved


def _rollback(facts: RunFacts) -> _Rollback:
    rolled = [batch for batch in facts.batches if batch.undo]
    whole = [batch for batch in rolled if batch.done and all(life.over_ns is not None for life in batch.old)]
    begun = [batch for batch in facts.batches if not batch.undo and batch.began_ns is not None]
    missing = _names(begun) - _names(whole)
    failed = _names(batch for batch in rolled if batch.ended_ns is not None and not batch.done)
    return _Rollback(
        proved=frozenset(life.instance for batch in whole for life in (*batch.old, *batch.new)),
        failed=missing & failed,
        unproved=missing - failed,
    )


def _names(batches: Iterable[Batch]) -> frozenset[str]:
    return frozenset(name for batch in batches for name in batch.instances)


def _were(names: Collection[str]) -> str:
    """``1 instance was``, ``2 instances were``."""
    return f"{plural(len(names), 'instance')} {'was' if len(names) == 1 else 'were'}"


def _starved(record: Record, facts: RunFacts, refused: Refused, failed: int, unexplained: int) -> bool:
    """Whether the want of a processor explains the refusal.

    Requests that failed speak against the new version only as far as it does not explain them. Where none had failed,
    the new version was late or slow: explained by the time since the batch began that brought it.
    """
    if refused.by == Refuser.REQUESTS and failed:
        return not unexplained
    return refused.by in (Refuser.REQUESTS, *_EXCUSED) and facts.starvation.explains(
        _batch_began(record, facts, refused.at_ns), refused.at_ns
    )


def _trouble(record: Record, facts: RunFacts, refused: Refused) -> Sequence[str]:
    """What trouble there was before a wait, an act or a command failed; nothing where it excuses none of them."""
    if refused.by not in _EXCUSED:
        return ()
    since_ns = _batch_began(record, facts, refused.at_ns)
    told = [one for one in facts.troubles if since_ns <= one.at_ns <= refused.at_ns]
    return tuple(
        f"before that, at {seconds(one.at_ns)}: {line}" for one in told[:1] for line in one.what.splitlines()[:1]
    )


def _batch_began(record: Record, facts: RunFacts, at_ns: int) -> int:
    """When the last batch before this time began, of whatever service."""
    batches = (facts.timeline.step(batch.step) for release in record.contract.releases for batch in release.batches)
    times = (step.began_ns for step in batches if step is not None and step.began_ns is not None)
    return max((began_ns for began_ns in times if began_ns <= at_ns), default=at_ns)


def _unproved(message: str) -> Finding:
    return Finding(
        check=CHECK.name, finding=FindingKind.ROLLBACK_NOT_PROVED, verdict=Verdict.INCONCLUSIVE, message=message
    )


CHECK = Check(
    name="refused",
    title="The new version was not refused",
    order=5,
    judge=judge,
    of_releases_only=True,
)
