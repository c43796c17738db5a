"""What the suite detects: carries out the rows of detection.toml on real servers and writes detection.md.

``python -m docs.detection [--times N] [NAME...]`` carries out those that are named, or all, three times each unless
told otherwise, adds what came to the results that are there, and writes the page. ``--page`` writes the page alone.
"""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from conformance.judge.judge import judge
from conformance.judge.model import Judgement, Verdict
from docs.detection_cases import Matrix, Row, read, versions
from docs.detection_harness import AFTER, AMID, PLANS, SPOILS, WANTED
from fixtures.glue.session_topology import SessionTopology
from fixtures.glue.settings import out_folder
from reports.detection_page import Found, Seen, page
from tests.end_to_end.small import BAD_ACTORS, THRESHOLDS, Meddler, Small, small_descriptor

PAGE = Path(__file__).parent / "detection.md"
RESULTS = "results.jsonl"
TIMES = 3


class Place:
    """Where rows are carried out: one topology for as long as none of them spoils it."""

    def __init__(self, rows: Mapping[str, Row], folder: Path) -> None:
        self._rows = rows
        self._folder = folder
        self._small: Small | None = None

    @property
    def small(self) -> Small:
        """What stands, or is started now."""
        if self._small is None:
            folder = self._folder / f"topology-{time.time_ns()}"
            folder.mkdir(parents=True)
            own = ((f"[services.{name}.env]", text) for name, text in versions(self._rows).items())
            descriptor = small_descriptor(folder / "descriptor", {**BAD_ACTORS, **{at: text + at for at, text in own}})
            self._small = Small(SessionTopology(descriptor, lambda _: None), folder)
        return self._small

    def close(self) -> None:
        """End everything. Repeatable."""
        if self._small is not None:
            self._small.session_topology.close()
        self._small = None


def carry_out(name: str, row: Row, place: Place) -> Seen:
    """One repetition of a row."""
    small, amid = place.small, AMID.get(row.harness)
    meddler = Meddler(row.at, lambda: amid(small)) if amid is not None else Meddler()
    release = row.release(name, small.session_topology.topology.service(row.service))
    wanted, alter = WANTED.get(row.harness, THRESHOLDS), PLANS.get(row.harness, lambda drawn: drawn)
    try:
        judgement, directory = small.release(release, meddler, wanted, alter=alter)
    except BaseException:
        place.close()
        raise
    if row.harness in AFTER:
        AFTER[row.harness](directory)
        judgement = judge(directory)
    if row.harness in SPOILS:
        place.close()
    return seen(name, judgement, directory)


def seen(name: str, judgement: Judgement, directory: Path) -> Seen:
    """What came of it, as the results keep it."""
    found = [one for one in judgement.findings if one.verdict is judgement.verdict]
    return Seen(
        row=name,
        verdict=judgement.verdict,
        headline=judgement.headline,
        found=tuple(Found(finding=f.finding, hop=f.hop, instance=f.instance, step=f.step) for f in found),
        run=str(directory),
    )


def results(folder: Path) -> list[Seen]:
    """All that have been kept."""
    file = folder / RESULTS
    lines = file.read_bytes().splitlines() if file.is_file() else []
    return [msgspec.json.decode(line, type=Seen) for line in lines]


def _keep(one: Seen, folder: Path) -> None:
    with (folder / RESULTS).open("ab") as file:
        file.write(msgspec.json.encode(one) + b"\n")


def repeat(matrix: Matrix, names: Sequence[str], times: int, folder: Path) -> int:
    """Carry these rows out so many times, each row's repetitions one after the other; how many could not be."""
    place, failed = Place(matrix.rows, folder), 0
    try:
        for name in names:
            row = matrix.rows[name]
            for number in range(1, times + 1):
                began = time.monotonic()
                try:
                    one = carry_out(name, row, place)
                except Exception as error:  # noqa: BLE001 - a row that cannot be carried out does not end the others
                    failed, said = failed + 1, f"not carried out: {type(error).__name__}: {error}".splitlines()[0]
                else:
                    _keep(one, folder)
                    said = f"{one.verdict.value:<13} {'detected' if row.expected.detects(one) else 'NOT AS EXPECTED'}: "
                    said += one.headline
                sys.stdout.write(f"{time.monotonic() - began:5.0f} s  {name} {number}/{times}  {said}\n")
                sys.stdout.flush()
    finally:
        place.close()
    return failed


def main(words: Sequence[str]) -> int:
    """Carry out what is asked for and write the page; the exit code is 1 where a fault was told GO."""
    matrix = read()
    parser = argparse.ArgumentParser(prog="docs.detection", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(matrix.rows))
    parser.add_argument("--times", type=int, default=TIMES, help=f"repetitions of each row ({TIMES})")
    parser.add_argument("--page", action="store_true", help="write the page alone")
    asked = parser.parse_args(words)
    if unknown := [name for name in asked.names if name not in matrix.rows]:
        parser.error(f"{unknown[0]}: expected one of {', '.join(matrix.rows)}")
    folder = out_folder() / "detection"
    folder.mkdir(parents=True, exist_ok=True)
    failed = 0 if asked.page else repeat(matrix, asked.names or list(matrix.rows), asked.times, folder)
    kept = results(folder)
    PAGE.write_text(page({name: row.expected for name, row in matrix.rows.items()}, matrix.unmeasured, kept), "utf-8")
    passed = [one for one in kept if one.verdict is Verdict.GO and Verdict.GO not in matrix.rows[one.row].verdicts]
    return 1 if failed or passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
