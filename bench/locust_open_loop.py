"""The peers that are always at hand: Locust's own users, one greenlet per request so that they are an open loop too.

Run by Locust as a locustfile. Which user class is in BENCH_USER, the order in BENCH_PORT, BENCH_RATE and BENCH_SECONDS;
the outcome goes to the file BENCH_OUTCOME.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

import gevent
from locust import FastHttpUser, HttpUser, User, task
from locust.exception import StopUser

_SECOND_NS = 1_000_000_000
_LEAD_NS = 200_000_000
_LAST_ANSWERS_S = 5.0


_KINDS: dict[str, type[User]] = {"HttpUser": HttpUser, "FastHttpUser": FastHttpUser}
_Base: Any = _KINDS[os.environ["BENCH_USER"]]


class OpenLoop(_Base):  # type: ignore[misc]  # whichever Locust has
    """Sends each request when it is due."""

    host = f"http://127.0.0.1:{os.environ['BENCH_PORT']}"
    concurrency = 1_000

    @task
    def load(self) -> None:
        """The whole load, once."""
        rate, seconds = int(os.environ["BENCH_RATE"]), float(os.environ["BENCH_SECONDS"])
        lateness: list[int] = []
        statuses: list[int] = []

        def send(due_ns: int) -> None:
            lateness.append(time.monotonic_ns() - due_ns)
            answer: Any = self.client.get("/", name="/")
            statuses.append(answer.status_code)

        senders = []
        before_s = time.process_time()
        begin_ns = time.monotonic_ns() + _LEAD_NS
        for seq in range(int(rate * seconds)):
            due_ns = begin_ns + seq * _SECOND_NS // rate
            gevent.sleep(max(0.0, (due_ns - time.monotonic_ns()) / _SECOND_NS))
            senders.append(gevent.spawn(send, due_ns))
        gevent.joinall(senders, timeout=_LAST_ANSWERS_S)
        outcome = {
            "lateness_ns": lateness,
            "answered": len(statuses),
            "failed": sum(status != 200 for status in statuses),
            "cpu_s": time.process_time() - before_s,
        }
        Path(os.environ["BENCH_OUTCOME"]).write_text(json.dumps(outcome))
        gevent.spawn(self.environment.runner.quit)
        raise StopUser
