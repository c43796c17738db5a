"""Where the load lives: Locust runs this file headless with one user, and the user carries out the order.

Locust is the host: it starts and ends the process, holds the statistics and prints its summary into the load's log. The
requests are sent by the engine, because Locust's own clients cannot do what the judge needs: they wait for one answer
before they send the next request, and FastHttpUser sends again in secret. Every request of the load is told to Locust
by its own ``request`` event, so that its statistics are those of the record.
"""

import os

import gevent
import msgspec
from locust import User, task
from locust.exception import StopUser

from conformance.load.request import Request
from conformance.load.session import CannotLoad, Report, Session
from conformance.load.spec import LoadSpec
from conformance.load.tasks.host import RequestFailed, task_session
from conformance.record.schema import ERRORS

_NS_PER_MS = 1_000_000


def _spec() -> LoadSpec:
    """What the parent has handed over, in a file without a name."""
    with open(int(os.environ["CONFORMANCE_LOAD_ORDER"]), "rb") as order:  # noqa: PTH123 - a descriptor, no path
        return msgspec.json.decode(order.read(), type=LoadSpec)


class OpenLoad(User):
    """The one user."""

    @task
    def carry_out(self) -> None:
        """Carry out the order that the environment names, then end Locust: exit code 0 where the load ended, else 1."""
        spec = _spec()
        control, progress = (int(os.environ[f"CONFORMANCE_LOAD_{pipe}"]) for pipe in ("CONTROL", "PROGRESS"))
        session = (
            Session(spec, control, progress, self._reporter(spec))
            if spec.tasks is None
            else task_session(spec, spec.tasks, self.environment, control, progress)
        )
        self.environment.process_exit_code = 1
        try:
            session.run()
            self.environment.process_exit_code = 0
        except CannotLoad as error:
            print(f"The load failed: {error}", flush=True)  # noqa: T201 - into the load's log
        finally:
            # In a greenlet of its own, because it ends this one too.
            gevent.spawn(self.environment.runner.quit)
        raise StopUser

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
