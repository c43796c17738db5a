"""What is wrong with an order, said before anything starts: one line, with the remedy."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from conformance.load.order import LoadOrder, Route
from conformance.load.room import open_files, open_files_allowed
from conformance.record import files
from conformance.record.schema import ANSWERS, REQUESTS

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""HEAD is not among them: where its answer ends cannot be told by the answer alone."""


class OrderRefused(ValueError):
    """The order cannot be carried out; the message says why, and what to change."""


def refuse_faulty(order: LoadOrder) -> None:
    """Raise OrderRefused if the order cannot be carried out."""
    routes = (_faults_of_route(order, route) for route in order.routes)
    for fault in chain(*routes, _faults_of_figures(order), _faults_of_directory(Path(order.directory))):
        raise OrderRefused(f"load: {fault}")


def _faults_of_figures(order: LoadOrder) -> Iterator[str]:
    if (order.worker, order.workers) != (0, 1):
        yield f"{order.workers} workers were ordered, but a load is one process so far; order workers = 1"
    if order.rate < 1:
        yield f"the rate is {order.rate} requests per second; it must be 1 or more"
    if order.timeout_s <= 0 or order.max_seconds <= 0:
        yield f"timeout_s is {order.timeout_s:g} and max_seconds {order.max_seconds:g}; both must be above 0"
    if not 0 <= order.fresh_share <= 1:
        yield f"fresh_share is {order.fresh_share:g}; it must be from 0 to 1"
    if sum(route.weight for route in order.routes) <= 0:
        yield "there is no route with a weight above 0; give the workload at least one"
    if order.users is not None and not 0 <= order.users.marked <= order.users.count:
        yield f"{order.users.marked} of {order.users.count} users are marked; it must be from none of them to all"
    if order.users is not None and order.users.count < 1:
        yield f"there are {order.users.count} users; there must be 1 at least"
    allowed = open_files_allowed()
    if allowed is not None and allowed < open_files(order):
        yield (
            f"{order.rate} requests per second with a timeout of {order.timeout_s:g} s may need"
            f" {open_files(order)} open files, but this user may have {allowed};"
            " raise that (ulimit -Hn), or lower the rate or the timeout"
        )


def _faults_of_directory(directory: Path) -> Iterator[str]:
    if not directory.is_dir():
        yield f"{directory} is not a directory; create it first"
    for name in (REQUESTS.file, ANSWERS.file, files.LOAD):
        if (directory / name).exists():
            yield f"{directory / name} exists already; every load needs a directory of its own"


def _faults_of_route(order: LoadOrder, route: Route) -> Iterator[str]:
    name = f"route {route.name!r}"
    if route.method not in METHODS:
        yield f"{name} has the method {route.method!r}; it must be one of {', '.join(METHODS)}"
    if not route.expect:
        yield f"{name} expects no status; name at least one"
    if route.weight < 0:
        yield f"{name} has the weight {route.weight:g}; it must be 0 or more"
    if not route.path.startswith("/") or any(letter.isspace() for letter in route.path):
        yield f"{name} has the path {route.path!r}; it must begin with / and hold no space"
    if not 0 <= route.long_share <= 1 or not 0 <= route.long_ms[0] <= route.long_ms[1]:
        yield f"{name}: long_share must be from 0 to 1, and long_ms the least and then the greatest of them"
    if "{written}" in route.path + (route.body or ""):
        yield from _faults_of_written(order, name)


def _faults_of_written(order: LoadOrder, name: str) -> Iterator[str]:
    writes = sum(route.write for route in order.routes)
    if not writes:
        yield f"{name} names {{written}}, but no route writes; mark the one that does with write = true"
    elif order.warm_up_requests < writes:
        yield f"{name} names {{written}}, so the warm-up must write first; set warm_up_requests to {writes} or more"
