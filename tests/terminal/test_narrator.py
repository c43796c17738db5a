"""What a person sees while a release runs: the same events, drawn in place or line by line."""

import io
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.load.spec import Progress
from conformance.plan import Plan, batches, lossless, plan
from fixtures.glue.settings import SAMPLE
from fixtures.services.descriptor import Descriptor
from fixtures.terminal.narrator import HEART_BEAT_S, LiveNarrator, PlainNarrator, narrator
from fixtures.terminal.output import Terminal
from fixtures.terminal.progress import Pace, States


class Clock:
    """Time as a test lets it pass."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def drawn() -> Plan:
    return plan(batches(Descriptor.read(SAMPLE).topology.service("orders"), to="v2", batches=3, offline=lossless))


def _loading(sent: int, failed: int = 0) -> Progress:
    return Progress(phase="loading", sent=sent, done=sent, failed=failed)


def _told(drawn: Plan, *, interactive: bool) -> str:
    stream, clock = io.StringIO(), Clock()
    terminal = Terminal(stream, interactive=interactive)
    telling = (LiveNarrator if interactive else PlainNarrator)(terminal, clock)
    baseline, batch = drawn.steps[:2]
    telling.planned(drawn)
    telling.began(baseline)
    telling.progress(_loading(600))
    telling.ended(baseline, done=True, saw="")
    telling.began(batch)
    telling.began(batch.children[0])
    clock.now += 2
    telling.progress(_loading(1_234, failed=7))
    telling.ended(batch.children[0], done=False, saw="orders-01.1 did not answer [it is gone]")
    telling.finished("reading ledger and logs")
    telling.finished("")
    return stream.getvalue()


def test_line_by_line_every_step_the_first_loss_and_a_failure_have_a_line(drawn: Plan) -> None:
    lines = _told(drawn, interactive=False).splitlines()
    first = drawn.steps[1].children[0].number
    for text in (
        "Release orders (provider) v1 -> v2",
        "1    Baseline: v1 answers under load",
        "2    Batch 1 of 3: orders-01, orders-02, orders-03, orders-04",
        "7 requests have failed",
        f"{first}  FAILED: orders-01.1 did not answer [it is gone]",
        "reading ledger and logs",
    ):
        assert any(text in line for line in lines), text
    assert all(line.startswith("[00:") for line in lines)


def test_line_by_line_losses_are_told_at_the_first_and_at_each_tenfold_of_it() -> None:
    stream = io.StringIO()
    telling = PlainNarrator(Terminal(stream, interactive=False), Clock())
    for failed in (0, 1, 2, 9, 10, 11, 99, 250):
        telling.progress(_loading(1_000, failed))
    told = [line.split("]")[1].split()[0] for line in stream.getvalue().splitlines()]
    assert told == ["1", "10", "250"]


@pytest.mark.parametrize("interactive", [False, True])
def test_what_is_done_and_why_it_failed_are_told_without_secrets(drawn: Plan, interactive: bool) -> None:
    stream = io.StringIO()
    telling = narrator(Terminal(stream, interactive=interactive), lambda text: text.replace("s3cret", "***"))
    step = replace(drawn.steps[0], title="Call: POST /offline?token=s3cret")
    telling.planned(replace(drawn, title="Release by s3cret", steps=(step, *drawn.steps[1:])))
    telling.began(step)
    telling.ended(step, done=False, saw="orders-01.1 ended: password s3cret")
    telling.halted("orders-01.1 is missing: s3cret")
    telling.finished("")
    assert "orders-01.1 ended: password ***" in stream.getvalue()
    assert "s3cret" not in stream.getvalue()


def test_line_by_line_a_long_step_is_heard_of_at_every_heart_beat(drawn: Plan) -> None:
    stream, clock = io.StringIO(), Clock()
    telling = PlainNarrator(Terminal(stream, interactive=False), clock)
    telling.began(drawn.steps[0])
    for _ in range(4 * int(HEART_BEAT_S) * 2 + 8):
        clock.now += 0.25
        telling.progress(_loading(1_000))
    beats = [line for line in stream.getvalue().splitlines() if "still under way" in line]
    assert len(beats) == 2
    assert all(line.split("]")[1].split()[0] == drawn.steps[0].number for line in beats)


def test_in_place_the_panel_shows_steps_instances_load_and_losses(drawn: Plan) -> None:
    told = _told(drawn, interactive=True)
    for text in (
        "Baseline: v1 answers under load",
        "Batch 3 of 3",
        "serving v1",
        "1,234 sent",
        "7 failed",
        "did not answer [it is gone]",
    ):
        assert text in told, text


def test_instances_do_what_the_step_does_to_them(drawn: Plan) -> None:
    states, seen = States(drawn), []
    for step in (*drawn.steps[1].children, drawn.steps[2].children[1]):
        states.began(step)
        seen.append(str(states))
    assert seen[-2] == "4 serving v2 · 6 serving v1"
    assert seen[-1] == "4 serving v2 · 3 draining · 3 serving v1"
    assert [
        f"4 {doing}" in " ".join(seen) for doing in ("draining", "stopping", "starting", "ready, not listed yet")
    ] == [
        True,
        True,
        True,
        True,
    ]


def test_the_rate_is_what_was_sent_of_late(drawn: Plan) -> None:
    pace = Pace(drawn)
    for now, sent in ((100.0, 600), (100.5, 750), (101.0, 900)):
        pace.progress(_loading(sent), now)
    assert pace.rate == pytest.approx(300)


def test_the_time_left_is_known_once_a_batch_has_been_done(drawn: Plan) -> None:
    pace, (one, two) = Pace(drawn), drawn.steps[1:3]
    pace.began(one, 100.0)
    assert pace.left_s(105.0) is None
    pace.ended(one, 110.0)
    assert pace.left_s(110.0) == pytest.approx(20)
    pace.began(two, 110.0)
    assert pace.left_s(114.0) == pytest.approx(16)
    assert pace.left_s(190.0) == pytest.approx(10), "a slow batch is not done before it ends"


def test_a_file_is_no_place_to_draw_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with (tmp_path / "log").open("w") as stream:
        terminal = Terminal(stream)
        assert not terminal.interactive
        assert isinstance(narrator(terminal), PlainNarrator)
