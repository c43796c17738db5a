"""What a session's reports are made from: one result per scenario, and the session's own facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.judge.model import Judgement, Verdict


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
    services: str
    versions: tuple[str, str] | None
    seconds: float
    directory: Path | None
    """The run directory; None where no run was made."""
    judgement: Judgement | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionResult:
    """All of a session."""

    results: Sequence[ScenarioResult]
    not_run: tuple[str, ...]
    """Scenarios of the profile that were deselected, skipped or not reached."""
    interrupted: bool
    platform: str
    registry: str
    seconds: float
    trouble: str = ""
    """What kept the session from judging anything, where something did."""

    @property
    def verdict(self) -> Verdict:
        """GO when every expectation was met; NO-GO when one was judged NO-GO against it; else INCONCLUSIVE."""
        unmet = [result for result in self.results if not result.met]
        if any(result.verdict is Verdict.NO_GO and result.expected == "GO" for result in unmet):
            return Verdict.NO_GO
        if unmet or not self.results or self.interrupted or self.trouble:
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
        """Whether every scenario of the profile was judged."""
        return bool(self.results) and not self.not_run and not self.interrupted

    @property
    def headline(self) -> str:
        """The whole session in one line, without the verdict's own word."""
        of = f"{len(self.results)} of {len(self.results) + len(self.not_run)}"
        unmet = [result for result in self.results if not result.met]
        if not self.results:
            return self.trouble or "nothing was judged"
        if unmet:
            worst = max(unmet, key=lambda result: result.verdict.weight)
            return f"{len(unmet)} of {len(self.results)} scenarios against expectation; {worst.title}: {worst.sentence}"
        if self.interrupted:
            return f"interrupted: {of} scenarios judged"
        if self.trouble:
            return self.trouble
        if self.not_run:
            return f"GO (partial: {of})"
        return f"every one of {len(self.results)} scenarios as expected"
