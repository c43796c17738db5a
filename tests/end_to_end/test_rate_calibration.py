"""The trial that finds the rate where nobody asks for one."""

import pytest

from conformance.plan import batches, lossless, plan
from fixtures.glue.rate_calibration import STEP, Cost
from tests.end_to_end.small import USUAL, Small


@pytest.mark.profile("extended")
def test_a_real_topology_is_tried_once_a_session(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, that is, as long as the machine stays the same: other tests run beside this one."""
    monkeypatch.setattr(Cost, "is_of_another_machine", lambda _: False)
    drawn = plan(batches(small.session_topology.topology.service("orders"), to="v2", batches=2, offline=lossless))
    small.session_topology.open(USUAL)
    carried = small.session_topology.carries(drawn)
    assert carried >= STEP
    assert carried % STEP == 0
    assert small.session_topology.carries(drawn) == carried
    assert small.world.group(small.session_topology.topology.service("orders").name).living(), (
        "it stands as the plan needs it"
    )
