"""What rollouts of ten pods lose on the cluster, repeatedly: the figures of docs/kubernetes.md.

python -m tests.standing.figures FOLDER CASE TIMES    so many rollouts more, each kept in the folder
python -m tests.standing.figures FOLDER               the table of all that are kept there
"""

import csv
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.standing.deployments import Judged, Pods, press

CASES = {
    "end at once": Pods(replicas=10),
    "close in good order": Pods(replicas=10, ends="in good order"),
    "serve on for 0.2 s": Pods(replicas=10, serves_on="200ms"),
    "serve on for 5 s": Pods(replicas=10, serves_on="5s"),
}
UNLIMITED = 1_000_000
SECOND_NS = 1_000_000_000
FIGURES = "rollouts.jsonl"


@dataclass(frozen=True)
class Rollout:
    """One of them."""

    case: str
    verdict: str
    requests: int
    failed: int
    answered_s: list[float]
    """Of each pod: for how long after leaving its slice it was sent requests that it answered."""
    failed_s: list[float]
    """Of each request that failed: how long after the last pod had left its slice it was sent."""


def carry_out(case: str) -> Rollout:
    """One rollout, however much it loses."""
    with tempfile.TemporaryDirectory() as folder, press(Path(folder) / "team", CASES[case]) as standing:
        judged = standing.release(stop_after=UNLIMITED)
        counts = judged.counts
        failed_s = list(_failed_s(judged))
        return Rollout(case, judged.verdict, counts["requests"], counts["failed"], list(judged.lags_s), failed_s)


def _failed_s(judged: Judged) -> Iterator[float]:
    left = [one["at_ns"] for one in judged.events("Unlisted")]
    with (judged.record / "requests.csv").open() as rows:
        sent = [int(row["sent_ns"]) for row in csv.DictReader(rows) if row["error"]]
    for at_ns in sent:
        before = [since_ns for since_ns in left if since_ns <= at_ns]
        if before:
            yield (at_ns - max(before)) / SECOND_NS


def table(rollouts: Sequence[Rollout]) -> Iterator[str]:
    """A row for each case."""
    yield "| Pods | Rollouts | GO | NO-GO | Requests | Failed | Answered after leaving | Failed after leaving |"
    yield "|---|---|---|---|---|---|---|---|"
    for case in CASES:
        own = [one for one in rollouts if one.case == case]
        if own:
            verdicts = [one.verdict for one in own]
            answered = [lag_s for one in own for lag_s in one.answered_s]
            failed = [lag_s for one in own for lag_s in one.failed_s]
            numbers = (len(own), verdicts.count("GO"), verdicts.count("NO-GO"))
            requests = f"{sum(one.requests for one in own):,} | {sum(one.failed for one in own):,}"
            yield f"| {case} | {' | '.join(map(str, numbers))} | {requests} | {_told(answered)} | {_told(failed)} |"


def _told(lags_s: Sequence[float]) -> str:
    return f"{statistics.median(lags_s):.2f}, at most {max(lags_s):.2f} s" if lags_s else ""


def main(folder: Path, *what: str) -> None:
    """See above."""
    kept = folder / FIGURES
    if what:
        case, times = what
        for _ in range(int(times)):
            with kept.open("a") as rows:
                rows.write(json.dumps(asdict(carry_out(case))) + "\n")
    rollouts = [Rollout(**json.loads(line)) for line in kept.read_text().splitlines()]
    sys.stdout.write("\n".join(table(rollouts)) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
