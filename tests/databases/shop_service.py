"""A shop that knows nothing of this suite: takes purchases over HTTP and writes each to MariaDB in two commits."""

import json
import os
import queue
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pymysql

INSERT = "INSERT INTO purchases (reference, step, shop, life, version) VALUES (%s, %s, %s, %s, %s)"
BACKLOG = 128
CONNECTIONS = 4


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def connect() -> pymysql.Connection:
    env = os.environ
    return pymysql.connect(
        host=env["DB_HOST"],
        port=int(env["DB_PORT"]),
        user=env["DB_USER"],
        password=env["DB_PASSWORD"],
        database=env["DB_NAME"],
        autocommit=True,
    )


class Purchases:
    """The table, over a few connections that stay open."""

    def __init__(self) -> None:
        self._idle: queue.Queue[pymysql.Connection] = queue.Queue()
        for _ in range(CONNECTIONS):
            self._idle.put(connect())

    def commit(self, reference: str, step: str) -> None:
        env = os.environ
        connection = self._idle.get()
        try:
            connection.cursor().execute(INSERT, (reference, step, env["SHOP"], env["LIFE"], env["VERSION"]))
        finally:
            self._idle.put(connection)


class Handler(BaseHTTPRequestHandler):
    """HTTP/1.0: a connection ends with its answer."""

    purchases: Purchases

    def do_GET(self) -> None:
        say(f"asked: {self.path}")
        self._answer(200, {"up": True})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        say(f"asked: {self.path} {body}")
        purchase = json.loads(body)
        self.purchases.commit(purchase["reference"], "bought")
        time.sleep(purchase["work_ms"] / 1000)
        if "--forget-payment" not in sys.argv:
            self.purchases.commit(purchase["reference"], "paid")
        self._answer(201, purchase)

    def log_message(self, *_: object) -> None:
        """Each request has its line already."""

    def _answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    daemon_threads = False  # what is in hand is finished
    request_queue_size = BACKLOG


if __name__ == "__main__":
    say(f"started as {sys.argv} with {dict(os.environ)}")
    Handler.purchases = Purchases()
    server = Server((os.environ["HOST"], int(os.environ["PORT"])), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.05)
    server.server_close()
