"""How an API server is asked: each request once, a stream that can be ended, and its own sentence where it refuses."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest
from kubernetes.client import Configuration

from fixtures.platforms.kubernetes.api import Api, Refused
from fixtures.platforms.kubernetes.channels import NoAnswer


class _Answers(BaseHTTPRequestHandler):
    """Says what it was asked; a stream goes on until nobody listens."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if "watch" not in self.path:
            return self._say(404, {"message": "nothing\nhere"})
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in (b'{"a":1}\n{"b', b'":2}\n'):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        time.sleep(5)
        return None

    def do_PATCH(self) -> None:
        self._echo()

    def do_DELETE(self) -> None:
        self._say(404 if "gone" in self.path else 403, {"message": "not yours"})

    def do_POST(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        self.close_connection = True  # and no answer: it ends in the middle

    def _echo(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._say(422, {"message": f"{self.headers['Content-Type']} {body} {self.headers['authorization']}"})

    def _say(self, status: int, answer: object) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as started:
        started.daemon_threads = True
        started.asked = []  # type: ignore[attr-defined]
        threading.Thread(target=started.serve_forever, args=(0.02,), daemon=True).start()
        yield started
        started.shutdown()


@pytest.fixture
def api(server: ThreadingHTTPServer) -> Iterator[Api]:
    configuration = Configuration()
    configuration.host = f"http://127.0.0.1:{server.server_port}"
    configuration.api_key = {"authorization": "Bearer t"}
    connected = Api(configuration)
    yield connected
    connected.close()


def test_a_refusal_is_the_server_s_own_sentence_in_one_line(api: Api) -> None:
    with pytest.raises(Refused, match=r"^nothing here$") as refused:
        api.text("/api/v1/x")
    assert refused.value.status == 404


def test_a_change_is_merged_as_the_user_who_is_named(api: Api) -> None:
    with pytest.raises(Refused, match=r"^application/strategic-merge-patch\+json \{'a': 1\} Bearer t$"):
        api.merge("/api/v1/x", {"a": 1})


def test_what_is_gone_is_removed(api: Api) -> None:
    api.delete("/api/v1/gone")
    with pytest.raises(Refused, match="not yours"):
        api.delete("/api/v1/kept")


def test_a_request_that_nobody_answers_is_sent_once(api: Api, server: ThreadingHTTPServer) -> None:
    with pytest.raises(NoAnswer, match="does not answer"):
        api.post("/api/v1/x", {"a": 1}, msgspec.Raw)
    assert server.asked == ["/api/v1/x"]  # type: ignore[attr-defined]


def test_a_stream_s_lines_come_whole_and_it_can_be_ended(api: Api) -> None:
    lines = api.follow("/api/v1/x", (("watch", "true"),), within_s=20)
    began, read = time.monotonic(), iter(lines)
    assert [next(read), next(read)] == [b'{"a":1}', b'{"b":2}']
    threading.Timer(0.1, lines.end).start()
    with pytest.raises(NoAnswer, match="breaks off"):
        next(read)
    assert time.monotonic() - began < 3
