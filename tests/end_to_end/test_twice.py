"""A step that is carried out twice changes nothing: whoever takes a release up again does no harm."""

from dataclasses import replace

import pytest

from conformance.judge.model import Verdict
from conformance.plan import Plan, Step, batches, lossless
from conformance.record import events
from conformance.record.reader import open_record
from tests.end_to_end.small import Small

pytestmark = pytest.mark.profile("extended")


def _twice(drawn: Plan) -> Plan:
    return replace(drawn, steps=tuple(_doubled(step) if step.is_batch else step for step in drawn.steps))


def _doubled(batch: Step) -> Step:
    children = [child for child in batch.children for _ in range(2)]
    numbered = enumerate(children, start=1)
    return replace(batch, children=tuple(replace(child, number=f"{batch.number}.{index}") for index, child in numbered))


def test_every_step_of_a_release_may_be_carried_out_twice(small: Small) -> None:
    """Of the entry and of a provider, each one's own way down and up."""
    chain = (small.session_topology.topology.service("storefront"), small.session_topology.topology.service("orders"))
    release = batches(*chain, to="v2", batches=2, together=False, offline=lossless)
    judgement, directory = small.release(release, alter=_twice)
    assert (judgement.verdict, judgement.findings) == (Verdict.GO, ())
    with open_record(directory) as record:
        launched = [event.instance for event in record.events if isinstance(event, events.Launched)]
        signalled = [event.instance for event in record.events if isinstance(event, events.Signalled)]
    names = sorted(name for part in release.parts for name in part.names)
    assert (sorted(launched), sorted(signalled)) == (names, names), "one end and one start of each"
