"""The trial that finds the rate where nobody asks for one."""

from conformance.plan import batches, lossless, plan
from fixtures.carrying import STEP
from tests.end_to_end.small import USUAL, Small


def test_a_real_topology_is_tried_once_a_session(small: Small) -> None:
    drawn = plan(batches(small.stage.topology.middle, to="v2", batches=2, offline=lossless))
    small.stage.open(USUAL)
    carried = small.stage.carries(drawn)
    assert carried >= STEP
    assert carried % STEP == 0
    assert small.stage.carries(drawn) == carried
    assert small.world.group(small.stage.topology.middle.name).living(), "it stands as the plan needs it"
