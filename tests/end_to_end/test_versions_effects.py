"""A shop that numbers its orders itself, refuses some, and leaves more in its next version than in this one.

It is a service in one file that knows nothing of this suite; its log tells of executions in its own words.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.judge.model import Verdict
from conformance.plan import batches, lossless
from conformance.record.reader import open_record
from fixtures.glue.session_topology import SessionTopology
from fixtures.services.descriptor import Descriptor
from tests.end_to_end.small import Small

pytestmark = pytest.mark.profile("extended")

COUNT = """
import sys

print("request_id,effect")
for line in open(sys.argv[1]):
    number, what, *_ = line.split()
    if what != "opened":
        print(f"{number},{what}")
"""
LOGGED = (
    r"^(?P<end_iso>\S+) INFO \[(?P<request_id>\S+)\] (?P<operation>\S+) -> (?P<status>\d+) in (?P<duration_ms>\d+) ms$"
)
DESCRIPTOR = r"""
schema = "release-topology/1"
name = "counter"

[services.counter]
entry = true
version = "1"
next = "2"
released_instances = 2
ready = "GET /up"
admin = { address = "{host}:{port}", health = "GET /up" }
versions.1 = { command = ["{python}", "counter_service.py", "{host}", "{port}", "books", "1"] }

[services.counter.versions.2]
command = ["{python}", "counter_service.py", "{host}", "{port}", "books", "2"OPTIONS]
effects = { order = { 201 = ["charged", "receipt"], 409 = [] } }

[services.counter.evidence]
executions = 'LOGGED'

[workload]
warm_up_requests = 60
data = "customers.csv"

[[workload.routes]]
name = "order"
method = "POST"
path = "/orders"
body = '{"customer": "{data.customer}"}'
weight = 1
expect = [201, 409]
write = true
effects = { 201 = ["charged"], 409 = [] }
take = { number = { pointer = "/number" } }

[[workload.routes]]
name = "look"
method = "GET"
path = "/orders/{number}"
weight = 1
expect = [200]
write = false

[audit]
id = "number"
command = ["{python}", "count.py", "books"]
"""
BY_TASKS = """
[workload]
locustfile = "locustfile.py"
users = 20

[workload.writes]
"POST /orders" = { 201 = ["charged"], 409 = [] }

[audit]
command = ["{python}", "count.py", "books"]
"""
BY_CUSTOMER = """
import sys

print("request_id,effect")
customers = {}
for line in open(sys.argv[1]):
    number, what, *customer = line.split()
    if customer:
        customers[number] = customer[0]
    else:
        print(f"{customers[number]},{what}")
"""
TASKS = """
from locust import task

from conformance.load.user import ReleaseUser


class Customer(ReleaseUser):
    @task
    def order(self):
        customer = self.client.new_id()  # an order is known by its customer, and so by the request
        self.client.post("/orders", json={"customer": customer}, expect=201)
        if self.seat.number % 4 == 0:
            self.client.post("/orders", json={"customer": customer}, expect=[201, 409])
"""


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Callable[..., Small]]:
    opened: list[SessionTopology] = []

    def counter(*options: str, by_tasks: bool = False) -> Small:
        words = "".join(f', "{option}"' for option in options)
        text = DESCRIPTOR.replace("OPTIONS", words).replace("LOGGED", LOGGED)
        if by_tasks:
            text = text[: text.index("[workload]")].replace("{ order = {", '{ "POST /orders" = {') + BY_TASKS
        (tmp_path / "services.toml").write_text(text)
        (tmp_path / "locustfile.py").write_text(TASKS)
        (tmp_path / "count.py").write_text(BY_CUSTOMER if by_tasks else COUNT)
        # Every seventh customer was here just before.
        names = [f"c-{number - (number % 7 == 0)}" for number in range(5_000)]
        (tmp_path / "customers.csv").write_text("\n".join(["customer", *names]) + "\n")
        shutil.copy(Path(__file__).with_name("counter_service.py"), tmp_path)
        opened.append(SessionTopology(Descriptor.read(tmp_path), print))
        return Small(opened[-1], tmp_path)

    yield counter
    for topology in opened:
        topology.close()


def test_a_version_that_leaves_what_it_says_is_go(counter: Callable[..., Small]) -> None:
    small = counter()
    service = small.session_topology.topology.service("counter")
    judgement, directory = small.release(batches(service, to="2", batches=2, offline=lossless))
    assert judgement.verdict is Verdict.GO, judgement.headline
    assert judgement.counts["acknowledged_writes"] > 100
    with open_record(directory) as record:
        (refused,) = record.db.execute("SELECT count(*) FROM requests WHERE status = 409").fetchone() or (0,)
        assert refused > 10
        (told,) = record.db.execute("SELECT count(DISTINCT id) FROM told").fetchone() or (0,)
        assert told > 50
        (late,) = record.db.execute("SELECT count(*) FROM executions WHERE service = 'counter'").fetchone() or (0,)
        assert late > 200


@pytest.mark.parametrize(
    ("options", "verdict"),
    [((), Verdict.GO), pytest.param(("--forgets-receipts",), Verdict.NO_GO)],
)
def test_what_a_locustfile_s_writes_leave_may_depend_on_status_and_version(
    counter: Callable[..., Small], options: tuple[str, ...], verdict: Verdict
) -> None:
    small = counter(*options, by_tasks=True)
    service = small.session_topology.topology.service("counter")
    judgement, directory = small.release(batches(service, to="2", batches=2, offline=lossless))
    assert judgement.verdict is verdict, judgement.headline
    with open_record(directory) as record:
        (refused,) = record.db.execute("SELECT count(*) FROM requests WHERE status = 409").fetchone() or (0,)
        (receipts,) = record.db.execute("SELECT count(*) FROM ledger WHERE effect = 'receipt'").fetchone() or (0,)
    assert refused > 10
    assert receipts > 50
    assert verdict is Verdict.GO or {one.finding for one in judgement.findings} == {"partial write"}


WRONG = {
    "--forgets-receipts": "without receipt",
    "--twice": "of ids that no answer told left an effect more than once: ",
    "--forgets-old": "of what was written before the release failed by their answers",
}


@pytest.mark.parametrize(
    "option",
    [
        "--forgets-receipts",
        "--twice",
        "--forgets-old",
    ],
)
def test_a_version_that_leaves_or_keeps_something_else_is_no_go(counter: Callable[..., Small], option: str) -> None:
    small = counter(option)
    service = small.session_topology.topology.service("counter")
    judgement, _ = small.release(batches(service, to="2", batches=2, offline=lossless))
    assert judgement.verdict is Verdict.NO_GO
    assert [one for one in judgement.findings if WRONG[option] in one.message], judgement.headline
