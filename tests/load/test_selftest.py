"""The self-test: passes an honest client, and finds a dishonest one."""

import pytest

from conformance.load import selftest
from conformance.load.connection import Connection
from conformance.load.engine import Engine
from conformance.load.kinds.proof_cases import STREAMED
from conformance.load.selftest import METHODS, REUSED, SINGLE, self_test
from conformance.record.schema import ERRORS

CASES = len(METHODS) * (len(SINGLE) + len(REUSED) + 1)


def test_this_client_is_honest() -> None:
    outcome = self_test("run1")
    assert outcome.wrong == ()
    assert len(outcome.seen) == CASES
    assert {what: seen for what, seen in outcome.seen.items() if outcome.wanted[what] not in (seen, "any")} == {}
    assert sum(wanted == "any" for wanted in outcome.wanted.values()) == len(METHODS)


def test_every_class_that_a_server_can_cause_is_shown() -> None:
    shown = {case.expected for case in (*SINGLE, *REUSED, *STREAMED)} - {""}
    # Of the client's own making, or of the moment: tests/load/test_engine.py has them.
    assert shown == set(ERRORS) - {"not sent", "connect failed", "send failed", "session lost"}


class _SendsAgain(Engine):
    """Sends again in secret where a reused connection turns out to be dead, as many clients do."""

    def finished(self, connection: Connection, error: str) -> None:
        request = connection.request
        if request is not None and request.connection_uses and error.endswith("before answer"):
            del self._in_flight[self._templates[request.route].timeout_ns][request.seq]
            self.send_due(request)
        else:
            super().finished(connection, error)


def test_a_client_that_sends_again_in_secret_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selftest, "Engine", _SendsAgain)
    outcome = self_test("run1")
    found = {sentence.split(":")[0] for sentence in outcome.wrong}
    assert found == {f"{case.name}, {method}" for case in REUSED for method in METHODS}
    assert all("arrived 2 times" in sentence for sentence in outcome.wrong)


class _MistakesErrors(Engine):
    def finished(self, connection: Connection, error: str) -> None:
        super().finished(connection, error.replace("reset", "eof"))


def test_a_client_that_mistakes_one_failure_for_another_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selftest, "Engine", _MistakesErrors)
    outcome = self_test("run1")
    assert {sentence.split(",")[0] for sentence in outcome.wrong} == {
        "reset before the answer",
        "reset while the answer is waited for",
        "reset in the answer",
        "reset on a reused connection",
    }
    assert "should have been reset in answer" in "".join(outcome.wrong)


class _BelievesAnything(Engine):
    def finished(self, connection: Connection, error: str) -> None:
        connection.reader.echo = None
        super().finished(connection, error)


def test_a_client_that_takes_another_requests_answer_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selftest, "Engine", _BelievesAnything)
    outcome = self_test("run1")
    assert {sentence.split(",")[0] for sentence in outcome.wrong} == {"another request's id"}
