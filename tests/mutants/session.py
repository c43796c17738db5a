"""Makes the mutants of one module, one after the other in a copy of the repository, and lets its tests find them out.

cosmic-ray keeps what came of each mutant as soon as it is known: a session that was ended goes on where it was.
"""

import difflib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from cosmic_ray.commands import init
from cosmic_ray.mutating import use_mutation
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec, TestOutcome, WorkerOutcome, WorkResult

from tests.mutants.forked import import_what_a_session_needs, session
from tests.mutants.modules import ROOT, concerning, modules
from tests.mutants.results import Measured, changed

_LEFT_OUT = (".git", ".venv", "out", "target", "node_modules", "__pycache__", ".*_cache", "*.egg-info")
_SLOWER = 4
"""A mutant's tests may take so many times the processor's time that they do without it; more counts as a failure."""
_REFUSALS = ("Parser Error:", "Binder Error:", "Catalog Error:")
"""What DuckDB says of a question that it does not take."""


class NotMeasured(Exception):
    """Why the mutants of a module tell nothing."""


def measure(module: str, sessions: Path, until: float, tell: Callable[[str], None]) -> Measured | None:
    """What all mutants of the module came to; None where the time was over (of the monotonic clock) before that.

    Raises:
        NotMeasured: No tests are known of it, or they fail without a mutant, too.
    """
    tests = concerning(module)
    if not tests:
        raise NotMeasured("no tests are known that concern it")
    path = modules()[module]
    file = sessions / f"{module}-{_digest([path, *map(Path, tests)])}.sqlite"
    with _copied(), use_db(str(file)) as db:
        if not db.num_work_items:
            init([path], db, {})
        arguments = ("-q", "-x", "--profile", "extended", *tests)
        pending = db.pending_work_items
        if pending:
            import_what_a_session_needs(arguments)
            within_cpu_s = _SLOWER * _unchanged_cpu_s(arguments, file.with_suffix(".cpu_s"))
        for item in pending:
            if time.monotonic() > until:
                return None
            result = _mutated(item.mutations[0], arguments, within_cpu_s)
            db.set_result(item.job_id, result)
            if result.test_outcome == TestOutcome.SURVIVED:
                tell(str(result.diff))
        return _measured(db, tests)


@contextmanager
def _copied() -> Iterator[None]:
    """In a copy of the repository: nobody who works in this one meets a mutant, or leaves one behind."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as somewhere:
        copy = Path(somewhere) / "copy"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*_LEFT_OUT))
        os.environ.pop("CI", None)  # or tests would take turns
        with chdir(copy):
            yield


def _unchanged_cpu_s(arguments: Sequence[str], kept: Path) -> float:
    """The processor's time that the tests take without a mutant: measured once for all pieces of a module's work."""
    if kept.is_file():
        return float(kept.read_text(encoding="ascii"))
    ended = session(arguments, keep_bytecode=True)
    if ended.code != 0:
        raise NotMeasured(f"its tests fail without a mutant, too: {ended.output[-2000:]}")
    kept.write_text(str(ended.cpu_s), encoding="ascii")
    return ended.cpu_s


def _mutated(mutation: MutationSpec, arguments: Sequence[str], within_cpu_s: float) -> WorkResult:
    """What the tests say of a mutant; its change is told in the result."""
    operator = get_operator(mutation.operator_name)()
    with use_mutation(mutation.module_path, operator, mutation.occurrence) as (was, becomes):
        ended = session(arguments, within_cpu_s)
    return WorkResult(
        worker_outcome=WorkerOutcome.NORMAL,
        test_outcome=TestOutcome.SURVIVED if ended.code == 0 else TestOutcome.KILLED,
        output=ended.output,
        diff=_told(was, becomes),
    )


def _measured(db: WorkDB, tests: Sequence[str]) -> Measured:
    places = {item.job_id: item.mutations[0].start_pos for item in db.work_items}
    survivors, killed, refused = [], 0, 0
    for job, result in db.results:
        if result.test_outcome == TestOutcome.SURVIVED:
            survivors.append((places[job], str(result.diff)))
        elif _is_refused(result):
            refused += 1
        else:
            killed += 1
    return Measured(
        day=datetime.now(UTC).date().isoformat(),
        tests=tuple(tests),
        killed=killed,
        refused=refused,
        survivors=tuple(change for _, change in sorted(survivors)),
    )


def _is_refused(result: WorkResult) -> bool:
    return any(words in (result.output or "") for words in _REFUSALS)


def _told(was: str, becomes: str) -> str:
    _, _, *lines = difflib.unified_diff(was.split("\n"), becomes.split("\n"), n=0)
    return changed(*(" ".join(line[1:] for line in lines if line.startswith(sign)) for sign in "-+"))


def _digest(paths: Sequence[Path]) -> str:
    """Of the module, its tests and what makes mutants: another one, and nothing that was kept is true any more."""
    makers = [Path(__file__).with_name(name) for name in ("operators.py", "sql_text.py")]
    content = [path.read_bytes() for path in (*(ROOT / path for path in paths), *makers)]
    return hashlib.sha256(b"\0".join(content)).hexdigest()[:12]
