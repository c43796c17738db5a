"""One user's journey: its requests in order, with cookies and values of the user's own."""

import time
from collections.abc import Callable, Container, Mapping
from email.utils import parsedate_to_datetime
from random import Random
from typing import NamedTuple

from conformance.load.answer import AnswerReader
from conformance.load.answer_check import Keep, Look
from conformance.load.request import WRITTEN, Known, Request, Template
from conformance.load.spec import Journey, KeptSession
from conformance.load.tasks.execution import Execution
from conformance.vocabulary import ErrorClass

_NS_PER_MS = 1_000_000
_SET_COOKIE = b"set-cookie"


class Cookies:
    """What the servers have given one user to show again. There is one host: domains are not looked at."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, str]] = {}
        """Name -> value as it was sent, and the path that it is for."""

    def value(self, name: str) -> str | None:
        """Of the cookie of this name."""
        kept = self._kept.get(name)
        return None if kept is None else kept[0]

    def keep(self, lines: list[tuple[bytes, bytes]]) -> None:
        """Keep what an answer sets (RFC 6265): a later one of the same name counts, one that has run out is gone."""
        for name, line in lines:
            if name == _SET_COOKIE:
                self._keep(line.decode("latin-1"))

    def _keep(self, line: str) -> None:
        pair, *told = line.split(";")
        name, equals, value = (part.strip() for part in pair.partition("="))
        if not equals or not name:
            return
        attributes = {key.strip().lower(): what.strip() for key, _, what in (one.partition("=") for one in told)}
        if _has_run_out(attributes):
            self._kept.pop(name, None)
        else:
            path = attributes.get("path", "")
            self._kept[name] = (value, path if path.startswith("/") else "/")

    def line(self, path: str) -> bytes:
        """The line of a request's head, after a line break; empty where there is nothing to show."""
        path = path if path.startswith("/") else "/"  # one that an answer told
        shown = [f"{name}={value}" for name, (value, under) in self._kept.items() if _lies_under(path, under)]
        return f"\r\nCookie: {'; '.join(shown)}".encode("latin-1") if shown else b""


def _has_run_out(attributes: Mapping[str, str]) -> bool:
    """Max-Age beats Expires; what cannot be read says nothing."""
    try:
        if "max-age" in attributes:
            return int(attributes["max-age"]) <= 0
        return "expires" in attributes and parsedate_to_datetime(attributes["expires"]).timestamp() < time.time()
    except ValueError:
        return False


def _lies_under(path: str, under: str) -> bool:
    """RFC 6265, section 5.1.4."""
    path = path.partition("?")[0]
    return path == under or (path.startswith(under) and (under.endswith("/") or path[len(under)] == "/"))


class Step(NamedTuple):
    """One step of a journey, made ready."""

    route: int
    template: Template
    needs: frozenset[str]
    """What it names that a step before it tells."""


class Plan(NamedTuple):
    """A journey, made ready."""

    journey: Journey
    steps: tuple[Step, ...]
    session: KeptSession | None


class Visit:
    """One user on a journey."""

    __slots__ = ("_random", "at", "cookies", "execution", "known", "plan", "session")

    def __init__(self, plan: Plan, execution: Execution, known: Known | None, seed: int) -> None:
        """``known``: what its user knows; None: it is a single request, of somebody who knows what all know."""
        self.plan = plan
        self.execution = execution
        self.known = known
        self.cookies = Cookies()
        self.at = 0
        """The place of the step that is under way, or next."""
        self.session = ""
        """The value of the session's cookie, once the session has begun."""
        self._random = Random(f"{seed}/{execution.number}")  # noqa: S311 - the same order thinks the same

    @property
    def step(self) -> Step:
        """The one that is under way, or next."""
        return self.plan.steps[self.at]

    def can_ask(self) -> bool:
        """Whether its next step names nothing that an earlier one should have told and has not."""
        known, needs = self.known, self.step.needs
        if known is None:
            return True
        return all(known.written if name == WRITTEN else name in known.taken for name in needs)

    def think_ns(self) -> int:
        """How long its user thinks now."""
        return self._random.randint(*self.plan.journey.think_ms) * _NS_PER_MS

    def judge(self, request: Request) -> None:
        """Say of an answer whether it shows that the user's session is lost, and remember the session.

        Called once for each of its requests, when the cookies of the answer have been kept.
        """
        kept = self.plan.session
        if kept is None:
            return
        now = "" if kept.cookie is None else self.cookies.value(kept.cookie) or ""
        if self.at > kept.begins:
            replaced = bool(self.session) and now != self.session and bool(now)
            if request.status in kept.lost or replaced:
                request.error = ErrorClass.SESSION_LOST
                request.saw = ("the session that the user had", _seen(request, replaced=replaced, cookie=kept.cookie))
        else:
            self.session = now


def _seen(request: Request, *, replaced: bool, cookie: str | None) -> str:
    return f"a new {cookie}, status {request.status}" if replaced else f"status {request.status}"


class VisitTerms:
    """What is asked of the answer to one request of a visit."""

    __slots__ = (
        "all_headers",
        "expect",
        "headers",
        "keep",
        "leaves",
        "look",
        "most_kept",
        "receive",
        "timeout_ns",
        "visit",
        "write",
    )

    def __init__(self, template: Template, visit: Visit) -> None:
        self.visit = visit
        self.write = template.write
        self.expect: Container[int] = template.expect
        self.leaves: Container[int] = template.leaves
        self.timeout_ns = template.timeout_ns
        self.look: Look | None = template.look
        self.all_headers = True
        self.headers = template.look.headers if template.look is not None else frozenset[bytes]()
        self.most_kept = template.look.most_kept if template.look is not None and template.look.body else 0
        self.keep: Keep | None = self
        self.receive: Callable[[AnswerReader], None] | None = self._receive

    def _receive(self, reader: AnswerReader) -> None:
        self.visit.cookies.keep(reader.lines)
