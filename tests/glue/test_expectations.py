"""Verdict against expectation: who is to blame, the product or the proof."""

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from conformance.judge.expectation import meets
from conformance.judge.model import Finding, Judgement, Verdict
from conformance.plan import batches, graceful_stop, restart_of_the_slb, swallowed_signal
from conformance.record.contract import Expected
from conformance.vocabulary import FindingKind
from fixtures.glue.judged_run import JudgedRun
from fixtures.glue.outcomes import Inconclusive, NoGo
from fixtures.glue.scenarios import JUDGED, compare, expected_of
from fixtures.glue.settings import SAMPLE
from fixtures.services.descriptor import Descriptor, DescriptorError
from tests.judgements import judgement

LOSS = Finding(
    check="failed_requests",
    finding=FindingKind.FAILED_REQUEST,
    verdict=Verdict.NO_GO,
    message="3 of 9 requests failed",
    hop="slb->storefront",
    step="Batch 1 of 3",
)
GAP = Finding(
    check="evidence", finding=FindingKind.TOO_LITTLE_EVIDENCE, verdict=Verdict.INCONCLUSIVE, message="2 writes"
)


def _run(judgement: Judgement, expected: Expected) -> JudgedRun:
    outcome = meets(judgement, expected)
    return JudgedRun(Path(), judgement, expected, outcome, "{}\n  try: {}".format)


def _item(judgement: Judgement, expected: Expected) -> pytest.Item:
    stash = pytest.Stash()
    stash[JUDGED] = [_run(judgement, expected)]
    return SimpleNamespace(stash=stash)  # type: ignore[return-value]  # all of an item that is looked at


LOSSY = Expected(verdict="NO-GO", finding=FindingKind.FAILED_REQUEST, hop="slb->storefront", step="Batch 1 of 3")
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
    assert "\n  try: Do not release: " in str(raised.value)
    assert isinstance(raised.value, AssertionError), "Allure: failed"


@pytest.mark.parametrize(
    ("findings", "expected", "own", "words"),
    [
        ((GAP,), Expected(), None, "INCONCLUSIVE: 2 writes"),
        ((GAP,), LOSSY, None, "INCONCLUSIVE: 2 writes"),
        ((), LOSSY, None, "INCONCLUSIVE: this suite could not see a loss here: NO-GO for 'failed request'"),
        ((LOSS,), Expected(verdict="NO-GO", hop="storefront->orders"), None, "INCONCLUSIVE: the suite was blind"),
        ((LOSS,), LOSSY, OWN, "INCONCLUSIVE: the scenario's own assertion failed: assert 1 == 2"),
    ],
)
def test_a_lacking_proof_is_the_harnesss(
    findings: tuple[Finding, ...], expected: Expected, own: AssertionError | None, words: str
) -> None:
    with pytest.raises(Inconclusive) as raised:
        compare(_item(judgement(*findings), expected), own)
    assert str(raised.value).startswith(words)
    assert "\n  try: No decision possible: " in str(raised.value) or "blind" in words or "could not see" in words
    assert not isinstance(raised.value, AssertionError), "Allure: broken"


def test_a_scenario_that_released_nothing_proves_nothing() -> None:
    with pytest.raises(Inconclusive, match="the scenario carried out no release"):
        compare(SimpleNamespace(stash=pytest.Stash()), None)  # type: ignore[arg-type]  # see above


GOOD, LOSSY_RUN, UNPROVED = (
    _run(judgement(*findings), Expected())
    for findings in ((), (LOSS,), (GAP,))  # of releases that must lose nothing
)


@pytest.mark.parametrize(
    ("runs", "error", "words"),
    [
        ((LOSSY_RUN, GOOD), NoGo, "NO-GO: 3 of 9 requests failed"),
        ((GOOD, LOSSY_RUN), NoGo, "NO-GO: 3 of 9 requests failed"),
        ((UNPROVED, LOSSY_RUN), NoGo, "NO-GO: 3 of 9 requests failed"),
        ((UNPROVED, GOOD), Inconclusive, "INCONCLUSIVE: 2 writes"),
    ],
)
def test_every_release_of_a_scenario_is_compared_and_the_worst_decides(
    runs: tuple[JudgedRun, ...], error: type[Exception], words: str
) -> None:
    stash = pytest.Stash()
    stash[JUDGED] = list(runs)
    with pytest.raises(error, match=words):
        compare(SimpleNamespace(stash=stash), None)  # type: ignore[arg-type]  # all of an item that is looked at


def test_an_assertion_says_nothing_where_the_descriptor_states_what_is_expected() -> None:
    """The scenario asserts that something is lost; the team says that nothing is, and nothing was."""
    stash = pytest.Stash()
    stash[JUDGED] = [replace(GOOD, own_expectation=False)]
    compare(SimpleNamespace(stash=stash), OWN)  # type: ignore[arg-type]  # all of an item that is looked at


def _stating(folder: Path, policy: str, value: str) -> Descriptor:
    return _with(folder, f'[expect]\n{policy} = "{value}"\n')


def _with(folder: Path, more: str) -> Descriptor:
    """The sample, which states nothing of its own, and this."""
    file = folder / "services.toml"
    (folder / "schema.sql").touch()
    own = re.sub(r"(?m)^\[expect\]\n.*\n", "", SAMPLE.read_text())
    file.write_text(f"{own}\n{more}")
    return Descriptor.read(file)


LOST = Expected(verdict="NO-GO", finding=FindingKind.FAILED_REQUEST, also=())


@pytest.mark.parametrize(("value", "verdict"), [("any", "ANY"), ("GO", "GO"), ("NO-GO", "NO-GO")])
def test_a_descriptor_states_what_a_way_down_comes_to(tmp_path: Path, value: str, verdict: str) -> None:
    """The built-in expectations hold for the built-in services."""
    sample = _with(tmp_path, "")
    release = batches(sample.topology.service("storefront"), to="v2", batches=3, offline=graceful_stop)
    assert expected_of(LOST, sample, release) == LOST
    assert expected_of(LOST, _stating(tmp_path, "graceful_stop", value), release).verdict == verdict


@pytest.mark.parametrize("finding", ["refused", "stop signal swallowed", "leak", "ended by itself"])
def test_a_descriptor_says_nothing_of_a_scenario_that_is_about_something_else(tmp_path: Path, finding: str) -> None:
    stating = _stating(tmp_path, "graceful_stop", "any")
    release = batches(stating.topology.service("storefront"), to="v2", batches=3, offline=graceful_stop)
    own = Expected(verdict="NO-GO", finding=finding)
    assert expected_of(own, stating, release) == own
    amid = batches(
        stating.topology.service("storefront"), to="v2", batches=3, offline=graceful_stop, amid=restart_of_the_slb
    )
    assert expected_of(LOST, stating, amid) == LOST
    swallowed = batches(stating.topology.service("storefront"), to="v2", batches=3, offline=swallowed_signal)
    swallowing = Expected(verdict="NO-GO", finding="stop signal swallowed")
    assert expected_of(swallowing, _stating(tmp_path, "swallowed_signal", "any"), swallowed).verdict == "ANY"


@pytest.mark.parametrize("value", ["any", "NO-GO"])
@pytest.mark.parametrize("policy", ["lossless", "lossless_without_notify"])
def test_a_descriptor_cannot_relax_what_must_lose_nothing(tmp_path: Path, policy: str, value: str) -> None:
    with pytest.raises(DescriptorError) as refused:
        _stating(tmp_path, policy, value)
    assert str(refused.value) == (
        f'{tmp_path / "services.toml"}: expect.{policy} = "{value}": expected no such line: an instance that leaves '
        "its callers first must lose nothing; leave it out, or state what graceful_stop comes to"
    )
    assert _stating(tmp_path, policy, "GO")
