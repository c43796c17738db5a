"""The harness asks each server once: no retry, no redirect, no proxy, no cookie."""

import contextlib

import pytest
import requests

from conformance.load.misbehaving import HOST, MisbehavingServer
from fixtures.platforms.http_client import CONNECT_ONLY, HttpClient, reason


def _ask(client: HttpClient, server: MisbehavingServer, what: str, number: str, *, within_s: float = 1) -> int:
    method, path = what.split()
    url = f"http://{HOST}:{server.port}{path}"
    return client.request(method, url, headers={"X-Request-Id": number}, timeout=within_s).status_code


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
@pytest.mark.parametrize("path", ["/close", "/reset", "/half-then-reset", "/unavailable", "/garbage"])
def test_a_request_arrives_once_whatever_becomes_of_its_answer(path: str, method: str) -> None:
    with MisbehavingServer() as server, HttpClient() as client:
        assert _ask(client, server, f"{method} /honest", "first") == 200
        with contextlib.suppress(requests.RequestException):
            _ask(client, server, f"{method} {path}", "second")
        assert server.arrivals() == {"first": 1, "second": 1}


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with MisbehavingServer() as server, HttpClient() as client:
        assert _ask(client, server, "GET /redirect", "one") == 302
        assert server.arrivals() == {"one": 1}


def test_no_request_is_sent_into_a_connection_that_the_server_is_closing() -> None:
    with MisbehavingServer() as server, HttpClient() as client:
        assert [_ask(client, server, "GET /honest-then-close", str(number)) for number in range(50)] == [200] * 50


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with MisbehavingServer() as server, HttpClient() as client:
        assert _ask(client, server, "GET /honest", "one") == 200


def test_why_there_was_no_answer_is_said_without_retries_that_were_never_made() -> None:
    with MisbehavingServer() as server, HttpClient() as client:
        with pytest.raises(requests.ConnectionError) as refused:
            client.get(f"http://{HOST}:{server.refusing_port}/", timeout=1)
        assert reason(refused.value) == "Connection refused"
        with pytest.raises(requests.ReadTimeout) as silent:
            _ask(client, server, "GET /silence", "one", within_s=0.2)
        assert reason(silent.value) == "timed out"


def test_a_connection_alone_is_answered_where_something_listens() -> None:
    with MisbehavingServer() as server, HttpClient() as client:
        assert client.request(CONNECT_ONLY, f"http://{HOST}:{server.port}", timeout=1).status_code == 204
        assert server.arrivals() == {}, "nothing is sent"
        with pytest.raises(requests.ConnectionError) as refused:
            client.request(CONNECT_ONLY, f"http://{HOST}:{server.refusing_port}", timeout=1)
        assert reason(refused.value) == "Connection refused"
