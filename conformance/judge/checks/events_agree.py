"""The events tell of the plan's release: these steps, in this order, on these instances, and no others.

Each witness alone may be whole: steps told in another order, an instance that is called before it was ready, a stop
that no step asked for. Only side by side do they show it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from conformance.judge.check import Check
from conformance.judge.contradictions import contradiction
from conformance.judge.failures import number_of
from conformance.judge.halts import halts, stretches
from conformance.judge.incarnations import IncarnationFacts
from conformance.judge.model import Finding
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import rows
from conformance.judge.timeline import FOREVER_NS, StepTaken, walk
from conformance.judge.wording import MILLISECOND_NS, few, length, seconds
from conformance.record import events
from conformance.record.contract import PlanNode
from conformance.record.reader import Record
from conformance.vocabulary import StepKind

EARLY_NS = 200 * MILLISECOND_NS
"""How much sooner than the run saw it an instance may be ready: the run asks again and again."""
ORDER_NS = 5 * MILLISECOND_NS
"""How far an event may lie outside its step: it is stamped before it is written."""

_ACTS = (
    events.WritesInFlight,
    events.DrainAcknowledged,
    events.MarkedOffline,
    events.Performed,
    events.Signalled,
    events.Launched,
    events.Ready,
    events.Struck,
    events.Felt,
    events.ServerStopped,
    events.ServerStarted,
    events.Exposed,
    events.Opened,
    events.Confirmed,
    events.Halted,
    events.Resumed,
)
"""What only a step of the plan does."""
_SIGHTS = (events.Registered, events.Listed, events.Unlisted, events.NothingInFlight, events.Answered)
"""What only a step of the plan waits for, where it is not a team's own command that replaces everything."""

_FAULT = (StepKind.FAULT,)
_ONLY_IN: Mapping[type, Sequence[StepKind]] = {
    events.Struck: _FAULT,
    events.Felt: _FAULT,
    events.ServerStopped: _FAULT,
    events.ServerStarted: _FAULT,
    events.Exposed: (StepKind.RULE,),
    events.Opened: (StepKind.OPEN, StepKind.ROLLBACK),
    events.Confirmed: (StepKind.CONFIRM,),
}
"""What only steps of one kind do."""


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """Steps and their order; what each did; what became of each incarnation."""
    return [
        *_order(record, facts),
        *_acts(record, facts),
        *_names(record),
        *halts(record, CHECK.name, _ACTS),
        *stretches(record, CHECK.name),
        *_once(record),
        *_in_flight(record, facts),
        *_answered(record, facts),
        *_ends(record, facts),
        *(_contradiction(message, life) for life in facts.lives.values() for message in _way_up(life)),
        *_called_early(record, facts),
    ]


def _contradiction(message: str, life: IncarnationFacts | None = None) -> Finding:
    if life is None:
        return contradiction(CHECK.name, message)
    return contradiction(CHECK.name, message, instance=life.instance, incarnation=life.incarnation)


def _order(record: Record, facts: RunFacts) -> Iterator[Finding]:
    steps = {step.number: step for step in facts.timeline.steps}
    known = set(steps)
    for kind in (events.StepBegan, events.StepEnded):
        numbers = [event.step for event in record.events if isinstance(event, kind)]
        if strange := sorted(set(numbers) - known):
            yield _contradiction(f"events tell of the steps {few(strange)}, which the plan lacks")
        if twice := sorted({number for number in numbers if numbers.count(number) > 1}):
            yield _contradiction(f"events tell twice of the steps {few(twice)}")
    for event in record.events:
        if isinstance(event, events.StepBegan) and event.step in steps:
            title = steps[event.step].title
            if not event.title or not (title.startswith(event.title) or event.title.startswith(title)):
                yield _contradiction(f"step {event.step} is {title!r} by the plan and {event.title!r} by the events")
    for parent in record.plan:
        yield from _inside(parent, steps)
    forward = [steps[node.number] for node in record.plan if not node.undo]
    yield from _in_turn(forward)


def _inside(parent: PlanNode, steps: Mapping[str, StepTaken]) -> Iterator[Finding]:
    whole = steps[parent.number]
    children = [steps[node.number] for node in parent.children]
    yield from _in_turn(children)
    for child in children:
        if child.began_ns is None:
            continue
        if whole.began_ns is None or child.began_ns < whole.began_ns - ORDER_NS:
            yield _contradiction(f"{child.name} began before the step that it is a part of")
        elif whole.ended_ns is not None and (child.ended_ns or child.began_ns) > whole.ended_ns + ORDER_NS:
            yield _contradiction(f"{child.name} went on after the end of the step that it is a part of")


def _in_turn(steps: Sequence[StepTaken]) -> Iterator[Finding]:
    """One after the other, as the plan has them."""
    begun = [step for step in steps if step.began_ns is not None]
    for earlier, later in pairwise(begun):
        ended_ns = FOREVER_NS if earlier.ended_ns is None else earlier.ended_ns
        if (later.began_ns or 0) < ended_ns - ORDER_NS and earlier.ended_ns is not None:
            message = f"{later.name} began at {seconds(later.began_ns or 0)}, before the end of {earlier.name}"
            yield _contradiction(f"{message} at {seconds(ended_ns)}")
    for step in steps:
        if step.began_ns is not None and step.ended_ns is not None and step.ended_ns < step.began_ns:
            yield _contradiction(f"{step.name} ended before it began")


def _acts(record: Record, facts: RunFacts) -> Iterator[Finding]:
    """Whatever was done was done by a step of the plan, while that step was under way, to one of its instances."""
    steps = {step.number: step for step in facts.timeline.steps}
    if not steps:
        return
    allowed = _instances(record)
    tops = {node.number: node.kind for node in record.plan}
    told = any(kind is not StepKind.OTHER for kind in tops.values())  # else it is an older record
    acts = _ACTS if record.contract.release.own_command else (*_ACTS, *_SIGHTS)
    for event in record.events:
        if not isinstance(event, acts) and not (isinstance(event, events.OfInstance) and event.step):
            continue
        if record.contract.release.nothing:
            yield _contradiction(f"{_what(event)} at {seconds(event.at_ns)}, though nothing was released")
            continue
        step = steps.get(event.step)
        what = _what(event)
        if step is None:
            yield _contradiction(f"{what} at {seconds(event.at_ns)} by no step of the plan")
            continue
        ended_ns = FOREVER_NS if step.ended_ns is None else step.ended_ns
        began_ns = FOREVER_NS if step.began_ns is None else step.began_ns
        if not began_ns - ORDER_NS <= event.at_ns <= ended_ns + ORDER_NS:
            yield _contradiction(f"{what} at {seconds(event.at_ns)} is told of {step.name}, which was not under way")
        kinds = _ONLY_IN.get(type(event))
        if kinds and told and tops[event.step.partition(".")[0]] not in kinds:
            yield _contradiction(
                f"{what} at {seconds(event.at_ns)} is told of {step.name}, which does nothing of the kind"
            )
        instance = getattr(event, "instance", "")
        if instance and event.step in allowed and allowed[event.step] and instance not in allowed[event.step]:
            yield _contradiction(f"{what} in {step.name}, which the plan has for {few(sorted(allowed[event.step]))}")


def _names(record: Record) -> Iterator[Finding]:
    """An instance is one of its service's, and an incarnation one of its instance's, in every event.

    Those of a system that stands already have names of the system's own, such as a pod's. A place at which none came to
    be has no incarnation to tell of.
    """
    by_instance = not any(release.own_command for release in record.contract.releases)
    own = {instance: service.name for service in record.contract.services for instance in service.instances}
    told = {
        (event.service, event.instance, event.incarnation, _kind(event))
        for event in record.events
        if isinstance(event, events.OfInstance)
    }
    for service, instance, incarnation, kind in sorted(told):
        if own.get(instance, service) != service:
            by = f"{own[instance]} by the contract and one of {service or 'no service'} by {kind}"
            yield _contradiction(f"{instance} is one of {by}")
        came_to_nothing = kind == events.InstanceFailed.__name__ and not incarnation
        if not instance or (by_instance and not came_to_nothing and not incarnation.startswith(instance)):
            yield _contradiction(f"{kind} tells of {incarnation or 'no incarnation'} as one of {instance or 'nobody'}")


def _kind(event: object) -> str:
    return type(event).__name__


def _what(event: object) -> str:
    who = getattr(event, "incarnation", "") or getattr(event, "server", "")
    return f"{_kind(event)} {who}".rstrip()


def _instances(record: Record) -> dict[str, set[str]]:
    """Whom each step may act on: its own, or where it names none those of the step that it is a part of.

    A team's own command brings whom it brings: surplus instances for a while, of a second deployment, say.
    """
    found: dict[str, set[str]] = {}
    if record.contract.release.own_command:
        return found
    for top in record.plan:
        for node in walk((top,)):
            found[node.number] = set(node.instances or top.instances)
    return found


_BUT_ONCE = (events.Launched, events.Ready, events.Exited)
_ON_ITS_WAY_DOWN = (
    events.WritesInFlight,
    events.DrainAcknowledged,
    events.MarkedOffline,
    events.NothingInFlight,
)
"""But once in a step each, where no instance amid its way down was rolled back."""


def _once(record: Record) -> Iterator[Finding]:
    """Nobody is launched twice, leaves twice or ends twice, and nothing is told twice of one moment."""
    for event, times in Counter(record.events).items():
        if times > 1:
            yield _contradiction(f"{_what(event)} at {seconds(event.at_ns)} is told {times} times")
    refused = any(isinstance(event, events.Refused) for event in record.events)
    for kind in (*_BUT_ONCE, *(() if refused else _ON_ITS_WAY_DOWN)):
        of_steps = kind in _ON_ITS_WAY_DOWN  # a plan may have one of them twice
        told = Counter(
            (event.incarnation, event.step if of_steps else "") for event in record.events if isinstance(event, kind)
        )
        if twice := sorted({incarnation for (incarnation, _), times in told.items() if times > 1}):
            yield _contradiction(f"events tell twice of {few(twice)}: {kind.__name__}")


_NOT_UNDER_WAY = """
WITH told AS (SELECT unnest($seqs) AS seq, unnest($times) AS at_ns, unnest($looked) AS looked_ns)
SELECT DISTINCT seq, at_ns FROM told t ANTI JOIN requests r
ON r.seq = t.seq AND r.is_write AND r.sent_ns <= t.at_ns AND (r.done_ns >= t.looked_ns - $allowed_ns OR r.error <> '')
"""
"""Whoever asked for a write may have given it up, and is answered then; what carries it out goes on.

On a CPU-starved machine the look was long before its moment is told.
"""


def _in_flight(record: Record, facts: RunFacts) -> Iterator[Finding]:
    """What was in flight on an instance when its way down began is a write, and was under way by the load's rows."""
    told = [event for event in record.events if isinstance(event, events.WritesInFlight)]
    held = [(event, request) for event in told for request in event.requests]
    known = [(seq, event.at_ns) for event, request in held if (seq := number_of(record, request)) is not None]
    values = {
        "seqs": [seq for seq, _ in known],
        "times": [at_ns for _, at_ns in known],
        "looked": [facts.starvation.begun_ns(at_ns) for _, at_ns in known],
        "allowed_ns": EARLY_NS,
    }
    untrue = {(seq, at_ns) for seq, at_ns in rows(record.db, _NOT_UNDER_WAY, values)} if known else set()
    for event, request in held:
        seq = number_of(record, request)
        if seq is None or (seq, event.at_ns) in untrue:
            claimed = f"{event.incarnation} had {request} in flight at {seconds(event.at_ns)} by the run's events"
            yield _contradiction(f"{claimed}; by the load's rows no such write was under way")


def _answered(record: Record, facts: RunFacts) -> Iterator[Finding]:
    """An instance has executed as much by its log as it had told the run by then: as much as the run waited for."""
    wanted = record.contract.thresholds.incarnation_answers
    for event in record.events:
        if not isinstance(event, events.Answered):
            continue
        life = facts.lives.get(event.incarnation)
        # Whoever was there before the run, as a rollback may find it, counts from earlier on.
        since_launch = life is not None and life.launched_ns is not None
        told = f"{event.incarnation} had executed {event.executions} requests at {seconds(event.at_ns)}"
        if event.executions < wanted:
            yield _contradiction(f"{told} by the run's events, which wait for {wanted}", life)
        elif since_launch and "executions" in record.contract.service(event.service).evidence:
            executed = facts.executed.get(event.incarnation)
            logged = executed.count if executed else 0
            if logged < event.executions:
                yield _contradiction(f"{told} by itself; its log has {logged}", life)


def _ends(record: Record, facts: RunFacts) -> Iterator[Finding]:
    """Whoever ends by no step ends by itself, and that is trouble."""
    for event in record.events:
        if isinstance(event, events.Exited) and not event.step and not facts.troubles:
            message = f"{event.incarnation} ended at {seconds(event.at_ns)} by no step, and the run tells of no trouble"
            yield _contradiction(message, facts.lives.get(event.incarnation))


def _way_up(life: IncarnationFacts) -> Iterator[str]:
    """What is told of one incarnation in an order that cannot be."""
    launched_ns, ready_ns = life.launched_ns, life.ready_ns
    if launched_ns is not None and ready_ns is not None and ready_ns < launched_ns:
        yield f"{life.incarnation} was ready at {seconds(ready_ns)} and launched at {seconds(launched_ns)}"
    listed = [("the registry", life.registered_ns), *((observer, at_ns) for observer, at_ns in life.listed)]
    for observer, at_ns in listed:
        # The run brings it to the SLB once it is ready; to the registry it goes by itself, as soon as it lives.
        enrolled = observer == "slb" and ready_ns is not None
        since_ns, was = (ready_ns, "ready") if enrolled else (launched_ns, "launched")
        if launched_ns is not None and at_ns is not None and since_ns is not None and at_ns < since_ns - EARLY_NS:
            yield f"{observer} listed {life.incarnation} {length(since_ns - at_ns)} before it was {was}"
    times = (life.drained_ns, life.marked_ns, life.quiet_ns, life.stopped_ns)
    down = [at_ns for at_ns in times if at_ns is not None]
    if life.held_ns is not None and down and min(down) < life.held_ns:
        after = length(life.held_ns - min(down))
        yield f"what {life.incarnation} held was looked at {after} after its way down had begun"
    if launched_ns is not None and down and min(down) < launched_ns:
        yield f"{life.incarnation} was taken down before it was launched"
    if life.exited_ns is not None and max(down, default=0) > life.exited_ns + EARLY_NS and not life.ended_by_itself:
        yield f"{life.incarnation} had ended at {seconds(life.exited_ns)} and was taken down after that"


_EARLY = """
WITH called AS (
    SELECT e.incarnation, min(e.start_ns) AS at_ns, 'its own log has an execution' AS what, 'launched' AS was
    FROM executions e WHERE list_contains($early, e.incarnation) GROUP BY ALL
    UNION ALL
    SELECT s.incarnation, min(at_ns), 'the ' || observer || ' listed it', 'launched' FROM states s
    WHERE in_rotation AND list_contains($early, s.incarnation) GROUP BY ALL
    UNION ALL
    SELECT incarnation, min(at_ns), 'the SLB sent it a request', 'ready' FROM slb
    WHERE answered > 0 AND list_contains($early, incarnation) GROUP BY ALL),
lives AS (SELECT unnest($early) AS incarnation, unnest($launched) AS launched_ns, unnest($ready) AS ready_ns),
since AS (SELECT incarnation, what, was, at_ns, CASE was WHEN 'ready' THEN ready_ns ELSE launched_ns END AS since_ns
    FROM called JOIN lives USING (incarnation))
SELECT incarnation, what, was, since_ns - at_ns FROM since
WHERE at_ns < since_ns - $allowed_ns ORDER BY incarnation, what
"""


def _called_early(record: Record, facts: RunFacts) -> Iterator[Finding]:
    """Called sooner than can be: by its callers before it was launched, by the SLB before it was ready.

    A service that registers as it comes up, as Spring Cloud's do, is called before its ready check has passed.
    """
    lives = [one for one in facts.lives.values() if one.launched_ns is not None and one.ready_ns is not None]
    if not lives:
        return
    values = {
        "early": [life.incarnation for life in lives],
        "launched": [life.launched_ns for life in lives],
        "ready": [life.ready_ns for life in lives],
        "allowed_ns": EARLY_NS + facts.coarsest_ns,
    }
    for incarnation, what, was, early_ns in rows(record.db, _EARLY, values):
        yield _contradiction(f"{what} {length(early_ns)} before it was {was}", facts.lives[incarnation])


CHECK = Check(name="events_agree", title="Plan and events tell of one release", order=79, judge=judge)
