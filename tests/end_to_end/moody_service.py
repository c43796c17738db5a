"""A service in one file that answers one request in so many with 500, in either version.

moody_service.py PORT ONE_IN
"""

import itertools
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT, ONE_IN = int(sys.argv[1]), int(sys.argv[2])
COUNTED = itertools.count(1)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        moody = self.path != "/up" and next(COUNTED) % ONE_IN == 0
        self.send_response(500 if moody else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"no" if moody else b"ok")

    def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 - as the base class has it


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever()
