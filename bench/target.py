"""The server that load clients are measured against: nginx, one worker on a core of its own, answering from memory."""

import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from conformance.run.waiting import until
from fixtures.slb.nginx.program import nginx_binary

HOST = "127.0.0.1"

_CONFIG = """
daemon off; master_process off; pid nginx.pid; error_log error.log;
events {{ worker_connections 16384; }}
http {{
  access_log off; keepalive_requests 10000000; keepalive_timeout 1h;
  client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
  server {{
    listen {host}:{port} backlog=4096;
    location / {{ add_header X-Instance target-01; add_header X-Version v1; return 200 ok; }}
  }}
}}
"""


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """What is started meanwhile stays on this core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def target(core: int | None) -> Iterator[int]:
    """A server on this core, or on any; yields its port."""
    where = nullcontext() if core is None else on_core(core)
    with tempfile.TemporaryDirectory(prefix="bench-target-") as folder, where:
        with socket.create_server((HOST, 0)) as free:
            port = free.getsockname()[1]
        Path(folder, "nginx.conf").write_text(_CONFIG.format(host=HOST, port=port))
        argv = [str(nginx_binary()), "-p", folder, "-c", "nginx.conf", "-e", "error.log"]
        server = subprocess.Popen(argv, stderr=subprocess.DEVNULL)
        try:
            until("the target answers", lambda: _listens(port), within_s=5)
            yield port
        finally:
            server.terminate()
            server.wait(5)


def _listens(port: int) -> bool:
    with suppress(ConnectionRefusedError), socket.create_connection((HOST, port)):
        return True
    return False
