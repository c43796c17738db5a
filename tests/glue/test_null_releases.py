"""When a null release is due, and what follows from what it came to."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from conformance.judge.expectation import meets
from conformance.judge.model import Judgement, Verdict
from conformance.plan import ServerSettings
from conformance.record.contract import Expected
from conformance.vocabulary import Doubt
from fixtures.glue.judged_run import JudgedRun
from fixtures.glue.null_releases import CARRIED_OUT, NullRelease, NullReleases, as_scenario
from fixtures.glue.outcomes import Inconclusive, NotBelieved
from fixtures.glue.scenario_results import null_releases_of, results_of
from fixtures.glue.servers import ServerConfig
from tests.glue.made_settings import made_settings
from tests.judge.handmade import Handmade
from tests.judge.unreleased import unreleased

NACOS, EUREKA = ServerConfig("nacos"), ServerConfig("eureka")


def _run(judgement: Judgement) -> JudgedRun:
    outcome = meets(judgement, Expected())
    return JudgedRun(Path("runs/null"), judgement, Expected(), outcome, "{}\n  try: {}".format)


def _judged(folder: Path, change: str = "") -> JudgedRun:
    record: Handmade = unreleased()
    if change == "loses":
        record.fail(5)
    elif change == "proves nothing":
        record.thresholds(batch_requests=1_000)
    return _run(record.judged(folder / "run"))


def test_one_is_due_before_the_first_release_into_each_topology(tmp_path: Path) -> None:
    known = NullReleases()
    assert known.is_due(NACOS)
    known.keep(NACOS, _judged(tmp_path))
    known.require(NACOS)
    assert not known.is_due(NACOS)
    assert known.is_due(EUREKA)
    assert known.is_due(ServerConfig("nacos", ServerSettings(timers="default")))


def test_where_it_lost_something_no_release_follows(tmp_path: Path) -> None:
    known = NullReleases()
    known.keep(NACOS, _judged(tmp_path, "loses"))
    assert not known.is_due(NACOS), "a loss is never repeated away"
    with pytest.raises(NotBelieved, match=r"^INCONCLUSIVE: not released: this system loses without a release: 1 of 12"):
        known.require(NACOS)
    known.require(EUREKA)


def test_where_it_proved_nothing_the_release_follows_and_then_another(tmp_path: Path) -> None:
    known = NullReleases()
    known.keep(NACOS, _judged(tmp_path, "proves nothing"))
    known.require(NACOS)
    assert known.is_due(NACOS)


def test_it_is_known_by_the_servers_that_stand() -> None:
    assert as_scenario(NACOS).name == "null release[nacos]"
    slow = ServerSettings(timers="default", side_by_side=True)
    assert as_scenario(ServerConfig("nacos", slow)).name == (
        "null release[nacos and eureka, default timers, both registries side by side]"
    )
    assert as_scenario(ServerConfig("none")).name == "null release"
    assert as_scenario(NACOS).expected == Expected()


def test_a_release_that_was_not_carried_out_is_inconclusive_and_says_why(tmp_path: Path) -> None:
    run = _judged(tmp_path, "loses")
    known = NullReleases()
    known.keep(NACOS, run)
    stash = pytest.Stash()
    stash[CARRIED_OUT] = [NullRelease(run, 1.5)]
    item = SimpleNamespace(stash=stash, nodeid="test_x.py::test_a", name="test_a")
    call = pytest.CallInfo.from_call(lambda: known.require(NACOS), "call")
    (result,) = results_of(item, call, made_settings(), failed=True)  # type: ignore[arg-type]  # all that is looked at
    assert (result.verdict, result.doubt, result.met) == (Verdict.INCONCLUSIVE, Doubt.LOSES_BY_ITSELF, False)
    assert result.sentence.startswith("not released: this system loses without a release: ")
    assert call.excinfo is not None
    assert isinstance(call.excinfo.value, Inconclusive)
    (null,) = null_releases_of(item)  # type: ignore[arg-type]  # the same
    assert (null.verdict, null.doubt, null.seconds) == (Verdict.INCONCLUSIVE, Doubt.LOSES_BY_ITSELF, 1.5)
    assert null.title == "A batch release"
