"""A team's own tasks as a load: on the open schedule, every request once on its way and once in the record."""

from collections import Counter
from pathlib import Path

import pytest

from conformance.load.process import LoadProcess
from conformance.load.spec import Tasks, TaskWrite
from conformance.run.waiting import until
from tests.load.shop_server import ShopServer
from tests.load.task_loads import WITHIN_S, Carried, carry_out, order

SHOP = """
class Customer(ReleaseUser):
    weight = 3

    def on_start(self):
        self.client.post("/login", write=False)

    def on_stop(self):
        self.client.get("/farewell")

    @task(3)
    def buy(self):
        number = self.client.new_id()
        answer = self.client.post("/created", json={"id": number}, request_id=number, effects=["stored"], expect=201)
        assert answer.request_id == number == answer.json()["headers"]["x-request-id"]
        self.wait(0.05)
        self.client.get(f"/orders/{number}", name="/orders/ID")

    @task(1)
    class Steps(SequentialTaskSet):
        @task
        def one(self):
            self.client.get("/step/1")

        @task
        def two(self):
            self.client.get("/step/2")
            self.interrupt()

class Visitor(ReleaseUser):
    weight = 1

    @task
    def look(self):
        self.client.get("/look")
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Carried, ShopServer]:
    with ShopServer() as server:
        carried = carry_out(tmp_path_factory.mktemp("shop"), server.port, SHOP, executions=200)
    return carried, server


def test_each_call_arrives_exactly_once_and_has_exactly_one_row(shop: tuple[Carried, ShopServer]) -> None:
    carried, server = shop
    seqs = sorted(int(row["seq"]) for row in carried.requests)
    assert seqs == list(range(carried.end.rows))
    assert {row["error"] for row in carried.requests} == {""}
    arrived = {one: times for one, times in server.arrivals.items() if one.startswith(f"{carried.spec.run}-")}
    assert arrived == dict.fromkeys(carried.ids(), 1)


def test_each_execution_is_due_on_the_schedule_and_its_requests_are_told(shop: tuple[Carried, ShopServer]) -> None:
    carried, _ = shop
    rows = sorted(carried.tasks, key=lambda row: int(row["task"]))
    assert [int(row["task"]) for row in rows] == list(range(carried.told.planned))
    first = int(rows[0]["due_ns"])
    assert [int(row["due_ns"]) - first for row in rows] == [number * 10_000_000 for number in range(len(rows))]
    assert {row["outcome"] for row in rows} == {"ended"}
    asked = [int(seq) for row in rows for seq in row["requests"].split()]
    assert len(asked) == len(set(asked)) == carried.end.rows - carried.told.apart
    lateness = sorted(int(row["started_ns"]) - int(row["due_ns"]) for row in rows)
    assert lateness[len(lateness) * 9 // 10] < 50_000_000


def test_thinking_is_no_lateness(shop: tuple[Carried, ShopServer]) -> None:
    for row in shop[0].of_route("GET /orders/ID"):
        assert int(row["sent_ns"]) - int(row["due_ns"]) < 40_000_000


def test_user_classes_tasks_and_task_sets_have_their_shares(shop: tuple[Carried, ShopServer]) -> None:
    carried, server = shop
    names = Counter(row["name"] for row in carried.tasks)
    assert abs(names["look"] - carried.told.planned / 4) <= 1
    assert names["buy"] > names["one"] >= names["two"] > 0
    asked = Counter(server.paths)
    assert asked["POST /login"] == asked["GET /farewell"] == carried.told.apart > 0


def test_the_end_marker_tells_what_was_asked_for(shop: tuple[Carried, ShopServer]) -> None:
    routes = {one.name: one for one in shop[0].end.routes}
    assert (routes["POST /created"].write, routes["POST /created"].effects) == (True, ("stored",))
    assert routes["POST /created"].expect == (201,)
    assert any(name.startswith("task client: 503, POST") for name in shop[0].end.self_test)


def test_a_slow_system_is_asked_as_often(tmp_path: Path) -> None:
    source = """
    class One(ReleaseUser):
        @task
        def look(self):
            self.client.get("/look")
    """
    with ShopServer() as server:
        spec = order(tmp_path, server.port, source, users=3)
        with LoadProcess(spec) as load:
            load.launch()
            load.wait_ready(WITHIN_S)
            load.start()
            _until_due(load, 50)
            server.stalls.set()
            _until_due(load, 150)
            server.stalls.clear()
            _until_due(load, 200)
            end = load.stop(WITHIN_S)
    assert end.tasks is not None
    assert end.tasks.started == end.tasks.planned == end.tasks.ended
    assert end.tasks.users > 20


def _until_due(load: LoadProcess, number: int) -> None:
    until("due", load.progress, within_s=WITHIN_S, accept=lambda now: now.phase == "loading" and now.due >= number)


def test_the_interface_is_that_of_requests(tmp_path: Path) -> None:
    source = """
    class All(ReleaseUser):
        host = "http://shop.example"

        def on_start(self):
            self.client.headers["X-Shop"] = "one"
            answer = self.client.post("/login")
            assert answer.cookies["theme"] == "dark"
            self.session = answer.request_id

        @task
        def ask(self):
            c = self.client
            told = c.get("/echo", params={"q": "a b", "n": [1, 2]}, headers={"X-Two": "2"}).json()
            assert told["path"] == "/echo?q=a+b&n=1&n=2"
            assert (told["headers"]["x-shop"], told["headers"]["x-two"]) == ("one", "2")
            assert f"session={self.session}" in told["headers"]["cookie"]
            assert "theme=dark" in told["headers"]["cookie"]
            told = c.post("/echo", {"a": "1 2"}).json()
            assert (told["body"], told["headers"]["content-type"]) == ("a=1+2", "application/x-www-form-urlencoded")
            told = c.put("/echo", json={"a": None}).json()
            assert (told["body"], told["headers"]["content-type"]) == ('{"a": null}', "application/json")
            told = c.patch("/echo", data="t\\u00e9xt").json()
            assert told["body"].encode("latin-1").decode() == "t\\u00e9xt"
            told = c.post("/echo", data={"who": "me"}, files={"cv": ("cv.bin", b"\\x00\\x01")}).json()
            assert 'name="who"' in told["body"] and 'filename="cv.bin"' in told["body"] and "\\x00\\x01" in told["body"]
            told = c.delete("/echo", auth=("me", "secret"), cookies={"once": "1"}).json()
            assert told["headers"]["authorization"] == "Basic bWU6c2VjcmV0"
            assert "once=1" in told["headers"]["cookie"]
            assert "once" not in c.get("/echo").json()["headers"]["cookie"]
            assert c.options("http://shop.example/echo").json()["method"] == "OPTIONS"
            assert c.request("get", "/\\u00fc b").json()["path"] == "/%C3%BC%20b"
            answer = c.get("/redirect", expect=302)
            assert answer.status_code == 302 and answer.is_redirect and not answer.history
            answer = c.post("/see-other", data="x", allow_redirects=True)
            assert answer.json()["path"] == "/echo?after=redirect" and answer.json()["method"] == "GET"
            assert [one.status_code for one in answer.history] == [303]
            answer = c.get("/error", expect=[200, 500], timeout=1.5)
            assert not answer.ok and answer.text and answer.content and answer.elapsed.total_seconds() < 1
            assert answer.headers["Content-Type"] == "application/json" and answer.url.endswith("/error")
            try:
                answer.raise_for_status()
            except Exception as error:
                assert "500" in str(error)
            else:
                raise AssertionError("500 is an error")
    """
    with ShopServer() as server:
        carried = carry_out(tmp_path, server.port, source, executions=20, rate=20)
    assert (carried.told.errors, carried.told.raised) == ((), 0)
    assert {row["error"] for row in carried.requests} == {""}
    assert carried.spec.tasks is not None
    logins = sum(row["route"] == "POST /login" for row in carried.requests)  # of who comes where all others are busy
    assert logins == carried.told.users - carried.spec.tasks.users
    assert len(carried.requests) - logins == 13 * carried.told.planned


def test_writes_are_named_by_the_descriptor_too_and_paths_gathered(tmp_path: Path) -> None:
    source = """
    class Writer(ReleaseUser):
        @task
        def change(self):
            self.client.put(f"/orders/{self.client.new_id()}/lines/1")
            self.client.post("/search", write=False)
    """
    with ShopServer() as server:
        folder = tmp_path / "locustfile.py"
        tasks = Tasks(
            file=str(folder),
            users=2,
            writes=(TaskWrite(name="PUT /orders/*/lines/*", effects=("changed",)),),
            entries=(("shop", "/"),),
        )
        carried = carry_out(tmp_path, server.port, source, executions=20, tasks=tasks)
    routes = {one.name: (one.write, one.effects, one.entry) for one in carried.end.routes}
    assert routes == {
        "PUT /orders/*/lines/*": (True, ("changed",), "shop"),
        "POST /search": (False, (), "shop"),
    }


def test_a_user_that_leaves_is_replaced_and_no_execution_is_lost(tmp_path: Path) -> None:
    source = """
    from locust.exception import StopUser

    class Leaving(ReleaseUser):
        def on_start(self):
            self.left = 3

        def on_stop(self):
            self.client.get("/farewell")

        @task
        def stop(self):
            self.client.get("/look")
            self.left -= 1
            if self.left == 0:
                self.stop_now()

        def stop_now(self):
            super().stop()

    class Gone(ReleaseUser):
        @task
        def once(self):
            self.client.get("/once")
            raise StopUser
    """
    with ShopServer() as server:
        carried = carry_out(tmp_path, server.port, source, executions=60, users=2)
    assert {row["outcome"] for row in carried.tasks} == {"ended"}
    once = Counter(row["user"] for row in carried.tasks if row["name"] == "once")
    assert set(once.values()) == {1}
    looks = Counter(row["user"] for row in carried.tasks if row["name"] == "stop")
    assert max(looks.values()) == 3
    assert carried.told.apart == len(carried.of_route("GET /farewell")) >= len(looks) - 1
