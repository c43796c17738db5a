"""One of many services, by Python's own library alone: it asks one of those that it calls, at random, or answers.

DELAY_S is how long it takes before it listens. With LINGER_S it leaves Eureka when it is told to end, and serves on for
so long; else it only finishes what it has begun.
"""

import json
import os
import secrets
import signal
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

EUREKA = os.environ["EUREKA"]
NAME = os.environ["NAME"]
HOST, _, PORT = os.environ["LISTEN"].rpartition(":")
RENEW_S, REFRESH_S = float(os.environ["RENEW_S"]), float(os.environ["REFRESH_S"])
LINGER_S = float(os.environ.get("LINGER_S", "0"))
leaving = threading.Event()
callees: dict[str, list[str]] = {name: [] for name in os.environ["CALLS"].split()}


def sent(at: str, method: str, path: str, body: str | None = None) -> bytes:
    """The answer's body; raises OSError, of a refusal too."""
    connection = HTTPConnection(at, timeout=5)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json", "Accept": "application/json"})
        answer = connection.getresponse()
        told = answer.read()
    except HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()
    if answer.status >= 300:
        raise OSError(f"{method} {path}: {answer.status}")
    return told


def register() -> None:
    instance = {
        "instanceId": f"{HOST}:{PORT}",
        "hostName": HOST,
        "ipAddr": HOST,
        "app": NAME,
        "vipAddress": NAME,
        "status": "UP",
        "port": {"$": int(PORT), "@enabled": "true"},
        "dataCenterInfo": {"@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"},
        "leaseInfo": {"renewalIntervalInSecs": int(RENEW_S), "durationInSecs": int(os.environ["EXPIRE_S"])},
    }
    sent(EUREKA, "POST", f"/eureka/apps/{NAME}", json.dumps({"instance": instance}))


def renew() -> None:
    if not leaving.is_set():
        sent(EUREKA, "PUT", f"/eureka/apps/{NAME}/{HOST}:{PORT}")


def leave(server: ThreadingHTTPServer) -> None:
    leaving.set()
    if LINGER_S:
        sent(EUREKA, "DELETE", f"/eureka/apps/{NAME}/{HOST}:{PORT}")
        time.sleep(LINGER_S)
    server.shutdown()


def again_and_again(seconds: float, do: Callable[[], object]) -> None:
    def body() -> None:
        while True:
            try:
                do()
            except OSError as error:
                print(f"the registry: {error}", flush=True)
            time.sleep(seconds)

    threading.Thread(target=body, daemon=True).start()


def refresh() -> None:
    for name in callees:
        listed = json.loads(sent(EUREKA, "GET", f"/eureka/apps/{name}"))["application"]["instance"]
        callees[name] = [f"{one['ipAddr']}:{one['port']['$']}" for one in listed if one["status"] == "UP"]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        status = 200
        if self.path == "/health":
            status = 200 if all(callees.values()) else 503
        elif callees:
            try:
                sent(secrets.choice(callees[secrets.choice(list(callees))]), "GET", "/")
            except (OSError, IndexError):
                status = 502
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


class Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128


if __name__ == "__main__":
    time.sleep(float(os.environ.get("DELAY_S", "0")))
    server = Server((HOST, int(PORT)), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=leave, args=(server,)).start())
    if NAME != "S1":
        register()
        again_and_again(RENEW_S, renew)
    if callees:
        again_and_again(REFRESH_S, refresh)
    server.serve_forever(poll_interval=0.05)
    server.server_close()
