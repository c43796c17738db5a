"""What workers add to a load, and what their one record costs: ``python -m bench.workers [seconds]``, five by default.

One process beside two workers, one after the other, against the same server; nothing is pinned, so that on two cores
the server has a part of what the second worker could use. Two workers beside two whose master takes them for workers
elsewhere: what the way to them costs. Then the tables of twenty workers are put together as at the
end of a minute at 100,000 requests a second: rows that were made, not sent.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.clients import ours
from bench.measured import Measured
from bench.target import target
from conformance.record.schema import ANSWERS, REQUESTS

EACH = 5_000
"""Requests per second of a worker, at which its lateness is promised."""
EACH_IN_A_POD = 1_000
MORE_THAN_ONE_SENDS = 40_000
GAIN_GOAL, LATENESS_GOAL_MS = 1.8, 2.0
WORKERS, SECONDS = 20, 60
"""Of the merge: with EACH a minute at 100,000 requests a second."""

_MERGE = """
import json, resource, sys, time
from pathlib import Path
from conformance.load.workers.merge import Merger
folder = Path(sys.argv[1])
parts = sorted(folder.glob("part-*"))
before = resource.getrusage(resource.RUSAGE_SELF)
began = time.perf_counter()
merged = Merger(folder, parts).close()
seconds = time.perf_counter() - began
after = resource.getrusage(resource.RUSAGE_SELF)
cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
print(json.dumps([merged.rows, merged.answers, seconds, cpu_s, before.ru_maxrss // 1024, after.ru_maxrss // 1024]))
"""


def main(seconds: float) -> None:
    with target(None) as port:
        measured = []
        for workers, rate in ((1, EACH), (2, 2 * EACH), (1, MORE_THAN_ONE_SENDS), (2, MORE_THAN_ONE_SENDS)):
            name = "one process" if workers == 1 else f"{workers} workers"
            measured.append(ours(name, port, rate, seconds, mixed=False, workers=workers))
        for name, elsewhere in (("2 workers", False), ("2, elsewhere", True)):
            measured.append(ours(name, port, 2 * EACH_IN_A_POD, seconds, mixed=False, workers=2, elsewhere=elsewhere))
    _show(measured)
    merge()


def merge() -> None:
    """The tables of many workers become one."""
    with tempfile.TemporaryDirectory(prefix="bench-merge-") as name:
        folder = Path(name)
        for worker in range(WORKERS):
            _write_part(folder / f"part-{worker:02d}", worker)
        megabytes = sum(path.stat().st_size for path in folder.glob("part-*/*")) / 1e6
        told = subprocess.run(
            [sys.executable, "-c", _MERGE, name],
            check=True,
            capture_output=True,
            text=True,
            cwd=Path(__file__).resolve().parent.parent,
        ).stdout
    rows, answers, seconds, cpu_s, before_mb, after_mb = json.loads(told)
    assert (rows, answers) == (WORKERS * EACH * SECONDS, 1 + WORKERS), told
    print(
        f"merge: {rows:,} rows of {WORKERS} workers, {megabytes:,.0f} MB, in {seconds:.1f} s ({cpu_s:.1f} s of CPU, "
        f"{cpu_s / SECONDS:.1%} of a core while they are written); peak memory {after_mb} MB, {before_mb} MB before"
    )


def _write_part(part: Path, worker: int) -> None:
    """What a worker writes in a minute."""
    part.mkdir()
    nobody = "0,,,,,\n" if worker == 0 else ""
    own = f'{worker + 1},127.0.0.1:8080,orders-{worker % 10:02d},orders-{worker % 10:02d}.1,v1,"[]"\n'
    (part / ANSWERS.file).write_text(f"{ANSWERS.header}\n{nobody}{own}")
    between_ns = 1_000_000_000 // (EACH * WORKERS)
    with (part / REQUESTS.file).open("w") as file:
        file.write(REQUESTS.header + "\n")
        for place in range(EACH * SECONDS):
            seq = place * WORKERS + worker
            due = 20_000_000_000 + seq * between_ns
            file.write(
                f"{seq},place an order,true,0,{due},{due + 91_234},{due + 4_181_234},{due + 4_201_234},"
                f"{place % 64 * WORKERS + worker + 1},{place},{place // 64},201,,{worker + 1}\n"
            )


def _show(measured: list[Measured]) -> None:
    one, two, one_full, two_full, here, elsewhere = measured
    row = "{:<14} {:>9} {:>9} {:>8} {:>13} {:>13} {:>12}"
    print(row.format("client", "ordered/s", "sent/s", "failed", "late p99 ms", "late max ms", "CPU us/req"))
    for each in measured:
        figures = (f"{each.lateness_p99_ms:.3f}", f"{each.lateness_max_ms:.3f}", f"{each.cpu_us:.0f}")
        print(row.format(each.client, f"{each.ordered:,}", f"{each.achieved:,.0f}", f"{each.failed:,}", *figures))
    gain = two.achieved / one.achieved
    print(f"two workers beside one, each with {EACH:,}/s: {gain:.2f} x, goal {GAIN_GOAL} x: {_met(gain >= GAIN_GOAL)}")
    late = two.lateness_p99_ms
    print(
        f"lateness p99 at 2 x {EACH:,}/s: {late:.3f} ms, goal {LATENESS_GOAL_MS:g} ms: {_met(late <= LATENESS_GOAL_MS)}"
    )
    full = two_full.achieved / one_full.achieved
    way = elsewhere.cpu_us / here.cpu_us
    print(f"two workers elsewhere, and the way to them, beside two here: {way:.2f} x the processor time of a request")
    cores = os.cpu_count()
    print(f"where more is ordered than one can send: {full:.2f} x, on {cores} cores, of which the server has a part")
    print(f"load average of this machine meanwhile: {' '.join(f'{average:.2f}' for average in os.getloadavg())}")


def _met(goal: bool) -> str:
    return "met" if goal else "NOT met"


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0)
