"""What may be wrong with a service's connections and lists, for the detection matrix.

With whom it calls, with how long it keeps a connection, and with what it tells the registry; ``detection_service.py``
names each.
"""

import asyncio
import itertools
import time
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from fixtures.services.python.calls import Caller, Reply
from fixtures.services.python.discovery.registry import Registries
from fixtures.services.python.exchange import Exchange, Executions
from fixtures.services.python.settings import Settings

LIST_IS_OLD_S = 3.0
CALLING_S = 0.5
"""Without a call for so long it goes by the list as it is."""
BEATS_AFTER_S = 0.2
"""So long after it has left the list it is back on it."""
RACES_FOR_S = 0.3
"""So long after it is told to go it closes connections."""
SEVERAL = 10
"""It is every so manieth request on a kept connection that meets its end."""


def old_list() -> None:
    """It shows the list as it is; while it is calling, whom it calls is told by one that is some seconds old."""
    choose, call = Caller._choose, Caller.call  # noqa: SLF001 - that is the fault
    called, changes = [float("-inf")], itertools.count(1)

    def chosen_late(self: Caller) -> None:
        before, by_lane = self._targets, self._by_lane
        choose(self)
        now, lanes = self._targets, self._by_lane
        vars(self)["shown"] = tuple(target.incarnation for target in now)
        change = vars(self)["change"] = next(changes)
        if time.monotonic() - called[0] > CALLING_S:
            return

        def at_last() -> None:
            if vars(self)["change"] == change:
                self._targets, self._by_lane = now, lanes

        self._targets, self._by_lane = before, by_lane
        asyncio.get_running_loop().call_later(LIST_IS_OLD_S, at_last)

    async def noted(self: Caller, *args: Any) -> Reply:  # noqa: ANN401 - handed on
        called[0] = time.monotonic()
        return await call(self, *args)

    def sees(self: Caller) -> tuple[str, ...]:
        shown: tuple[str, ...] = vars(self).get("shown", ())
        return shown

    Caller._choose = chosen_late  # type: ignore[method-assign]  # noqa: SLF001
    Caller.call = noted  # type: ignore[method-assign,assignment]
    Caller.sees = property(sees)  # type: ignore[assignment,method-assign]


def going_back() -> None:
    """It leaves the registry's list, and the next heart-beat, which knows nothing of that, puts it back.

    Nor does it tell its callers: else they would not call it, whatever the list says.
    """
    register, leave, headers = Registries.register, Registries.leave, Executions._headers  # noqa: SLF001
    known_as: list[str] = []

    async def registered(self: Registries, service: str) -> None:
        known_as.append(service)
        await register(self, service)

    async def left(self: Registries) -> None:
        await leave(self)
        loop = asyncio.get_running_loop()
        loop.call_later(BEATS_AFTER_S, lambda: vars(self).update(beat=loop.create_task(register(self, known_as[0]))))

    def silent(self: Executions, exchange: Exchange) -> list[tuple[bytes, bytes]]:
        return [header for header in headers(self, exchange) if header[0] != b"x-offline"]

    Registries.register = registered  # type: ignore[method-assign]
    Registries.leave = left  # type: ignore[method-assign]
    Executions._headers = silent  # type: ignore[method-assign]  # noqa: SLF001


def stop_races() -> None:
    """When it is told to go it closes kept connections, each just as the next request is on its way on it."""
    leave, told = Registries.leave, [float("inf")]

    async def left(self: Registries) -> None:
        told[0] = time.monotonic()
        await leave(self)

    Registries.leave = left  # type: ignore[method-assign]
    _closing(lambda: told[0] <= time.monotonic() < told[0] + RACES_FOR_S)


def idle_races() -> None:
    """It keeps an idle connection for less time than its caller does: some close as the next request is on its way."""
    counted = itertools.count(1)
    _closing(lambda: next(counted) % SEVERAL == 0)


def _closing(is_due: Callable[[], bool]) -> None:
    """Let a kept connection be closed where a request has just come on it, unread: so a race looks to the caller."""
    real, port = HttpToolsProtocol.data_received, Settings.of_environment().listen.port

    def received(self: HttpToolsProtocol, data: bytes) -> None:
        own: tuple[Any, ...] = self.transport.get_extra_info("sockname")
        is_kept = self.cycle is not None and self.cycle.response_complete
        if own[1] == port and is_kept and not data.startswith(b"GET /health") and is_due():
            self.transport.close()
            return
        real(self, data)

    HttpToolsProtocol.data_received = received  # type: ignore[method-assign]
