"""A shop counter in one file: it numbers its orders itself, and knows nothing of request ids.

    counter_service.py HOST PORT BOOKS VERSION [--twice] [--forgets-receipts] [--forgets-old]

An order is a line in a book that all counters share; what is done for it are further lines. A customer who has an order
already is told 409. Version 2 writes a receipt as well. It says of each request when it ended and how long it took.
"""

import argparse
import fcntl
import json
import signal
import sys
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Books:
    """Lines ``ORDER WHAT``, in one file that several processes write."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.touch()

    def open_order(self, customer: str) -> int | None:
        """The number of a new order; None where the customer has one."""
        with self._path.open("r+") as book:
            fcntl.flock(book, fcntl.LOCK_EX)
            lines = book.read().splitlines()
            if any(line.endswith(f" opened {customer}") for line in lines[-400:]):
                return None
            number = 1 + sum(" opened " in line for line in lines)
            book.write(f"{number} opened {customer}\n")
            return number

    def note(self, number: int, what: str) -> None:
        with self._path.open("a") as book:
            fcntl.flock(book, fcntl.LOCK_EX)
            book.write(f"{number} {what}\n")

    def has(self, number: str) -> bool:
        return f"\n{number} opened " in "\n" + self._path.read_text()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    books: Books
    options: argparse.Namespace

    def do_GET(self) -> None:
        began = time.monotonic()
        if self.path == "/up":
            self._answer(200, {}, began)
            return
        number = self.path.rpartition("/")[2]
        forgotten = self.options.forgets_old and int(number) < 100
        self._answer(404 if forgotten or not self.books.has(number) else 200, {"number": number}, began)

    def do_POST(self) -> None:
        began = time.monotonic()
        customer = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["customer"]
        number = self.books.open_order(customer)
        if number is None:
            if self.options.twice:
                self.books.note(0, "charged")
            self._answer(409, {"error": "has one"}, began)
            return
        self.books.note(number, "charged")
        if self.options.version == "2" and not (self.options.forgets_receipts and number % 5 == 0):
            self.books.note(number, "receipt")
        self._answer(201, {"number": number}, began)

    def log_message(self, *_: object) -> None: ...

    def _answer(self, status: int, content: object, began: float) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        took = round((time.monotonic() - began) * 1000)
        trace = self.headers.get("X-Request-Id", "-")
        sys.stdout.write(f"{now} INFO [{trace}] {self.command} -> {status} in {took} ms\n")
        sys.stdout.flush()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("books", type=Path)
    parser.add_argument("version")
    parser.add_argument("--twice", action="store_true")
    parser.add_argument("--forgets-receipts", action="store_true")
    parser.add_argument("--forgets-old", action="store_true")
    Handler.options = parser.parse_args()
    Handler.books = Books(Handler.options.books)
    server = Server((Handler.options.host, Handler.options.port), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.05)


if __name__ == "__main__":
    main()
