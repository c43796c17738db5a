"""What looking at an answer costs beside reading it: ``python -m bench.answers``.

The same answer is read by the load's own reader, without a check and with each kind of check, some hundred times in
turn; the least time of each counts, for whatever else the machine does only adds to it.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from conformance.load.answer import AnswerReader
from conformance.load.answer_check import Look
from conformance.load.spec import AnswerCheck, Route

GOAL_US = 2.0
TURNS, EACH = 300, 400
SMALL = b'{"code": 0, "message": "ok", "data": {"id": "0123456789abcdef", "items": [{"sku": "a", "n": 1}]}}'
LARGE = SMALL[:-1] + b', "more": [' + b", ".join([b'{"sku": "a", "price": 12.5}'] * 300) + b"]}"
CODE = AnswerCheck(pointer="/code", equal=b"0")
CHECKS = {
    "a value": (CODE,),
    "a value, and another there": (CODE, AnswerCheck(pointer="/data/id", exists=True)),
    "a pattern": (AnswerCheck(pattern='"code": 0'),),
    "the length": (AnswerCheck(length=len(SMALL)),),
}


def main() -> None:
    for name, body in (("small", SMALL), ("large", LARGE)):
        reads = {"": _reading(body)} | {what: _looking(body, checks) for what, checks in CHECKS.items()}
        least = dict.fromkeys(reads, float("inf"))
        for _ in range(TURNS):
            for what, read in reads.items():
                least[what] = min(least[what], _took_us(read))
        plain = least.pop("")
        print(f"{name}, {len(body):,} bytes: read in {plain:.2f} us; besides")
        for what, took_us in least.items():
            cost = took_us - plain
            goal = f", goal {GOAL_US:g} us: {'met' if cost <= GOAL_US else 'NOT met'}" if body is SMALL else ""
            print(f"    {what}: {cost:.2f} us{goal}")
    averages = " ".join(f"{average:.2f}" for average in os.getloadavg())
    print(f"load average of this machine meanwhile: {averages} on {os.cpu_count()} processors")


def _answer(body: bytes) -> bytes:
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-SLB-Peer: shop-01\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _reading(body: bytes) -> Callable[[], object]:
    reader, answer = AnswerReader(), _answer(body)

    def read() -> None:
        reader.expect(None)
        reader.feed(answer, 1)

    return read


def _looking(body: bytes, checks: tuple[AnswerCheck, ...]) -> Callable[[], object]:
    reader, answer = AnswerReader(), _answer(body)
    route = Route(name="read", method="GET", path="/", weight=1, expect=(200,), write=False, checks=checks)
    look = Look(route)

    def read() -> None:
        reader.expect(look)
        reader.feed(answer, 1)
        look.wrong(reader.body, reader.body_length)

    return read


def _took_us(read: Callable[[], object]) -> float:
    began_ns = time.perf_counter_ns()
    for _ in range(EACH):
        read()
    return (time.perf_counter_ns() - began_ns) / EACH / 1_000


if __name__ == "__main__":
    main()
