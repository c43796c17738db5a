"""A small system that stands by itself and knows nothing of this suite: three news desks behind nginx, their scripts.

newsroom.py up FOLDER NGINX           start it in version 7, and print the address of its nginx
newsroom.py list FOLDER               a line for each desk
newsroom.py deploy FOLDER VERSION HOW desk by desk: ``careful`` starts a new one, tells nginx, then stops the old one;
``careless`` kills the old one first; ``stuck`` never comes to its end,
``half`` goes about it carefully and fails after the first, ``careless half`` likewise without care, ``half, then
stuck`` never ends after the first, ``broken`` ends at once with an error
newsroom.py down FOLDER               end it
newsroom.py desk PORT VERSION         a desk itself
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

DESKS = 3
HOST = "127.0.0.1"


def up(folder: Path, nginx: str) -> None:
    desks = [_start(folder, "7") for _ in range(DESKS)]
    port = _free_port()
    state = {"desks": desks, "port": port}
    _save(folder, state)
    _configure(folder, state)
    subprocess.run([nginx, "-p", str(folder), "-c", "nginx.conf", "-e", "error.log"], check=True)
    _await_answer(port)
    _say(f"{HOST}:{port}")


def list_desks(folder: Path) -> None:
    for desk in _load(folder)["desks"]:
        ready = "true" if _answers(desk["port"]) else "false"
        _say(f"desk-{desk['pid']} {desk['version']} {ready} {HOST}:{desk['port']}")


def deploy(folder: Path, version: str, how: str) -> None:
    if how == "broken":
        sys.exit("deploy: the artefact of this version is missing")
    while how == "stuck":
        time.sleep(1)
    olds = _load(folder)["desks"]
    careless = how.startswith("careless")
    for old in olds:
        if careless:
            os.kill(old["pid"], signal.SIGKILL)
        _say(f"replacing desk {old['pid']}")
        new = _start(folder, version)
        state = _load(folder)
        both = {**state, "desks": [*state["desks"], new]}
        _save(folder, both if not careless else {**both, "desks": [d for d in both["desks"] if d != old]})
        _configure(folder, {**state, "desks": [d for d in both["desks"] if d != old]})
        _reload(folder)
        if not careless:
            time.sleep(1.5)  # what its old workers had accepted has been answered
            os.kill(old["pid"], signal.SIGTERM)
            _save(folder, {**state, "desks": [d for d in both["desks"] if d != old]})
        while how == "half, then stuck":
            time.sleep(1)
        if how in {"half", "careless half"}:
            sys.exit("deploy: the next desk has no room")


def down(folder: Path) -> None:
    state = _load(folder)
    for desk in state["desks"]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(desk["pid"], signal.SIGKILL)
    os.kill(int((folder / "nginx.pid").read_text()), signal.SIGTERM)


class Desk(BaseHTTPRequestHandler):
    """HTTP/1.0: a connection ends with its answer."""

    version = ""

    def do_GET(self) -> None:
        body = json.dumps({"headline": "Tide turns", "edition": self.version}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128


def desk(port: int, version: str) -> None:
    Desk.version = version
    server = Server((HOST, port), Desk)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.05)
    server.server_close()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _start(folder: Path, version: str) -> dict[str, Any]:
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, __file__, "desk", str(port), version],
        stdout=(folder / f"desk-{port}.log").open("wb"),
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    _await_answer(port)
    return {"pid": process.pid, "port": port, "version": version}


def _configure(folder: Path, state: dict[str, Any]) -> None:
    # An old worker ends a connection with its next answer, and one that idles a second later: never under a request.
    servers = " ".join(f"server {HOST}:{desk['port']} max_fails=0;" for desk in state["desks"])
    (folder / "nginx.conf").write_text(
        f"""
        daemon on; pid nginx.pid; worker_processes 1; error_log error.log;
        events {{ worker_connections 1024; }}
        http {{
            access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
            uwsgi_temp_path uwsgi; scgi_temp_path scgi;
            upstream desks {{ {servers} }}
            server {{ listen {HOST}:{state["port"]}; keepalive_requests 1000000; keepalive_min_timeout 1s;
                     location / {{ proxy_pass http://desks; proxy_next_upstream off; }} }}
        }}
        """
    )


def _reload(folder: Path) -> None:
    os.kill(int((folder / "nginx.pid").read_text()), signal.SIGHUP)
    time.sleep(0.3)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        return int(taken.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/news", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _await_answer(port: int) -> None:
    deadline = time.monotonic() + 20
    while not _answers(port):
        if time.monotonic() > deadline:
            sys.exit(f"nothing answers at {port} within 20 s")
        time.sleep(0.05)


def _load(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "state.json").read_text())
    return found


def _save(folder: Path, state: dict[str, Any]) -> None:
    made = folder / "state.new"
    made.write_text(json.dumps(state))
    made.replace(folder / "state.json")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["up", where, nginx]:
            up(Path(where), nginx)
        case ["list", where]:
            list_desks(Path(where))
        case ["deploy", where, version, how]:
            deploy(Path(where), version, how)
        case ["down", where]:
            down(Path(where))
        case ["desk", port, version]:
            desk(int(port), version)
        case _:
            sys.exit(__doc__)
