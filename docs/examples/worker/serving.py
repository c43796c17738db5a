"""A small HTTP server that answers what it has begun before it ends."""

import json
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOST, PORT = os.environ["HOST"], int(os.environ["PORT"])


class Server(ThreadingHTTPServer):
    daemon_threads = False  # what has been begun is waited for
    request_queue_size = 128


def serve(answer, ready=lambda: None):
    """Answers each request by answer(method, path, body) -> (status, dict), until SIGTERM."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            try:
                status, told = answer(self.command, self.path, json.loads(body or b"{}"))
            except Exception as error:
                status, told = 500, {"error": repr(error)}
            data = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_GET

        def log_message(self, *args):
            pass

    server = Server((HOST, PORT), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    threading.Thread(target=ready).start()
    server.serve_forever(poll_interval=0.05)
    server.server_close()
