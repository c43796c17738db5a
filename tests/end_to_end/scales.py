"""A till, and scales that it asks: they stand in Nacos, over its HTTP API alone, and the till heeds their weights."""

import json
import os
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode

ROLE, SERVICE = os.environ["ROLE"], "scales"
HOST, _, PORT = os.environ["LISTEN"].rpartition(":")
REGISTRY = os.environ["REGISTRY"]
scales: list[tuple[str, float]] = []


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def sent(at: str, method: str, path: str, number: str = "") -> bytes:
    connection = HTTPConnection(at, timeout=5)
    try:
        connection.request(method, path, headers={"X-Request-Id": number})
        answer = connection.getresponse()
        told = answer.read()
    except HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()
    if answer.status >= 300:
        raise OSError(f"{method} {path}: {answer.status}")
    return told


def asked(method: str, path: str, **more: str) -> bytes:
    return sent(REGISTRY, method, f"/nacos/v1/ns/instance{path}?{urlencode({'serviceName': SERVICE, **more})}")


def register() -> None:
    kept = {"preserved.heart.beat.timeout": "15000", "preserved.ip.delete.timeout": "30000"}
    asked("POST", "", ip=HOST, port=PORT, ephemeral="true", metadata=json.dumps(kept))


def look() -> None:
    hosts = json.loads(asked("GET", "/list"))["hosts"]
    usable = [one for one in hosts if one["healthy"] and one["enabled"] and one["weight"] > 0]
    scales[:] = [(f"{one['ip']}:{one['port']}", one["weight"]) for one in usable]


def chosen() -> str:
    """By chance, as often as its weight says."""
    among = list(scales)
    point = secrets.SystemRandom().uniform(0, sum(weight for _, weight in among))
    for at, weight in among:
        point -= weight
        if point <= 0:
            return at
    raise IndexError("no scales")


def again_and_again(do: Callable[[], object]) -> None:
    def body() -> None:
        while True:
            try:
                do()
            except OSError as error:
                say(f"the registry: {error}")
            time.sleep(0.5)

    threading.Thread(target=body, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        number, status = self.headers.get("X-Request-Id", "-"), 200
        began = time.time_ns()
        if self.path == "/health":
            status = 200 if scales or ROLE == "scales" else 503
        elif ROLE == "till":
            try:
                sent(chosen(), "GET", "/", number)
            except (OSError, IndexError, ValueError):
                status = 502
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()
        if self.path != "/health":
            say(f"WEIGHED {number} ask {began} {time.time_ns()} {status}")

    def log_message(self, *_: object) -> None: ...


class Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128


if __name__ == "__main__":
    server = Server((HOST, int(PORT)), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    if ROLE == "scales":
        register()
        beat = {"ip": HOST, "port": PORT, "ephemeral": "true"}
        again_and_again(lambda: asked("PUT", "/beat", **beat))
    else:
        again_and_again(look)
    server.serve_forever(poll_interval=0.05)
    server.server_close()
