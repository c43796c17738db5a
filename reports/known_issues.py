"""Known issues: losses that a team has written down, with a link and a day on which that excuse expires.

A known issue labels a NO-GO, and never makes it anything else: it says that somebody knows, not that nothing was lost.
"""

from collections.abc import Sequence
from datetime import date
from fnmatch import fnmatch
from pathlib import Path

import msgspec

from conformance.judge.model import Finding, Verdict
from reports.model import ScenarioResult

FILE = "known-issues.toml"
"""Beside the descriptor."""


class KnownIssue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One ``[[issue]]``: what it matches, every given field of it, and where it is dealt with."""

    link: str
    """http or https."""
    expires: date
    """The last day on which it counts as known."""
    scenario: str = "*"
    """Pattern of the test's name: ``test_killing_*``."""
    finding: str = "*"
    """Pattern of the finding's name, as in docs/checks.md."""
    hop: str = "*"

    def matches(self, result: ScenarioResult, finding: Finding) -> bool:
        """Whether it is about this finding of this scenario."""
        name = result.name.rpartition("::")[2]
        wanted = ((self.scenario, name), (self.finding, finding.finding), (self.hop, finding.hop))
        return finding.verdict is Verdict.NO_GO and all(fnmatch(have, pattern) for pattern, have in wanted)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    issue: tuple[KnownIssue, ...] = ()


class KnownIssuesError(ValueError):
    """A file that cannot be used; the message says in one line where and why."""


def read_known_issues(path: Path) -> tuple[KnownIssue, ...]:
    """The issues of this file; none where there is no file.

    Raises:
        KnownIssuesError: It is no such file, or says of an issue less or more than there is to say.
    """
    if not path.exists():
        return ()
    try:
        issues = msgspec.toml.decode(path.read_bytes(), type=_File).issue
    except (OSError, ValueError) as error:  # msgspec's own errors and those of TOML are ValueErrors
        raise KnownIssuesError(f"{path}: {' '.join(str(error).split())}") from None
    for number, issue in enumerate(issues):
        if not issue.link.startswith(("http://", "https://")):
            raise KnownIssuesError(f"{path}: issue[{number}].link {issue.link!r}: expected http:// or https://")
        if (issue.scenario, issue.finding, issue.hop) == ("*", "*", "*"):
            raise KnownIssuesError(
                f"{path}: issue[{number}]: names no scenario, finding or hop; it would match any loss"
            )
    return issues


class Known(msgspec.Struct, frozen=True):
    """How the known issues bear on one scenario."""

    issues: tuple[KnownIssue, ...] = ()
    """Those that match a finding, expired ones too."""
    whole: bool = False
    """Whether each of the scenario's losses is known, by an issue that has not expired."""
    sentence: str = ""
    """The same for people; empty where nothing matches."""


def known_of(result: ScenarioResult, issues: Sequence[KnownIssue], today: date) -> Known:
    """What is known of the losses of this scenario; nothing where it met its expectation."""
    if result.met or result.judgement is None:
        return Known()
    losses = [one for one in result.judgement.findings if one.verdict is Verdict.NO_GO]
    matching = [issue for issue in issues if any(issue.matches(result, loss) for loss in losses)]
    if not matching:
        return Known()
    valid = [issue for issue in matching if issue.expires >= today]
    unknown = [loss for loss in losses if not any(issue.matches(result, loss) for issue in valid)]
    told = [
        f"{issue.link} until {issue.expires}" if issue in valid else f"{issue.link} EXPIRED on {issue.expires}"
        for issue in matching
    ]
    rest = f"; {len(unknown)} of {len(losses)} findings are not known" if unknown else "; it is a loss all the same"
    return Known(tuple(matching), not unknown, "; ".join(told) + rest)
