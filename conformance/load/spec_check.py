"""What is wrong with an order, said before anything starts: one line, with the remedy."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from conformance.load.connection_limits import open_files, open_files_allowed
from conformance.load.spec import LoadSpec, Route
from conformance.record import files
from conformance.record.schema import ANSWERS, REQUESTS, TASKS

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""HEAD is not among them: where its answer ends cannot be told by the answer alone."""


class SpecRefused(ValueError):
    """The order cannot be carried out; the message says why, and what to change."""


def refuse_faulty(spec: LoadSpec) -> None:
    """Raise SpecRefused if the order cannot be carried out."""
    routes = (_faults_of_route(spec, route) for route in spec.routes)
    for fault in chain(*routes, _faults_of_figures(spec), _faults_of_directory(Path(spec.directory))):
        raise SpecRefused(f"load: {fault}")


def _faults_of_figures(spec: LoadSpec) -> Iterator[str]:
    if not 1 <= spec.workers <= max(1, spec.rate):
        yield f"there are {spec.workers} workers; there must be 1 at least, and a request per second for each"
    if spec.worker != 0:
        yield f"it is the order of worker {spec.worker}; order the whole load, worker = 0"
    if spec.rate < 1:
        yield f"the rate is {spec.rate} requests per second; it must be 1 or more"
    if spec.timeout_s <= 0 or spec.max_seconds <= 0:
        yield f"timeout_s is {spec.timeout_s:g} and max_seconds {spec.max_seconds:g}; both must be above 0"
    if not 0 <= spec.fresh_share <= 1:
        yield f"fresh_share is {spec.fresh_share:g}; it must be from 0 to 1"
    yield from _faults_of_work(spec)
    if spec.users is not None and not 0 <= spec.users.marked <= spec.users.count:
        yield f"{spec.users.marked} of {spec.users.count} users are marked; it must be from none of them to all"
    if spec.users is not None and spec.users.count < 1:
        yield f"there are {spec.users.count} users; there must be 1 at least"
    allowed = open_files_allowed()
    if allowed is not None and allowed < open_files(spec):
        yield (
            f"{spec.rate} requests per second with a timeout of {spec.timeout_s:g} s may need"
            f" {open_files(spec)} open files, but this user may have {allowed};"
            " raise that (ulimit -Hn), or lower the rate or the timeout"
        )


def _faults_of_work(spec: LoadSpec) -> Iterator[str]:
    if spec.tls is None and any(route.kind.tls for route in spec.routes if route.kind is not None):
        yield "a route has tls = true, and the SLB does not speak TLS; choose an SLB that does"
    if spec.tasks is None:
        if sum(kind.weight for kind in spec.starts) <= 0:
            yield "there is no route with a weight above 0, and no journey; give the workload at least one"
    elif spec.routes:
        yield "there are routes and a locustfile; give the workload one of them"
    elif spec.tasks.users < spec.workers:
        yield f"there are {spec.tasks.users} users of the locustfile; there must be 1 at least of each worker"


def _faults_of_directory(directory: Path) -> Iterator[str]:
    if not directory.is_dir():
        yield f"{directory} is not a directory; create it first"
    for name in (REQUESTS.file, ANSWERS.file, TASKS.file, files.LOAD):
        if (directory / name).exists():
            yield f"{directory / name} exists already; every load needs a directory of its own"


def _faults_of_route(spec: LoadSpec, route: Route) -> Iterator[str]:
    name = f"route {route.name!r}"
    if route.method not in METHODS:
        yield f"{name} has the method {route.method!r}; it must be one of {', '.join(METHODS)}"
    if not route.expect:
        yield f"{name} expects no status; name at least one"
    if route.weight < 0:
        yield f"{name} has the weight {route.weight:g}; it must be 0 or more"
    if not route.path.startswith(("/", "{")) or any(letter.isspace() for letter in route.path):
        yield f"{name} has the path {route.path!r}; it must begin with / or a name in braces, and hold no space"
    if not 0 <= route.long_share <= 1 or not 0 <= route.long_ms[0] <= route.long_ms[1]:
        yield f"{name}: long_share must be from 0 to 1, and long_ms the least and then the greatest of them"
    if "{written}" in "".join((route.path, *_body_texts(route))):
        yield from _faults_of_written(spec, name)


def _body_texts(route: Route) -> tuple[str, ...]:
    if isinstance(route.body, str):
        return (route.body,)
    return tuple(part.text for part in route.body or ())


def _faults_of_written(spec: LoadSpec, name: str) -> Iterator[str]:
    writes = sum(route.tells_written for route in spec.routes)
    if not any(route.write for route in spec.routes):
        yield f"{name} names {{written}}, but no route writes; mark the one that does with write = true"
    elif not writes:
        yield f"{name} names {{written}}, but no write leaves anything, whatever its status; let it leave some effect"
    elif spec.warm_up_requests < writes:
        yield f"{name} names {{written}}, so the warm-up must write first; set warm_up_requests to {writes} or more"
