"""Losses in words: who lost how much to whom, the first lost request with its hops, writes that are not whole, why."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.judge.derived import CLIENT_HOP
from conformance.judge.failures import errors_told
from conformance.judge.model import FirstLoss, HopSeen, Judgement, Loss, PartialWrite, Verdict
from conformance.judge.wording import few, seconds, tally
from conformance.record.contract import SLB_CALLS
from reports.error_window_text import window_line

SECOND_NS = 1e9
MILLISECOND_NS = 1e6
MOST_IDS = 4
MOST_WINDOWS = 3
MOST_CAUSES = 3
NAMES = {"slb": "SLB"}


@dataclass(frozen=True, slots=True)
class Place:
    """One caller and one callee."""

    between: str
    """``storefront-01 -> orders-04.1``: the incarnation, where it is known."""
    incarnation: str
    lost: int
    errors: str
    lag: str
    """The removal lag, ``0.72 s``; empty where nothing was executed after the mark."""


def lost_requests(judgement: Judgement) -> int:
    """Requests that the release lost: those that failed and are not put down to something else than the release.

    Where nothing was released, all that failed.
    """
    if judgement.null_release:
        return judgement.counts.get("failed", 0) + judgement.counts.get("failed_before", 0)
    lost = [one for one in judgement.findings if one.check == "failed_requests" and one.verdict is Verdict.NO_GO]
    return sum(one.count for one in lost)


def places(judgement: Judgement) -> tuple[Place, ...]:
    """Where requests were lost, the largest loss first."""
    lags = {removal.incarnation: removal.lag_s for removal in judgement.removals if removal.lag_s > 0}
    return tuple(
        Place(
            between=f"{NAMES.get(loss.caller, loss.caller) or '?'} -> {_callee(loss)}",
            incarnation=loss.incarnation,
            lost=loss.count,
            errors=errors_told(loss.errors),
            lag=f"{lags[loss.incarnation]:.2f} s" if loss.incarnation in lags else "",
        )
        for loss in judgement.losses
    )


def _callee(loss: Loss) -> str:
    """Who was called; where nobody is known, what can be said of that."""
    if loss.instance:
        return loss.incarnation or loss.instance
    if loss.hop == CLIENT_HOP:
        return "SLB"
    return "nobody" if loss.hop.startswith(f"{SLB_CALLS}->") else "?"


def first_line(first: FirstLoss) -> str:
    """When, what, and how it ended: ``at 9.176 s (2.090 s into the load)  POST /orders  502 ...``."""
    route = first.route if first.route.startswith(first.method) else f"{first.method} {first.route}"
    took = "never answered" if first.took_ns is None else f"after {first.took_ns / MILLISECOND_NS:,.0f} ms"
    at = f"at {first.due_ns / SECOND_NS:.3f} s ({first.into_load_ns / SECOND_NS:.3f} s into the load)"
    return "  ".join((at, route, str(first.status or "no status"), first.error, took, first.request))


def hops_line(first: FirstLoss) -> str:
    """``client 502 <- SLB 502 <- storefront-01.5 v1 502 <- orders-03.3 v1: eof before answer (SIGKILL at 9.2 s)``."""
    return " <- ".join(_hop(hop) for hop in first.hops)


def _hop(hop: HopSeen) -> str:
    who = f"{hop.who} {hop.version}".rstrip()
    said = f" {hop.status}" if hop.status else ""
    error = f": {hop.error}" if hop.error else ""
    return f"{who}{said}{error}{f' ({hop.end})' if hop.end else ''}"


@dataclass(frozen=True, slots=True)
class Damage:
    """Writes that lack the same effects."""

    writes: int
    what: str
    """``placed is there, reserved and confirmed are missing``."""
    requests: tuple[str, ...]


def damages(judgement: Judgement) -> tuple[Damage, ...]:
    """The partial writes that are listed, by what they left, the most frequent first."""
    by_kind: dict[tuple[tuple[str, ...], tuple[str, ...]], list[PartialWrite]] = {}
    for write in judgement.partial_writes:
        by_kind.setdefault((write.found, write.missing), []).append(write)
    return tuple(
        Damage(
            writes=len(writes),
            what=f"{_are(found)} there, {_are(missing)} missing",
            requests=tuple(write.request for write in writes),
        )
        for (found, missing), writes in sorted(by_kind.items(), key=lambda kind: -len(kind[1]))
    )


def _are(effects: Sequence[str]) -> str:
    return f"{' and '.join(effects) or 'nothing'} {'are' if len(effects) > 1 else 'is'}"


def why(judgement: Judgement) -> tuple[str, ...]:
    """What the record proves of the cause: how long callers went on, and what the worst hit instances went through."""
    costly = [window for window in judgement.windows if window.lost]
    windows = [window_line(window, judgement) for window in costly[:MOST_WINDOWS]]
    if len(costly) > MOST_WINDOWS:
        windows.append(f"and {len(costly) - MOST_WINDOWS} more batches that lost requests")
    return (*windows, *dict.fromkeys(_causes(judgement)))


def _causes(judgement: Judgement) -> Iterator[str]:
    """The lines of the findings that speak of instances; those that begin with a request's id tell of that request."""
    told: set[str] = set()
    for finding in judgement.findings:
        lines = [line for line in finding.detail if not line.startswith(finding.requests)]
        loss = finding.verdict is Verdict.NO_GO and finding.check in ("failed_requests", "writes")
        if loss and lines and finding.incarnation not in told and len(told) < MOST_CAUSES:
            told.add(finding.incarnation)
            yield "; ".join(lines)


def not_whole(judgement: Judgement) -> str:
    """``12 partial, 1 lost, 2 duplicate``: what became of writes that are not whole; empty where all are."""
    kinds = Counter(
        {
            "partial": judgement.counts.get("partial_writes", 0),
            "lost": judgement.counts.get("lost_writes", 0),
            "duplicate": judgement.counts.get("duplicates", 0),
            "phantom": judgement.counts.get("phantoms", 0),
        }
    )
    return tally([(kind, count) for kind, count in kinds.items() if count])


def ids(requests: Sequence[str]) -> str:
    """The first few."""
    return few(requests, MOST_IDS)


def window(judgement: Judgement) -> str:
    """``34.6-36.0 s``; empty where nothing failed."""
    if judgement.error_window_ns is None:
        return ""
    first, last = judgement.error_window_ns
    return f"{first / SECOND_NS:.1f}-{seconds(last)}"
