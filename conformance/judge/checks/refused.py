"""A new version that is refused is not to be released (A8), however well it was rolled back.

It is refused where it is never ready, ends at its start, is not listed or does not answer, and where the gray's
confirmation, by the record or by a person, says no. The release must then have stopped, and everything that had begun
must have been rolled back: whether that lost anything is for the other checks to say.
"""

from collections.abc import Sequence

from conformance.judge.ask import count
from conformance.judge.check import Check
from conformance.judge.model import Finding, Verdict
from conformance.judge.story import Story
from conformance.judge.wording import number, plural, seconds
from conformance.record.reader import Record


def judge(record: Record, story: Story) -> Sequence[Finding]:
    """Why it was refused, and whether the release stopped there."""
    if not story.refused:
        return ()
    first = story.refused[0]
    step, substep = story.step_of(first.at_ns)
    why, *log = first.why.splitlines() or ["no reason is recorded"]
    release = record.contract.release
    hit = (batch.to for batch in story.batches if first.step.partition(".")[0] == batch.step)
    harm = count(record.db, "SELECT count(*) FROM failures WHERE NOT before")
    rolled = [batch for batch in story.batches if batch.undo]
    touched = {life.instance for batch in rolled for life in (*batch.old, *batch.new)}
    found = [
        Finding(
            check=CHECK.name,
            finding="refused",
            verdict=Verdict.NO_GO,
            message=(
                f"{next(hit, release.new)} was refused at {seconds(first.at_ns)}: {why}; "
                f"{plural(len(touched), 'instance')} rolled back, "
                f"{number(harm)} of {number(story.requests)} requests lost in all"
            ),
            step=step,
            substep=substep,
            first_ns=first.at_ns,
            last_ns=first.at_ns,
            detail=tuple(log),
        )
    ]
    begun = [batch for batch in story.batches if not batch.undo and batch.began_ns is not None]
    missing = {name for batch in begun for name in batch.instances} - {
        name for batch in rolled if batch.done for name in batch.instances
    }
    if missing:
        found.append(_unproved(f"nothing proves that {plural(len(missing), 'instance')} was rolled back"))
    if any(batch.began_ns is not None and batch.began_ns > first.at_ns for batch in begun):
        found.append(_unproved("a batch began after the new version had been refused"))
    return found


def _unproved(message: str) -> Finding:
    return Finding(check=CHECK.name, finding="rollback not proved", verdict=Verdict.INCONCLUSIVE, message=message)


CHECK = Check(name="refused", title="The new version was not refused", order=5, judge=judge)
