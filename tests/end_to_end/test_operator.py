"""An operator's command to a release on real servers: pausing, confirming, aborting."""

import pytest

from conformance.judge.model import Verdict
from conformance.plan import batches, gray, lossless, manual
from fixtures.glue.operator import ANSWER, CONTROL
from tests.end_to_end.small import Meddler, Small, refused

pytestmark = pytest.mark.profile("extended")

CONFIRM = "3"


def test_a_release_is_paused_resumed_and_confirmed(small: Small) -> None:
    """Paused before the gray's last step, resumed, and confirmed when the person is asked."""

    def act() -> None:
        small.tell(CONTROL, "pause")
        small.tell(ANSWER, "yes")

    meddler = Meddler("2.7", act)

    def halted(why: str) -> None:
        meddler.halts.append(why)
        small.tell(CONTROL, "resume")

    meddler.halted = halted  # type: ignore[method-assign]
    release = gray(
        small.session_topology.topology.service("orders"),
        to="v2",
        first=1,
        then=1,
        confirm=manual(within_s=10),
        offline=lossless,
    )
    judgement, _ = small.release(release, meddler)
    paused, resumed = meddler.halts
    assert (paused.partition(";")[0], resumed) == ("paused by a person", "")
    assert judgement.verdict is Verdict.GO, judgement.headline
    assert small.versions() == ["v2", "v2"]


def test_a_gray_that_a_person_refuses_is_rolled_back(small: Small) -> None:
    meddler = Meddler(CONFIRM, lambda: small.tell(ANSWER, "no"))
    release = gray(
        small.session_topology.topology.service("orders"),
        to="v2",
        first=1,
        then=1,
        confirm=manual(within_s=10),
        offline=lossless,
    )
    judgement, _ = small.release(release, meddler)
    assert refused(judgement) == "a person said no"
    assert "1 instance rolled back" in judgement.headline
    assert small.versions() == ["v1", "v1"]


def test_a_release_that_is_aborted_in_its_very_first_step_has_nothing_to_roll_back(small: Small) -> None:
    meddler = small.aborting("1")
    judgement, _ = small.release(
        batches(small.session_topology.topology.service("orders"), to="v2", batches=2, offline=lossless), meddler
    )
    assert refused(judgement) == "aborted by a person"
    assert "0 instances rolled back" in judgement.headline
    assert small.versions() == ["v1", "v1"]
