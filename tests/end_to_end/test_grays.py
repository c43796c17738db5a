"""A gray in the real neighbourhood, confirmed or refused by a person."""

import pytest

from conformance.judge.model import Judgement, Verdict
from conformance.plan import gray, lossless, manual
from fixtures.confirming import ANSWER
from tests.end_to_end.small import Meddler, Small

CONFIRM = "3"


def _released(small: Small, answer: str) -> Judgement:
    """Orders in a gray of one and a batch of one; the person answers when asked."""

    def answer_it() -> None:
        (small.directory / ANSWER).write_text(answer)

    meddler = Meddler(CONFIRM, answer_it)
    release = gray(small.stage.topology.middle, to="v2", first=1, then=1, confirm=manual(within_s=5), offline=lossless)
    judgement, _ = small.release(release, meddler)
    return judgement


@pytest.mark.parametrize(
    ("answer", "verdict", "versions"),
    [("yes", Verdict.GO, {"v2"}), ("no", Verdict.NO_GO, {"v1"})],
)
def test_the_rest_follows_where_a_person_says_yes_and_is_rolled_back_where_not(
    small: Small, answer: str, verdict: Verdict, versions: set[str]
) -> None:
    judgement = _released(small, answer)
    assert judgement.verdict is verdict, judgement.headline
    assert judgement.counts["failed"] == judgement.counts["partial_writes"] == 0
    living = small.world.group(small.stage.topology.middle.name).living()
    assert {one.version for one in living} == versions
    if answer == "no":
        assert [one.message for one in judgement.findings if one.finding == "refused"]
        assert judgement.refusal is not None
        assert judgement.refusal.why == "a person said no"
        assert {finding.finding for finding in judgement.findings} == {"refused"}
