"""Whether a verdict is the one that a scenario expects."""

from dataclasses import dataclass
from typing import Literal

from conformance.judge.model import Finding, Judgement, Verdict
from conformance.record.contract import Expected
from conformance.vocabulary import DAMAGE, LOSSES, UNFIT, Doubt, FindingKind


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a judgement stands to the expectation."""

    kind: Literal["met", "lossy", "inconclusive"]
    """``lossy``: NO-GO where GO was expected. ``inconclusive``: nothing was proved, or the suite was blind."""
    word: str
    """What it comes down to: GO, NO-GO or INCONCLUSIVE."""
    sentence: str
    """Why, in one sentence."""
    doubt: Doubt = Doubt.NONE
    """What a control says against this verdict, or against those that rest on it."""

    @property
    def met(self) -> bool:
        """Whether the expectation was met."""
        return self.kind == "met"

    @property
    def lossy(self) -> bool:
        """Whether the release lost something that it was expected not to lose."""
        return self.kind == "lossy"


def meets(judgement: Judgement, expected: Expected) -> Outcome:
    """Compare. A loss that was expected must be found where it was expected, and nothing worse that nobody expected."""
    if judgement.verdict is Verdict.INCONCLUSIVE:
        doubt = _doubt(judgement)
        told = f"{doubt}: {judgement.headline}" if doubt is Doubt.UNPROVED else judgement.headline
        return Outcome("inconclusive", "INCONCLUSIVE", told, doubt)
    if expected.verdict == "ANY" or (expected.verdict == "GO" and judgement.verdict is Verdict.GO):
        return Outcome("met", judgement.verdict.value, judgement.headline)
    if expected.verdict == "GO":
        return Outcome("lossy", "NO-GO", judgement.headline)
    return _meets_no_go(judgement, expected)


def _meets_no_go(judgement: Judgement, expected: Expected) -> Outcome:
    unexpected = _unexpected(judgement, expected)
    matched = any(_matches(finding, expected) for finding in judgement.findings)
    if unexpected and matched and all(finding.finding in UNFIT for finding in unexpected):
        return Outcome("inconclusive", "INCONCLUSIVE", f"{judgement.headline}; the loss alone was expected")
    if unexpected:
        seen = f"found besides: {'; '.join(finding.message for finding in unexpected)}"
        return Outcome("inconclusive", "INCONCLUSIVE", f"{_said(expected)} was expected; {seen}")
    if matched:
        return Outcome("met", "NO-GO", judgement.headline)
    seen = f"found was {judgement.headline}" if judgement.verdict is Verdict.NO_GO else "the verdict is GO"
    doubt = Doubt.BLIND if is_loss_control(expected) else Doubt.NONE
    what = doubt or "the suite was blind"
    return Outcome("inconclusive", "INCONCLUSIVE", f"{what}: {_said(expected)} was expected; {seen}", doubt)


def is_loss_control(expected: Expected) -> bool:
    """Whether a loss must be seen: the control without which nothing shows that the suite can see one."""
    return expected.verdict == "NO-GO" and not set(LOSSES).isdisjoint(_kinds(expected))


def _doubt(judgement: Judgement) -> Doubt:
    """What a null release says that was not GO; nothing of any other run."""
    if any(one.finding is FindingKind.LOSES_WITHOUT_A_RELEASE for one in judgement.findings):
        return Doubt.LOSES_BY_ITSELF
    return Doubt.UNPROVED if judgement.null_release else Doubt.NONE


def _matches(finding: Finding, expected: Expected) -> bool:
    kinds = _kinds(expected)
    return (
        finding.verdict is Verdict.NO_GO
        and (not kinds or finding.finding in kinds)
        and (expected.hop is None or _is_hop(finding.hop, expected.hop))
        and expected.step in (None, finding.step)
    )


def _kinds(expected: Expected) -> tuple[str, ...]:
    """The findings of which one must be there; empty where any does."""
    if expected.finding is None:
        return ()
    return (expected.finding,) if isinstance(expected.finding, str) else expected.finding


def _is_hop(hop: str, wanted: str) -> bool:
    """Whether it is this hop, or, where only the callee is named, one to it."""
    return hop == wanted or (wanted.startswith("->") and hop.endswith(wanted))


def _unexpected(judgement: Judgement, expected: Expected) -> list[Finding]:
    """What the scenario does not name, wherever it is; the worst first.

    That is damage to data and, where a loss must be seen, a new version that is unfit: no way down explains that.
    """
    named = {*_kinds(expected), *expected.also}
    worse = (*DAMAGE, *UNFIT) if is_loss_control(expected) else DAMAGE
    return [
        finding
        for finding in judgement.findings
        if finding.verdict is Verdict.NO_GO and finding.finding in worse and finding.finding not in named
    ]


def _said(expected: Expected) -> str:
    """``NO-GO for 'partial write' or 'lost write' on any hop to orders in Batch 1 of 3``."""
    kinds = " or ".join(f"'{kind}'" for kind in _kinds(expected))
    what = f" for {kinds}" if kinds else ""
    hop = expected.hop or ""
    to = hop.removeprefix("->")
    where = f" over {hop}" if to == hop else f" on any hop to {to}"
    where = where if hop else ""
    when = f" in {expected.step}" if expected.step else ""
    return f"{expected.verdict}{what}{where}{when}"
