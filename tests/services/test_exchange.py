"""Around an execution: its headers tell who answered; its line is in the log before the caller has the answer."""

import asyncio
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Message, Scope

from fixtures.services.python.exchange import Executions
from fixtures.services.python.flaws import Flaw
from fixtures.services.python.life import InstanceState
from fixtures.services.python.settings import Address, Settings

SETTINGS = Settings(
    instance="orders-01",
    incarnation="orders-01.3",
    version="v2",
    listen=Address("127.0.0.1", 0),
    admin=Address("127.0.0.1", 0),
    registries=(),
    lane="",
    scratch=Path(),
    flaw=Flaw.NONE,
    database="",
)


async def read_order(_: Request) -> Response:
    return PlainTextResponse("fine")


def _ask(life: InstanceState, path: str, capfd: pytest.CaptureFixture[str]) -> tuple[list[Message], str]:
    """The messages of one answer, and what the log held when its last byte was sent."""
    messages: list[Message] = []
    logged = ""

    async def send(message: Message) -> None:
        nonlocal logged
        messages.append(message)
        if message["type"] == "http.response.body":
            logged += capfd.readouterr().out

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"x-request-id", b"run-1")],
    }
    app = Executions(Starlette(routes=[Route("/orders/{id}", read_order)]), life, SETTINGS)
    asyncio.run(app(scope, receive, send))
    return messages, logged


def _headers(messages: list[Message]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in messages[0]["headers"]}


def test_the_line_is_written_before_the_answer_ends(capfd: pytest.CaptureFixture[str]) -> None:
    life = InstanceState()
    _, logged = _ask(life, "/orders/1", capfd)
    word, request_id, operation, start, end, status = logged.split()
    assert (word, request_id, operation, status) == ("EXECUTION", "run-1", "read_order", "200")
    assert int(start) <= int(end)
    assert logged.endswith("\n")
    assert (life.executions, life.in_flight) == (1, 0)


def test_the_headers_tell_who_answered(capfd: pytest.CaptureFixture[str]) -> None:
    headers = _headers(_ask(InstanceState(), "/orders/1", capfd)[0])
    assert headers["x-instance"] == "orders-01"
    assert headers["x-incarnation"] == "orders-01.3"
    assert headers["x-version"] == "v2"
    assert headers["x-request-id"] == "run-1"
    assert headers["x-hops"] == "[]"
    assert "x-offline" not in headers


def test_only_an_incarnation_that_tells_its_callers_says_that_it_is_going(capfd: pytest.CaptureFixture[str]) -> None:
    assert "x-offline" not in _headers(_ask(InstanceState(offline=True), "/orders/1", capfd)[0])
    headers = _headers(_ask(InstanceState(offline=True, telling=True), "/orders/1", capfd)[0])
    assert headers["x-offline"] == "orders-01.3"


def test_an_answer_to_nothing_known_is_an_execution_too(capfd: pytest.CaptureFixture[str]) -> None:
    _, logged = _ask(InstanceState(), "/nowhere", capfd)
    assert logged.split()[2::3] == ["unknown", "404"]


@pytest.mark.parametrize(("ready", "status"), [(False, 503), (True, 200)])
def test_a_health_check_is_no_execution(capfd: pytest.CaptureFixture[str], ready: bool, status: int) -> None:
    life = InstanceState(ready=ready)
    messages, logged = _ask(life, "/health", capfd)
    assert messages[0]["status"] == status
    assert _headers(messages)["x-incarnation"] == "orders-01.3"
    assert (logged, life.executions) == ("", 0)
