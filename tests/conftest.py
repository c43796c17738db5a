"""What holds for every test of the suite itself.

Nothing under tests/, in this process or in one that it starts, writes to the folder in which a person finds the reports
of scenarios: sessions that tests begin write elsewhere, and the session ends with an error where that folder changed.

Rare cases that need a release of their own are asked for: they are marked like scenarios, ``profile("extended")``, and
carried out by ``make matrix`` or ``--profile extended``.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.glue.interruption import be_interruptible
from fixtures.glue.options import profile_of
from fixtures.glue.quiet_exit import end_quietly
from fixtures.glue.selection import contained
from fixtures.glue.settings import OUT_VARIABLE, REPOSITORY
from tests.untouched import changes, contents

REPORTS = REPOSITORY / "reports" / "out"


@pytest.fixture(scope="session", autouse=True)
def _a_persons_reports_stay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Every session that a test begins writes elsewhere; what a person has is the same afterwards."""
    before = contents(REPORTS)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(OUT_VARIABLE, str(tmp_path_factory.mktemp("out")))
        yield
    changed = changes(before, contents(REPORTS))
    assert not changed, f"tests changed a person's reports in {REPORTS}: {', '.join(changed)}"


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
    profile = profile_of(config)
    left = [item for item in items if item.get_closest_marker("profile") and not contained(item, profile)]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]
