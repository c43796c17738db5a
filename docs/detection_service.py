"""The sample's storefront or orders with one thing wrong, for the detection matrix: detection_service.py SERVICE.

WRONG in the environment names it. Each is what a new version might do to every tenth of its requests, or for some
milliseconds; whoever releases it must not be told GO.
"""

import itertools
import os
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from fixtures.services.python import calls, ledger, orders, server, storefront
from fixtures.services.python.calls import Caller, Reply
from fixtures.services.python.exchange import Exchange, Executions
from fixtures.services.python.ledger import Ledger
from fixtures.services.python.life import InstanceState
from fixtures.services.python.settings import Settings

SEVERAL = 10
"""It is every so manieth that goes wrong."""
OUTAGE_AFTER_S, OUTAGE_S = 1.0, 0.05
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


_FIRST: list[float] = []


async def _outage(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    now = time.monotonic()
    if not _FIRST:
        _FIRST.append(now)
    is_out = OUTAGE_AFTER_S <= now - _FIRST[0] < OUTAGE_AFTER_S + OUTAGE_S
    await (Response("away", 503) if is_out else app)(scope, receive, send)


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
    """The call fails, as X-Hops tells, and an answer is made up."""
    if method != "GET" or not _is_due():
        return await real(own, method, path, *more)
    exchange: Exchange = more[0]
    own._note(exchange, own._targets[0], Reply(0, b"", "connect refused"))  # noqa: SLF001 - as the caller notes it
    return Reply(200, b"{}")


WRONG: dict[str, Callable[[], None]] = {
    "a write is left half done": lambda: _appending(_half),
    "a write is done twice": lambda: _appending(_doubled),
    "a row of no request is written": lambda: _appending(_phantom),
    "a request fails": lambda: _serving(_fails),
    "a write is committed and its answer lost": lambda: _serving(_answer_lost),
    "a write is acknowledged and not done": lambda: _serving(_acknowledged_unasked),
    "it is away for 50 ms": lambda: _serving(_outage),
    "a write is sent on twice": lambda: _calling(_asks_twice),
    "a fallback answers in the place of a failed call": lambda: _calling(_falls_back),
}
"""What may be wrong, and how that is brought about."""
SERVICES = {"storefront": storefront.main, "orders": orders.main}

if __name__ == "__main__":
    WRONG[os.environ["WRONG"]]()
    SERVICES[sys.argv[1]]()
