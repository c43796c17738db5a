"""Requests that are tasks of their own, beside the engine: due on its schedule, accounted for by it, once each."""

from collections.abc import Mapping, Sequence

import gevent

from conformance.load.engine import Engine
from conformance.load.kinds.ends import End, Ends
from conformance.load.kinds.events import EventsExchange
from conformance.load.kinds.exchange import Exchange, HeadLines, HttpExchange, no_lines
from conformance.load.kinds.http2 import Http2Exchange, Links
from conformance.load.kinds.websocket import WebSocketExchange
from conformance.load.request import Request, Template, Terms


def exchanges_of(ends: Ends, templates: Sequence[Template]) -> dict[int, Exchange]:
    """How the requests of each route that has a kind are carried out, by the route's number.

    Raises OSError and LookupError, as ``Ends.of``.
    """
    links: dict[End, Links] = {}
    found: dict[int, Exchange] = {}
    for number, template in enumerate(templates):
        kind = template.route.kind
        if kind is None:
            continue
        end = ends.of(tls=kind.tls, http2=kind.http2)
        if kind.name == "websocket" and kind.messages is not None:
            found[number] = WebSocketExchange(end, template, kind.messages)
        elif kind.rpc is not None:
            # Not above: it takes longer to import than all else, and few loads need it.
            from conformance.load.kinds.rpc import RpcExchange  # noqa: PLC0415

            found[number] = RpcExchange(end, template, kind, kind.rpc, ends.trusted if kind.tls else "")
        else:
            by_http2 = kind.http2 and Http2Exchange(links.setdefault(end, Links(end)), template, kind)
            way = by_http2 or HttpExchange(end, template, kind)
            found[number] = EventsExchange(way, template, kind) if kind.name == "events" else way
    return found


class Beside:
    """Begins whatever is due: by its exchange where its route has one, by the engine where it has none."""

    def __init__(self, engine: Engine, templates: Sequence[Template], exchanges: Mapping[int, Exchange]) -> None:
        """``exchanges``: by the number of the route."""
        self._engine = engine
        self._templates = templates
        self._exchanges = exchanges
        self._open: set[gevent.Greenlet] = set()

    def begin(self, request: Request) -> None:
        """See ``Engine.run``."""
        self.send(request, self._templates[request.route], no_lines)

    def send(self, request: Request, terms: Terms, lines: HeadLines) -> None:
        """Begin a request now: these terms are asked of its answer, and these lines stand in its head."""
        exchange = self._exchanges.get(request.route)
        if exchange is None:
            self._engine.send(request, terms, self._templates[request.route].fill(request, lines()))
        else:
            request.terms = terms
            self._open.add(gevent.spawn(self._carry_out, exchange, request, lines))

    def busy(self) -> bool:
        """See ``Engine.run``."""
        return bool(self._open)

    def close(self) -> None:
        """End what is under way, telling nobody. Repeatable."""
        gevent.killall(list(self._open))
        self._open.clear()
        for exchange in self._exchanges.values():
            exchange.close()

    def _carry_out(self, exchange: Exchange, request: Request, lines: HeadLines) -> None:
        engine = self._engine
        try:
            exchange.carry_out(request, engine, lines)
            engine.account(request)
        except Exception as error:  # noqa: BLE001 - a defect of the client's: raised by the engine's run
            engine.abort(error)
        self._open.discard(gevent.getcurrent())
        engine.look_whether_over()
