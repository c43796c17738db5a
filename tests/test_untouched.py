"""What looks after a person's reports sees each way in which a test could change them."""

import os
from pathlib import Path

import pytest

from fixtures.glue.settings import OUT_VARIABLE, REPOSITORY, out_folder
from tests.untouched import changes, contents


@pytest.mark.parametrize("change", ["new", "gone", "other text of the same length", "replaced", "none"])
def test_each_change_of_a_folder_is_seen(tmp_path: Path, change: str) -> None:
    verdict, page = tmp_path / "verdict.json", tmp_path / "runs" / "page.html"
    page.parent.mkdir()
    verdict.write_text("GO")
    page.write_text("page")
    before = contents(tmp_path)
    match change:
        case "new":
            (tmp_path / "runs" / "more").touch()
        case "gone":
            verdict.unlink()
        case "other text of the same length":
            verdict.write_text("NO")
        case "replaced":
            (tmp_path / "draft").write_text("GO")
            (tmp_path / "draft").replace(verdict)
    assert bool(changes(before, contents(tmp_path))) is (change != "none")


def test_sessions_that_tests_begin_write_elsewhere() -> None:
    assert OUT_VARIABLE in os.environ
    assert (REPOSITORY / "reports") not in out_folder().parents
