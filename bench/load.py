"""How punctual and how dear the load is, beside its peers: ``python -m bench.load [seconds]``, five by default.

All clients run one after the other, on the same core, against the same server on another core.
"""

import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.clients import find_vegeta, locust_user, ours, tasks, vegeta
from bench.measured import Measured
from bench.target import on_core, target

PUNCTUAL, FAST = 1_000, 10_000
"""Requests per second: at which punctuality is promised, and how many one core must carry."""
LATENESS_GOAL_MS, TASKS_GOAL_MS = 1.0, 5.0


def main(seconds: float) -> None:
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        sys.exit("bench: client and server need a core each; this process may use one only")
    peer = find_vegeta()
    if peer is None:
        print("vegeta is not here and Go is not either (apt-get install golang): compared with Locust alone")
    with target(cores[-1]) as port, on_core(cores[0]):
        measured = []
        for rate in (PUNCTUAL, FAST):
            for measure in _clients(peer, rate):
                measured.append(measure(port, rate, seconds))
                print(f"{measured[-1].client} at {rate:,}/s: done", flush=True)
    _show(measured)


def _clients(peer: Path | None, rate: int) -> Iterator[Callable[[int, int, float], Measured]]:
    yield lambda port, rate, seconds: ours("ours", port, rate, seconds, mixed=False)
    yield lambda port, rate, seconds: ours("ours, as in a run", port, rate, seconds, mixed=True)
    if peer is not None:
        yield lambda port, rate, seconds: vegeta(peer, port, rate, seconds)
    yield tasks
    yield partial(locust_user, "FastHttpUser")
    if rate == PUNCTUAL:  # it carries no more
        yield partial(locust_user, "HttpUser")


def _show(measured: list[Measured]) -> None:
    print()
    row = "{:<20} {:>8} {:>11} {:>7} {:>14} {:>14} {:>8} {:>13} {:>9}"
    titles = (
        "client",
        "ordered",
        "recorded/s",
        "failed",
        "late p99 ms",
        "late max ms",
        "x ours",
        "CPU us/req",
        "x ours",
    )
    print(row.format(*titles, "CPU us/req", "x ours"))
    for rate in (PUNCTUAL, FAST):
        at_rate = [one for one in measured if one.ordered == rate]
        base = at_rate[0]
        for one in at_rate:
            figures = [f"{rate:,}", f"{one.rate:,.0f}", f"{one.failed:,}"]
            figures += [f"{one.lateness_p99_ms:.3f}", f"{one.lateness_max_ms:.3f}"]
            figures += [f"{one.lateness_p99_ms / base.lateness_p99_ms:.1f}", f"{one.cpu_us:.0f}"]
            print(row.format(one.client, *figures, f"{one.cpu_us / base.cpu_us:.1f}"))
    punctual = next(one for one in measured if one.ordered == PUNCTUAL)
    fast = next(one for one in measured if one.ordered == FAST)
    late = punctual.lateness_p99_ms
    print()
    goal = f"goal < {LATENESS_GOAL_MS:g} ms"
    print(f"lateness p99 at {PUNCTUAL:,}/s: {late:.3f} ms, {goal}: {_met(late < LATENESS_GOAL_MS)}")
    by_tasks = next(one for one in measured if one.ordered == PUNCTUAL and one.client == "ours, by tasks")
    late, told = by_tasks.lateness_p99_ms, f"goal < {TASKS_GOAL_MS:g} ms"
    print(f"the same by a locustfile's tasks: {late:.3f} ms, {told}: {_met(late < TASKS_GOAL_MS)}")
    carried = fast.rate >= FAST * 0.999 and not fast.failed
    print(f"recorded on one core: {fast.rate:,.0f}/s, goal {FAST:,}/s: {_met(carried)}")
    averages = " ".join(f"{average:.2f}" for average in os.getloadavg())
    print(f"load average of this machine meanwhile: {averages} on {os.cpu_count()} processors")


def _met(goal: bool) -> str:
    return "met" if goal else "NOT met"


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0)
