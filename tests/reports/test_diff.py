"""python -m conformance diff: what became worse between two sessions comes first, and decides the exit code."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from conformance.judge.model import Removal, Verdict
from reports.diff import CannotCompare, Change, compare, regressed, told
from reports.model import ScenarioResult
from reports.verdict import write_verdict
from tests.glue.suite import ROOT
from tests.judgements import judgement
from tests.reports.results import LOSS, result, session


def _removal(lag_s: float, *, said: bool = True) -> Removal:
    return Removal(
        instance="orders-01",
        incarnation="orders-01.1",
        step="Batch 1 of 2",
        marked_ns=1,
        stopped_ns=2 if said else 1,
        last_start_ns=3,
        lag_s=lag_s,
        executions_after=1,
    )


def _go(
    title: str = "gray", *, failed: int = 0, partial: int = 0, lag: float = 0.1, p99: float = 20.0
) -> ScenarioResult:
    judged = judgement(
        counts={"failed": failed, "partial_writes": partial}, removals=(_removal(lag),), latency={"p99_ms": p99}
    )
    return result(title=title, judged=judged)


def _lossy(title: str = "gray", **changes: Any) -> ScenarioResult:  # noqa: ANN401 - of _go
    judged = _go(**changes).judgement
    assert judged is not None
    lost = msgspec.structs.replace(judged, verdict=Verdict.NO_GO, findings=(LOSS,))
    return result(Verdict.NO_GO, title=title, sentence="3 of 9 requests lost", judged=lost)


def _changes(folder: Path, old: list[ScenarioResult], new: list[ScenarioResult]) -> tuple[Change, ...]:
    for name, results in (("old", old), ("new", new)):
        (folder / name).mkdir()
        write_verdict(session(*results), folder / name / "verdict.json")
    return compare(folder / "old", folder / "new" / "verdict.json")


def test_regressions_come_first_then_improvements_then_what_came_and_went(tmp_path: Path) -> None:
    changes = _changes(
        tmp_path,
        [_lossy("better"), _go("worse"), _go("gone"), _go("same")],
        [_go("same"), _go("new"), _go("better"), _lossy("worse", failed=3)],
    )
    assert list(told(changes)) == [
        "REGRESSIONS (2)",
        "  worse: GO (as expected) -> NO-GO (GO was expected): 3 of 9 requests lost",
        "  worse: lost requests 0 -> 3",
        "Improvements (1)",
        "  better: NO-GO (GO was expected) -> GO (as expected): 0 of 9 requests failed",
        "New scenarios (1)",
        "  new: is GO (as expected)",
        "Scenarios that are gone (1)",
        "  gone: was GO (as expected)",
    ]
    assert regressed(changes)


def test_the_same_twice_is_no_difference(tmp_path: Path) -> None:
    changes = _changes(tmp_path, [_go()], [_go()])
    assert (changes, list(told(changes))) == ((), ["no difference"])


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (_go(), _lossy(), "worse"),
        (_go(), result(Verdict.INCONCLUSIVE, title="gray"), "worse"),
        (result(Verdict.INCONCLUSIVE, title="gray"), _lossy(), "worse"),
        (_lossy(), result(Verdict.INCONCLUSIVE, title="gray"), "better"),
        (_lossy(failed=5), _lossy(failed=6), "worse"),
        (_lossy(failed=5), _lossy(failed=4), "better"),
        (_lossy(partial=1), _lossy(partial=2), "worse"),
        (_go(lag=0.1), _go(lag=0.5), "worse"),
        (_go(lag=0.1), _go(lag=0.3), None),  # three times as long, and yet noise
        (_go(lag=3.0), _go(lag=3.5), None),
        (_go(lag=3.0), _go(lag=0.5), "better"),
        (_go(p99=20), _go(p99=44), None),
        (_go(p99=20), _go(p99=46), "worse"),
        (_go(p99=200), _go(p99=290), None),
        (_go(p99=200), _go(p99=100), "better"),
    ],
)
def test_what_counts_as_worse(old: ScenarioResult, new: ScenarioResult, kind: str | None, tmp_path: Path) -> None:
    changes = [one for one in _changes(tmp_path, [old], [new]) if one.scenario == "gray"]
    assert [one.kind for one in changes] == ([kind] if kind else [])


def test_how_much_was_lost_that_must_be_lost_is_no_regression(tmp_path: Path) -> None:
    few, many = (
        result(Verdict.NO_GO, expected="NO-GO", title="naive", judged=judgement(LOSS, counts={"failed": failed}))
        for failed in (10, 200)
    )
    assert _changes(tmp_path, [few], [many]) == ()


def test_a_loss_that_is_no_longer_found_is_a_regression(tmp_path: Path) -> None:
    seen = result(Verdict.NO_GO, expected="NO-GO", title="naive", judged=judgement(LOSS))
    blind = result(Verdict.GO, expected="NO-GO", title="naive", judged=judgement())
    assert regressed(_changes(tmp_path, [seen], [blind]))


def test_a_session_that_judged_nothing_is_a_regression(tmp_path: Path) -> None:
    changes = _changes(tmp_path, [_go()], [])
    assert [(one.kind, one.scenario) for one in changes] == [("worse", "the whole session"), ("went", "gray")]


def test_one_scenario_on_two_registries_is_two(tmp_path: Path) -> None:
    nacos, eureka = _go(), replace(_go(), registry="eureka")
    changes = _changes(tmp_path, [nacos, eureka], [nacos, replace(_lossy(), registry="eureka")])
    assert {one.scenario for one in changes} == {"the whole session", "gray, eureka"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "No such file or directory"),
        ("<html>", "is not JSON"),
        ("[]", "has the schema None"),
        ('{"schema": "release-verdict/9"}', "has the schema 'release-verdict/9', this suite reads release-verdict/1"),
        ('{"schema": "release-verdict/1"}', "is no whole release-verdict/1 (it lacks 'scenarios')"),
        (
            json.dumps({"schema": "release-verdict/1", "verdict": "GO", "headline": "", "scenarios": [{"title": "a"}]}),
            "is no whole release-verdict/1",
        ),
    ],
)
def test_what_is_no_verdict_is_told_in_one_line_with_the_remedy(content: str | None, says: str, tmp_path: Path) -> None:
    path = tmp_path / "verdict.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CannotCompare) as caught:
        compare(tmp_path, tmp_path)
    message = str(caught.value)
    assert says in message
    assert message.endswith("give a verdict.json or the folder that holds one")
    assert "\n" not in message


def test_folders_below_that_hold_a_verdict_are_named_where_a_folder_holds_none(tmp_path: Path) -> None:
    (tmp_path / "judged").mkdir()
    (tmp_path / "judged" / "verdict.json").write_text("{}")
    with pytest.raises(CannotCompare) as caught:
        compare(tmp_path, tmp_path)
    assert str(caught.value).endswith(f"give a verdict.json or the folder that holds one: {tmp_path / 'judged'}")


def _command(*arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "conformance", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_the_command_says_it_and_its_exit_code_too(tmp_path: Path) -> None:
    _changes(tmp_path, [_go()], [_lossy(failed=3)])
    old, new = str(tmp_path / "old"), str(tmp_path / "new")
    code, said, _ = _command("diff", old, new)
    assert (code, said.splitlines()[0]) == (1, "REGRESSIONS (3)")
    assert _command("diff", new, old)[0] == 0
    code, said, wrong = _command("diff", old, str(tmp_path / "nowhere"))
    assert (code, said, len(wrong.splitlines())) == (4, "", 1)
    code, said, wrong = _command("diff", old)
    assert (code, said, len(wrong.splitlines())) == (4, "", 1)
