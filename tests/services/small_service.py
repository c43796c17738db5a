"""A service small enough to be read at once: answers about itself as it is told to by its environment."""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/status":
            self._answer(200, os.environ["STATUS"])
        else:
            self._answer(int(os.environ.get("READY", "200")), "{}")

    def do_POST(self) -> None:
        say(f"asked: {self.path}")
        self._answer(int(os.environ.get("OFFLINE", "200")), '{"why": "as told"}')

    def log_message(self, *_: object) -> None:
        """Only what it is asked to do is worth a line."""

    def _answer(self, status: int, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())


if __name__ == "__main__":
    host, _, port = os.environ["ADMIN"].rpartition(":")
    server = ThreadingHTTPServer((host, int(port)), Handler)
    say(json.dumps(dict(os.environ)))
    if "EXIT" in os.environ:
        sys.exit("no database")
    server.serve_forever()
