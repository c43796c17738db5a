"""A server for tasks: it tells what it was asked, sets a cookie, redirects, is wrong, slow, or hangs up; and counts."""

import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


class ShopServer:
    """In threads of its own, on loopback."""

    def __init__(self, header: str = "X-Request-Id") -> None:
        """``header``: by which a request tells its id, and the only one of that kind that this server knows."""
        self.arrivals: Counter[str] = Counter()
        """By what that header held."""
        self.bodies: dict[str, str] = {}
        """Likewise."""
        self.paths: list[str] = []
        self.stalls = threading.Event()
        """While it is set, answers take half a second."""
        shop = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_: object) -> None:
                pass

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                told_id = self.headers.get(header, "")
                shop.arrivals[told_id] += 1
                shop.bodies[told_id] = body.decode("latin-1")
                shop.paths.append(f"{self.command} {self.path}")
                if shop.stalls.is_set():
                    time.sleep(0.5)
                path = self.path.partition("?")[0]
                if path == "/hang-up":
                    self.close_connection = True
                    return
                if path == "/slow":
                    time.sleep(0.3)
                status = {"/error": 500, "/redirect": 302, "/see-other": 303, "/created": 201}.get(path, 200)
                told: dict[str, object] = {
                    "method": self.command,
                    "path": self.path,
                    "headers": {name.lower(): value for name, value in self.headers.items()},
                    "body": body.decode("latin-1"),
                }
                data = json.dumps({"code": 500} if path == "/code" else told).encode()
                self.send_response(status)
                if path == "/login":
                    self.send_header("Set-Cookie", f"session={told_id}; Path=/")
                    self.send_header("Set-Cookie", "theme=dark; Path=/")
                if status in (302, 303):
                    self.send_header("Location", "/echo?after=redirect")
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer  # noqa: N815 - the library's names

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
