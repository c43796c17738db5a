"""The same session in verdict.json, JUnit, Allure and on the terminal: all of them tell one story."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from conformance.record.schema import HopAnswer
from tests.glue.suite import Ended
from tests.glue.suite import pytest as suite
from tests.judge.handmade import request_id
from tests.judge.healthy import made

LOST = 'NO-GO: 1 of 12 requests lost in step "Batch 1 of 2" (0.3-0.4 s)'
NOT_PROVED = "INCONCLUSIVE: 4 requests during Batch 1 of 2; 1,000 wanted"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("out")


@pytest.fixture(scope="module")
def session(out: Path, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """Three recorded runs, judged again: one lost nothing, one lost a request, one had too little load."""
    runs = tmp_path_factory.mktemp("runs")
    made().write(runs / "fine")
    lossy = made()
    lossy.fail(3, hops=[HopAnswer("storefront->orders", "orders-01", "orders-01.1", 0, "connect refused")])
    lossy.write(runs / "lossy")
    thin = made()
    thin.thresholds(batch_requests=1_000)
    thin.write(runs / "thin")
    return suite("--judge", str(runs), CONFORMANCE_OUT=str(out))


def test_verdict_json_and_the_exit_code(session: Ended, out: Path) -> None:
    document = json.loads((out / "judged" / "verdict.json").read_text())
    assert session.code == document["exit_code"] == 1
    assert document["headline"].startswith("NO-GO: 2 of 3 scenarios against expectation; ")
    assert [scenario["verdict"] for scenario in document["scenarios"]] == ["GO", "NO-GO", "INCONCLUSIVE"]


def test_the_terminal(session: Ended) -> None:
    section = session.out.partition(" VERDICT: NO-GO ")[2].partition(" short test summary ")[0]
    lines = [line.split()[0] for line in section.splitlines() if line.startswith("  ")]
    assert lines == ["GO", "NO-GO", "INCONCLUSIVE"]
    assert LOST in session.out
    assert NOT_PROVED in session.out
    assert "Traceback" not in session.out


def test_junit(session: Ended, out: Path) -> None:
    assert session.code
    cases = list(ET.parse(out / "judged" / "junit.xml").iter("testcase"))  # noqa: S314 - made above
    told = {case.get("name"): [(child.tag, (child.text or "").splitlines()[0]) for child in case] for case in cases}
    assert told["fine"] == []
    ((lost, first),) = told["lossy"]
    assert (lost, first.startswith(LOST)) == ("failure", True)
    ((lacking, first),) = told["thin"]
    assert (lacking, first.startswith(NOT_PROVED)) == ("error", True)


def test_allure(session: Ended, out: Path) -> None:
    assert session.code
    results = [json.loads(path.read_text()) for path in (out / "judged" / "allure-results").glob("*-result.json")]
    told = {result["fullName"]: result for result in results}
    assert {name: (result["status"], result["name"].rpartition("nacos: ")[2]) for name, result in told.items()} == {
        "#fine": ("passed", "0 of 12 lost"),
        "#lossy": ("failed", "1 of 12 lost"),
        "#thin": ("broken", "not proved: too little evidence"),
    }
    lost = told["#lossy"]["statusDetails"]
    assert lost["message"].startswith(LOST)
    assert request_id(3) in lost["message"]
    assert "trace" not in lost
    assert told["#thin"]["statusDetails"]["message"].startswith(NOT_PROVED)
