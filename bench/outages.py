"""The shortest outage that is found, beside peers: ``python -m bench.outages [repetitions]``, twenty by default.

Every client sends its load to the same server, one after the other: reads at 1,000 a second, and a prober one a second.
At known moments the server is away, for half a millisecond up to half a second, and answers 503. It counts whom it so
refused. An outage is found where it met a request and the client tells of as many failures as the server of refusals;
where the numbers differ, nothing of that client is counted as found.
"""

import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.clients import find_k6, find_vegeta, k6, locust_user, ours, prober, vegeta
from bench.target import on_core

RATE = 1_000
LONG_MS = (0.5, 1, 2, 5, 20, 100, 500)
APART_S = 0.5
"""From one outage to the next, the longest not counted in."""
AFTER_S, LAST_S = 3.0, 2.0
"""What comes before the first outage, a warm-up among it, and after the last."""
SEED = 1
_TARGET = Path(__file__).with_name("faulty_target.py")
_ENDED_S = 10

Client = Callable[[int, float], int]
"""Sends to this port for so many seconds; how many failures it tells of."""


@dataclass(slots=True)
class Met:
    """What one client met and told of."""

    refused: list[int] = field(default_factory=list)
    """By the server, in each outage."""
    told: int = 0

    @property
    def is_believed(self) -> bool:
        """Whether it told of all that was refused, and of nothing else."""
        return self.told == sum(self.refused)


def moments(times: int) -> list[tuple[float, float]]:
    """When the server is away and for how long, in seconds: each length so many times, in any order, at any phase."""
    drawn = random.Random(SEED)  # noqa: S311 - moments, no secrets
    lengths = [long_ms / 1_000 for long_ms in LONG_MS for _ in range(times)]
    drawn.shuffle(lengths)
    planned, at = [], AFTER_S
    for long in lengths:
        planned.append((at + drawn.random() * APART_S / 2, long))
        at += APART_S + long
    return planned


@contextmanager
def faulty(planned: list[tuple[float, float]], core: int, met: Met) -> Iterator[int]:
    """The server on this core; yields its port. What it refused is known afterwards."""
    words = [f"{at}:{long}" for at, long in planned]
    with on_core(core):
        server = subprocess.Popen(
            [sys.executable, str(_TARGET), *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
    try:
        assert server.stdout is not None
        yield int(server.stdout.readline())
        told, _ = server.communicate(timeout=_ENDED_S)
        met.refused = msgspec.json.decode(told, type=list[int])
    finally:
        server.kill()
        server.wait(_ENDED_S)


def _clients() -> Iterator[tuple[str, Client]]:
    yield "ours", lambda port, seconds: ours("ours", port, RATE, seconds, mixed=False).failed
    if (binary := find_vegeta()) is not None:
        yield "vegeta", lambda port, seconds: vegeta(binary, port, RATE, seconds).failed
    if (peer := find_k6()) is not None:
        yield "k6", lambda port, seconds: k6(peer, port, RATE, seconds)
    yield "Locust FastHttpUser", lambda port, seconds: locust_user("FastHttpUser", port, RATE, seconds).failed
    yield "a prober", prober


def main(times: int) -> None:
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        sys.exit("bench: client and server need a core each; this process may use one only")
    planned = moments(times)
    seconds = sum(planned[-1]) + LAST_S
    results = {}
    for name, client in _clients():
        print(f"{name}: {len(planned)} outages in {seconds:.0f} s", flush=True)
        met = results[name] = Met()
        with faulty(planned, cores[-1], met) as port, on_core(cores[0]):
            met.told = client(port, seconds)
    _show(planned, results, times)


def _show(planned: list[tuple[float, float]], results: dict[str, Met], times: int) -> None:
    print()
    print(f"{'outage':<22}" + "".join(f"{name:>22}" for name in results))
    for long_ms in LONG_MS:
        found = [_found(planned, met, long_ms) for met in results.values()]
        print(f"{f'{long_ms:g} ms':<22}" + "".join(f"{f'{count} of {times}':>22}" for count in found))
    told = [f"{met.told:,} of {sum(met.refused):,}" for met in results.values()]
    print(f"{'failures told':<22}" + "".join(f"{words:>22}" for words in told))
    averages = " ".join(f"{average:.2f}" for average in os.getloadavg())
    print(f"\nload average of this machine meanwhile: {averages} on {os.cpu_count()} processors")


def _found(planned: list[tuple[float, float]], met: Met, long_ms: float) -> int:
    if not met.is_believed:
        return 0
    return sum(count > 0 for (_, long), count in zip(planned, met.refused, strict=True) if long == long_ms / 1_000)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
