"""What a person sees while a release runs: the same events, drawn in place or line by line."""

import io
from pathlib import Path

import pytest

from conformance.load.order import Progress
from conformance.plan import batches, lossless, plan
from fixtures.narrate import LiveNarrator, PlainNarrator, narrator
from fixtures.services.descriptor import Descriptor
from fixtures.settings import SAMPLE
from fixtures.terminal import Terminal


class Deaf:
    """Allure, not listening."""

    def began(self, number: str, title: str) -> None: ...

    def ended(self, *, done: bool, saw: str) -> None: ...


def _told(interactive: bool) -> str:
    stream = io.StringIO()
    telling = narrator(Terminal(stream, interactive=interactive), Deaf())
    assert isinstance(telling, LiveNarrator if interactive else PlainNarrator)
    drawn = plan(batches(Descriptor.read(SAMPLE).topology.middle, to="v2", batches=3, offline=lossless))
    baseline, batch = drawn.steps[:2]
    telling.planned(drawn)
    telling.began(baseline)
    telling.progress(Progress(phase="loading", sent=600, done=600))
    telling.ended(baseline, done=True, saw="")
    telling.began(batch)
    telling.began(batch.children[0])
    telling.progress(Progress(phase="loading", sent=1_234, done=1_200, failed=7))
    telling.ended(batch.children[0], done=False, saw="orders-01.1 did not answer [it is gone]")
    telling.finished("reading ledger and logs")
    telling.finished("")
    return stream.getvalue()


def test_line_by_line_every_step_the_first_loss_and_a_failure_have_a_line() -> None:
    lines = _told(interactive=False).splitlines()
    for text in (
        "Release orders (middle) v1 -> v2",
        "1    Baseline: v1 answers under load",
        "2    Batch 1 of 3: orders-01, orders-02, orders-03, orders-04",
        "7 requests have failed",
        "2.1  FAILED: orders-01.1 did not answer [it is gone]",
        "reading ledger and logs",
    ):
        assert any(text in line for line in lines), text
    assert all(line.startswith("[00:") for line in lines)


def test_in_place_the_panel_shows_steps_load_and_losses() -> None:
    told = _told(interactive=True)
    for text in (
        "Baseline: v1 answers under load",
        "Batch 3 of 3",
        "1,234 sent",
        "7 failed",
        "did not answer [it is gone]",
    ):
        assert text in told, text


def test_a_file_is_no_place_to_draw_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with (tmp_path / "log").open("w") as stream:
        assert not Terminal(stream).interactive
