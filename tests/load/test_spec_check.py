"""A faulty order is refused before anything starts, in one line that says what to change."""

from pathlib import Path

import msgspec
import pytest

from conformance.load.kinds.spec import Kind
from conformance.load.spec import Tasks, Users
from conformance.load.spec_check import SpecRefused, refuse_faulty
from conformance.record import files
from conformance.record.schema import ANSWERS, REQUESTS, TASKS
from tests.load.specs import READ, WRITE, an_order


def test_a_proper_order_is_accepted(tmp_path: Path) -> None:
    refuse_faulty(an_order(tmp_path))


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"workers": 0}, "there must be 1 at least"),
        ({"workers": 501}, "a request per second for each"),
        ({"worker": 1, "workers": 2}, "order the whole load"),
        ({"routes": (), "tasks": Tasks(file="locustfile.py", users=1), "workers": 2}, "1 at least of each worker"),
        ({"rate": 0}, "it must be 1 or more"),
        ({"timeout_s": 0.0}, "both must be above 0"),
        ({"max_seconds": -1.0}, "both must be above 0"),
        ({"fresh_share": 1.1}, "from 0 to 1"),
        ({"users": Users(count=0)}, "there must be 1 at least"),
        ({"users": Users(count=3, marked=4)}, "from none of them to all"),
        ({"routes": ()}, "give the workload at least one"),
        ({"tasks": Tasks(file="locustfile.py", users=1)}, "give the workload one of them"),
        ({"routes": (), "tasks": Tasks(file="locustfile.py", users=0)}, "there must be 1 at least"),
        ({"rate": 1_000_000, "timeout_s": 1_000_000.0}, "lower the rate or the timeout"),
        ({"warm_up_requests": 0}, "set warm_up_requests to 1 or more"),
        ({"routes": (READ,)}, "write = true"),
        ({"directory": "nowhere/at/all"}, "create it first"),
        ({"routes": (WRITE, msgspec.structs.replace(READ, kind=Kind(tls=True)))}, "the SLB does not speak TLS"),
    ],
)
def test_a_faulty_order_is_refused(tmp_path: Path, changes: dict[str, object], remedy: str) -> None:
    with pytest.raises(SpecRefused) as refused:
        refuse_faulty(an_order(tmp_path, 1, **changes))
    assert remedy in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"method": "HEAD"}, "one of GET"),
        ({"expect": ()}, "name at least one"),
        ({"weight": -1}, "0 or more"),
        ({"path": "orders"}, "begin with /"),
        ({"path": "/orders new"}, "no space"),
        ({"long_share": 2.0}, "from 0 to 1"),
        ({"long_ms": (5, 1)}, "the least and then the greatest"),
    ],
)
def test_a_faulty_route_is_refused_by_name(tmp_path: Path, changes: dict[str, object], remedy: str) -> None:
    route = msgspec.structs.replace(WRITE, name="the faulty one", **changes)
    with pytest.raises(SpecRefused, match="the faulty one") as refused:
        refuse_faulty(an_order(tmp_path, routes=(WRITE, route)))
    assert remedy in str(refused.value)


@pytest.mark.parametrize("name", [REQUESTS.file, ANSWERS.file, TASKS.file, files.LOAD])
def test_a_directory_that_holds_a_record_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(SpecRefused, match="a directory of its own"):
        refuse_faulty(an_order(tmp_path))
