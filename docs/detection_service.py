"""A service of the sample with one thing wrong, for the detection matrix: detection_service.py SERVICE.

WRONG in the environment names it; without it nothing is wrong. Each is what a version might do to every tenth of its
requests, or for some milliseconds; whoever releases it must not be told GO. SERVICE may be ``front`` as well: one that
answers at once, calls nobody and writes nothing, for loads that the sample is too slow for.
"""

import asyncio
import itertools
import json
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from docs.detection_connections import going_back, idle_races, old_list, stop_races
from fixtures.services.python import calls, ledger, orders, server, storefront
from fixtures.services.python.calls import Caller, Reply
from fixtures.services.python.exchange import Exchange, Executions
from fixtures.services.python.ledger import Ledger
from fixtures.services.python.life import InstanceState
from fixtures.services.python.settings import Settings

SEVERAL = 10
"""It is every so manieth that goes wrong."""
OFTEN = 7
"""The same, of users: of a number of which that of all users is no multiple, or it would always be the same ones."""
AFTER_S = 1.0
"""How long after its first request something is wrong for a moment."""
WHOLE_LOAD, ALONE_S = 800, 0.05
"""Requests a second that two instances do not get each, and for how long before it is away."""
STALL_S = 0.3
LEAK_S = 0.004
"""So much longer each answer takes than the one before."""
SET_BACK_NS = 1_000_000_000
ONE_IN = 20_000
"""It is this request of the new version, and no other, that fails, long before the least that its batch must see."""
_COUNTED = itertools.count(1)

Append = Callable[[Ledger, str, str], Coroutine[Any, Any, None]]
Call = Callable[..., Coroutine[Any, Any, Reply]]


def _is_due() -> bool:
    return next(_COUNTED) % SEVERAL == 0


def _appending(change: Callable[[Append, Ledger, str, str], Coroutine[Any, Any, None]]) -> None:
    """Let the ledger write so."""
    real: Append = ledger.Ledger.append

    async def append(self: Ledger, request_id: str, effect: str) -> None:
        await change(real, self, request_id, effect)

    ledger.Ledger.append = append  # type: ignore[method-assign]  # that is the fault


async def _half(real: Append, own: Ledger, request_id: str, effect: str) -> None:
    if not (effect == "confirmed" and _is_due()):
        await real(own, request_id, effect)


async def _doubled(real: Append, own: Ledger, request_id: str, effect: str) -> None:
    for _ in range(2 if effect == "placed" and _is_due() else 1):
        await real(own, request_id, effect)


async def _phantom(real: Append, own: Ledger, request_id: str, effect: str) -> None:
    await real(own, request_id, effect)
    if effect == "placed" and _is_due():
        run, _, number = request_id.rpartition("-")
        await real(own, f"{run}-{0x7FFFFFFF - int(number, 16):08x}", effect)


def _serving(change: Callable[[ASGIApp, Scope, Receive, Send], Coroutine[Any, Any, None]]) -> None:
    """Let requests be served so; the execution is logged with the status that comes of it."""

    def executions(app: ASGIApp, life: InstanceState, settings: Settings) -> Executions:
        async def changed(scope: Scope, receive: Receive, send: Send) -> None:
            await change(app, scope, receive, send)

        return Executions(changed, life, settings)

    vars(server)["Executions"] = executions


async def _fails(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await (Response("not today", 500) if _is_due() else app)(scope, receive, send)


async def _answer_lost(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Every effect is committed, and the answer is an error."""
    if scope["method"] != "POST" or not _is_due():
        await app(scope, receive, send)
        return

    async def nowhere(_message: object) -> None: ...

    await app(scope, receive, nowhere)
    await Response("lost on the way", 500)(scope, receive, send)


async def _acknowledged_unasked(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    lost = scope["method"] == "POST" and _is_due()
    await (Response(b"{}", 201) if lost else app)(scope, receive, send)


async def _error_in_a_200(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    wrong = scope["method"] == "GET" and _is_due()
    await (Response(b'{"error": "try again later"}') if wrong else app)(scope, receive, send)


async def _one_fails(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await (Response("not today", 500) if next(_COUNTED) == ONE_IN else app)(scope, receive, send)


async def _leak(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await asyncio.sleep(LEAK_S * next(_COUNTED))
    await app(scope, receive, send)


_FIRST: list[float] = []


def _since_first() -> float:
    """Seconds since the first request."""
    now = time.monotonic()
    if not _FIRST:
        _FIRST.append(now)
    return now - _FIRST[0]


async def _outage(away_s: float, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    is_out = AFTER_S <= _since_first() < AFTER_S + away_s
    await (Response("away", 503) if is_out else app)(scope, receive, send)


def _clock_set_back() -> None:
    """A moment after its first execution the wall clock of its host is a second behind."""
    read = time.time_ns
    began: list[float] = []

    def behind() -> int:
        if not began:
            began.append(time.monotonic())
        return read() - (SET_BACK_NS if time.monotonic() >= began[0] + AFTER_S else 0)

    vars(time)["time_ns"] = behind


_LAST: deque[float] = deque(maxlen=200)
"""When the last requests came."""


async def _outage_alone(away_s: float, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Once, a moment after all of the load has come to this instance, as while the others are being replaced."""
    now = time.monotonic()
    _LAST.append(now)
    if not _FIRST and len(_LAST) == _LAST.maxlen and _LAST.maxlen / (now - _LAST[0]) > WHOLE_LOAD:
        _FIRST.append(now)
    is_out = bool(_FIRST) and ALONE_S <= now - _FIRST[0] < ALONE_S + away_s
    await (Response("away", 503) if is_out else app)(scope, receive, send)


async def _stall(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Once, nobody is served for a moment, as in a collection of garbage."""
    if _since_first() >= AFTER_S:
        _FIRST[0] = float("inf")
        time.sleep(STALL_S)  # noqa: ASYNC251 - that is the fault
    await app(scope, receive, send)


def _calling(change: Callable[..., Coroutine[Any, Any, Reply]]) -> None:
    """Let calls of the next service be made so."""
    real: Call = calls.Caller.call

    async def call(self: Caller, method: str, path: str, exchange: Exchange, body: bytes | None = None) -> Reply:
        return await change(real, self, method, path, exchange, body)

    calls.Caller.call = call  # type: ignore[method-assign]  # the same


async def _asks_twice(real: Call, own: Caller, method: str, *more: Any) -> Reply:  # noqa: ANN401 - handed on
    if method == "POST" and _is_due():
        await real(own, method, *more)
    return await real(own, method, *more)


async def _falls_back(real: Call, own: Caller, method: str, path: str, *more: Any) -> Reply:  # noqa: ANN401 - the same
    """The call fails, as X-Hops tells, and an answer is made up that looks as the right one does."""
    if method != "GET" or not _is_due():
        return await real(own, method, path, *more)
    exchange: Exchange = more[0]
    own._note(exchange, own._targets[0], Reply(0, b"", "connect refused"))  # noqa: SLF001 - as the caller notes it
    return Reply(200, json.dumps({"id": path.rpartition("/")[2], "effects": []}).encode())


async def _forgets_the_lane(real: Call, own: Caller, method: str, path: str, *more: Any) -> Reply:  # noqa: ANN401
    exchange: Exchange = more[0]
    if next(_COUNTED) % OFTEN == 0:
        exchange.lane = ""
    return await real(own, method, path, *more)


def front() -> None:
    """Serve until SIGTERM."""

    async def look(_: Request) -> Response:
        return Response(b"{}", media_type="application/json")

    settings = Settings.of_environment()
    server.run(server.Service(settings, InstanceState(), [Route("/look", look)]))


WRONG: dict[str, Callable[[], None]] = {
    "a write is left half done": lambda: _appending(_half),
    "a write is done twice": lambda: _appending(_doubled),
    "a row of no request is written": lambda: _appending(_phantom),
    "a request fails": lambda: _serving(_fails),
    "one request in 100,000 fails": lambda: _serving(_one_fails),
    "a write is committed and its answer lost": lambda: _serving(_answer_lost),
    "a write is acknowledged and not done": lambda: _serving(_acknowledged_unasked),
    "an answer is an error in a 200": lambda: _serving(_error_in_a_200),
    "it is away for 2 ms under all of the load": lambda: _serving(partial(_outage_alone, 0.002)),
    "it is away for 5 ms under all of the load": lambda: _serving(partial(_outage_alone, 0.005)),
    "it is away for 50 ms": lambda: _serving(partial(_outage, 0.05)),
    "it stalls for 300 ms": lambda: _serving(_stall),
    "each answer takes longer than the one before": lambda: _serving(_leak),
    "a write is sent on twice": lambda: _calling(_asks_twice),
    "a fallback answers in the place of a failed call": lambda: _calling(_falls_back),
    "the lane is forgotten, of others each time": lambda: _calling(_forgets_the_lane),
    "the clock of its host is set back": _clock_set_back,
    "it goes by an old list": old_list,
    "a heart-beat brings it back": going_back,
    "it closes connections as requests come when it is told to go": stop_races,
    "it closes an idle connection as a request comes": idle_races,
}
"""What may be wrong, and how that is brought about."""
SERVICES = {"storefront": storefront.main, "orders": orders.main, "front": front}

if __name__ == "__main__":
    if wrong := os.environ.get("WRONG"):
        WRONG[wrong]()
    SERVICES[sys.argv[1]]()
