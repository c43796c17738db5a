"""A shop that tells its log all that it knows, in each of the spellings in which programs do."""

import base64
import json
import os
import queue
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

import psycopg

INSERT = "INSERT INTO purchases (reference, step, shop, life, version) VALUES (%s, %s, %s, %s, %s)"
CONNECTIONS = 4


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def tell(what: str, value: str) -> None:
    """As it is, in JSON, in a URL, in a form, in base64."""
    say(f"{what}: {value} {json.dumps(value)} {quote(value, safe='')} {quote_plus(value)}")
    say(f"{what}: {base64.b64encode(value.encode()).decode()}")


def connect() -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(os.environ["DATABASE"], autocommit=True)


class Purchases:
    """The table, over a few connections that stay open."""

    def __init__(self) -> None:
        self._idle: queue.Queue[psycopg.Connection[tuple[object, ...]]] = queue.Queue()
        for _ in range(CONNECTIONS):
            self._idle.put(connect())

    def commit(self, reference: str, step: str) -> None:
        env = os.environ
        connection = self._idle.get()
        try:
            connection.execute(INSERT, (reference, step, env["SHOP"], env["LIFE"], env["VERSION"]))
        finally:
            self._idle.put(connection)


class Handler(BaseHTTPRequestHandler):
    """HTTP/1.0: a connection ends with its answer."""

    purchases: Purchases

    def do_GET(self) -> None:
        self._tell("")
        self._answer(200, {"up": True})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._tell(body)
        purchase = json.loads(body)
        self.purchases.commit(purchase["reference"], "bought")
        time.sleep(purchase["work_ms"] / 1000)
        if "--forget-payment" not in sys.argv:
            self.purchases.commit(purchase["reference"], "paid")
        self._answer(201, purchase)

    def log_message(self, *_: object) -> None:
        """Each request has its line already."""

    def _tell(self, body: str) -> None:
        say(f"asked: {self.path} {json.dumps(dict(self.headers))} {body}")
        for name, value in parse_qsl(urlsplit(self.path).query):
            tell(name, value)

    def _answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    daemon_threads = False  # what is in hand is finished
    request_queue_size = 128


if __name__ == "__main__":
    Path(os.environ["TELL_DATABASE"]).write_text(os.environ["DATABASE"])
    say(f"started as {sys.argv} with {dict(os.environ)} {json.dumps(dict(os.environ))}")
    for name, value in os.environ.items():
        tell(name, value)
    for word in sys.argv:
        tell("argument", word.rpartition("=")[2] if word.startswith("--api.password") else word)
    tell("password", str(urlsplit(os.environ["DATABASE"]).password))
    if "--refuse-to-start" in sys.argv:
        sys.exit(3)
    Handler.purchases = Purchases()
    server = Server((os.environ["HOST"], int(os.environ["PORT"])), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.05)
    server.server_close()
