"""Verdict against expectation: who is to blame, the product or the proof."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from conformance.judge.expectation import meets
from conformance.judge.model import Finding, Judgement, Verdict
from conformance.plan import NO_GO, batches, expects, graceful_stop, lossless
from conformance.record.contract import Expected
from fixtures.glue.judged_run import JudgedRun
from fixtures.glue.outcomes import Inconclusive, NoGo
from fixtures.glue.scenarios import JUDGED, compare, expected_of, repeat_of
from fixtures.glue.settings import SAMPLE, Settings
from fixtures.services.descriptor import Descriptor
from tests.judgements import judgement

LOSS = Finding(
    check="failed_requests",
    finding="failed request",
    verdict=Verdict.NO_GO,
    message="3 of 9 requests failed",
    hop="slb->entry",
    step="Batch 1 of 3",
)
GAP = Finding(check="evidence", finding="too little evidence", verdict=Verdict.INCONCLUSIVE, message="2 writes")


def _item(judgement: Judgement, expected: Expected) -> pytest.Item:
    outcome = meets(judgement, expected)
    stash = pytest.Stash()
    stash[JUDGED] = JudgedRun(Path(), judgement, expected, outcome, f"{outcome.word}: {outcome.sentence}")
    return SimpleNamespace(stash=stash)  # type: ignore[return-value]  # all of an item that is looked at


LOSSY = Expected(verdict="NO-GO", finding="failed request", hop="slb->entry", step="Batch 1 of 3")
OWN = AssertionError("assert 1 == 2")


@pytest.mark.parametrize(
    ("findings", "expected", "own"),
    [
        ((), Expected(), None),
        ((LOSS,), LOSSY, None),
        ((LOSS,), Expected(verdict="ANY"), None),
        ((), Expected(verdict="ANY"), OWN),
    ],
)
def test_what_is_as_expected_passes(
    findings: tuple[Finding, ...], expected: Expected, own: AssertionError | None
) -> None:
    compare(_item(judgement(*findings), expected), own)


@pytest.mark.parametrize(
    ("findings", "expected", "own", "words"),
    [
        ((LOSS,), Expected(), None, "NO-GO: 3 of 9 requests failed"),
        ((LOSS, GAP), Expected(), None, "NO-GO: 3 of 9 requests failed"),
        ((), Expected(), OWN, "NO-GO: the scenario's own assertion failed: assert 1 == 2"),
    ],
)
def test_a_loss_that_was_not_expected_is_the_products(
    findings: tuple[Finding, ...], expected: Expected, own: AssertionError | None, words: str
) -> None:
    with pytest.raises(NoGo) as raised:
        compare(_item(judgement(*findings), expected), own)
    assert str(raised.value).splitlines()[0] == words
    assert isinstance(raised.value, AssertionError), "Allure: failed"


@pytest.mark.parametrize(
    ("findings", "expected", "own", "words"),
    [
        ((GAP,), Expected(), None, "INCONCLUSIVE: 2 writes"),
        ((GAP,), LOSSY, None, "INCONCLUSIVE: 2 writes"),
        ((), LOSSY, None, "INCONCLUSIVE: the suite was blind"),
        ((LOSS,), Expected(verdict="NO-GO", hop="entry->middle"), None, "INCONCLUSIVE: the suite was blind"),
        ((LOSS,), LOSSY, OWN, "INCONCLUSIVE: the scenario's own assertion failed: assert 1 == 2"),
    ],
)
def test_a_lacking_proof_is_the_harnesss(
    findings: tuple[Finding, ...], expected: Expected, own: AssertionError | None, words: str
) -> None:
    with pytest.raises(Inconclusive) as raised:
        compare(_item(judgement(*findings), expected), own)
    assert str(raised.value).startswith(words)
    assert not isinstance(raised.value, AssertionError), "Allure: broken"


def test_a_scenario_that_released_nothing_proves_nothing() -> None:
    with pytest.raises(Inconclusive, match="the scenario carried out no release"):
        compare(SimpleNamespace(stash=pytest.Stash()), None)  # type: ignore[arg-type]  # see above


def test_a_descriptor_states_its_own_expectations(tmp_path: Path) -> None:
    """The built-in ones hold for the built-in services."""
    sample = Descriptor.read(SAMPLE)
    file = tmp_path / "services.toml"
    (tmp_path / "schema.sql").touch()
    file.write_text(SAMPLE.read_text() + '\n[expect]\ngraceful_stop = "any"\n')
    own = Descriptor.read(file)
    mark = expects(NO_GO, finding="failed request").mark
    item = SimpleNamespace(get_closest_marker=lambda _: mark)
    release = batches(sample.topology.entry, to="v2", batches=3, offline=graceful_stop)
    other = batches(sample.topology.entry, to="v2", batches=3, offline=lossless)
    assert expected_of(item, sample, release) == Expected(verdict="NO-GO", finding="failed request")  # type: ignore[arg-type]
    assert expected_of(item, own, release) == Expected(verdict="ANY")  # type: ignore[arg-type]
    assert expected_of(item, own, other).verdict == "NO-GO"  # type: ignore[arg-type]


def test_the_command_that_repeats_a_scenario_repeats_what_was_chosen_for_it(tmp_path: Path) -> None:
    item = SimpleNamespace(nodeid="test_harm.py::test_a")
    settings = Settings(
        platform="docker",
        registry="nacos",
        slb="nginx",
        services=SAMPLE,
        profile="extended",
        rate=None,
        plan_only=False,
        judge=(),
        keep=False,
        out=tmp_path,
    )
    told = repeat_of(item, settings)  # type: ignore[arg-type]  # all of an item that is looked at
    assert told == "pytest test_harm.py::test_a --platform docker --profile extended"
    reloaded = repeat_of(item, replace(settings, slb="nginx-reload"))  # type: ignore[arg-type]  # the same
    assert reloaded.endswith("--profile extended --slb nginx-reload")
    own = replace(settings, services=Path("/my services/services.toml"), rate=100)
    told = repeat_of(item, own)  # type: ignore[arg-type]  # the same
    assert told.endswith("--services '/my services/services.toml' --rate 100")
