"""How long judging a large record takes, and on what: ``python bench/judge.py [requests]``, a million by default.

The total is taken as a user meets it: a process of its own, from before the imports to the judgement. Beside it stands
what reading the same tables costs at least, for a machine's mood changes both, and what a record of a hundred takes.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.records import make_record
from conformance.judge import figures
from conformance.judge.check import all_checks
from conformance.judge.judge import judge
from conformance.judge.run_facts import analyse
from conformance.record.reader import open_record
from conformance.record.schema import TABLES
from conformance.record.seal import verify

MILLION = 1_000_000
GOALS = {MILLION: (4.0, 900), 10 * MILLION: (40.0, 2_000)}
"""Requests -> the seconds, on two cores, and the MB of memory that judging them may take."""

# Its own peak: what getrusage calls that takes in what the process that started it had in memory.
_JUDGE = """
import time
began = time.perf_counter()
import json, sys
from pathlib import Path
from conformance.judge.judge import judge
judgement = judge(Path(sys.argv[1]))
seconds = time.perf_counter() - began
told = Path("/proc/self/status").read_text().splitlines()
peak = next(int(line.split()[1]) for line in told if line.startswith("VmHWM:")) // 1024
print(json.dumps([judgement.verdict, judgement.headline, seconds, peak]))
"""


def main(requests: int) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-judge-") as folder:
        directory = Path(folder) / "run"
        make_record(directory, requests)
        size = sum(path.stat().st_size for path in directory.iterdir()) // MILLION
        print(f"record: {requests:,} requests, {size:,} MB")
        least = read_alone(directory)
        print(f"bare read: {least:.2f} s, SELECT count(*) of the same tables")
        command = [sys.executable, "-c", _JUDGE, str(directory)]
        told = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parent.parent)
        verdict, headline, seconds, peak = json.loads(told.stdout)
        print(f"judged: {verdict}: {headline}")
        print(f"total: {seconds:.2f} s, {seconds / least:.1f} times the bare read; peak memory {peak:,} MB")
        if requests in GOALS:
            goal_s, goal_mb = GOALS[requests]
            print(f"goal:  {goal_s:g} s, {goal_mb:,} MB")
        show_phases(directory)
        assert verdict == "GO", headline


def read_alone(directory: Path) -> float:
    """Seconds that DuckDB takes to count the rows of the same files."""
    began = time.perf_counter()
    with duckdb.connect() as db:
        for table in TABLES:
            db.read_csv(str(directory / table.file), header=True, dtype=dict(table.columns)).count("*").fetchall()
    return time.perf_counter() - began


def show_phases(directory: Path) -> None:
    """The share of each phase, measured once more in this process."""
    spent: dict[str, float] = {}
    with phase(spent, "verify every byte"):
        verify(directory)
    with phase(spent, "load the tables"):
        record = open_record(directory)
    spent["load the tables"] -= spent["verify every byte"]
    with record:
        with phase(spent, "tell the story"):
            facts = analyse(record)
        for check in all_checks():
            with phase(spent, f"check {check.name}"):
                check.judge(record, facts)
        with phase(spent, "figures"):
            figures.counts(record)
            figures.load(record, facts)
            figures.latency(record)
    total = sum(spent.values())
    for name, seconds in spent.items():
        print(f"  {name:<24} {seconds:6.2f} s {seconds / total:6.1%}")


def show_small(times: int = 20) -> None:
    """What judging takes beside the rows: a record of a hundred requests, again and again in this process."""
    with tempfile.TemporaryDirectory(prefix="bench-judge-") as folder:
        directory = Path(folder) / "run"
        make_record(directory, 100)
        judge(directory)
        began = time.process_time()
        for _ in range(times):
            judge(directory)
        print(f"100 requests: {(time.process_time() - began) / times * 1_000:.0f} ms of processor, the mean of {times}")


@contextmanager
def phase(spent: dict[str, float], name: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    spent[name] = time.perf_counter() - began


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else MILLION)
    show_small()
