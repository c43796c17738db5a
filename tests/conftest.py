"""What holds for every test of the suite itself.

Nothing under tests/, in this process or in one that it starts, writes to the folder in which a person finds the reports
of scenarios: sessions that tests begin write elsewhere, and the session ends with an error where that folder changed.

Rare cases are marked like scenarios, ``profile("extended")``: each commit carries out its share of them (``turns.py``),
``make matrix`` and ``--profile extended`` all.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.glue.options import profile_of
from fixtures.glue.process import be_interruptible, end_quietly
from fixtures.glue.settings import OUT_VARIABLE, PROFILES, REPOSITORY
from fixtures.platforms.locks import try_lock
from tests.side_by_side import SideBySide
from tests.turns import RARE, commit, not_this_time
from tests.untouched import changes, contents

REPORTS = REPOSITORY / "reports" / "out"


@pytest.fixture(scope="session", autouse=True)
def _a_persons_reports_stay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Every session that a test begins writes elsewhere; what a person has is the same afterwards."""
    before, theirs = contents(REPORTS), _in_use(REPORTS)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(OUT_VARIABLE, str(tmp_path_factory.mktemp("out")))
        yield
    # A person may be carrying scenarios out beside the tests: what they write is theirs.
    changed = [] if theirs or _in_use(REPORTS) else changes(before, contents(REPORTS))
    assert not changed, f"tests changed a person's reports in {REPORTS}: {', '.join(changed)}"


def _in_use(folder: Path) -> bool:
    """Whether a session of scenarios is at work there, or below: examples have folders of their own."""
    return any(_held(lock) for lock in folder.rglob(".lock"))


def _held(path: Path) -> bool:
    lock = try_lock(path)
    if lock is not None:
        os.close(lock)
    return lock is None


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that sessions of this test write to, in this process and in those that it starts."""
    folder = tmp_path / "out"
    monkeypatch.setenv(OUT_VARIABLE, str(folder))
    return folder


def pytest_sessionstart() -> None:
    be_interruptible()
    end_quietly()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if PROFILES.index(profile_of(config)) >= PROFILES.index(*RARE.args):
        return
    in_gate = hasattr(config, "workerinput") or "CI" in os.environ  # and not somebody at work on one file
    left = set(not_this_time(commit(), items, in_gate=in_gate))
    config.hook.pytest_deselected(items=list(left))
    items[:] = [item for item in items if item not in left]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> SideBySide:
    """Several processes share the work by file, and by folder where servers are shared."""
    return SideBySide(config, log)
