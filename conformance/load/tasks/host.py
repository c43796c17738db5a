"""What Locust, which hosts the load, is for a team's locustfile: its environment, its events, its user classes."""

import random
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from locust.env import Environment
from locust.exception import CatchResponseError, ResponseError

from conformance.load.channel import CannotLoad, Parent
from conformance.load.request import Request
from conformance.load.spec import LoadSpec, Tasks
from conformance.load.tasks.message import Message
from conformance.load.tasks.pool import UserKind
from conformance.load.tasks.routes import Kind
from conformance.load.tasks.session import TaskSession
from conformance.load.tasks.team_file import Refused, read, said
from conformance.load.user import ReleaseUser, live, put_tasks_on_schedule
from conformance.load.wrong_answers import masked
from conformance.record.schema import ERRORS

_NS_PER_MS = 1_000_000
_MOST_TOLD = 50
"""Exceptions whose lines are in the load's log."""
_PASSED = ("init", "test_start")
"""Locust's events that have passed when the locustfile is read: its listeners are told then."""


class RequestFailed(Exception):
    """How a failed request is told to Locust: its error class."""


def task_session(spec: LoadSpec, tasks: Tasks, environment: Environment, parent: Parent) -> TaskSession:
    """The session of an order with tasks."""
    file = Path(tasks.file)
    told = _Teller(file, spec.secrets)

    def kinds() -> Sequence[UserKind]:
        random.seed(spec.seed + spec.worker)  # workers are different users
        before = {name: set(_listeners(environment, name)) for name in _PASSED}
        try:
            classes, found = read(file)
        except Refused as refused:
            raise CannotLoad(masked(str(refused), spec.secrets)) from None
        for notice in found:
            print(f"{file.name}: {notice}", flush=True)  # noqa: T201 - into the load's log
        put_tasks_on_schedule(told)
        for name in _PASSED:
            for listener in _listeners(environment, name):
                if listener not in before[name]:
                    listener(environment=environment, **({} if name != "init" else _init(environment)))
        return [_kind(one, spec.workers, environment, told) for one in classes]

    return TaskSession(
        spec,
        tasks,
        kinds,
        parent=parent,
        report=partial(_report, environment, {error: RequestFailed(error) for error in ERRORS}),
        failures=(ResponseError, CatchResponseError),
    )


def _init(environment: Environment) -> dict[str, Any]:
    """What listeners of that event are told besides."""
    return {"runner": environment.runner, "web_ui": None}


def _listeners(environment: Environment, event: str) -> list[Callable[..., object]]:
    handlers: list[Callable[..., object]] = getattr(environment.events, event)._handlers  # noqa: SLF001 - Locust has no other way
    return list(handlers)


def _kind(
    one: type[ReleaseUser], workers: int, environment: Environment, told: Callable[[BaseException], str]
) -> UserKind:
    return UserKind(
        one.__name__,
        float(one.weight),
        one.fixed_count // workers,
        partial(live, one, environment, told),
        one.on_stop is not ReleaseUser.on_stop,
    )


class _Teller:
    """Says exceptions in one line without secrets; the first of them go into the load's log as well."""

    def __init__(self, file: Path, secrets: Sequence[str]) -> None:
        self._file, self._secrets = file, secrets
        self._told = 0

    def __call__(self, error: BaseException) -> str:
        line = masked(said(error, self._file), self._secrets)
        if self._told < _MOST_TOLD:
            self._told += 1
            print(f"A task raised {line}", file=sys.stderr, flush=True)  # noqa: T201
        return line


def _report(environment: Environment, failures: dict[str, RequestFailed], kind: Kind) -> Callable[[Request], None]:
    """Tells Locust of each request, so that its statistics are those of the record."""
    tell: Callable[..., None] = environment.events.request.fire
    name = kind.name.partition(" ")[2]

    def report(request: Request) -> None:
        terms = request.terms
        tell(
            request_type=kind.method,
            name=name,
            response_time=(request.done_ns - request.due_ns) / _NS_PER_MS,
            response_length=len(terms.body) if isinstance(terms, Message) else 0,
            exception=failures.get(request.error),
            context={},
        )

    return report
