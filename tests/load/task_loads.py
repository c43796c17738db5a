"""Loads by a locustfile, for tests: written down, carried out against a server, and read again."""

import csv
import textwrap
from dataclasses import dataclass
from pathlib import Path

from conformance.load.process import LOG, LoadProcess
from conformance.load.spec import LoadSpec, Tasks
from conformance.record.load_end import LoadEnd, TasksEnd
from conformance.record.schema import REQUESTS, TASKS
from conformance.run.waiting import until
from tests.load.specs import an_order

HEAD = """
import gevent
from locust import SequentialTaskSet, TaskSet, between, constant_pacing, task
from conformance.load.user import ReleaseUser
"""
WITHIN_S = 20.0


@dataclass(frozen=True)
class Carried:
    """A load that has gone its whole way."""

    spec: LoadSpec
    end: LoadEnd
    requests: list[dict[str, str]]
    tasks: list[dict[str, str]]
    log: str

    @property
    def told(self) -> TasksEnd:
        assert self.end.tasks is not None
        return self.end.tasks

    def ids(self) -> list[str]:
        return [f"{self.spec.run}-{int(row['seq']):08x}" for row in self.requests]

    def of_route(self, name: str) -> list[dict[str, str]]:
        return [row for row in self.requests if row["route"] == name]


def order(folder: Path, port: int, source: str, **changes: object) -> LoadSpec:
    """The order of a load by these tasks: HEAD stands before them."""
    file = folder / "locustfile.py"
    file.write_text(HEAD + textwrap.dedent(source))
    directory = folder / "run"
    directory.mkdir()
    tasks = changes.pop("tasks", None) or Tasks(file=str(file), users=int(str(changes.pop("users", 5))))
    assert isinstance(tasks, Tasks)
    usual = {"routes": (), "rate": 100, "warm_up_requests": 5, "timeout_s": 2.0} | changes
    return an_order(directory, port, tasks=tasks, **usual)


def carry_out(folder: Path, port: int, source: str, executions: int = 100, **changes: object) -> Carried:
    """Let so many executions be due, then stop."""
    spec = order(folder, port, source, **changes)
    with LoadProcess(spec) as load:
        load.launch()
        load.wait_ready(WITHIN_S)
        load.start()
        until(
            f"{executions} executions due",
            load.progress,
            within_s=WITHIN_S,
            accept=lambda now: now.phase == "loading" and now.due >= executions,
        )
        end = load.stop(WITHIN_S)
    directory = Path(spec.directory)
    return Carried(
        spec, end, _rows(directory / REQUESTS.file), _rows(directory / TASKS.file), (directory / LOG).read_text()
    )


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))
