"""What the suite detects: carries out the rows of detection.toml on real servers and writes detection.md.

``python -m docs.detection [--times N] [--more] [NAME...]`` measures the rows that are named, or all, three times each
unless told otherwise, keeps what came of it in detection.json in place of what was there of the same rows, or with
``--more`` beside it, and writes the page from all that is kept. ``--page`` writes the page alone.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

from conformance.judge.cpu_starvation import starvation
from conformance.judge.judge import judge
from conformance.judge.model import Judgement, Verdict
from conformance.load.process import LoadProcess
from conformance.record.partial_record import remains
from docs.detection_cases import Matrix, Row, read
from docs.detection_harness import AFTER, AMID, AROUND, JUDGED, LOADS, PLANS, SPOILS, WANTED
from docs.detection_limits import CannotHere, fill, is_full
from docs.detection_results import FILE, keep, kept
from docs.detection_systems import Place, place_of, thresholds_of, timings_of
from fixtures.glue.servers import ServerConfig
from fixtures.glue.settings import out_folder
from reports.detection_page import Attributed, Found, Seen, page
from tests.end_to_end.small import THRESHOLDS, Meddler, Small

PAGE = Path(__file__).parent / "detection.md"
TIMES = 3
MOST_FOUND = 12
"""Findings of one repetition that are kept, the worst first."""


def carry_out(name: str, row: Row, place: Place) -> Seen:
    """One repetition of a row.

    Raises:
        CannotHere: This machine does not let it be carried out.
        Starved: It was too busy for the repetition to tell anything.
    """
    small = place.small(row)
    with AROUND[row.harness](small) if row.harness in AROUND else nullcontext():
        try:
            judgement = _judged(name, row, small)
        except BaseException:
            place.close()
            raise
        if row.harness in SPOILS:
            place.close()
    found = seen(judgement)
    if not row.expected.detects(found) and is_starved(judgement, small.directory):
        raise Starved(f"{found.verdict.value}, and the machine was CPU-starved: {found.headline}")
    return found


def _judged(name: str, row: Row, small: Small) -> Judgement:
    amid = AMID.get(row.harness)
    try:
        judgement, directory = small.release(
            row.release(name, small.session_topology.topology.service(row.service)),
            Meddler(row.at, lambda: amid(small)) if amid is not None else Meddler(),
            WANTED.get(row.harness, thresholds_of(row)),
            ServerConfig("nacos", slb=row.slb),
            PLANS.get(row.harness, lambda drawn: drawn),
            rate=row.rate,
            workers=row.workers,
            timings=timings_of(row),
            driver=LOADS.get(row.harness, LoadProcess),
        )
    except OSError as error:
        if amid is not fill or not is_full(error):
            raise
        return judge(small.directory)  # a full disk takes no end marker either: what is there is judged
    if row.harness in AFTER:
        AFTER[row.harness](directory)
        return judge(directory)
    return JUDGED[row.harness](directory) if row.harness in JUDGED else judgement


class Starved(RuntimeError):
    """The machine was too busy for a repetition to tell what the suite detects: it counts neither way."""


def is_starved(judgement: Judgement, directory: Path) -> bool:
    """Whether it came to nothing on a machine that was CPU-starved for half of the time, by the run's own watch.

    A verdict of GO or NO-GO counts all the same, whatever the machine was like.
    """
    happened = remains(directory).events
    if judgement.verdict is not Verdict.INCONCLUSIVE or not happened:
        return False
    return starvation(happened, THRESHOLDS).explains(happened[0].at_ns, happened[-1].at_ns)


def seen(judgement: Judgement) -> Seen:
    """What came of it, as the results keep it: of several findings that are alike the first."""
    found = dict.fromkeys(
        Found(finding=one.finding, hop=one.hop, instance=one.instance, step=one.step)
        for one in judgement.findings
        if one.verdict is judgement.verdict
    )
    attributed = Counter((one.hop, one.instance, one.cause) for one in judgement.failed_requests)
    return Seen(
        verdict=judgement.verdict,
        headline=judgement.headline.splitlines()[0],
        found=tuple(found)[:MOST_FOUND],
        attributed=tuple(
            Attributed(hop=hop, instance=instance, cause=cause, requests=requests)
            for (hop, instance, cause), requests in attributed.most_common()
        ),
    )


def repeat(matrix: Matrix, names: Sequence[str], times: int, folder: Path, *, more: bool) -> int:
    """Measure these rows so many times, those of one place one after the other; how many could not be.

    Each repetition is kept as soon as it is there: what is broken off has lost nothing.
    """
    place, failed = Place(matrix.rows, folder), 0
    try:
        for name in by_place(matrix.rows, names):
            row = matrix.rows[name]
            found = list(kept(matrix.rows).get(name, ())) if more else []
            for number in range(1, times + 1):
                began = time.monotonic()
                try:
                    found.append(carry_out(name, row, place))
                except CannotHere as error:
                    said = f"left out, for this machine does not let there be {error}"
                except Starved as error:
                    failed, said = failed + 1, f"not counted: {error}"
                except Exception as error:  # noqa: BLE001 - a row that cannot be carried out does not end the others
                    failed, said = failed + 1, f"not carried out: {type(error).__name__}: {error}".splitlines()[0]
                else:
                    keep(matrix.rows, name, found)
                    said = _told(row, found[-1])
                sys.stdout.write(f"{time.monotonic() - began:5.0f} s  {name} {number}/{times}  {said}\n")
                sys.stdout.flush()
    finally:
        place.close()
    return failed


def _told(row: Row, one: Seen) -> str:
    word = "as expected" if row.expected.detects(one) else "NOT AS EXPECTED"
    return f"{one.verdict.value:<13} {word}: {one.headline}"


def by_place(rows: Mapping[str, Row], names: Sequence[str]) -> list[str]:
    """The places in the order of the first row of each."""
    together: dict[object, list[str]] = {}
    for name in names:
        together.setdefault(place_of(rows[name]), []).append(name)
    return [name for same in together.values() for name in same]


def write(matrix: Matrix, file: Path = FILE, target: Path = PAGE) -> int:
    """Write the page; how many repetitions passed falsely."""
    rows, found = {name: row.expected for name, row in matrix.rows.items()}, kept(matrix.rows, file)
    target.write_text(page(rows, matrix.unmeasured, found), encoding="utf-8")
    return sum(rows[name].passes_falsely(one) for name, seen in found.items() for one in seen)


def main(words: Sequence[str]) -> int:
    """Measure what is asked for and write the page; the exit code is 1 where a fault was told GO."""
    matrix = read()
    parser = argparse.ArgumentParser(prog="docs.detection", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(matrix.rows))
    parser.add_argument("--times", type=int, default=TIMES, help=f"repetitions of each row ({TIMES})")
    parser.add_argument("--more", action="store_true", help="beside what has been measured of the row")
    parser.add_argument("--page", action="store_true", help="write the page alone")
    asked = parser.parse_args(words)
    if unknown := [name for name in asked.names if name not in matrix.rows]:
        parser.error(f"{unknown[0]}: expected one of {', '.join(matrix.rows)}")
    folder = out_folder() / "detection"
    folder.mkdir(parents=True, exist_ok=True)
    names = asked.names or list(matrix.rows)
    failed = 0 if asked.page else repeat(matrix, names, asked.times, folder, more=asked.more)
    return 1 if write(matrix) or failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
