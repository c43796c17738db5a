"""A kiosk that keeps its customers' sessions in memory, and loads of journeys to it."""

import base64
import csv
import hashlib
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Self

import msgspec
from wsproto.connection import Connection, ConnectionType
from wsproto.events import CloseConnection, TextMessage

from conformance.load.process import LoadProcess
from conformance.load.spec import AnswerCheck, Journey, KeptSession, Route, Take
from conformance.record.load_end import LoadEnd
from conformance.record.schema import REQUESTS, TASKS
from conformance.run.waiting import until
from tests.load.specs import an_order

Row = dict[str, str]
_MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455, section 1.3."""


class Kiosk:
    """A server that keeps sessions in memory, and may forget them."""

    def __init__(self) -> None:
        self.sessions: dict[str, int] = {}
        self.asked: list[tuple[str, str, str]] = []
        """Request id, path and cookies."""
        self.forgets_after = 0
        """Requests after which it knows nobody; 0: never."""
        self.fails_after = (0, "")
        """After so many requests this path is answered by 500."""
        self.renews = False
        """Whether a session that is not known is replaced in silence."""
        kiosk = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_: object) -> None:
                pass

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", "0")))
                kiosk.answer(self)

            def do_GET(self) -> None:
                kiosk.answer(self)

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def answer(self, asked: BaseHTTPRequestHandler) -> None:
        number, cookies = asked.headers["X-Request-Id"], asked.headers.get("Cookie", "")
        self.asked.append((number, asked.path, cookies))
        if self.forgets_after and len(self.asked) > self.forgets_after:
            self.sessions.clear()
        sid = _told(cookies).get("sid", "")
        status, lines = 200, list[str]()
        after, path = self.fails_after
        if asked.path == path and len(self.asked) > after:
            status = 500
        elif asked.path == "/enter" or (self.renews and sid not in self.sessions):
            sid = f"s{number}"
            self.sessions[sid] = 0
            lines = [f"sid={sid}; Path=/; HttpOnly", "gone=1; Max-Age=0", "shelf=x; Path=/shelf"]
        elif sid not in self.sessions:
            status = 401
        if status == 200 and asked.path == "/talk":
            _talk(asked)
        elif status == 200 and asked.path.startswith("/list"):
            _list(asked)
        else:
            self._answer_at_once(asked, status, lines, sid)

    @staticmethod
    def _answer_at_once(asked: BaseHTTPRequestHandler, status: int, lines: list[str], sid: str) -> None:
        number = asked.headers["X-Request-Id"]
        body = json.dumps({"ticket": f"t{number}", "sid": sid}).encode()
        asked.send_response(status)
        for line in lines:
            asked.send_header("Set-Cookie", line)
        asked.send_header("Content-Length", str(len(body)))
        asked.end_headers()
        asked.wfile.write(body)


def _told(cookies: str) -> dict[str, str]:
    return dict(part.partition("=")[::2] for part in cookies.split("; "))


def _list(asked: BaseHTTPRequestHandler) -> None:
    """Line by line."""
    asked.send_response(200)
    asked.send_header("Set-Cookie", "listed=yes")
    asked.send_header("Transfer-Encoding", "chunked")
    asked.end_headers()
    for line in ("one\n", "two\n", "end\n", ""):
        asked.wfile.write(f"{len(line):x}\r\n{line}\r\n".encode())


def _accepted(key: str) -> str:
    digest = hashlib.sha1(f"{key}{_MAGIC}".encode(), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def _talk(asked: BaseHTTPRequestHandler) -> None:
    """Answer what is said by the same."""
    asked.send_response(101)
    asked.send_header("Upgrade", "websocket")
    asked.send_header("Connection", "Upgrade")
    asked.send_header("Set-Cookie", "talked=yes")
    asked.send_header("Sec-WebSocket-Accept", _accepted(asked.headers["Sec-WebSocket-Key"]))
    asked.end_headers()
    asked.close_connection = True
    session = Connection(ConnectionType.SERVER)
    while data := asked.connection.recv(65_536):
        session.receive_data(data)
        for event in session.events():
            if isinstance(event, TextMessage):
                asked.connection.sendall(session.send(TextMessage(data=event.data)))
            elif isinstance(event, CloseConnection):
                asked.connection.sendall(session.send(event.response()))
                return


def a_route(name: str, path: str, method: str = "GET", **more: object) -> Route:
    plain = Route(name=name, method=method, path=path, weight=0, expect=(200,), write=False)
    return msgspec.structs.replace(plain, **more)


ENTER = a_route("enter", "/enter", "POST", take=(Take(name="ticket", pointer="/ticket"),))
LOOK = a_route("look", "/shelf/{ticket}")
LEAVE = a_route("leave", "/leave/{ticket}", checks=(AnswerCheck(pointer="/ticket", exists=True),))
SESSION = KeptSession(cookie="sid", lost=(401,))
SHOPPING = Journey(name="shop", weight=1, steps=(0, 1, 1, 2), think_ms=(20, 40), session=SESSION)


def loaded(where: Path, kiosk: Kiosk, seconds: float = 1.0, **changes: object) -> LoadEnd:
    order: dict[str, Any] = {
        "port": kiosk.port,
        "rate": 60,
        "routes": (ENTER, LOOK, LEAVE),
        "journeys": (SHOPPING,),
        "warm_up_requests": 8,
        "timeout_s": 2.0,
        "max_seconds": seconds,
    }
    where.mkdir(exist_ok=True)
    port = order.pop("port")
    spec = msgspec.structs.replace(an_order(where, port), **(order | changes))
    with LoadProcess(spec) as load:
        load.launch()
        load.wait_ready(20)
        load.start()
        until("the load to end", load.progress, accept=lambda now: now.phase == "ended", within_s=20)
        return load.stop(10)


def rows(where: Path, file: str) -> list[Row]:
    with (where / file).open(newline="") as lines:
        return list(csv.DictReader(lines))


def by_journey(where: Path) -> dict[str, list[Row]]:
    requests = {row["seq"]: row for row in rows(where, REQUESTS.file)}
    return {row["task"]: [requests[seq] for seq in row["requests"].split()] for row in rows(where, TASKS.file)}
