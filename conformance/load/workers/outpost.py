"""Where a worker runs that is not on its master's machine: starts it, and carries what it says, hears and writes.

A program that speaks frames over its own stdin and stdout, whoever has started it there. The worker is the one that
runs beside its master otherwise, and knows no difference: it connects to its master on its own loopback, and writes
its tables into a folder of its own. It ends when stdin does.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import msgspec

from conformance.load.environment import CLOCK_AHEAD, ORDER, WORKER, WORKER_LIFE, WORKER_TOKEN
from conformance.load.spec import LoadSpec
from conformance.load.workers.frames import CHUNK, Errand, Frame, Frames, Kind, packed
from conformance.load.workers.messages import HOST
from conformance.load.workers.places import folder_of, worker_argv
from conformance.record import files
from conformance.record.schema import ANSWERS, REQUESTS, TASKS, TOLD

KEPT = (files.LOAD, REQUESTS.file, ANSWERS.file, TOLD.file, TASKS.file)
"""What the worker writes. A row names what stands in a later one, so they are read in this order, and told in the
reverse: the end marker is read first, and told when all of the tables is."""
EVERY_S = 0.2
"""What the worker has written is told so often, and before anything else that it says."""

Say = Callable[[bytes], None]


class Outpost:
    """One worker elsewhere. ``say`` takes whole frames, from several threads."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._life = -1
        self._connections: dict[int, socket.socket] = {}
        self._written: dict[str, BinaryIO] = {}
        self._root = self._folder = Path()

    def hear(self, frame: Frame) -> None:
        """Do what a frame asks for."""
        if frame.kind is Kind.CLOCK:
            with self._turn:
                self._say(packed(Kind.CLOCK, frame.number, str(time.monotonic_ns()).encode()))
        elif frame.kind is Kind.ERRAND:
            self._start(msgspec.msgpack.decode(frame.data, type=Errand))
        elif frame.kind is Kind.DATA and frame.number in self._connections:
            with contextlib.suppress(OSError):  # it has ended meanwhile, which its reader tells
                self._connections[frame.number].sendall(frame.data)
        elif frame.kind is Kind.SHUT and frame.number in self._connections:
            with contextlib.suppress(OSError):
                self._connections.pop(frame.number).shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """End the worker at once, where there is one, and remove what it has written: all of it was told."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            shutil.rmtree(self._root, ignore_errors=True)

    def _start(self, errand: Errand) -> None:
        root = self._root = Path(tempfile.mkdtemp(prefix="load-"))
        order = msgspec.structs.replace(msgspec.json.decode(errand.order, type=LoadSpec), directory=str(root))
        self._folder = folder_of(order, errand.worker)
        self._folder.mkdir(parents=True)
        master = socket.create_server((HOST, 0))
        life, self._life = os.pipe()
        with tempfile.TemporaryFile() as private:
            private.write(msgspec.json.encode(order))
            private.flush()
            environment = os.environ | {
                ORDER: str(private.fileno()),
                WORKER: str(errand.worker),
                WORKER_TOKEN: errand.token,
                WORKER_LIFE: str(life),
                CLOCK_AHEAD: str(errand.ahead_ns),
            }
            process = self._process = subprocess.Popen(
                worker_argv(master.getsockname()[1]),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=self._folder,
                pass_fds=(private.fileno(), life),
            )
        os.close(life)
        threading.Thread(target=self._accept, args=(master,), daemon=True).start()
        threading.Thread(target=self._see_out, args=(process,), daemon=True).start()

    def _accept(self, master: socket.socket) -> None:
        number = 0
        while True:
            connection, _ = master.accept()
            number += 1
            self._connections[number] = connection
            with self._turn:
                self._say(packed(Kind.OPEN, number))
            threading.Thread(target=self._carry, args=(number, connection), daemon=True).start()

    def _carry(self, number: int, connection: socket.socket) -> None:
        """What the worker says to its master, each time after what it has written until then."""
        with contextlib.suppress(OSError):
            while data := connection.recv(CHUNK):
                self._tell(packed(Kind.DATA, number, data))
        self._tell(packed(Kind.SHUT, number))

    def _see_out(self, process: "subprocess.Popen[bytes]") -> None:
        """Tell what the worker puts out and writes, until it has ended; then how."""
        said = threading.Thread(target=self._repeat, args=(process.stdout,), daemon=True)
        said.start()
        while process.poll() is None:
            self._tell(b"")
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(EVERY_S)
        said.join(EVERY_S)  # whoever it has started may hold the stream open
        self._tell(packed(Kind.ENDED, process.wait()))

    def _repeat(self, output: BinaryIO) -> None:
        while data := os.read(output.fileno(), CHUNK):
            self._tell(packed(Kind.SAID, 0, data))

    def _tell(self, frame: bytes) -> None:
        """This, after all that the worker has written by now."""
        with self._turn:
            pieces = [(number, self._more(name)) for number, name in enumerate(KEPT)]
            for number, data in reversed(pieces):
                for start in range(0, len(data), CHUNK):
                    self._say(packed(Kind.TABLE, number, data[start : start + CHUNK]))
            self._say(frame)

    def _more(self, name: str) -> bytes:
        """What has been added to this file since the last look at it."""
        if name not in self._written:
            if not (self._folder / name).exists():
                return b""
            self._written[name] = (self._folder / name).open("rb", buffering=0)
        return self._written[name].read()


def _write(data: bytes) -> None:
    while data:
        data = data[os.write(sys.stdout.fileno(), data) :]


def main() -> None:
    """Serve until stdin ends."""
    outpost, frames = Outpost(_write), Frames()
    try:
        while piece := os.read(sys.stdin.fileno(), CHUNK):
            for frame in frames.of(piece):
                outpost.hear(frame)
    finally:
        outpost.end()
        os._exit(0)  # nobody is left to whom threads could tell anything


if __name__ == "__main__":
    main()
