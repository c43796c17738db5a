"""A service as anybody writes it: no header, hook or metadata of the suite's. It says what it is asked for."""

import json
import os
import sys
import time
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer(404 if self.path == "/nowhere" else 200)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        typed, signed = self.headers.get("Content-Type", "none"), self.headers.get("X-Signed", "none")
        say(f"POST {self.path} {typed} {signed} {body}")
        self._answer(int(os.environ.get("ANSWER", "204")))

    def log_message(self, *_: object) -> None:
        """Only what it is told to do is worth a line."""

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


def register(host: str, port: int) -> None:
    """In Eureka, without metadata; whoever ends is listed until the registry notices."""
    name, at = os.environ["NAME"], HTTPConnection(os.environ["EUREKA"], timeout=5)
    instance = {
        "instanceId": f"{host}:{port}",
        "app": name,
        "hostName": host,
        "ipAddr": host,
        "vipAddress": name,
        "status": "UP",
        "port": {"$": port, "@enabled": "true"},
        "dataCenterInfo": {"@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"},
    }

    body = json.dumps({"instance": instance})
    at.request("POST", f"/eureka/apps/{name}", body, {"Content-Type": "application/json"})
    at.getresponse().read()


if __name__ == "__main__":
    say("told " + json.dumps(dict(os.environ)))
    say("up soon")
    time.sleep(float(os.environ.get("DELAY_S", "0")))
    host, _, port = os.environ["LISTEN"].rpartition(":")
    server = ThreadingHTTPServer((host, int(port)), Handler)
    if "EUREKA" in os.environ:
        register(host, int(port))
    say("Started in a moment")
    server.serve_forever()
