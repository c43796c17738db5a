"""A team's own tasks as a load: on the open schedule, every request once on its way and once in the record."""

from collections import Counter
from pathlib import Path

import pytest

from conformance.load.process import LoadFailed, LoadProcess
from conformance.load.spec import Tasks
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
    assert len(carried.requests) == 13 * carried.told.planned


def test_a_task_says_itself_what_is_right(tmp_path: Path) -> None:
    source = """
    class Judging(ReleaseUser):
        warm = 0

        @task
        def judge(self):
            with self.client.get("/code", catch_response=True) as answer:
                if answer.json()["code"] != 0 and self.client.new_id().startswith("run1"):
                    answer.failure(f"code {answer.json()['code']}")
            with self.client.get("/error", catch_response=True) as answer:
                answer.success()
            if self.client.new_id().startswith("run1"):
                with self.client.get("/hang-up", catch_response=True) as answer:
                    assert (answer.status_code, answer.ok) == (0, False)
                    answer.success()
    """
    with ShopServer() as server:
        carried = carry_out(tmp_path, server.port, source, executions=20, rate=20)
    number = carried.told.planned
    assert Counter((row["route"], row["error"]) for row in carried.requests) == {
        ("GET /code", "wrong answer"): number,
        ("GET /error", ""): number,
        ("GET /hang-up", "eof before answer"): number,
    }
    assert {one.saw for one in carried.end.wrong_answers} == {"code 500"}
    (error,) = (one for one in carried.end.routes if one.name == "GET /error")
    assert error.overruled == {500: number}
    assert any("success() of a request that got no whole answer" in notice for notice in carried.told.notices)


def test_what_a_task_raises_is_a_wrong_answer_and_accounted_for(tmp_path: Path) -> None:
    source = """
    class Raising(ReleaseUser):
        @task
        def claim(self):
            answer = self.client.get("/echo")
            if answer.request_id.startswith("run1"):
                assert answer.json()["path"] == "/other", "s3cret: not the other"

        @task
        def fail_first(self):
            if self.client.get("/error" if self.client.new_id().startswith("run1") else "/echo").status_code == 500:
                raise RuntimeError("a failed request is the reason")

        @task
        def ask_nothing(self):
            if self.client.new_id().startswith("run1"):
                raise KeyError("nothing was asked")
    """
    with ShopServer() as server:
        carried = carry_out(tmp_path, server.port, source, executions=60, secrets=("s3cret",))
    of_tasks = Counter(row["name"] for row in carried.tasks)
    assert {row["outcome"] for row in carried.tasks} == {"raised"}
    assert carried.told.raised == carried.told.planned
    errors = Counter(row["error"] for row in carried.requests)
    assert errors == {"wrong answer": of_tasks["claim"], "unexpected status": of_tasks["fail_first"]}
    texts = {one.saw for one in carried.end.wrong_answers}
    assert texts == {"AssertionError: ***: not the other (locustfile.py, line 11)"}
    assert dict(carried.told.errors) == {
        "AssertionError: ***: not the other (locustfile.py, line 11)": of_tasks["claim"],
        "RuntimeError: a failed request is the reason (locustfile.py, line 16)": of_tasks["fail_first"],
        "KeyError: 'nothing was asked' (locustfile.py, line 21)": of_tasks["ask_nothing"],
    }
    assert carried.told.unused_ids > 0
    assert "s3cret" not in carried.log


def test_a_task_that_outlives_the_load_is_waited_for_and_then_accounted_for(tmp_path: Path) -> None:
    source = """
    class Long(ReleaseUser):
        @task
        def stay(self):
            began = self.client.get("/echo").request_id
            if began.startswith("run1"):
                gevent.sleep(0.5 if int(began[-2:], 16) % 2 else 600)
            self.client.get("/later")
    """
    with ShopServer() as server:
        carried = carry_out(tmp_path, server.port, source, executions=40, rate=40, timeout_s=1.5)
    outcomes = Counter(row["outcome"] for row in carried.tasks)
    assert outcomes["outlived"] == carried.told.outlived > 0
    assert outcomes["ended"] == carried.told.ended > 0
    assert carried.told.started == carried.told.planned == carried.told.ended + carried.told.outlived
    assert {row["error"] for row in carried.requests} == {""}


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
            file=str(folder), users=2, writes=(("PUT /orders/*/lines/*", ("changed",)),), entries=(("shop", "/"),)
        )
        carried = carry_out(tmp_path, server.port, source, executions=20, tasks=tasks)
    routes = {one.name: (one.write, one.effects, one.entry) for one in carried.end.routes}
    assert routes == {
        "PUT /orders/*/lines/*": (True, ("changed",), "shop"),
        "POST /search": (False, (), "shop"),
    }


def test_what_is_not_done_is_said(tmp_path: Path) -> None:
    source = """
    class Shopper(ReleaseUser):
        host = "http://shop.example"
        wait_time = constant_pacing(1)

        def on_start(self):
            self.client.mount("http://", object())

        @task
        def look(self):
            self.client.get("/echo", verify=True, headers={"X-Request-Id": "mine"})
    """
    with ShopServer() as server:
        carried = carry_out(tmp_path, server.port, source, executions=20, users=1, warm_up_requests=1)
    assert "Shopper.host: the load goes to the release's SLB" in carried.log
    assert "Shopper.wait_time: the open schedule decides when a task is due" in carried.log
    assert any("adapters and their retries are not used" in notice for notice in carried.told.notices)
    assert any("the header X-Request-Id" in notice for notice in carried.told.notices)
    assert all(not one.startswith("mine") for one in server.arrivals)


def test_a_warm_up_whose_task_raises_ends_the_load(tmp_path: Path) -> None:
    source = """
    class Wrong(ReleaseUser):
        @task
        def look(self):
            self.client.get("/echo").json()["price"]
    """
    with ShopServer() as server, LoadProcess(order(tmp_path, server.port, source)) as load:
        load.launch()
        load.wait_ready(WITHIN_S)
        load.start()
        told = r"5 requests failed in 5 task executions of the warm-up; the first: GET /echo, status 200, wrong answer"
        with pytest.raises(LoadFailed, match=told):
            _until_due(load, 1)


def test_calls_side_by_side_and_calls_that_a_task_gives_up_have_their_rows(tmp_path: Path) -> None:
    source = """
    class Odd(ReleaseUser):
        @task
        def side_by_side(self):
            asked = [gevent.spawn(self.client.get, f"/part/{number}", name="/part") for number in range(3)]
            gevent.joinall(asked, raise_error=True)

        @task
        def give_up(self):
            with gevent.Timeout(0.05, False):
                self.client.get("/slow")
            if self.client.new_id().startswith("run1"):
                with gevent.Timeout(0.05):
                    self.client.get("/slow")

        @task
        def rest(self):
            with ReleaseUser.rest(self, "POST", "/echo", json={"a": 1}) as answer:
                if self.client.new_id().startswith("run1"):
                    assert answer.js["method"] == "PUT", "no PUT"
    """
    with ShopServer() as server:
        carried = carry_out(tmp_path, server.port, source, executions=60)
    tasks = Counter((row["name"], row["outcome"]) for row in carried.tasks)
    assert set(tasks) == {("side_by_side", "ended"), ("give_up", "raised"), ("rest", "ended")}
    assert Counter((row["route"], row["error"]) for row in carried.requests) == {
        ("GET /part", ""): 3 * tasks["side_by_side", "ended"],
        ("GET /slow", ""): 2 * tasks["give_up", "raised"],
        ("POST /echo", "wrong answer"): tasks["rest", "ended"],
    }
    arrived = {one: times for one, times in server.arrivals.items() if one.startswith("run1-")}
    assert arrived == dict.fromkeys(carried.ids(), 1)
    assert {one.saw for one in carried.end.wrong_answers} == {"no PUT"}


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
