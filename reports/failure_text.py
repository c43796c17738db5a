"""The failure text: the whole fact first, then where, the first lost request, why, what to try and what to read.

The same on the terminal, in JUnit and in Allure.
"""

from collections.abc import Iterator, Sequence
from itertools import chain

from conformance.judge.model import Finding, Judgement, Verdict
from conformance.judge.wording import number, plural
from conformance.vocabulary import FindingKind
from reports import loss_text
from reports.figures import not_tested
from reports.files import MOST_ROWS, RunFiles

COMMANDS = ("judge it again", "repeat it")
MOST_PLACES = 6
MOST_DAMAGES = 3
MOST_KINDS = 6
MOST_IDS = 5
TOLD = frozenset({"failed_requests", "writes", "removal"})
"""Checks whose NO-GO findings are told by who lost what to whom, wherever requests failed."""
ONLY_COUNTED = frozenset({FindingKind.LOST_WRITE, FindingKind.DUPLICATE_WRITE, FindingKind.PHANTOM_WRITE})
"""Of those, what is else but a figure: which writes, and by whom."""


def failure_text(judgement: Judgement, sentence: str, advice: str, files: RunFiles, commands: tuple[str, str]) -> str:
    """What a person reads who was just told that it failed.

    Args:
        judgement: How the run was judged.
        sentence: The verdict's word and the whole fact; the first line.
        advice: What to do.
        files: Where to read on.
        commands: What judges the record again, and what repeats the scenario; empty where nothing does.
    """
    parts = (
        [sentence],
        _where(judgement),
        _first(judgement),
        _damage(judgement),
        _why(judgement),
        _findings(judgement, sentence),
        [f"  try: {advice}"],
        [f"  untested: {'; '.join(not_tested(judgement))}"] if judgement.untested else [],
        _files(judgement, files),
        [f"  {what}: {command}" for what, command in zip(COMMANDS, commands, strict=True) if command],
    )
    return "\n".join(chain.from_iterable(parts))


def _where(judgement: Judgement) -> Iterator[str]:
    places = loss_text.places(judgement)
    shown = places[:MOST_PLACES]
    if shown:
        yield "  where"
    width = max((len(place.between) for place in shown), default=0)
    for place in shown:
        lag = f"   removal lag {place.lag}" if place.lag else ""
        yield f"    {place.between:<{width}}  {number(place.lost):>6} lost   {place.errors}{lag}"
    if rest := places[len(shown) :]:
        yield f"    and {len(rest)} more pairs, {number(sum(place.lost for place in rest))} lost"


def _first(judgement: Judgement) -> Iterator[str]:
    first = judgement.first_loss
    if first is not None:
        yield "  first lost request"
        yield f"    {loss_text.first_line(first)}"
        yield f"    hops: {loss_text.hops_line(first)}"


def _damage(judgement: Judgement) -> Iterator[str]:
    told = loss_text.not_whole(judgement)
    count = judgement.counts.get("partial_writes", 0)
    if told and told != f"{number(count)} partial":
        yield f"  writes not whole: {told}"
    if not count:
        return
    kinds = loss_text.damages(judgement)
    listed = len(judgement.partial_writes)
    yield f"  partial writes: {number(count)}" + (f", the first {number(listed)}:" if listed < count else "")
    for damage in kinds[:MOST_DAMAGES]:
        yield f"    {number(damage.writes)} x {damage.what} ({loss_text.ids(damage.requests)})"
    if len(kinds) > MOST_DAMAGES:
        yield f"    and {len(kinds) - MOST_DAMAGES} other kinds"


def _why(judgement: Judgement) -> Iterator[str]:
    lines = loss_text.why(judgement)
    if lines:
        yield "  why"
    yield from (f"    {line}" for line in lines)


def _findings(judgement: Judgement, sentence: str) -> Iterator[str]:
    """What is not yet told: other findings, and where evidence is lacking; of each kind the first one."""
    told = judgement.losses
    kinds: dict[tuple[Verdict, str], list[Finding]] = {}
    for one in judgement.findings:
        if not (told and one.verdict is Verdict.NO_GO and one.check in TOLD and one.finding not in ONLY_COUNTED):
            kinds.setdefault((one.verdict, one.finding), []).append(one)
    for first, *others in list(kinds.values())[:MOST_KINDS]:
        yield from _finding(first, sentence)
        if others:
            yield f"    and {number(len(others))} more of this kind"
    if len(kinds) > MOST_KINDS:
        yield f"  and {plural(len(kinds) - MOST_KINDS, 'more kind')} of findings in verdict.json"


def _finding(finding: Finding, sentence: str) -> Iterator[str]:
    mark = "" if finding.verdict is Verdict.NO_GO else f"{finding.verdict.value}: "
    fact, *log = finding.message.splitlines() or [""]
    yield f"  {mark}{finding.finding}" + ("" if fact in sentence else f": {fact}")
    if finding.substep:
        yield f"    step {finding.substep}"
    for line in (*log, *finding.detail):
        yield f"    {line}"
    if finding.requests:
        yield f"    {_which(finding.requests, finding.count)}"


def _which(requests: Sequence[str], count: int) -> str:
    shown = requests[:MOST_IDS]
    return f"{'requests' if count <= len(shown) else 'first requests'}: {', '.join(shown)}"


def _files(judgement: Judgement, files: RunFiles) -> Iterator[str]:
    failed = judgement.counts.get("failed", 0)
    if failed > MOST_ROWS:
        yield f"  the first {number(MOST_ROWS)} of {number(failed)} failed requests: {files.failed_requests}"
    elif failed:
        yield f"  all {number(failed)} failed requests: {files.failed_requests}"
    yield f"  picture: {files.picture}"
    yield f"  record: {files.record}"
