"""What keeps a release from being carried out leaves its logs, and is told by the logs that stay."""

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from conformance.load.process import LoadFailed
from conformance.plan import Load
from fixtures.glue import rate_calibration
from fixtures.glue.kept_logs import kept_where_named
from fixtures.glue.outcomes import Inconclusive
from fixtures.glue.scenarios import DIRECTORY, Scenarios
from fixtures.log_tail import last_lines
from fixtures.services.descriptor import Descriptor
from tests.glue.commands.goldens import SAMPLE


def _hidden(text: str) -> str:
    return text.replace("hunter2", "***")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a session: it goes with it."""
    made = tmp_path / "session"
    made.mkdir()
    return made


def test_a_log_elsewhere_is_kept_without_secrets_and_named_where_it_lies(tmp_path: Path, folder: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    log, beside = folder / "initdb.log", run / "load.log"
    log.write_text("password hunter2\nno space left\n")
    beside.write_text("dead\n")
    said = f"the database: exit 1\n{last_lines(log)}\nand\n{last_lines(beside)}\nlast lines of {folder}/gone.log:"
    told = kept_where_named(said, run, _hidden)
    shutil.rmtree(folder)
    assert told == said.replace(str(log), f"{run}/logs/initdb.log"), "what lies in the run's folder, or nowhere, stays"
    assert (run / "logs" / "initdb.log").read_text() == "password ***\nno space left\n"
    assert [one.name for one in (run / "logs").iterdir()] == ["initdb.log"]


class _Standing:
    """A topology that stands; its trial's load cannot be made."""

    redaction = staticmethod(_hidden)
    descriptor = Descriptor.read(SAMPLE)

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self, config: object) -> object:
        return config

    def rate(self, asked: int | None, drawn: object) -> int:
        del asked, drawn
        slb = cast("Any", SimpleNamespace(address="127.0.0.1:9", tls=None))
        rate_calibration.cost_of(self.descriptor, slb, self._folder, lambda _: None)
        raise AssertionError

    def keep_logs(self, directory: Path) -> None:
        (directory / "logs").mkdir()
        (directory / "logs" / "orders-01.1.log").touch()


def test_a_trial_that_fails_leaves_the_logs_of_all_and_is_told_by_its_own(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conformance.load.process._LOCUSTFILE", tmp_path / "missing.py")
    settings: Any = SimpleNamespace(rate=None, out=tmp_path / "out", keep=False)
    hooks = Scenarios(settings, cast("Any", None), cast("Any", _Standing(folder)))
    item: Any = SimpleNamespace(stash=pytest.Stash(), name="lossless")

    body = hooks.pytest_pyfunc_call(item)
    next(body)
    with pytest.raises(LoadFailed) as failed:
        hooks._run(item, cast("Any", None), Load(), cast("Any", "nacos"))
    with pytest.raises(Inconclusive) as told:
        body.throw(failed.value)
    shutil.rmtree(folder)

    logs = item.stash[DIRECTORY] / "logs"
    assert sorted(one.name for one in logs.iterdir()) == ["load.log", "orders-01.1.log"]
    assert f"last lines of {logs}/load.log:" in str(told.value)
    assert str(folder) not in str(told.value).partition("\n  ")[0]
    assert "missing.py" in str(told.value)
