"""``ReleaseUser``: the user class of a team's own locustfile.

What such a file needs is this base class in the place of Locust's ``HttpUser``; its tasks, task sets, weights,
``on_start`` and ``on_stop`` are Locust's. ``docs/locustfile.md`` tells the rest.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Unpack, cast

import gevent
from locust import TaskSet, User
from locust.exception import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopTest, StopUser
from locust.user.task import DefaultTaskSet

from conformance.load.answer_check import MOST_SHOWN
from conformance.load.tasks.client import Client
from conformance.load.tasks.options import Options
from conformance.load.tasks.pool import SEAT, Seat
from conformance.load.tasks.response import CaughtResponse

__all__ = ["ReleaseUser"]

_INNER = (InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately)
"""By which tasks speak to their task sets."""
_RAISED = (Exception, SystemExit, gevent.Timeout)
"""What ends an execution that lets it through; a greenlet that is killed ends otherwise."""


class ReleaseUser(User):
    """A user of the system under release. Each has a client, cookies and tasks of its own."""

    abstract = True
    client: Client
    """The interface of ``requests``: see ``conformance.load.tasks.client``."""

    def __init__(self, environment: Any) -> None:  # noqa: ANN401 - Locust's
        """Made by the load alone; raises RuntimeError elsewhere."""
        super().__init__(environment)
        seat = SEAT.get(None)
        if seat is None:
            raise RuntimeError(
                f"{type(self).__name__} is a ReleaseUser, which only a release's load can run:"
                ' name this file in the descriptor, [workload] locustfile = "..."'
            )
        self.seat: Seat = seat
        self.client = seat.client
        self.client.host = type(self).host
        self.host = self.client.base_url

    def wait(self, seconds: float = 0.0) -> None:
        """Think for so long. Without a number it is Locust's pause between two tasks, which the schedule decides."""
        gevent.sleep(seconds)

    def stop(self, force: bool = False) -> bool:
        """Leave when the task in hand has ended; another user takes the place where one is needed."""
        del force
        self.seat.dismiss()
        return False

    @contextmanager
    def rest(self, method: str, url: str, **options: Unpack[Options]) -> Iterator[CaughtResponse]:
        """A request for JSON, as FastHttpUser has it: an answer without one, or that an assertion refuses, is wrong."""
        options["headers"] = {"Accept": "application/json", **(options.get("headers") or {})}
        options["catch_response"] = True
        with self.client.request(method, url, **options) as answer:
            if answer.ok and answer.js is None:
                answer.failure(f"no JSON: {answer.text[:MOST_SHOWN]}")
            try:
                yield answer
            except AssertionError as error:
                answer.failure(error)


def live(kind: type[ReleaseUser], environment: Any, told: Callable[[BaseException], str], seat: Seat) -> None:  # noqa: ANN401
    """A user's life, by Locust's own rules: ``on_start``, tasks one after the other as they are due, ``on_stop``.

    Args:
        kind: Its class.
        environment: Locust's.
        told: Says an exception in one line.
        seat: Its place in the pool.
    """
    try:
        run: Callable[[], None] = kind(environment).run
        run()
    except _RAISED as error:  # the team's __init__, on_start or on_stop
        seat.end_turn("raised", told(error))


def put_tasks_on_schedule(told: Callable[[BaseException], str]) -> None:
    """From now on the task sets of this process wait for their turn before each task, and not by ``wait_time``."""

    def scheduled(carry_out: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
        def execute_task(self: TaskSet, task: Any) -> None:  # noqa: ANN401 - a function or a task set
            if isinstance(task, type) and issubclass(task, TaskSet):
                carry_out(self, task)
            else:
                _take_turn(self, task, carry_out, told)

        return execute_task

    for kind in (TaskSet, DefaultTaskSet):
        setattr(kind, "execute_task", scheduled(kind.execute_task))  # noqa: B010 - mypy wants no method assigned
    setattr(TaskSet, "wait", _wait)  # noqa: B010


def _wait(_taskset: TaskSet, seconds: float = 0.0) -> None:
    """Between two tasks: nothing; in a task: think."""
    if seconds:
        gevent.sleep(seconds)


def _take_turn(
    taskset: TaskSet,
    task: Any,  # noqa: ANN401
    carry_out: Callable[[Any, Any], None],
    told: Callable[[BaseException], str],
) -> None:
    user = cast("ReleaseUser", taskset.user)
    seat = user.seat
    if not seat.await_turn(getattr(task, "__name__", type(task).__name__)):
        raise StopUser
    try:
        carry_out(taskset, task)
    except _INNER:
        seat.end_turn("ended")
        raise
    except (StopUser, StopTest) as error:
        seat.end_turn("ended")
        raise StopUser from error  # one user does not end a release's load
    except _RAISED as error:  # accounted for; the user goes on with its next task
        seat.end_turn("raised", told(error))
        user.environment.events.user_error.fire(user_instance=user, exception=error, tb=error.__traceback__)
    else:
        seat.end_turn("ended")
