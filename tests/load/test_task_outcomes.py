"""What becomes of tasks: their own checks, what they raise, how long they stay, what they ask for in vain."""

from collections import Counter
from pathlib import Path

import pytest

from conformance.load.process import LoadFailed, LoadProcess
from conformance.run.waiting import until
from tests.load.shop_server import ShopServer
from tests.load.task_loads import WITHIN_S, carry_out, order


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
        told = r"5 of the requests of 5 task executions of the warm-up failed; the first: GET /echo, status 200, wrong"
        with pytest.raises(LoadFailed, match=told):
            until("it is over", load.progress, within_s=WITHIN_S, accept=lambda now: now.due > 100)


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
