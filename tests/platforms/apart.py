"""A machine that reaches a cluster's API server and nothing else of it: a network of a program's own, and a door there.

It has loopback alone. Whoever listens there in its name is led to the API server.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests.glue.suite import ROOT
from tests.platforms.clusters import ClusterDoor

PORT = 6443
_ENTERS = f"""
import os, socket, subprocess, sys
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
with socket.create_server(("127.0.0.1", {PORT})) as door, socket.socket(fileno=int(sys.argv[1])) as told:
    socket.send_fds(told, [b"door"], [door.fileno()])
    told.recv(1)
os.execvp(sys.argv[2], sys.argv[2:])
"""


@contextmanager
def started(
    folder: Path, argv: Sequence[str], env: Mapping[str, str], output: IO[bytes]
) -> "Iterator[subprocess.Popen[bytes]]":
    """The program in such a network, with a kubeconfig of the door in this folder; ends with the context."""
    here, there = socket.socketpair()
    with here, there:
        process = subprocess.Popen(
            ["unshare", "--net", sys.executable, "-c", _ENTERS, str(there.fileno()), *argv],
            cwd=ROOT,
            env={**os.environ, **env, "KUBECONFIG": str(folder / "door.kubeconfig")},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=(there.fileno(),),
        )
        there.close()
        _, (listener, *_), _, _ = socket.recv_fds(here, 16, 1)
        door = ClusterDoor(folder, socket.socket(fileno=listener))
        here.sendall(b"!")
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        door.shut()
