"""An error window in words: what it cost, how long it lasted, and which delays explain it."""

from collections.abc import Sequence

from conformance.judge.model import ErrorWindow, Judgement
from conformance.record.contract import Delay

SECOND_NS = 1e9


def window_line(window: ErrorWindow, judgement: Judgement) -> str:
    """One window as one line."""
    lost = f"{window.lost:,} lost, {window.executed:,} of them executed all the same"
    theory = f" (the timers imply {implied(judgement.chain)})" if judgement.chain else ""
    entry = judgement.position == "entry"
    return (
        f"{window.step}: {lost}; {called(window)}{theory}; "
        f"dropped by {'the SLB' if entry else 'the registry'} {after(window, window.dropped_ns)}, "
        f"by every caller {after(window, window.dropped_ns if entry else window.told_ns)}"
    )


def called(window: ErrorWindow) -> str:
    """How long its callers went on calling."""
    if window.called_s is None:
        return "nobody was seen to call them"
    return f"called for {window.called_s:.2f} s once the first was gone" if window.called_s else "not called once gone"


def implied(chain: Sequence[Delay]) -> str:
    """``1.5 s: its answers are cached 0.5 s + the consumer asks for its list 1 s``."""
    total = total_s(chain)
    parts = " + ".join(f"{delay.what}{'' if delay.at_most_s is None else f' {delay.at_most_s:g} s'}" for delay in chain)
    return f"{'no end' if total is None else f'{total:g} s at most'}: {parts}" if chain else "nothing"


def total_s(chain: Sequence[Delay]) -> float | None:
    """The chain's sum; None where it never ends."""
    known = [delay.at_most_s for delay in chain if delay.at_most_s is not None]
    return sum(known) if len(known) == len(chain) else None


def after(window: ErrorWindow, at_ns: int | None) -> str:
    """``0.8 s later``, seen from when they were gone; before that it is no window's business."""
    if at_ns is None:
        return "never while the run looked"
    seconds = (at_ns - window.gone_ns) / SECOND_NS
    return f"{seconds:.1f} s later" if seconds >= 0 else "before they were gone"
