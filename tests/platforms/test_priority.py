"""Who starts yields to who serves, as the kernel tells it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.run.world import Launch
from fixtures.platforms import priority
from fixtures.platforms.embedded.platform import EmbeddedPlatform
from fixtures.platforms.embedded.process import LocalProcess

GROUPS = Path("/proc/sys/kernel/sched_autogroup_enabled")
pytestmark = pytest.mark.skipif(not GROUPS.exists(), reason="this kernel does not group processes by session")


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedPlatform]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with EmbeddedPlatform(print) as opened:
        yield opened


def _launched(platform: EmbeddedPlatform, *, yields: bool) -> LocalProcess:
    argv = (sys.executable, "-c", "import time; time.sleep(60)")
    return platform.launch(Launch(name="one", argv=argv, env={}, yields=yields))


def _priority(process: LocalProcess) -> int:
    return int((Path("/proc") / str(process.pid) / "autogroup").read_text().split()[-1])


def test_it_yields_until_it_is_promoted(platform: EmbeddedPlatform) -> None:
    process = _launched(platform, yields=True)
    assert _priority(process) == priority.STARTING_PRIORITY
    process.promote()
    assert _priority(process) == 0


def test_who_was_not_asked_to_never_does(platform: EmbeddedPlatform) -> None:
    assert _priority(_launched(platform, yields=False)) == 0


def test_the_harness_never_does(platform: EmbeddedPlatform) -> None:
    before = Path("/proc/self/autogroup").read_text()
    _launched(platform, yields=True)
    assert Path("/proc/self/autogroup").read_text() == before


def test_a_refusal_that_passes_is_waited_out(platform: EmbeddedPlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    process, refusals = _launched(platform, yields=True), [BlockingIOError(11, "try again")] * 2
    tell = priority._tell

    def reluctant(session: int, wanted: int) -> None:
        if refusals:
            raise refusals.pop()
        tell(session, wanted)

    monkeypatch.setattr(priority, "_tell", reluctant)
    process.promote()
    assert not refusals
    assert _priority(process) == 0


def test_where_the_kernel_has_no_such_groups_nobody_yields(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(session: int, wanted: int) -> None:
        raise FileNotFoundError(2, f"no group of {session} to set to {wanted}")

    monkeypatch.setattr(priority, "_tell", absent)
    assert not priority.yield_processors(1)
    priority.come_level(1)
