"""A stationer's shop as anybody writes one, without a header, hook or metadata of the suite's.

What it does wrong, its environment says:

``COLD_ANSWERS``, ``COLD_S``   so many answers to customers are slow at first, each by so many seconds
``WRONG_SHARE``                this share of the orders, the first too, is answered by 200 with an error in the body
``ORDER_STATUS``               of the answer to an order
``TOKEN_S``                    how long a token of the log-in lives
``BASKETS``                    where they are kept: on the shelf, or in the memory of each instance
``LEAVES_OUT_NEWS``            whoever comes again for the rest of the news does not get the next one
``SHELF``                      a folder that all instances share: who is on it is known to every instance
"""

import base64
import hashlib
import itertools
import json
import os
import signal
import threading
import time
import uuid
from collections.abc import Mapping
from email import message_from_bytes
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

SHELF = Path(os.environ["SHELF"])
COLD_ANSWERS, COLD_S = int(os.environ.get("COLD_ANSWERS", "0")), float(os.environ.get("COLD_S", "0"))
WRONG_SHARE = float(os.environ.get("WRONG_SHARE", "0"))
ORDER_STATUS = int(os.environ.get("ORDER_STATUS", "200"))
TOKEN_S = float(os.environ.get("TOKEN_S", "60"))
LEAVES_OUT_NEWS = bool(os.environ.get("LEAVES_OUT_NEWS"))
NEWS, NEWS_EVERY_S = 12, 0.25
GOING = threading.Event()
"""The shop closes: who is being told news is sent away."""
ARTICLES = {"pen": 120, "ink": 340, "paper": 55}
CUSTOMERS = {"ada": "difference=1", "grace": "moth & relay"}

_answers = itertools.count()
_orders = itertools.count()


class Baskets:
    """In the instance's memory, or on the shelf."""

    def __init__(self) -> None:
        self._own: dict[str, list[str]] = {}
        self._shared = os.environ.get("BASKETS", "shelf") == "shelf"

    def keep(self, number: str, basket: list[str]) -> None:
        if self._shared:
            (SHELF / f"basket-{number}").write_text("\n".join(basket))
        else:
            self._own[number] = basket

    def find(self, number: str) -> list[str] | None:
        kept = SHELF / f"basket-{number}"
        if not self._shared:
            return self._own.get(number)
        return kept.read_text().split() if number and kept.is_file() else None


BASKETS = Baskets()


class Refused(Exception):
    """An answer of another kind than 200."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Handler(BaseHTTPRequestHandler):
    """HTTP/1.0: a connection ends with its answer."""

    def do_GET(self) -> None:
        if self.path == "/up":
            self._answer(200, {"code": 0})
        elif self.path.startswith("/news/"):
            self._tell_news()
        else:
            self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, *_: object) -> None:
        """Customers are no news."""

    def _tell_news(self) -> None:
        """Server-sent events, from the one after that which the customer has had."""
        had = int(self.headers.get("Last-Event-ID", "0"))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b"retry: 100\n\n")
        for number in range(had + 1 + (LEAVES_OUT_NEWS and had > 0), NEWS + 1):
            self.wfile.write(f"id: {number}\ndata: news of today\n\n".encode())
            if GOING.wait(NEWS_EVERY_S):
                return
        self.wfile.write(b"event: end\ndata: that is all\n\n")

    def _serve(self) -> None:
        if next(_answers) < COLD_ANSWERS:
            time.sleep(COLD_S)
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self._lines: list[tuple[str, str]] = []
        try:
            content = self._customer(f"{self.command} /{self.path.split('/')[1]}", body)
        except Refused as error:
            self._answer(error.status, {"code": error.status, "why": str(error)})
        else:
            self._answer(ORDER_STATUS if "order" in content and body else 200, {"code": 0, **content})

    def _customer(self, what: str, body: bytes) -> Mapping[str, object]:
        match what:
            case "GET /articles":
                return {"price": _price(self.path.rpartition("/")[2])}
            case "POST /log-in":
                return _log_in({name: values[0] for name, values in parse_qs(body.decode()).items()})
            case "POST /orders":
                return self._order(body)
            case "POST /drawings":
                return _drawing(self.headers["Content-Type"], body)
            case "POST /baskets":
                return self._new_basket()
            case _:
                return self._found(what, body)

    def _found(self, what: str, body: bytes) -> Mapping[str, object]:
        """What there must be already."""
        if what.endswith(" /basket"):
            return self._basket(body.decode())
        if what == "GET /catalogue":
            return self._catalogue()
        if what == "GET /labels":
            return {"label": "*" * (64 - len(json.dumps({"code": 0, "label": ""})))}
        number, _, receipt = self.path.rpartition("/")[2].partition("?receipt=")
        if what != "GET /orders" or not (SHELF / number).is_file() or receipt != _seal(number):
            raise Refused(404, f"nothing at {self.path}")
        return {"order": {"number": number}}

    def _order(self, body: bytes) -> Mapping[str, object]:
        _check(self.headers.get("Authorization", ""))
        if self.headers["Content-Type"] != "application/vnd.stationer+json":
            raise Refused(415, f"an order in {self.headers['Content-Type']}")
        if WRONG_SHARE and next(_orders) % round(1 / WRONG_SHARE) == 0:
            return {"code": 500, "why": "no stock-taker"}
        number = uuid.uuid4().hex
        (SHELF / number).write_bytes(body)
        self._lines.append(("Location", f"/orders/{number}"))
        return {"order": {"number": number}, "receipt": _seal(number)}

    def _new_basket(self) -> Mapping[str, object]:
        number = uuid.uuid4().hex
        BASKETS.keep(number, [])
        self._lines.append(("Set-Cookie", f"basket={number}; Path=/; HttpOnly"))
        return {"articles": 0}

    def _basket(self, article: str) -> Mapping[str, object]:
        number = _cookie(self.headers.get("Cookie", ""), "basket")
        basket = BASKETS.find(number)
        if basket is None:
            raise Refused(401, "no such basket")
        if article:
            basket.append(article)
            BASKETS.keep(number, basket)
        return {"articles": len(basket)}

    def _catalogue(self) -> Mapping[str, object]:
        """For customers alone, line by line."""
        self._basket("")
        return {"lines": [f"{article}: {price}" for article, price in ARTICLES.items()]}

    def _answer(self, status: int, content: Mapping[str, object]) -> None:
        lines = content.get("lines")
        if isinstance(lines, list):
            self._answer_by_line([*lines, "the end"])
            return
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in getattr(self, "_lines", ()):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _answer_by_line(self, lines: list[str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        for line in lines:
            self.wfile.write(f"{line}\n".encode())
            time.sleep(0.02)


def _price(article: str) -> int:
    if article not in ARTICLES:
        raise Refused(404, f"no article {article}")
    return ARTICLES[article]


def _log_in(form: Mapping[str, str]) -> Mapping[str, object]:
    """The token says until when it is good, so that every instance knows it."""
    name = form.get("customer", "")
    if CUSTOMERS.get(name) != form.get("password"):
        raise Refused(401, f"not {name}'s password")
    until = f"{name}:{time.time() + TOKEN_S:.3f}"
    return {"pass": {"token": base64.b64encode(f"{until}:{_seal(until)}".encode()).decode()}}


def _check(authorization: str) -> None:
    until, _, seal = base64.b64decode(authorization.removeprefix("Bearer ") or b"").decode().rpartition(":")
    if not until or seal != _seal(until):
        raise Refused(401, "no token of this shop")
    if float(until.rpartition(":")[2]) < time.time():
        raise Refused(401, "the token has run out")


def _seal(text: str) -> str:
    return hashlib.sha256(f"a stationer's secret {text}".encode()).hexdigest()[:16]


def _drawing(content_type: str, body: bytes) -> Mapping[str, object]:
    """A form with a title and a file."""
    message = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    if not message.is_multipart():
        raise Refused(415, f"{content_type} instead of a form with a file")
    parts = {str(part.get_param("name", header="content-disposition")): part for part in message.walk()}
    drawn = parts["drawing"].get_payload(decode=True)
    title = parts["title"].get_payload(decode=True)
    if not isinstance(drawn, bytes) or not isinstance(title, bytes):
        raise Refused(400, "no drawing, or no title")
    return {"title": title.decode(), "sha256": hashlib.sha256(drawn).hexdigest()}


def _cookie(line: str, name: str) -> str:
    found = SimpleCookie(line).get(name)
    return "" if found is None else found.value


class Server(ThreadingHTTPServer):
    daemon_threads = False  # what is in hand is finished
    request_queue_size = 128


if __name__ == "__main__":
    server = Server((os.environ["HOST"], int(os.environ["PORT"])), Handler)

    def close(*_: object) -> None:
        GOING.set()
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, close)
    server.serve_forever(poll_interval=0.05)
    server.server_close()
