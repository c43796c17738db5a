"""Where requests failed and writes were left half done: slice by slice, and step by step with routes and hops.

Expects the judge's ``outcomes``, ``hops``, ``windows``, ``release`` and ``lives``.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from conformance.judge.cpu_starvation import starvation
from conformance.judge.derived import derive_failures, derive_served
from conformance.judge.model import Judgement
from conformance.judge.sql import rows
from conformance.judge.statuses import judge_statuses
from conformance.judge.wording import SECOND_NS, few, number, plural
from conformance.judge.write_outcomes import derive_writes
from conformance.record.reader import Record
from conformance.vocabulary import FindingKind
from reports.picture.data import Bar, Loss, Losses, Span

K = TypeVar("K")

_SAME_WINDOW_NS = SECOND_NS // 2
"""Failures no further apart than this, or a hundredth of the run, are one error window."""
MOST_ROUTES = 2
MOST_HOPS = 2
MOST_INSTANCES = 3

_FAILED = """
SELECT step, before, route, hop, instance, (due_ns - $first_ns) // $slot_ns AS slot,
       count(*), min(due_ns), max(moment_ns)
FROM failures GROUP BY ALL ORDER BY min(due_ns)
"""
_BARS = "SELECT (due_ns - $first_ns) // $width_ns AS slice, count(*) FROM failures GROUP BY slice"
_PARTIAL = """
SELECT (o.due_ns - $first_ns) // $width_ns AS slice, coalesce(w.title, ''), count(*)
FROM outcomes o JOIN partial USING (seq) LEFT JOIN windows w ON o.moment_ns >= w.began_ns AND o.moment_ns < w.until_ns
GROUP BY ALL
"""
_OTHERS = (
    ("partial_writes", FindingKind.PARTIAL_WRITE),
    ("lost_writes", FindingKind.LOST_WRITE),
    ("duplicates", FindingKind.DUPLICATE_WRITE),
    ("phantoms", FindingKind.PHANTOM_WRITE),
)


class _Slot(NamedTuple):
    """Requests that failed in the same way, about the same time."""

    step: str
    before: bool
    route: str
    hop: str
    instance: str
    slot: int
    failed: int
    first_ns: int
    last_ns: int


def losses(record: Record, judgement: Judgement, whole: Span, due: Span, width_ns: int) -> Losses:
    """Aggregate them."""
    db = record.db
    derive_served(db, record.contract)
    judge_statuses(db, record.contract)
    derive_failures(db, starvation(record.events, record.contract.thresholds))
    _find_partial(record, judgement)
    apart_ns = max(_SAME_WINDOW_NS, whole.length_ns // 100)
    sliced = {"first_ns": due.began_ns, "width_ns": width_ns}
    slots = [_Slot(*row) for row in rows(db, _FAILED, {"first_ns": due.began_ns, "slot_ns": apart_ns // 2})]
    partial = rows(db, _PARTIAL, sliced)
    counts = judgement.counts
    return Losses(
        bars=_bars(due, width_ns, dict(rows(db, _BARS, sliced)), partial),
        steps=_steps(slots, partial, apart_ns),
        failed=sum(slot.failed for slot in slots if not slot.before),
        failed_before=sum(slot.failed for slot in slots if slot.before),
        others=tuple(plural(counts[name], noun) for name, noun in _OTHERS if counts.get(name)),
    )


def _find_partial(record: Record, judgement: Judgement) -> None:
    """Make ``partial``. The judgement lists them; only where they are more than it lists the ledger is asked again."""
    db = record.db
    db.execute("CREATE TABLE partial (seq UBIGINT)")
    if judgement.counts.get("partial_writes", 0) > len(judgement.partial_writes):
        derive_writes(db, record.contract)
        db.execute("INSERT INTO partial SELECT seq FROM broken_writes WHERE NOT before AND least = 0 AND most > 0")
        return
    numbers = [record.contract.ids.number(write.request) for write in judgement.partial_writes]
    db.execute("INSERT INTO partial SELECT unnest($numbers::UBIGINT[])", {"numbers": numbers})


def _bars(
    due: Span, width_ns: int, failed: Mapping[int, int], partial: Iterable[tuple[int, str, int]]
) -> tuple[Bar, ...]:
    half_done: Counter[int] = Counter()
    for number_of_slice, _, count in partial:
        half_done[number_of_slice] += count
    return tuple(
        Bar(
            span=Span(due.began_ns + index * width_ns, due.began_ns + (index + 1) * width_ns),
            failed=failed.get(index, 0),
            partial=half_done[index],
        )
        for index in sorted({*failed, *half_done})
    )


def _steps(slots: Sequence[_Slot], partial: Iterable[tuple[int, str, int]], apart_ns: int) -> tuple[Loss, ...]:
    half_done: Counter[str] = Counter()
    for _, step, count in partial:
        half_done[step] += count
    keys = dict.fromkeys((slot.step, slot.before) for slot in slots)
    found = []
    for step, before in keys:
        own = [slot for slot in slots if (slot.step, slot.before) == (step, before)]
        found.append(
            Loss(
                step=step,
                before=before,
                windows=_windows(own, apart_ns),
                failed=sum(slot.failed for slot in own),
                partial=0 if before else half_done[step],
                routes=_routes(own),
                where=_where(own),
            )
        )
    return tuple(found)


def _windows(slots: Sequence[_Slot], apart_ns: int) -> tuple[Span, ...]:
    """What is close together is one; ``slots`` are in the order of their first request."""
    found: list[Span] = []
    for slot in slots:
        span = Span(slot.first_ns, slot.last_ns)
        if found and span.began_ns <= found[-1].ended_ns + apart_ns:
            found[-1] = found[-1].joined(span)
        else:
            found.append(span)
    return tuple(found)


def _routes(slots: Sequence[_Slot]) -> str:
    """``POST /orders, GET /orders``."""
    return few(_by_frequency((slot.route, slot.failed) for slot in slots), most=MOST_ROUTES)


def _where(slots: Sequence[_Slot]) -> tuple[str, ...]:
    """``storefront->orders, orders-06 (72), orders-07 (26)``, then the same in fewer words."""
    hops = _by_frequency((slot.hop, slot.failed) for slot in slots)
    instances = _by_frequency(((slot.hop, slot.instance), slot.failed) for slot in slots)
    more = len(hops) - MOST_HOPS
    rest = f"; {plural(more, 'more hop')}" if more > 0 else ""

    def at(hop: str, most: int) -> str:
        who = [f"{one} ({number(count)})" for (of, one), count in instances.items() if of == hop and one]
        return f"{hop}, {few(who, most=most)}" if who and most else f"{hop} ({number(hops[hop])})"

    ways = ["; ".join(at(hop, most) for hop in list(hops)[:MOST_HOPS]) + rest for most in range(MOST_INSTANCES, -1, -1)]
    if len(hops) > 1:
        most = at(next(iter(hops)), 0)
        ways += [f"{most}; {plural(len(hops) - 1, 'more hop')}", f"{most}, {len(hops) - 1} more"]
    return tuple(dict.fromkeys(ways))


def _by_frequency(counted: Iterable[tuple[K, int]]) -> dict[K, int]:
    """The sums, the largest first."""
    sums: Counter[K] = Counter()
    for what, count in counted:
        sums[what] += count
    return dict(sums.most_common())
