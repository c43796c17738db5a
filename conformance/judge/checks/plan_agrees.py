"""The plan is whole, and it is the contract's: its batches, its gray, the steps that every such release has.

A plan of another run, or one from which something was left out, may read well. Only beside the contract, beside
plan.txt and beside its own shape does it show.
"""

from collections.abc import Iterator, Sequence

from conformance.judge.check import Check
from conformance.judge.contradictions import contradiction
from conformance.judge.model import Finding
from conformance.judge.run_facts import RunFacts
from conformance.judge.timeline import walk
from conformance.judge.wording import few
from conformance.record import events
from conformance.record.contract import BatchFacts, PlanNode
from conformance.record.reader import Record
from conformance.vocabulary import StepKind


def judge(record: Record, _facts: RunFacts) -> Sequence[Finding]:
    """Beside the contract, beside what people read, and as a tree."""
    return [contradiction(CHECK.name, message) for message in (*_plan(record), *_tree(record))]


def _plan(record: Record) -> Iterator[str]:
    nodes = {node.number: node for node in walk(record.plan)}
    if not nodes:
        return  # that there is no plan is said by ``steps``
    contract = record.contract
    if contract.release.baseline_step not in nodes:
        yield f"the contract's baseline is step {contract.release.baseline_step}; the plan has none"
    for release in contract.releases:
        for batch in (*release.batches, *release.undo):
            if message := _batch(batch, nodes.get(batch.step), len(contract.releases)):
                yield f"{message} by the contract's release of {release.service}"
    yield from _kinds(record)
    yield from _around(record)
    yield from _texts(record)


def _kinds(record: Record) -> Iterator[str]:
    """The plan has the steps that every such release has, and no batch that the contract does not know."""
    releases = record.contract.releases
    if all(node.kind is StepKind.OTHER for node in record.plan):
        return  # an older record
    planned = {batch.step for release in releases for batch in (*release.batches, *release.undo)}
    batches = (StepKind.BATCH, StepKind.GRAY)
    if extra := [node.number for node in record.plan if node.kind in batches and node.number not in planned]:
        yield f"the plan has {few(extra)} as batches that the contract does not know"
    kinds_of = {node.number: node.kind for node in record.plan}
    if untold := sorted(number for number in planned if kinds_of.get(number, StepKind.BATCH) is StepKind.OTHER):
        yield f"the contract has {few(untold)} as batches, which the plan has as steps of no kind"
    marked = {batch.step for release in releases for batch in release.batches if batch.gray}
    kinds = {node.number for node in record.plan if node.kind is StepKind.GRAY}
    if marked != kinds:
        yield f"the gray is {few(sorted(kinds)) or 'none'} by the plan, {few(sorted(marked)) or 'none'} by the contract"
    grays = bool(marked)
    for kind, due in ((StepKind.BASELINE, True), (StepKind.VERIFY, True), (StepKind.CONFIRM, grays)):
        if due and not any(node.kind is kind and not node.undo for node in record.plan):
            yield f"the plan lacks the step {kind.value}, which every such release has"


def _around(record: Record) -> Iterator[str]:
    """What comes before the batches, what would undo them, and what overtakes them."""
    kinds_of = {node.number: node.kind for node in record.plan}
    if set(kinds_of.values()) <= {StepKind.OTHER}:
        return  # an older record
    releases = record.contract.releases
    undone = {batch.step for release in releases for batch in release.undo}
    rolls_back = {number for number, kind in kinds_of.items() if kind is StepKind.ROLLBACK}
    if undone != rolls_back:
        told = f"{few(sorted(rolls_back)) or 'nothing'} by the plan, {few(sorted(undone)) or 'nothing'}"
        yield f"what rolls back is {told} by the contract"
    baseline = record.contract.release.baseline_step
    if (kind := kinds_of.get(baseline)) not in (None, StepKind.BASELINE):
        yield f"the contract's baseline is step {baseline}, which is {kind or 'of no kind'} by the plan"
    for release in releases:
        if release.overtaken_by and release.overtaken_by not in {batch.to for batch in release.batches}:
            yield f"{release.service} is overtaken by {release.overtaken_by} by the contract, and no batch brings that"


def _texts(record: Record) -> Iterator[str]:
    """plan.txt, which people read, has the steps of plan.json by number and title; of the rollback only the first."""
    lines = dict(line.split(None, 1) for line in record.plan_text.splitlines() if len(line.split(None, 1)) > 1)
    told = [node for top in record.plan for node in (walk((top,)) if not top.undo else (top,))]
    if not any(node.number in lines for node in told):
        return  # nothing of the kind was written
    headline = record.plan_text.partition("\n")[0]
    release = record.contract.release
    facts = (release.service, release.old, release.new, release.strategy, release.offline)
    alone = len(record.contract.releases) == 1 and not (release.nothing or release.own_command or release.overtaken_by)
    if alone and (lost := [fact for fact in facts if fact not in headline or not fact]):
        yield f"plan.txt begins with {headline!r}, which does not tell of {few(one or 'nothing' for one in lost)}"
    odd = [node.number for node in told if not lines.get(node.number, "").startswith(node.title)]
    if odd:
        yield f"plan.json and plan.txt differ in the steps {few(odd)}"


def _batch(batch: BatchFacts, node: PlanNode | None, releases: int) -> str:
    if node is None:
        return f"{batch.title} is step {batch.step}, which the plan lacks,"
    if not batch.title.startswith(node.title) and not node.title.startswith(batch.title):
        return f"step {batch.step} is {node.title!r} by the plan and {batch.title!r}"
    if batch.instances and not node.instances and node.kind is not StepKind.OTHER:
        return f"{node.title} replaces nobody by the plan and {few(batch.instances)}"
    if node.instances and batch.instances:
        strange = set(batch.instances).difference(node.instances)
        more = set(node.instances).difference(batch.instances) if releases == 1 else set[str]()
        if strange or more:
            return f"{node.title} replaces {few(node.instances)} by the plan and {few(batch.instances)}"
    return ""


def _tree(record: Record) -> Iterator[str]:
    """Numbers are those of a tree; what is a part of a batch is about its instances, and undone where it is."""
    numbers = [node.number for node in walk(record.plan)]
    if twice := sorted({number for number in numbers if numbers.count(number) > 1}):
        yield f"the plan has several steps {few(twice)}"
    if untitled := [node.number for node in walk(record.plan) if not node.title]:
        yield f"the plan has steps without a title: {few(untitled)}"
    known = {instance for service in record.contract.services for instance in service.instances}
    known |= {event.instance for event in record.events if isinstance(event, events.OfInstance)}
    begun = {event.step for event in record.events if isinstance(event, events.StepBegan)}  # else nobody was started
    named = {instance for node in walk(record.plan) if node.number in begun for instance in node.instances}
    if strange := sorted(named - known):
        yield f"the plan names {few(one or 'nobody' for one in strange)}, of whom neither contract nor events tell"
    for top in record.plan:
        for parent in walk((top,)):
            yield from _parts(parent, top, alone=len(record.contract.releases) == 1)


def _parts(parent: PlanNode, top: PlanNode, *, alone: bool) -> Iterator[str]:
    for place, node in enumerate(parent.children, start=1):
        if node.number != f"{parent.number}.{place}":
            yield f"part {place} of the plan's step {parent.number} is numbered {node.number or 'nothing'}"
        if node.undo is not top.undo:
            yield f"by the plan only one of {top.number} and its part {node.number} is of the rollback"
        strange = set(node.instances).difference(top.instances)
        missing = set(top.instances).difference(node.instances) if alone else set[str]()
        if top.instances and (strange or missing) and (node.instances or top.kind in (StepKind.BATCH, StepKind.GRAY)):
            whom = few(node.instances) or "nobody"
            yield f"by the plan {node.number} is for {whom} and {top.number} for {few(top.instances)}"


CHECK = Check(name="plan_agrees", title="The plan is whole and the contract's", order=76, judge=judge)
