"""verdict.json: what CI reads. Its keys are a promise."""

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.judge.model import Verdict
from conformance.record.schema import HopAnswer
from reports.model import SessionResult
from reports.verdict import write_verdict
from tests.judge.handmade import request_id
from tests.judge.healthy import made
from tests.reports.results import result, session

KEYS = {
    *("schema", "verdict", "headline", "exit_code", "seconds", "platform", "registry", "slb", "complete", "not_run"),
    *("not_released", "measured", "controls", "scenarios"),
}
SCENARIO_KEYS = {
    *(
        "name",
        "title",
        "verdict",
        "expected",
        "met",
        "doubt",
        "sentence",
        "last_words",
        "registry",
        "slb",
        "services",
        "versions",
        "seconds",
    ),
    *(
        "run",
        "position",
        "offline",
        "client",
        "timers",
        "server_settings",
        "chain",
        "implied_s",
        "windows",
        "pairs",
        "slow_starts",
        "refusal",
    ),
    *(
        "counts",
        "proved",
        "load",
        "latency",
        "removals",
        "error_window_ns",
        "findings",
        "passed",
        "untested",
        "loosened",
    ),
}


def _written(whole: SessionResult, folder: Path) -> dict[str, Any]:
    path = folder / "verdict.json"
    write_verdict(whole, path)
    assert not path.with_suffix(".draft").exists()
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf8"))
    assert document.keys() == KEYS
    assert all(scenario.keys() == SCENARIO_KEYS for scenario in document["scenarios"])
    return document


def test_a_session_is_summed_up_for_a_machine(tmp_path: Path) -> None:
    document = _written(session(result(), not_run=("test_b",)), tmp_path)
    del document["scenarios"]
    assert document == {
        "schema": "release-verdict/1",
        "verdict": "GO",
        "headline": "GO (partial: 1 of 2)",
        "exit_code": 0,
        "seconds": 123.5,
        "platform": "embedded",
        "registry": "nacos",
        "slb": "nginx",
        "complete": False,
        "not_run": [{"name": "test_b", "kind": "not selected", "reason": "not selected by the command line"}],
        "not_released": [],
        "measured": [],
        "controls": {"null_releases": [], "losses": [], "lacking_on": []},
    }


def test_a_lossless_release_is_told_with_what_it_rests_on(tmp_path: Path) -> None:
    judged = made().judged(tmp_path / "run")
    document = _written(session(result(judged=judged, directory=tmp_path / "run")), tmp_path)
    (scenario,) = document["scenarios"]
    assert (scenario["verdict"], scenario["expected"], scenario["met"]) == ("GO", "GO", True)
    assert (scenario["versions"], scenario["run"], scenario["seconds"]) == (["v1", "v2"], str(tmp_path / "run"), 61.2)
    nothing_lost = {"failed": 0, "partial_writes": 0, "lost_writes": 0, "duplicates": 0, "phantoms": 0}
    assert scenario["counts"].items() >= {"requests": 12, "writes": 6, **nothing_lost}.items()
    assert {"rate", "workers", "lateness_p99_ms", "sent", "planned"} <= scenario["load"].keys()
    assert {"p50_ms", "p99_ms", "longest_gap_ms"} <= scenario["latency"].keys()
    assert (scenario["findings"], scenario["untested"], scenario["error_window_ns"]) == ([], [], None)
    assert {"failed_requests", "writes", "removal"} <= set(scenario["passed"])
    assert [removal["incarnation"] for removal in scenario["removals"]] == ["orders-01.1", "orders-02.1"]


def test_a_loss_is_told_with_request_hop_instance_and_step(tmp_path: Path) -> None:
    record = made()
    record.fail(5, hops=[HopAnswer("storefront->orders", "orders-01", "orders-01.1", 0, "connect refused")])
    judged = record.judged(tmp_path / "run")
    document = _written(session(result(Verdict.NO_GO, judged=judged)), tmp_path)
    assert (document["verdict"], document["exit_code"]) == ("NO-GO", 1)
    (scenario,) = document["scenarios"]
    found = scenario["findings"][0]
    assert found["requests"] == [request_id(5)]
    assert (found["check"], found["finding"], found["verdict"]) == ("failed_requests", "failed request", "NO-GO")
    assert (found["hop"], found["instance"], found["step"]) == ("storefront->orders", "orders-01", "Batch 1 of 2")
    assert "failed_requests" not in scenario["passed"]
    assert scenario["counts"]["failed"] == 1
    assert scenario["error_window_ns"] == [510_000_000, 520_000_000]


def test_what_cannot_be_tested_is_named(tmp_path: Path) -> None:
    record = made()
    record.undeclare("executions")
    document = _written(session(result(judged=record.judged(tmp_path / "run"))), tmp_path)
    assert any(line.startswith("removal: ") for line in document["scenarios"][0]["untested"])


def test_a_scenario_without_a_run_has_the_same_keys(tmp_path: Path) -> None:
    document = _written(session(result(Verdict.INCONCLUSIVE, sentence="Nacos ended at start")), tmp_path)
    assert (document["verdict"], document["exit_code"]) == ("INCONCLUSIVE", 7)
    (scenario,) = document["scenarios"]
    assert (scenario["run"], scenario["findings"], scenario["counts"]) == (None, [], {})


@pytest.mark.parametrize(
    ("whole", "verdict", "code"),
    [(session(not_run=("a",)), "INCONCLUSIVE", 7), (session(result(), interrupted=True), "INCONCLUSIVE", 2)],
)
def test_a_session_that_proved_nothing_is_no_go_ahead(
    whole: SessionResult, verdict: str, code: int, tmp_path: Path
) -> None:
    document = _written(whole, tmp_path)
    assert (document["verdict"], document["exit_code"], document["complete"]) == (verdict, code, False)


def test_any_language_is_written_as_it_is(tmp_path: Path) -> None:
    _written(session(result(title="批量发布 loses nothing")), tmp_path)
    assert "批量发布" in (tmp_path / "verdict.json").read_text(encoding="utf8")


def test_it_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "verdict.json"
    path.write_text("the last one")
    (tmp_path / "verdict.draft").mkdir()  # nothing can be written there
    with pytest.raises(OSError, match="directory"):
        write_verdict(session(result()), path)
    assert path.read_text() == "the last one"


def test_what_was_only_measured_is_named(tmp_path: Path) -> None:
    document = _written(session(result(), result(expected="ANY", title="a graceful stop")), tmp_path)
    assert (document["headline"], document["complete"]) == ("GO (partial: 1 of 2, 1 measured)", False)
    assert document["measured"] == ["test_batches.py::test_a_graceful_stop"]
