"""Which step was under way at what time."""

from conformance.judge.timeline import FOREVER_NS, Timeline
from conformance.record.contract import PlanNode
from conformance.record.events import StepBegan, StepEnded

PLAN = (
    PlanNode(number="1", title="Baseline"),
    PlanNode(
        number="2",
        title="Batch 1 of 1",
        children=(PlanNode(number="2.1", title="Drain"), PlanNode(number="2.10", title="Stop")),
    ),
    PlanNode(number="3", title="Verify"),
)


def _timeline() -> Timeline:
    told = [("1", 10, 20), ("2", 21, 60), ("2.1", 21, 40), ("2.10", 40, 50)]
    events = [StepBegan(at_ns=began, step=step, title="") for step, began, _ in told]
    return Timeline(PLAN, [*events, *(StepEnded(at_ns=end, step=step, outcome="done") for step, _, end in told)])


def test_a_top_level_step_lasts_until_the_next_begins() -> None:
    timeline = _timeline()
    assert [timeline.top_at(at) for at in (9, 10, 20, 21, 60, 1_000)] == ["", *["Baseline"] * 2, *["Batch 1 of 1"] * 3]
    assert timeline.windows[-1].until_ns == FOREVER_NS


def test_the_innermost_step_is_the_one_that_was_under_way() -> None:
    timeline = _timeline()
    assert [timeline.innermost_at(at) for at in (9, 15, 20, 30, 40, 55, 60)] == [
        "",
        "1 Baseline",
        "",
        "2.1 Drain",
        "2.10 Stop",
        "2 Batch 1 of 1",
        "",
    ]


def test_a_step_that_never_began_has_no_time() -> None:
    step = _timeline().step("3")
    assert step is not None
    assert (step.began_ns, step.ended_ns, step.done) == (None, None, False)
    assert _timeline().window("3") is None


def test_nothing_is_under_way_where_nothing_began() -> None:
    timeline = Timeline(PLAN, [])
    assert (timeline.windows, timeline.top_at(5), timeline.innermost_at(5)) == ((), "", "")
    assert Timeline([], []).steps == ()
