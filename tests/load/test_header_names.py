"""A load whose requests tell their ids by a team's own header: every kind of load, its warm-up and its self-test."""

import csv
import re
from pathlib import Path

import msgspec
import pytest

from conformance.load.kinds.proof import self_test_of_kinds
from conformance.load.kinds.spec import Kind, Messages
from conformance.load.process import LoadProcess
from conformance.load.selftest import self_test
from conformance.load.spec import Journey, LoadSpec, Route, Tasks
from conformance.load.tasks import proof as task_proof
from conformance.record.request_headers import RequestHeaders
from conformance.record.schema import REQUESTS
from conformance.run.waiting import until
from tests.load.shop_server import ShopServer
from tests.load.specs import an_order
from tests.load.task_loads import HEAD

OWN = RequestHeaders(request_id="X-Trace-Id")
W3C = RequestHeaders(request_id="traceparent")
WRITE = Route(name="write", method="POST", path="/created", body='{"id": "{id}"}', weight=1, expect=(201,), write=True)
READ = Route(name="read", method="GET", path="/echo/{written}", weight=1, expect=(200,), write=False)
STREAM = Kind(name="events", last="end", messages=Messages(reconnects=True))
SESSIONS = Kind(name="websocket", messages=Messages(count=9, text="{n}", pointer="", reconnects=True))
TASKS = """
class Shopper(ReleaseUser):
    def on_start(self):
        self.client.headers[NAME] = "mine"

    @task
    def write(self):
        number = self.client.new_id()
        self.client.post("/created", json={"id": number}, headers={NAME: "mine"}, expect=201)
"""


def test_the_client_is_honest_under_any_name(tmp_path: Path) -> None:
    routes = tuple(msgspec.structs.replace(READ, kind=kind) for kind in (SESSIONS, STREAM, Kind(http2=True)))
    assert self_test("run1", W3C).wrong == ()
    assert task_proof.self_test("run1", W3C).wrong == ()
    assert self_test_of_kinds(an_order(tmp_path, headers=W3C, routes=routes)).wrong == ()


def _order(where: Path, port: int, kind: str, headers: RequestHeaders) -> LoadSpec:
    usual = {"headers": headers, "rate": 60, "warm_up_requests": 6, "timeout_s": 2.0, "max_seconds": 1.0}
    (where / "run").mkdir()
    if kind == "journeys":
        steps = tuple(msgspec.structs.replace(route, weight=0) for route in (WRITE, READ))
        journeys = (Journey(name="shop", weight=1, steps=(0, 1)),)
        return an_order(where / "run", port, routes=steps, journeys=journeys, **usual)
    if kind == "tasks":
        file = where / "locustfile.py"
        file.write_text(HEAD + f'NAME = "{headers.request_id}"\n' + TASKS)
        return an_order(where / "run", port, routes=(), tasks=Tasks(file=str(file), users=3), **usual)
    return an_order(where / "run", port, routes=(WRITE, READ), **usual)


@pytest.mark.parametrize(
    ("kind", "headers"),
    [("routes", W3C), ("journeys", W3C), ("tasks", W3C), ("tasks", OWN)],
    ids=["routes", "journeys", "tasks", "tasks by an own name"],
)
def test_every_request_of_a_load_tells_its_id_by_the_teams_header(
    tmp_path: Path, kind: str, headers: RequestHeaders
) -> None:
    with ShopServer(headers.request_id) as server:
        spec = _order(tmp_path, server.port, kind, headers)
        with LoadProcess(spec) as load:
            load.launch()
            load.wait_ready(20)
            load.start()
            until("the load to end", load.progress, accept=lambda now: now.phase == "ended", within_s=20)
            load.stop(10)
    with (tmp_path / "run" / REQUESTS.file).open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    ids, warm = headers.ids(spec.run), {headers.id_in(told) for told in server.arrivals}
    sent = {ids.of(int(row["seq"])) for row in rows}
    assert len(rows) > 30
    assert {row["error"] for row in rows} == {""}
    assert sent <= warm, "every row's id has arrived"
    assert not any(told.startswith(ids.prefix) for told in warm - sent), "what is not of the run is not called so"
    assert len(warm - sent) >= 6, "the warm-up's"
    assert set(server.arrivals.values()) == {1}
    written = {headers.id_in(told): body for told, body in server.bodies.items() if body}
    assert written
    assert all(re.search(rf'"id": ?"{told}"', body) for told, body in written.items()), "the id that stands in the body"
