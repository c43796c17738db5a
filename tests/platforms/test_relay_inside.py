"""What answers the harness inside a container's network: one request a line, one answer a line."""

import json
import socket
import subprocess
import sys

import pytest

from fixtures.platforms.http_client import CONNECT_ONLY
from fixtures.platforms.relay import SOURCE


def _answered(port: int) -> dict[str, object]:
    message = {"id": 7, "method": CONNECT_ONLY, "host": "127.0.0.1", "port": port, "timeout": 2.0}
    done = subprocess.run(
        [sys.executable, SOURCE],
        input=json.dumps(message) + "\n",
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_a_connection_alone_is_answered_where_something_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert _answered(listening.getsockname()[1]) == {"id": 7, "status": 204}


@pytest.mark.parametrize("key", ["kind", "error"])
def test_a_refused_one_is_told_as_such(key: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    assert {"kind": "connect", "error": "[Errno 111] Connection refused"}[key] == _answered(port)[key]
