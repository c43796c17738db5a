"""A worker's side: its session's parent is Locust's master, and it hears and tells by Locust's messages."""

from collections.abc import Callable
from typing import Any

import gevent
from gevent.event import Event

from conformance.load.channel import CannotLoad, Control
from conformance.load.clock import now_ns
from conformance.load.spec import Progress
from conformance.load.workers.messages import CLOCK, TOLD, WORD, Clock, Told, Word, packed, unpacked

_NS_PER_MS = 1_000_000
_SENT_MS = 2_000


class MasterChannel:
    """The master, as a worker's session sees it. See channel.Parent."""

    def __init__(self, runner: Any, worker: int, token: str, life: int) -> None:  # noqa: ANN401 - Locust's
        """Hear nothing yet.

        Args:
            runner: Locust's WorkerRunner.
            worker: The number of this one, from 0.
            token: That of this load.
            life: The descriptor of a pipe that ends when the master does.
        """
        self._runner = runner
        self._worker, self._token, self._life = worker, token, life
        self._decided = Event()
        self._begin_ns: int | None = None
        self.lead_ns = 0
        self._progress: Progress | None = None
        self._news = Event()
        self.gone = False
        """Whether the master is."""
        self._over = False
        self._teller = gevent.spawn(self._tell)
        runner.environment.events.quit.add_listener(self._send_all)

    def listen(self, start: Callable[[], None], stop: Callable[[int], None], gone: Callable[[], None]) -> None:
        """See Parent."""

        def hear(*, msg: Any, **_: object) -> None:  # noqa: ANN401 - Locust's
            word = unpacked(msg.data, Word)
            if word.word == "start":
                start()
            elif word.word == "begin":
                self._begin_ns, self.lead_ns = word.at_ns, word.at_ns - now_ns()
                self._decided.set()
            else:
                stop(word.at_ns)
                self._decided.set()

        def end() -> None:
            self.gone = True
            if self._over:
                gevent.spawn(self._runner.quit)
            else:
                gone()
                self._decided.set()

        self._runner.register_message(WORD, hear)
        self._runner.register_message(CLOCK, self._answer)
        Control(self._life, lambda _: None, end)

    def say(self, progress: Progress) -> None:
        """What is said before the last was sent takes its place."""
        self._progress = progress
        self._news.set()

    def begin_ns(self) -> int:
        """When all begin, by the master's word; 0 where it is called off, which the session finds by itself."""
        self._decided.wait()
        if self._begin_ns is None:
            return 0
        if self.lead_ns <= 0:
            raise CannotLoad(f"it was late: it learned when the load begins {-self.lead_ns / _NS_PER_MS:.0f} ms after")
        return self._begin_ns

    def close(self) -> None:
        """The session is over: what it said last is still sent, and this process ends by Locust's word, or the master.

        Where the master has gone before, whoever closes ends it.
        """
        self._over = True

    def _answer(self, *, msg: Any, **_: object) -> None:  # noqa: ANN401 - Locust's
        question = unpacked(msg.data, Clock).question
        answer = Clock(question=question, token=self._token, worker=self._worker, now_ns=now_ns())
        self._runner.send_message(CLOCK, packed(answer))

    def _send_all(self, **_: object) -> None:
        """Before the process ends: Locust's last statistics are yet to be sent, by a thread that may not have run."""
        socket = self._runner.client.socket
        socket.close(linger=_SENT_MS)
        socket.context.term()

    def _tell(self) -> None:
        # In a greenlet, for the event loop's own callbacks must not wait for a socket.
        while True:
            self._news.wait()
            self._news.clear()
            if self._progress is not None:
                told = Told(token=self._token, worker=self._worker, progress=self._progress)
                self._runner.send_message(TOLD, packed(told))
