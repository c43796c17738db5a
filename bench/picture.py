"""How long the picture of a large record takes: ``python bench/picture.py [requests]``, a million by default.

Aggregating and drawing is what the goal is about; opening the record, which verifies and loads all of it, and judging
it stand beside it, for a report pays for them as well. Taken several times in one process; the slowest counts.
"""

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.records import make_record
from conformance.judge.judge import judge
from conformance.judge.model import Judgement
from conformance.record.reader import open_record
from reports.picture.draw import render
from reports.picture.look import look_at

MILLION = 1_000_000
GOAL_S = 0.5
"""What a million requests may take on two cores, opening the record apart."""
TIMES = 3


def main(requests: int) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-picture-") as folder:
        directory = Path(folder) / "run"
        make_record(directory, requests)
        print(f"record: {requests:,} requests")
        began = time.perf_counter()
        judged = judge(directory)
        print(f"judged: {judged.verdict} in {time.perf_counter() - began:.2f} s")
        taken = [draw_once(directory, judged) for _ in range(TIMES)]
    opened, aggregated, drawn, size = max(taken, key=lambda one: one[1] + one[2])
    goal = f" (goal {GOAL_S:g} s)" if requests == MILLION else ""
    print(f"picture: {aggregated + drawn:.2f} s{goal}, aggregating {aggregated:.2f} s and drawing {drawn * 1e3:.0f} ms")
    print(f"beside it: opening the record {opened:.2f} s; the picture has {size / 1e3:.0f} kB")


def draw_once(directory: Path, judged: Judgement) -> tuple[float, float, float, int]:
    """Seconds to open, to aggregate and to draw, and the picture's size in bytes."""
    began = time.perf_counter()
    with open_record(directory) as record:
        opened = time.perf_counter()
        picture = look_at(record, judged)
        aggregated = time.perf_counter()
        svg = render(picture)
        drawn = time.perf_counter()
    return opened - began, aggregated - opened, drawn - aggregated, len(svg.encode())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else MILLION)
