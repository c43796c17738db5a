"""The failure text: the whole fact first, then where, why and what to read.

The same on the terminal, in JUnit and in Allure.
"""

import shlex
from collections.abc import Iterator
from pathlib import Path

from conformance.judge.model import Finding, Judgement, Verdict
from reports.window import window_line

MOST_FINDINGS = 8
MOST_IDS = 5


def failure_text(judgement: Judgement, sentence: str, directory: Path, command: str) -> str:
    """What a person reads who was just told that it failed.

    Args:
        judgement: How the run was judged.
        sentence: Why that is not what the scenario expects; the first line.
        directory: The run directory.
        command: What repeats the scenario.
    """
    lines = [sentence, *_findings(judgement)]
    if judgement.error_window_ns is not None:
        first, last = judgement.error_window_ns
        lines.append(f"  error window: {first / 1e9:.1f}-{last / 1e9:.1f} s")
    lines += [f"  window of {window_line(window, judgement)}" for window in judgement.windows if window.lost]
    if judgement.untested:
        lines.append(f"  untested: {'; '.join(judgement.untested)}")
    lines.append(f"  record: {directory}")
    lines.append(f"  judge it again: pytest --judge {shlex.quote(str(directory))}")
    lines.append(f"  repeat it: {command}")
    return "\n".join(lines)


def _findings(judgement: Judgement) -> Iterator[str]:
    shown = judgement.findings[:MOST_FINDINGS]
    for finding in shown:
        yield from _finding(finding)
    if len(judgement.findings) > len(shown):
        yield f"  and {len(judgement.findings) - len(shown)} more findings in verdict.json"


def _finding(finding: Finding) -> Iterator[str]:
    mark = "" if finding.verdict is Verdict.NO_GO else f"{finding.verdict.value}: "
    fact, *log = finding.message.splitlines() or [""]
    yield f"  {mark}{finding.finding}: {fact}"
    if finding.substep:
        yield f"    step {finding.substep}"
    for line in (*log, *finding.detail):
        yield f"    {line}"
    if finding.requests:
        shown = finding.requests[:MOST_IDS]
        which = "requests" if finding.count <= len(shown) else "first requests"
        yield f"    {which}: {', '.join(shown)}"
