"""Each instance went down by the way that its descriptor tells: these acts, this signal, and no other.

What the run did to an instance it tells itself, and every event of it may fit every other one: a release whose every
instance was killed loses nothing where nobody called them any more. The descriptor's own way, which a lossless release
takes, is the other witness. A stop by SIGKILL is no stop that is asked for.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from conformance.judge.check import Check
from conformance.judge.contradictions import breach, contradiction, unproved
from conformance.judge.incarnations import STOP_SIGNALS, IncarnationFacts
from conformance.judge.model import Finding
from conformance.judge.run_facts import Batch, RunFacts
from conformance.judge.wording import few, seconds
from conformance.record import events
from conformance.record.contract import Contract
from conformance.record.reader import Record
from conformance.vocabulary import FindingKind

LOSSLESS = "lossless"
"""The offline policy that takes a service's own way."""
KILL, KILLED = "SIGKILL", ("SIGKILL", "exit 137", "")
"""The signal, and how one ends by it; where nobody saw the end, by nothing."""


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """Every instance of the service that a batch took down; none where the release was refused amid its way."""
    release = record.contract.release
    if release.own_command or release.offline != LOSSLESS or facts.refused:
        return ()
    return [
        found
        for batch in facts.batches
        for life in batch.old
        for found in (
            *_acts(record, batch, life),
            *_stop(record, facts, life),
            *_unknown(record, life),
        )
    ]


def _way(contract: Contract, part: str) -> list[str]:
    """What the descriptor has of this kind in the way down of the service, in its order."""
    own = f"services.{contract.release.service}.offline["
    return [value for key, value in contract.resolved.items() if key.startswith(own) and key.endswith(f"].{part}")]


def _of(life: IncarnationFacts, message: str) -> Finding:
    return contradiction(CHECK.name, message, instance=life.instance, incarnation=life.incarnation)


def _acts(record: Record, batch: Batch, life: IncarnationFacts) -> Iterator[Finding]:
    """What is asked of it by HTTP; how a command or a registry is told of is a matter of its adapter."""
    asked = _way(record.contract, "http")
    if not asked:
        return
    own = [event for event in record.events if isinstance(event, events.OfInstance)]
    came = life.launch_step.partition(".")[0]  # what was asked of it there was of its way up
    told = [
        event.act
        for event in own
        if isinstance(event, events.Performed) and event.incarnation == life.incarnation
        if event.step.partition(".")[0] != came
    ]
    if missing := [act for act in asked if act not in told]:
        yield unproved(CHECK.name, batch, life, f"its descriptor has it asked {few(missing)}; nothing tells of that")
    others = [*asked, *_way(record.contract, "command"), *_way(record.contract, "registry")]
    if len(others) == len(asked) and (strange := sorted((Counter(told) - Counter(asked)).elements())):
        yield _of(life, f"{life.incarnation} was asked {few(strange)} on its way down; its descriptor has {few(asked)}")
    marks = [one for one in own if isinstance(one, events.MarkedOffline) and one.incarnation == life.incarnation]
    first = f"services.{record.contract.release.service}.offline[0].notifies"
    if record.contract.resolved.get(first) == "True" and not all(mark.notify for mark in marks):
        yield _of(
            life, f"{life.incarnation} told no caller that it goes, by the events; its descriptor has it tell them"
        )


def _stop(record: Record, facts: RunFacts, life: IncarnationFacts) -> Iterator[Finding]:
    """By which signal it is asked to stop, and that it was sent no other but SIGKILL, where it did not heed that."""
    usual = record.contract.resolved.get(f"services.{record.contract.release.service}.stop_signal", "")
    wanted = next(reversed(_way(record.contract, "signal")), usual)
    if not wanted or life.stopped_ns is None:
        return
    told = f"{life.incarnation} was sent {life.stop_signal} at {seconds(life.stopped_ns)}; its descriptor has {wanted}"
    if life.stop_signal == KILL != wanted and life.exit in KILLED:
        yield breach(
            CHECK.name,
            FindingKind.UNCLEAN_STOP,
            f"{told}: it was killed, and not asked to stop",
            record,
            facts,
            count=1,
            first_ns=life.stopped_ns,
            last_ns=life.exited_ns or life.stopped_ns,
            instance=life.instance,
            incarnation=life.incarnation,
        )
    elif life.stop_signal != wanted:
        yield _of(life, told)
    sent = [
        event.signal
        for event in record.events
        if isinstance(event, events.Signalled) and event.incarnation == life.incarnation
    ]
    if strange := [signal for signal in sent if signal not in STOP_SIGNALS]:
        yield _of(life, f"{life.incarnation} was sent {few(strange)} on its way down, which no way down has")
    often = Counter(_way(record.contract, "signal"))
    if twice := sorted(signal for signal, times in Counter(sent).items() if times > max(1, often[signal])):
        yield _of(life, f"{life.incarnation} was sent {few(twice)} more often than its way down has it")


def _unknown(record: Record, life: IncarnationFacts) -> Iterator[Finding]:
    """What is in flight is not unknown of who declares to show it."""
    shows = "in_flight" in record.contract.service(record.contract.release.service).evidence
    if shows and any(
        isinstance(event, events.InFlightUnknown) and event.incarnation == life.incarnation for event in record.events
    ):
        yield _of(life, f"{life.incarnation} was stopped as one that does not show what is in flight; it declares that")


CHECK = Check(
    name="ways_agree",
    title="Each went down by the way of its descriptor",
    order=82,
    judge=judge,
    of_releases_only=True,
)
