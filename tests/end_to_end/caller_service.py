"""A front that asks a warehouse behind it: once for each request, twice, or once more for one in forty.

caller_service.py HOST PORT WAREHOUSE [--twice | --again]
"""

import argparse
import http.client
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

REQUEST_ID = "X-Request-Id"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    options: argparse.Namespace
    numbers = count()

    def do_GET(self) -> None:
        if self.path == "/up":
            self._answer(200, b"{}")
            return
        for _ in range(self._times()):
            status, body = self._asked()
        self._answer(status, body)

    def log_message(self, *_: object) -> None: ...

    def _times(self) -> int:
        again = self.options.again and next(self.numbers) % 40 == 39
        return 2 if self.options.twice or again else 1

    def _asked(self) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self.options.warehouse, timeout=5)
        try:
            connection.request("GET", self.path, headers={REQUEST_ID: self.headers.get(REQUEST_ID, "")})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _answer(self, status: int, body: bytes) -> None:
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
    parser.add_argument("warehouse")
    parser.add_argument("--twice", action="store_true")
    parser.add_argument("--again", action="store_true")
    Handler.options = parser.parse_args()
    server = Server((Handler.options.host, Handler.options.port), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.05)


if __name__ == "__main__":
    main()
