"""Where the load lives: Locust runs this file headless with one user, and the user carries out the order.

Of several workers each has one user, and Locust's master, which sends nothing itself, leads them: ``workers.master``.
Locust is the host: it starts and ends the process, holds the statistics and prints its summary into the load's log. The
requests are sent by the engine, because Locust's own clients cannot do what the judge needs: they wait for one answer
before they send the next request, and FastHttpUser sends again in secret. Every request of the load is told to Locust
by its own ``request`` event, so that its statistics are those of the record.
"""

import os
from collections.abc import Callable
from typing import Any, cast

import gevent
import msgspec
from locust import User, events, task
from locust.exception import StopUser
from locust.runners import MasterRunner, WorkerRunner

from conformance.load.channel import CannotLoad, Parent, Pipes
from conformance.load.environment import CONTROL, ORDER, PROGRESS, WORKER, WORKER_LIFE, WORKER_TOKEN
from conformance.load.journey_session import JourneySession
from conformance.load.last_words import tell_what_holds
from conformance.load.request import Request
from conformance.load.session import Report, Session
from conformance.load.spec import LoadSpec
from conformance.load.tasks.host import RequestFailed, task_session
from conformance.load.workers.crew import worker_order
from conformance.load.workers.master import Master
from conformance.load.workers.worker import MasterChannel
from conformance.record.schema import ERRORS

_NS_PER_MS = 1_000_000


def _inherited(name: str) -> int:
    """A descriptor that this process was started with, kept from now on from whatever it starts itself.

    A program that a team's task starts would hold the pipe, and with it whoever waits for the pipe's end.
    """
    descriptor = int(os.environ[name])
    os.set_inheritable(descriptor, False)
    return descriptor


def _order() -> LoadSpec:
    """What the parent has handed over, in a file without a name, which all processes of a load have in common."""
    descriptor = _inherited(ORDER)
    return msgspec.json.decode(os.pread(descriptor, os.fstat(descriptor).st_size, 0), type=LoadSpec)


def _pipes() -> Pipes:
    return Pipes(_inherited(CONTROL), _inherited(PROGRESS))


@cast("Callable[[Callable[..., None]], Callable[..., None]]", events.init.add_listener)
def lead(environment: Any, **_: object) -> None:  # noqa: ANN401 - Locust's
    """Where this process is the master of several workers: carry the order out by them."""
    if isinstance(environment.runner, MasterRunner):
        gevent.spawn(Master(_order(), environment.runner, _pipes()).run)


class OpenLoad(User):
    """The one user."""

    @task
    def carry_out(self) -> None:
        """Carry out the order that the environment names, then end Locust: exit code 0 where the load ended, else 1."""
        spec, parent = self._ordered()
        session: Session
        if spec.tasks is not None:
            session = task_session(spec, spec.tasks, self.environment, parent)
        elif spec.journeys:
            session = JourneySession(spec, parent, self._reporter(spec))
        else:
            session = Session(spec, parent, self._reporter(spec))
        self.environment.process_exit_code = 1
        try:
            session.run()
            self.environment.process_exit_code = 0
        except CannotLoad as error:
            print(f"The load failed: {error}", flush=True)  # noqa: T201 - into the load's log
        finally:
            tell_what_holds()
            if not isinstance(parent, MasterChannel) or parent.gone:  # a worker ends by its master's word
                # In a greenlet of its own, because it ends this one too.
                gevent.spawn(self.environment.runner.quit)
        raise StopUser

    def _ordered(self) -> tuple[LoadSpec, Parent]:
        """What this process is to do, and by whose word."""
        runner = self.environment.runner
        if not isinstance(runner, WorkerRunner):
            return _order(), _pipes()
        channel = MasterChannel(runner, int(os.environ[WORKER]), os.environ[WORKER_TOKEN], _inherited(WORKER_LIFE))
        return worker_order(_order()), channel

    def _reporter(self, spec: LoadSpec) -> Report:
        tell = self.environment.events.request.fire
        routes = [(route.method, route.name) for route in spec.routes]
        failures = {error: RequestFailed(error) for error in ERRORS}

        def report(request: Request) -> None:
            method, name = routes[request.route]
            tell(
                request_type=method,
                name=name,
                response_time=(request.done_ns - request.due_ns) / _NS_PER_MS,
                response_length=0,
                exception=failures.get(request.error),
            )

        return report
