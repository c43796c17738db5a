"""Stands here for a worker that runs elsewhere: to the master it is a process of its own, as every worker is.

It carries the worker's connections to the master, puts into this folder what the worker writes and into its own output
what the worker puts out, and ends as the worker does. What it says comes in the order in which the worker did it: by
the time that the master hears of an end, the tables are here.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic_ns
from typing import BinaryIO, Self, cast

import msgspec

from conformance.load.environment import ORDER, WORKER, WORKER_LIFE, WORKER_TOKEN
from conformance.load.workers import outpost
from conformance.load.workers.clocks import QUESTIONS, Answer, agreement
from conformance.load.workers.frames import CHUNK, Errand, Frame, Frames, Kind, packed
from conformance.load.workers.messages import HOST
from conformance.load.workers.outpost import KEPT

PROGRAM = ("python", "-m", outpost.__name__)
"""What is run there: whatever place it is has a Python of this name with what a load needs."""
ENDS_WITHIN_S = 5.0


class Broken(RuntimeError):
    """The worker cannot be had; one line that says why."""


class Liaison:
    """Carries out one worker's part; a context manager, at whose end what it has started here is gone."""

    def __init__(self, port: int, command: Sequence[str]) -> None:
        """The master listens at ``port`` on this machine's loopback; ``command`` runs a program there."""
        self._port = port
        self._way = subprocess.Popen([*command, *PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._stdin = cast("BinaryIO", self._way.stdin)
        self._turn = threading.Lock()
        self._masters: dict[int, socket.socket] = {}
        self._files: dict[int, BinaryIO] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end_way()

    def run(self) -> int:
        """Until the worker has ended: its exit code, minus the signal's number where one ended it. Raises Broken."""
        threading.Thread(target=self._end_with_master, args=(int(os.environ[WORKER_LIFE]),), daemon=True).start()
        try:
            frames = self._heard()
            ahead_ns = self._clock_ahead(frames)
            self._say(packed(Kind.ERRAND, 0, msgspec.msgpack.encode(_errand(ahead_ns))))
            for frame in frames:
                if frame.kind is Kind.ENDED:
                    return frame.number
                self._take(frame)
        except (OSError, ValueError) as error:  # ValueError: its stdin has been closed here
            raise Broken(f"the way to it broke off: {error}") from error
        raise Broken("the way to it ended before it did")

    def _end_way(self) -> None:
        """By the end of stdin, after which the outpost tidies up; where it does not end, at once."""
        with self._turn, contextlib.suppress(OSError):
            self._stdin.close()
        try:
            self._way.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._way.kill()

    def _say(self, frame: bytes) -> None:
        with self._turn:
            self._stdin.write(frame)
            self._stdin.flush()

    def _heard(self) -> Iterator[Frame]:
        """What the outpost tells; its errors go where this one's do."""
        output, frames = cast("BinaryIO", self._way.stdout), Frames()
        while piece := os.read(output.fileno(), CHUNK):
            yield from frames.of(piece)

    def _clock_ahead(self, frames: Iterator[Frame]) -> int:
        """By how much the clock there is before the one here; 0 where it may be the same. Raises Broken."""
        answers = []
        for question in range(QUESTIONS):
            asked_ns = monotonic_ns()
            self._say(packed(Kind.CLOCK, question))
            said = next((frame for frame in frames if frame.kind is Kind.CLOCK and frame.number == question), None)
            if said is None:
                raise Broken("nothing answers there")
            answers.append(Answer(asked_ns, int(said.data), monotonic_ns()))
        agreed = agreement(answers)
        if fault := agreed._replace(ahead_ns=0).fault:  # another clock is as good, if only it is known
            raise Broken(fault)
        return 0 if abs(agreed.ahead_ns) <= agreed.within_ns else agreed.ahead_ns

    def _take(self, frame: Frame) -> None:
        if frame.kind is Kind.TABLE:
            if frame.number not in self._files:
                self._files[frame.number] = Path(KEPT[frame.number]).open("xb", buffering=0)  # noqa: SIM115 - to the end
            self._files[frame.number].write(frame.data)
        elif frame.kind is Kind.SAID:
            _put_out(frame.data)
        elif frame.kind is Kind.OPEN:
            master = self._masters[frame.number] = socket.create_connection((HOST, self._port))
            threading.Thread(target=self._carry, args=(frame.number, master), daemon=True).start()
        elif frame.kind is Kind.DATA:
            with contextlib.suppress(OSError):  # the master has ended it, which its reader tells
                self._masters[frame.number].sendall(frame.data)
        elif frame.kind is Kind.SHUT:
            with contextlib.suppress(OSError):
                self._masters.pop(frame.number).shutdown(socket.SHUT_RDWR)

    def _carry(self, number: int, master: socket.socket) -> None:
        """What the master says to the worker."""
        with contextlib.suppress(OSError):
            while data := master.recv(CHUNK):
                self._say(packed(Kind.DATA, number, data))
        with contextlib.suppress(OSError):
            self._say(packed(Kind.SHUT, number))

    def _end_with_master(self, life: int) -> None:
        """Where the master goes, this ends, and with its stdin whatever is there."""
        os.read(life, 1)
        self._end_way()
        os._exit(1)


def main(port: str, *command: str) -> int:
    """Stand for a worker until it has ended, in its folder and its environment; the exit code.

    Where a signal has ended the worker, it ends this process, too.
    """
    try:
        with Liaison(int(port), command) as liaison:
            code = liaison.run()
    except (Broken, OSError) as broken:
        _put_out(f"{broken}\n".encode())
        return 1
    if code < 0:
        signal.raise_signal(-code)
    return code


def _errand(ahead_ns: int) -> Errand:
    descriptor = int(os.environ[ORDER])
    order = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
    return Errand(order=order, worker=int(os.environ[WORKER]), token=os.environ[WORKER_TOKEN], ahead_ns=ahead_ns)


def _put_out(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
