"""A session's reports: all of them or one line about each that cannot be written, and the verdict stands."""

import errno
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.judge.judge import judge
from conformance.judge.model import Judgement
from fixtures.glue import reporting
from fixtures.glue.out_directory import OutDirectory
from fixtures.glue.reporting import forget_reports, write_reports
from reports.files import files_of
from reports.model import SessionResult
from tests.glue.suite import pytest as suite
from tests.judge.healthy import made
from tests.reports.results import result, session

SVG = "<svg></svg>"


@pytest.fixture(autouse=True)
def _no_job_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


@pytest.fixture
def lossy(tmp_path: Path) -> SessionResult:
    record = made()
    record.fail(5)
    directory = record.write(tmp_path / "runs" / "lossy")
    judged = judge(directory)
    return session(result(judged.verdict, judged=judged, directory=directory, sentence=judged.headline))


def _draw(_directory: Path, _judgement: Judgement) -> str:
    return SVG


def _failing(error: Exception) -> Callable[..., str]:
    def fail(*_: object) -> str:
        raise error

    return fail


def _full(path: Path, *_: object, **__: object) -> int:
    raise OSError(errno.ENOSPC, "No space left on device", str(path))


def test_everything_is_written(lossy: SessionResult, tmp_path: Path) -> None:
    said: list[str] = []
    out = tmp_path / "new" / "out"
    written = write_reports(lossy, out, _draw, said.append)
    assert said == []
    assert [path.name for path in written] == ["verdict.json", "summary.md", "release-report.html"]
    files = files_of(out, tmp_path / "runs" / "lossy")
    assert files.picture.read_text() == SVG
    assert len(files.failed_requests.read_text().splitlines()) == 2
    assert SVG in (out / "release-report.html").read_text()
    assert not list(out.rglob("*.draft"))


def test_a_run_that_lost_nothing_has_no_file_of_failed_requests(tmp_path: Path) -> None:
    directory = made().write(tmp_path / "runs" / "fine")
    write_reports(session(result(judged=judge(directory), directory=directory)), tmp_path, None, pytest.fail)
    assert not (tmp_path / "details").exists()


def test_where_nothing_can_be_written_each_thing_costs_one_line(lossy: SessionResult, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("a file stands where the folder should be")
    said: list[str] = []
    assert write_reports(lossy, out, _draw, said.append) == ()
    assert len(said) == 5
    assert all(line.endswith("; the verdict stands") and "\n" not in line for line in said)
    assert {Path(line.split()[0]).name for line in said} == {
        "verdict.json",
        "summary.md",
        "release-report.html",
        "release.svg",
        "failed-requests.csv",
    }
    assert lossy.exit_code == 1


def test_a_full_disk_costs_one_line_each_and_leaves_no_half_of_anything(
    lossy: SessionResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    monkeypatch.setattr(Path, "write_text", _full)
    monkeypatch.setattr(reporting, "write_failed_requests", lambda _, path: _full(path))
    said: list[str] = []
    assert write_reports(lossy, out, _draw, said.append) == ()
    assert len(said) == 5
    assert all("could not be written: No space left on device" in line for line in said)
    assert not [path for path in out.rglob("*") if path.is_file()]


def test_a_picture_that_cannot_be_drawn_takes_nothing_from_the_others(lossy: SessionResult, tmp_path: Path) -> None:
    said: list[str] = []
    written = write_reports(lossy, tmp_path / "out", _failing(ZeroDivisionError("of all\nthings")), said.append)
    assert len(written) == 3
    (line,) = said
    assert line.endswith("release.svg could not be made: ZeroDivisionError: of all things; the verdict stands")
    assert "no picture of this run" in (tmp_path / "out" / "release-report.html").read_text()


def test_a_run_that_was_cut_off_still_gets_its_page(tmp_path: Path) -> None:
    directory = made().write(tmp_path / "runs" / "cut")
    (directory / "end.json").unlink()
    judged = judge(directory)
    said: list[str] = []
    write_reports(session(result(judged.verdict, judged=judged, directory=directory)), tmp_path, None, said.append)
    assert said == []
    assert "Missing from the record" in (tmp_path / "release-report.html").read_text()


def test_a_ci_jobs_summary_gets_the_summary(
    lossy: SessionResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = tmp_path / "job.md"
    job.write_text("of the step before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(job))
    write_reports(lossy, tmp_path / "out", None, pytest.fail)
    assert job.read_text() == "of the step before\n" + (tmp_path / "out" / "summary.md").read_text()


def test_a_jobs_summary_that_cannot_be_written_costs_one_line(
    lossy: SessionResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    said: list[str] = []
    assert len(write_reports(lossy, tmp_path / "out", None, said.append)) == 3
    assert len(said) == 1


def test_what_the_last_session_made_is_forgotten(lossy: SessionResult, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_reports(lossy, out, _draw, pytest.fail)
    forget_reports(out)
    assert [path.name for path in out.iterdir()] == ["verdict.json"]
    claimed = OutDirectory(out)
    claimed.claim()
    claimed.release()
    assert [path.name for path in out.iterdir()] == [".lock"]


def test_a_folder_that_nobody_can_write_to_is_a_usage_error_in_one_line(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("no folder")
    with pytest.raises(pytest.UsageError, match=r"File exists; make it writable, or name another folder"):
        OutDirectory(out).claim()


@pytest.mark.profile("extended")
def test_a_session_whose_reports_cannot_be_written_ends_with_the_verdicts_exit_code(tmp_path: Path) -> None:
    """Folders stand where the files should be: as much as root can be kept from writing."""
    record = made()
    record.fail(5)
    record.write(tmp_path / "runs" / "lossy")
    out = tmp_path / "out" / "judged"
    (tmp_path / "meddles.py").write_text(
        "import pytest\n"
        "@pytest.hookimpl(tryfirst=True)\n"
        "def pytest_runtest_setup():\n"
        f"    for name in ('verdict.draft', 'summary.md.draft', 'release-report.html.draft'):\n"
        f"        (__import__('pathlib').Path({str(out)!r}) / name).mkdir()\n"
    )
    ended = suite(
        "--judge",
        str(tmp_path / "runs"),
        "-p",
        "meddles",
        CONFORMANCE_OUT=str(tmp_path / "out"),
        PYTHONPATH=str(tmp_path),
    )
    assert ended.code == 1, ended.out
    section = ended.out.partition(" VERDICT: NO-GO ")[2]
    for name in ("verdict.json", "summary.md", "release-report.html"):
        assert f"{out / name} could not be written: Is a directory; the verdict stands" in section
    assert "Traceback" not in ended.out
    assert "INTERNALERROR" not in ended.out


def test_a_session_names_its_reports_at_the_end(tmp_path: Path) -> None:
    made().write(tmp_path / "runs" / "fine")
    ended = suite("--judge", str(tmp_path / "runs"), CONFORMANCE_OUT=str(tmp_path / "out"))
    assert ended.code == 0, ended.out
    out = tmp_path / "out" / "judged"
    last = f"verdict: {out / 'verdict.json'}   summary: {out / 'summary.md'}   report: {out / 'release-report.html'}"
    assert last in ended.out
    assert json.loads((out / "verdict.json").read_text())["verdict"] == "GO"
    assert "GO: 1 of 1 scenarios as expected" in (out / "summary.md").read_text()
    assert "GO" in (out / "release-report.html").read_text()
