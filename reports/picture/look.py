"""From a record and its judgement to what is drawn."""

from collections.abc import Mapping
from pathlib import Path

from conformance.judge.derived import derive_hops, derive_lives, derive_outcomes, derive_windows
from conformance.judge.incarnations import IncarnationFacts, lives
from conformance.judge.model import Judgement
from conformance.judge.timeline import FOREVER_NS, Timeline
from conformance.judge.wording import SECOND_NS, few, milliseconds, number, plural
from conformance.record.contract import Contract
from conformance.record.partial_record import remains
from conformance.record.reader import Record
from conformance.vocabulary import FindingKind
from reports.picture.data import Blind, Losses, Picture, Span, Traffic, Versions
from reports.picture.evidence import blind
from reports.picture.instances import groups
from reports.picture.losses import losses
from reports.picture.steps import bands, pauses, starved, steps_span
from reports.picture.traffic import due_span, not_kept, slice_width, traffic

_LONGEST_NS = 366 * 24 * 3600 * SECOND_NS
"""A time beyond this is a damaged figure, and must not stretch the picture."""


def look_at(record: Record, judgement: Judgement) -> Picture:
    """All that is drawn of a record that can be believed."""
    contract, db = record.contract, record.db
    timeline = Timeline(record.plan, record.events)
    derive_outcomes(db, contract)
    derive_hops(db, contract)
    derive_windows(db, timeline.windows, _release_began(timeline, contract))
    due = due_span(db)
    whole = _whole(timeline, due, judgement)
    known = lives(record.events)
    derive_lives(db, known.values())
    moving: Traffic | None = None
    lost: Losses | None = None
    unkept: tuple[Blind, ...] = ()
    if due is not None:
        width_ns = slice_width(due.length_ns, contract.load.rate)
        moving = traffic(record, known, due, width_ns)
        lost = losses(record, judgement, whole, due, width_ns)
        unkept = not_kept(record, due)
    return Picture(
        verdict=judgement.verdict,
        headline=_sentence(judgement),
        title=judgement.title,
        about=_about(contract),
        whole=whole,
        timed=True,
        versions=_versions(contract, known),
        bands=bands(timeline, contract, record.events, whole.ended_ns),
        pauses=pauses(record.events, whole.ended_ns),
        starved=starved(record.events, whole),
        traffic=moving,
        losses=lost,
        blind=blind(judgement, timeline, whole, due, unkept),
        cut_ns=None,
        missing="",
        groups=groups(contract, known, record.events, judgement, whole),
        run=f"run {contract.run}",
        totals=_totals(judgement),
        slow_starts=judgement.slow_starts,
    )


def look_at_remains(directory: Path, judgement: Judgement, why: str) -> Picture:
    """What is drawn of a record that must not be believed: what can be read of its story, and that it is no proof."""
    left = remains(directory)
    contract, timeline = left.contract, Timeline(left.plan, left.events)
    times = [event.at_ns for event in left.events if 0 <= event.at_ns < _LONGEST_NS]
    whole = Span(min(times, default=0), max(times, default=0))
    whole = whole if whole.length_ns else Span(whole.began_ns, whole.began_ns + SECOND_NS)
    known: Mapping[str, IncarnationFacts] = lives(left.events)
    missing = f"missing: {few(left.missing, most=5)}" if left.missing else ""
    return Picture(
        verdict=judgement.verdict,
        headline=_sentence(judgement),
        title=judgement.title,
        about=_about(contract) if contract else "",
        whole=whole,
        timed=bool(times),
        versions=_versions(contract, known) if contract else Versions("old", "new"),
        bands=bands(timeline, contract, left.events, whole.ended_ns) if contract else (),
        pauses=pauses(left.events, whole.ended_ns),
        starved=starved(left.events, whole),
        traffic=None,
        losses=None,
        blind=(Blind(whole, _said_once(why, judgement)),),
        cut_ns=whole.ended_ns if times else None,
        missing=missing,
        groups=groups(contract, known, left.events, judgement, whole) if contract else (),
        run=f"run {judgement.run}",
        totals="",
    )


def nothing(judgement: Judgement, why: str) -> Picture:
    """What is drawn where nothing can be read: the verdict, and why there is no more."""
    whole = Span(0, SECOND_NS)
    return Picture(
        verdict=judgement.verdict,
        headline=_sentence(judgement),
        title=judgement.title,
        about="",
        whole=whole,
        timed=False,
        versions=Versions("old", "new"),
        bands=(),
        pauses=(),
        starved=(),
        traffic=None,
        losses=None,
        blind=(Blind(whole, _said_once(why, judgement)),),
        cut_ns=None,
        missing="",
        groups=(),
        run=f"run {judgement.run}",
        totals="",
    )


def _versions(contract: Contract, known: Mapping[str, IncarnationFacts]) -> Versions:
    """Old and new, and whatever else was launched of the first of the released services."""
    release = contract.release
    launched = {life.version for life in known.values() if life.service == release.service and life.version}
    others = sorted(launched - {release.old, release.new})
    return Versions(release.old, release.new, few(others, most=2)) if others else Versions(release.old, release.new)


def _sentence(judgement: Judgement) -> str:
    """The first line of the headline: a message may have a log behind it."""
    return next((line for line in judgement.headline.splitlines() if line.strip()), "")


def _said_once(why: str, judgement: Judgement) -> str:
    """Why the record proves nothing, where the headline does not say so already."""
    if why not in judgement.headline:
        return why
    return "the record is broken: what can be read of it is shown, and proves nothing"


def _release_began(timeline: Timeline, contract: Contract) -> int:
    """When the first batch began, as the judge's story has it."""
    batches = [timeline.step(batch.step) for release in contract.releases for batch in release.batches]
    times = [step.began_ns for step in batches if step is not None and step.began_ns is not None]
    return min(times, default=FOREVER_NS)


def _whole(timeline: Timeline, due: Span | None, judgement: Judgement) -> Span:
    """From the first step or request to the end of the last, and of the last request that failed."""
    known = [span for span in (steps_span(timeline), due) if span is not None]
    begins = [span.began_ns for span in known]
    ends = [span.ended_ns for span in known]
    if judgement.error_window_ns is not None:
        ends.append(judgement.error_window_ns[1])
    began_ns = max(0, min(begins, default=0))
    ended_ns = min(max(ends, default=0), began_ns + _LONGEST_NS)
    return Span(began_ns, max(ended_ns, began_ns + SECOND_NS // 100))


def _about(contract: Contract) -> str:
    """``orders (provider) v1 -> v2, 3 batches of 4, 3 and 3, lossless; nacos, docker``."""
    what = " and ".join(f"{release.service} ({release.position})" for release in contract.releases)
    release = contract.release
    beside = f"; {contract.server_settings}" if contract.server_settings else ""
    return (
        f"{what} {release.old} -> {release.new}: {release.strategy}, {release.offline}; "
        f"{contract.registry}, {contract.platform}{beside}"
    )


def _totals(judgement: Judgement) -> str:
    """The run's figures, for its last line."""
    counts = judgement.counts
    told = [plural(counts["requests"], "request")] if "requests" in counts else []
    if "failed" in counts:
        told.append(f"{number(counts['failed'])} failed")
    if counts.get("partial_writes"):
        told.append(plural(counts["partial_writes"], FindingKind.PARTIAL_WRITE))
    if "p99_ms" in judgement.latency:
        told.append(f"p99 {milliseconds(judgement.latency['p99_ms'])}")
    longest = max(judgement.removals, key=lambda removal: removal.lag_s, default=None)
    if longest is not None:
        lag = f"{longest.lag_s:.2f} s ({longest.instance})" if longest.lag_s else "0 s"
        told.append(f"longest removal lag {lag}")
    return ", ".join(told)
