"""A mailroom in one file: it takes an order by HTTP, answers, and sends the mail of it some time after.

It keeps a journal in a folder, one file a process, a line for each thing that it has done.

    mailroom.py HOST PORT JOURNALS [--after SECONDS | --every SECONDS] [--drop]
"""

import argparse
import json
import os
import queue
import signal
import threading
import time
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

Mail = tuple[float, str]
"""When it is to be sent, and of which order."""


class Journal:
    """Lines at the end of a file, each whole."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = os.open(folder / f"{os.getpid()}-{time.time_ns()}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def write(self, what: str, orders: Iterable[str]) -> None:
        os.write(self._file, "".join(f"{order} {what}\n" for order in orders).encode())


class Mailer(threading.Thread):
    """Sends each mail when its time has come; at the end what is left, or nothing."""

    def __init__(self, journal: Journal, options: argparse.Namespace) -> None:
        super().__init__()
        self._journal = journal
        self._options = options
        self._waiting: queue.Queue[Mail] = queue.Queue()
        self.ending = threading.Event()

    def send_later(self, order: str) -> None:
        self._waiting.put((time.monotonic() + self._options.after, order))

    def run(self) -> None:
        while not self.ending.is_set():
            if self._options.every:
                self.ending.wait(self._options.every)
                if not self.ending.is_set():
                    self._journal.write("mailed", self._taken())
                continue
            try:
                due, order = self._waiting.get(timeout=0.05)
            except queue.Empty:
                continue
            if self.ending.wait(max(0.0, due - time.monotonic())) and self._options.drop:
                return
            self._journal.write("mailed", [order])
        if not self._options.drop:
            self._journal.write("mailed", self._taken())

    def _taken(self) -> list[str]:
        return [self._waiting.get()[1] for _ in range(self._waiting.qsize())]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    journal: Journal
    mailer: Mailer

    def do_GET(self) -> None:
        self._answer(200, {"open": not self.mailer.ending.is_set()})

    def do_POST(self) -> None:
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["order"]
        self.journal.write("taken", [order])
        self.mailer.send_later(order)
        self._answer(202, {"order": order})

    def log_message(self, *_: object) -> None: ...

    def _answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("journals", type=Path)
    parser.add_argument("--after", type=float, default=0.0)
    parser.add_argument("--every", type=float, default=0.0)
    parser.add_argument("--drop", action="store_true")
    options = parser.parse_args()
    Handler.journal = Journal(options.journals)
    Handler.mailer = Mailer(Handler.journal, options)
    Handler.mailer.start()
    server = Server((options.host, options.port), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.05)
    Handler.mailer.ending.set()
    Handler.mailer.join()


if __name__ == "__main__":
    main()
