"""What a session's reports are made from: one result per scenario, and the session's own facts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from conformance.judge.headline import looser
from conformance.judge.model import Judgement, Verdict
from conformance.record.contract import USUAL_SLB
from conformance.vocabulary import Doubt, FindingKind

QUOTING = frozenset({FindingKind.REFUSED, FindingKind.ENDED_BY_ITSELF, FindingKind.STEP_FAILED, FindingKind.TROUBLE})
"""Findings whose detail is what a server or an instance said last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioResult:
    """One scenario and how it was judged."""

    name: str
    """The test's node id."""
    title: str
    verdict: Verdict
    expected: str
    met: bool
    sentence: str
    """Why, in one line."""
    registry: str
    slb: str
    """The kind of the SLB before the entry service."""
    services: str
    versions: tuple[str, str] | None
    seconds: float
    directory: Path | None
    """The run directory; None where no run was made."""
    judgement: Judgement | None
    control: bool = False
    """Whether it is about a loss that must be seen: what shows that this suite can see one here."""
    doubt: Doubt = Doubt.NONE
    """What a control says against its verdict."""
    last_words: tuple[str, ...] = ()
    """Of what was never judged: what a server or an instance said last. A judgement's findings have theirs."""
    own_assertion: bool = False
    """Whether the release was judged as expected, and an assertion of the scenario's own failed."""

    @property
    def lossy(self) -> bool:
        """Whether the release lost something that the scenario expects it not to lose."""
        return not self.met and self.verdict is Verdict.NO_GO and self.expected == "GO"

    @property
    def said_last(self) -> tuple[str, ...]:
        """What a server or an instance said last of what speaks against it, judged or not."""
        findings = self.judgement.findings if self.judgement is not None and not self.met else ()
        quoting = (one.detail for one in findings if one.finding in QUOTING and one.detail)
        return self.last_words or next(quoting, ())

    @property
    def measured(self) -> bool:
        """Whether it was measured and not judged: either verdict would do."""
        return self.met and self.expected == "ANY"


class NotRunKind(StrEnum):
    """Why a scenario of the profile has no verdict."""

    NOT_SELECTED = "not selected"
    """By the command line's arguments."""
    SKIPPED = "skipped"
    """It cannot be carried out here: platform, registry, SLB or descriptor lack what it needs."""
    NOT_REACHED = "not reached"
    """The session ended before it."""


@dataclass(frozen=True, slots=True)
class NotRun:
    """A scenario of the profile that was not carried out."""

    name: str
    """The test's node id."""
    kind: NotRunKind
    reason: str
    """In one line; where something mends it, with that."""

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


@dataclass(frozen=True, slots=True)
class NotReleased:
    """A service whose release nobody judged: none of the profile's scenarios is about it."""

    key: str
    """Its key in the descriptor."""
    reason: str
    """In one line; where something mends it, with that."""

    def __str__(self) -> str:
        return f"{self.key}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionResult:
    """All of a session."""

    results: Sequence[ScenarioResult]
    not_run: tuple[NotRun, ...]
    """Scenarios of the profile that were not selected, skipped or not reached, each with the reason."""
    interrupted: bool
    platform: str
    registry: str
    slb: str
    """The kind of the SLB before the entry service: what the verdict stands for."""
    seconds: float
    trouble: str = ""
    """What kept the session from judging anything, where something did."""
    not_released: tuple[NotReleased, ...] = ()
    """Services that could be released and were not, each with the reason."""
    null_releases: tuple[ScenarioResult, ...] = ()
    """Carried out before the first release into each topology, in their order: what that system loses by itself."""
    needs_controls: bool = False
    """Whether a loss must have been seen in every topology: where releases were carried out, not where records of
    earlier ones are judged again."""

    @property
    def verdict(self) -> Verdict:
        """GO when every expectation was met; NO-GO when one was judged NO-GO against it; else INCONCLUSIVE."""
        if any(result.lossy for result in self.results):
            return Verdict.NO_GO
        judged = len(self.results) > len(self.measured)
        if self._unmet or self.unsound or not judged or self.interrupted or self.trouble:
            return Verdict.INCONCLUSIVE
        return Verdict.GO

    @property
    def exit_code(self) -> int:
        """Pytest's exit code: 0 GO, 1 NO-GO, 2 interrupted, 7 inconclusive."""
        if self.interrupted:
            return 2
        return {Verdict.GO: 0, Verdict.NO_GO: 1, Verdict.INCONCLUSIVE: 7}[self.verdict]

    @property
    def complete(self) -> bool:
        """Whether every scenario of the profile was judged; what is only measured is not."""
        return bool(self.results) and not self.not_run and not self.measured and not self.interrupted

    @property
    def judged(self) -> tuple[ScenarioResult, ...]:
        """Everything that has a verdict: the null releases, then the scenarios."""
        return (*self.null_releases, *self.results)

    @property
    def unsound(self) -> tuple[ScenarioResult, ...]:
        """Null releases that were not GO; not those that proved nothing and were carried out again."""
        last = {one.name: one for one in self.null_releases}
        return tuple(one for one in last.values() if not one.met)

    @property
    def uncontrolled(self) -> tuple[str, ...]:
        """The registries of the topologies in which no loss that must be seen was tried, where one had to be."""
        if not self.needs_controls:
            return ()
        seen = {one.registry for one in self.results if one.control}
        return tuple(dict.fromkeys(one.registry for one in self.results if one.registry not in seen))

    @property
    def uncontrolled_told(self) -> str:
        """The same as a sentence; empty where there is nothing to say."""
        where = "here" if not any(one.control for one in self.results) else f"on {', '.join(self.uncontrolled)}"
        told = f"no control was carried out {where}: nothing shows that this suite could have seen a loss"
        return told if self.uncontrolled else ""

    @property
    def measured(self) -> tuple[str, ...]:
        """Scenarios that were measured and not judged, by name."""
        return tuple(result.name for result in self.results if result.measured)

    @property
    def headline(self) -> str:
        """The whole session in one line, which begins with the verdict; an SLB that is not the usual one is named."""
        return f"{self.verdict.value}{'' if self._partial else ':'} {self.reason}"

    @property
    def short_headline(self) -> str:
        """The same without what the worst scenario came to."""
        return f"{self.verdict.value}{'' if self._partial else ':'} {self._why}{self._beside}"

    @property
    def reason(self) -> str:
        """The headline without the verdict."""
        return f"{self._why}{self._worst}{self._beside}"

    @property
    def not_run_told(self) -> tuple[str, ...]:
        """What was not run, each with its reason; by its name alone where that is what the headline says."""
        return tuple(one.name if one.reason == self.reason else str(one) for one in self.not_run)

    @property
    def _beside(self) -> str:
        slb = f" (SLB: {self.slb})" if self.slb != USUAL_SLB else ""
        return slb + (looser(self._loosened) if self.verdict is Verdict.GO else "")

    @property
    def _loosened(self) -> list[str]:
        """What the contracts of the judged scenarios ask less of than the suite does, each once."""
        told = (phrase for one in self.results if one.judgement for phrase in one.judgement.loosened)
        return list(dict.fromkeys(told))

    @property
    def _partial(self) -> bool:
        return self.verdict is Verdict.GO and not (self.complete and not self.uncontrolled)

    @property
    def _unmet(self) -> list[ScenarioResult]:
        return [result for result in self.results if not result.met]

    @property
    def _why(self) -> str:
        """What makes it GO, or keeps it from it: scenarios before the session's own troubles."""
        of = f"{len(self.results) - len(self.measured)} of {len(self.results) + len(self.not_run)}"
        measured = f", {len(self.measured)} measured" if self.measured else ""
        if self.verdict is Verdict.GO:
            control = f"; {self.uncontrolled_told}" if self.uncontrolled else ""
            return f"(partial: {of}{measured}{control})" if self._partial else f"{of} scenarios as expected"
        if self.unsound and self.verdict is Verdict.INCONCLUSIVE:
            return self.unsound[0].sentence
        if unmet := self._unmet:
            return f"{len(unmet)} of {len(self.results)} scenarios against expectation"
        if self.interrupted:
            return f"interrupted: {self._of_chosen}"
        return self.trouble or f"nothing was judged{measured}"

    @property
    def _of_chosen(self) -> str:
        """How many were judged of those that would have been; besides them, what was left out from the beginning."""
        reached = len(self.results) + sum(one.kind is NotRunKind.NOT_REACHED for one in self.not_run)
        left_out = Counter(one.kind.value for one in self.not_run if one.kind is not NotRunKind.NOT_REACHED)
        besides = "".join(f", {number} {kind}" for kind, number in left_out.items())
        return f"{len(self.results) - len(self.measured)} of {reached} scenarios judged{besides}"

    @property
    def _worst(self) -> str:
        """What the worst scenario came to, where one did not meet its expectation."""
        if self.verdict is Verdict.GO or not self._unmet or (self.unsound and self.verdict is not Verdict.NO_GO):
            return ""
        worst = max(self._unmet, key=lambda result: (result.lossy, result.verdict.weight))
        return f"; {worst.title}: {worst.sentence}"
