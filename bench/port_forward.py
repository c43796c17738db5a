"""What a port-forward adds to a request: ``python -m bench.port_forward [requests]``, five thousand by default.

The same server, directly and through the two ends of a port-forward, in turn, one request at a time on a connection
that is kept. Both ends are on this machine: what an API server and a node add on the way is the cluster's own.
"""

import http.client
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psutil

from bench.target import HOST, target
from fixtures.platforms.kubernetes import forward

ROUNDS = 5


def main(requests: int) -> None:
    with target(None) as port, _forwarded(port) as (by_way, programs):
        ways = {"directly": port, "by a port-forward": by_way}
        took: dict[str, list[float]] = {name: [] for name in ways}
        before_s = _cpu_s(programs)
        for _ in range(ROUNDS):
            for name, at in ways.items():
                took[name] += _asked(at, requests // ROUNDS)
        cpu_us = (_cpu_s(programs) - before_s) * 1e6 / len(took["by a port-forward"])
    for name, times in took.items():
        cuts = statistics.quantiles(times, n=100)
        print(f"{name:<18} median {cuts[49] * 1e3:.2f} ms, p99 {cuts[98] * 1e3:.2f} ms")
    ratio = statistics.median(took["by a port-forward"]) / statistics.median(took["directly"])
    print(f"{ratio:.1f} x; the two ends take {cpu_us:.0f} us of processor a request")


def _asked(port: int, requests: int) -> list[float]:
    connection, took = http.client.HTTPConnection(HOST, port), []
    for _ in range(requests):
        began = time.perf_counter()
        connection.request("GET", "/")
        connection.getresponse().read()
        took.append(time.perf_counter() - began)
    connection.close()
    return took


@contextmanager
def _forwarded(port: int) -> Iterator[tuple[int, list[psutil.Process]]]:
    argv = [sys.executable, "-m", forward.__name__, HOST, str(port), "env"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        at = int(program.stdout.readline())
        own = psutil.Process(program.pid)
        yield at, [own, *own.children(recursive=True)]
        program.stdin.close()


def _cpu_s(programs: list[psutil.Process]) -> float:
    return sum(sum(each.cpu_times()[:2]) for each in programs)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000)
