"""A person's hand on a release in the real neighbourhood: pausing, confirming, aborting."""

from conformance.judge.model import Judgement, Verdict
from conformance.plan import batches, gray, lossless, manual, share_of_users
from conformance.record import events
from conformance.record.reader import open_record
from fixtures.confirming import ANSWER, CONTROL
from tests.end_to_end.small import Meddler, Small

CONFIRM = "3"


def _versions(small: Small) -> list[str]:
    return [one.version for one in small.world.group(small.stage.topology.middle.name).living()]


def _refused(judgement: Judgement) -> str:
    """Why it was refused; nothing was lost by it."""
    assert judgement.verdict is Verdict.NO_GO
    assert {one.finding for one in judgement.findings if one.verdict is Verdict.NO_GO} == {"refused"}
    assert judgement.counts["failed"] == judgement.counts["partial_writes"] == 0
    assert judgement.refusal is not None
    return judgement.refusal.why


def test_a_release_is_paused_resumed_and_confirmed(small: Small) -> None:
    """Paused before the gray's last step, resumed, and confirmed when the person is asked."""

    def act() -> None:
        (small.directory / CONTROL).write_text("pause")
        (small.directory / ANSWER).write_text("yes")

    meddler = Meddler("2.7", act)

    def halted(why: str) -> None:
        meddler.halts.append(why)
        (small.directory / CONTROL).write_text("resume")

    meddler.halted = halted  # type: ignore[method-assign]
    release = gray(small.stage.topology.middle, to="v2", first=1, then=1, confirm=manual(within_s=10), offline=lossless)
    judgement, _ = small.release(release, meddler)
    assert meddler.halts == ["paused by a person", ""]
    assert judgement.verdict is Verdict.GO, judgement.headline
    assert _versions(small) == ["v2", "v2"]


def test_a_gray_that_a_person_refuses_is_rolled_back(small: Small) -> None:
    meddler = Meddler(CONFIRM, lambda: _write(small, ANSWER, "no"))
    release = gray(small.stage.topology.middle, to="v2", first=1, then=1, confirm=manual(within_s=10), offline=lossless)
    judgement, _ = small.release(release, meddler)
    assert _refused(judgement) == "a person said no"
    assert "1 instance rolled back" in judgement.headline
    assert _versions(small) == ["v1", "v1"]


def test_a_release_that_is_aborted_in_its_very_first_step_has_nothing_to_roll_back(small: Small) -> None:
    meddler = Meddler("1", lambda: _write(small, CONTROL, "abort"))
    judgement, _ = small.release(batches(small.stage.topology.middle, to="v2", batches=2, offline=lossless), meddler)
    assert _refused(judgement) == "aborted by a person"
    assert "0 instances rolled back" in judgement.headline
    assert _versions(small) == ["v1", "v1"]


def test_a_release_that_is_aborted_while_somebody_leaves_brings_the_old_version_back(small: Small) -> None:
    """It has left its callers' lists and is running yet: it must be replaced by one that they list."""
    meddler = Meddler("2.3", lambda: _write(small, CONTROL, "abort"))
    judgement, _ = small.release(batches(small.stage.topology.middle, to="v2", batches=2, offline=lossless), meddler)
    assert _refused(judgement) == "aborted by a person"
    assert "1 instance rolled back" in judgement.headline
    assert _versions(small) == ["v1", "v1"]
    assert not any(one.status().offline for one in small.world.group(small.stage.topology.middle.name).living())


def test_a_gray_for_chosen_users_that_is_refused_leaves_no_rule_behind(small: Small) -> None:
    meddler = Meddler("4", lambda: _write(small, ANSWER, "no"))
    asked = manual(within_s=10)
    chosen = share_of_users("40 %")
    service = small.stage.topology.middle
    release = gray(service, to="v2", first=1, then=1, confirm=asked, met_by=chosen, offline=lossless)
    judgement, directory = small.release(release, meddler)
    assert _refused(judgement) == "a person said no"
    assert _versions(small) == ["v1", "v1"]
    with open_record(directory) as record:
        rules = [type(event) for event in record.events if isinstance(event, events.Exposed | events.Opened)]
    assert rules == [events.Exposed, events.Opened]


def _write(small: Small, file: str, word: str) -> None:
    (small.directory / file).write_text(word)
