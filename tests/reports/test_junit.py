"""JUnit: a failure is a release that lost something, everything else that went wrong is an error."""

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from reports.junit import fix_junit

CONFTEST = """
import pytest

@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(call):
    report = yield
    if report.failed:
        report.longrepr = str(call.excinfo.value)
    return report
"""
TESTS = r"""
import pytest

def test_go(): ...

def test_no_go():
    raise AssertionError("NO-GO: 3 of 9 requests failed\n  step 2.3 Stop <SIGTERM> & \x1b[1m wait")

def test_inconclusive():
    raise Exception("INCONCLUSIVE: 2 writes; 20 wanted\n  record: runs/r1")

def test_of_the_suites_own_trouble():
    raise ZeroDivisionError("division by zero")

def test_left_out():
    pytest.skip("role absent")

@pytest.fixture
def broken():
    raise RuntimeError("no set-up")

def test_not_reached(broken): ...
"""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest itself writes, where reports are as short as the suite's."""
    folder = tmp_path_factory.mktemp("suite")
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_them.py").write_text(TESTS)
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--rootdir=.", "--junitxml=junit.xml", "-p", "no:release-conformance"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    return (folder / "junit.xml").read_text()


@pytest.fixture
def path(before: str, tmp_path: Path) -> Path:
    path = tmp_path / "junit.xml"
    path.write_text(before)
    return path


def _suite(path: Path) -> ET.Element:
    suite = ET.parse(path).find("testsuite")  # noqa: S314 - made above
    assert suite is not None
    return suite


def _outcomes(path: Path) -> dict[str, list[str]]:
    return {case.get("name", ""): [child.tag for child in case] for case in _suite(path).iter("testcase")}


def _counts(path: Path) -> dict[str, str | None]:
    return {name: _suite(path).get(name) for name in ("tests", "failures", "errors", "skipped")}


def test_what_was_lost_stays_a_failure_and_what_was_not_proved_becomes_an_error(path: Path) -> None:
    assert _outcomes(path)["test_inconclusive"] == ["failure"], "pytest has changed: there is nothing left to mend"
    fix_junit(path)
    assert _outcomes(path) == {
        "test_go": [],
        "test_no_go": ["failure"],
        "test_inconclusive": ["error"],
        "test_of_the_suites_own_trouble": ["error"],
        "test_left_out": ["skipped"],
        "test_not_reached": ["error"],
    }


def test_the_counts_are_those_of_what_is_in_it(path: Path) -> None:
    assert _counts(path) == {"tests": "6", "failures": "3", "errors": "1", "skipped": "1"}
    fix_junit(path)
    assert _counts(path) == {"tests": "6", "failures": "1", "errors": "3", "skipped": "1"}


def test_messages_and_texts_stay_as_they_are(path: Path) -> None:
    said = {(child.get("message"), child.text) for case in _suite(path).iter("testcase") for child in case}
    assert any("Stop <SIGTERM> &" in str(text) for _, text in said)
    fix_junit(path)
    assert {(child.get("message"), child.text) for case in _suite(path).iter("testcase") for child in case} == said


EMPTY = """<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" errors="0"
failures="0" skipped="{skipped}" tests="{skipped}">{cases}</testsuite></testsuites>"""
SKIPPED = '<testcase classname="a" name="test_left_out"><skipped message="role absent" /></testcase>'


@pytest.mark.parametrize(("cases", "skipped"), [("", 0), (SKIPPED, 1)])
def test_a_session_that_is_not_go_is_never_without_an_error(tmp_path: Path, cases: str, skipped: int) -> None:
    path = tmp_path / "junit.xml"
    path.write_text(EMPTY.format(cases=cases, skipped=skipped))
    fix_junit(path, "INCONCLUSIVE: build = make: exit 2 <&>")
    assert _outcomes(path)["the whole session"] == ["error"]
    assert _counts(path) == {"tests": str(skipped + 1), "failures": "0", "errors": "1", "skipped": str(skipped)}
    (error,) = _suite(path).iter("error")
    assert error.get("message") == "INCONCLUSIVE: build = make: exit 2 <&>"


def test_where_a_scenario_says_so_itself_nothing_is_added(path: Path) -> None:
    fix_junit(path, "NO-GO: 1 of 6 scenarios against expectation")
    assert "the whole session" not in _outcomes(path)


def test_mending_twice_changes_nothing_more_and_leaves_no_draft(path: Path) -> None:
    fix_junit(path)
    once = path.read_bytes()
    fix_junit(path)
    assert path.read_bytes() == once
    assert list(path.parent.iterdir()) == [path]
