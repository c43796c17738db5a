"""An archive that migrates its own schema: each release knows its migrations, and does not serve beyond them."""

import json
import os
import queue
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg

MIGRATIONS = (
    "CREATE TABLE letters (id bigserial PRIMARY KEY, number text, part text, keeper text)",
    "ALTER TABLE letters ADD COLUMN shelf text NOT NULL DEFAULT 'none'",
)
"""Each leaves what came before it working: the old release goes on beside the new one."""
ONE_AT_A_TIME = 4711
"""The key of the lock that whoever migrates holds."""
INSERT = "INSERT INTO letters (number, part, keeper) VALUES (%s, %s, %s)"
CONNECTIONS = 4


def migrate(known: int) -> None:
    """Bring the schema up to what this release knows; one that is further was made for a later release."""
    with psycopg.connect(os.environ["DATABASE"]) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (ONE_AT_A_TIME,))
        connection.execute("CREATE TABLE IF NOT EXISTS migrations (number int PRIMARY KEY)")
        found = connection.execute("SELECT coalesce(max(number), 0) FROM migrations").fetchone()
        done = int(found[0]) if found else 0
        if done > known:
            sys.exit(f"the schema has {done} migrations and this release knows {known}: it is from a later release")
        for number, statement in enumerate(MIGRATIONS[done:known], start=done + 1):
            connection.execute(statement)
            connection.execute("INSERT INTO migrations VALUES (%s)", (number,))


class Letters:
    """The table, over a few connections that stay open: one a letter would starve a busy machine's database."""

    def __init__(self) -> None:
        self._idle: queue.Queue[psycopg.Connection[tuple[object, ...]]] = queue.Queue()
        for _ in range(CONNECTIONS):
            self._idle.put(psycopg.connect(os.environ["DATABASE"], autocommit=True))

    def keep(self, number: str, part: str) -> None:
        connection = self._idle.get()
        try:
            connection.execute(INSERT, (number, part, os.environ["KEEPER"]))
        finally:
            self._idle.put(connection)


class Handler(BaseHTTPRequestHandler):
    letters: Letters

    def do_GET(self) -> None:
        self._answer(200, {"open": True})

    def do_POST(self) -> None:
        letter = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.letters.keep(letter["number"], "envelope")
        time.sleep(letter["reading_ms"] / 1000)
        self.letters.keep(letter["number"], "letter")
        self._answer(201, letter)

    def _answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The archive is silent."""


class Server(ThreadingHTTPServer):
    daemon_threads = False  # what is in hand is finished
    request_queue_size = 128


if __name__ == "__main__":
    migrate(int(sys.argv[1]))
    Handler.letters = Letters()
    server = Server((os.environ["HOST"], int(os.environ["PORT"])), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.05)
    server.server_close()
