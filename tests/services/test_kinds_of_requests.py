"""Routes of other kinds: what the docs show, what load and SLB are told of it, and what is refused in one line."""

import re
import tomllib
from pathlib import Path

import pytest

from conformance.load.kinds.spec import Kind, Messages
from fixtures.glue.load_routes import load_requests
from fixtures.services.descriptor import Descriptor, DescriptorError
from fixtures.slb.spec import StreamedPath
from tests.services.test_workload import HEAD, read

DOCS = Path(__file__).parents[2] / "docs" / "descriptor.md"
PROTO = DOCS.parent / "examples" / "calls" / "orders.proto"
SECTION = DOCS.read_text().split("### Requests that take a while")[1].split("\n### ")[0]
SHOWN = re.findall(r"^```toml\n(.*?)^```", SECTION, re.DOTALL | re.MULTILINE)


def test_what_the_docs_show_reaches_the_load(tmp_path: Path) -> None:
    (tmp_path / PROTO.name).write_text(PROTO.read_text())
    descriptor = read(tmp_path, "", "\n".join(SHOWN))
    kinds = {route.name: route.kind for route in load_requests(descriptor.workload, tmp_path, 100).routes}
    assert kinds["read"] is None
    assert kinds["export"] == Kind(last="^total;120$")
    assert kinds["progress"] == Kind(name="events", last="^event: done$")
    news = Messages(count=12, reconnects=True)
    assert kinds["news"] == Kind(name="events", last="^event: end$", messages=news)
    assert kinds["upload"] == Kind(body_bytes=20_000_000, upload_s=12)
    assert kinds["chat"] == Kind(
        name="websocket",
        messages=Messages(count=60, every_s=0.3, text='{"n": {n}, "said": "hello"}', pointer="/n", reconnects=True),
    )
    assert kinds["basket"] == Kind(tls=True, http2=True)
    assert [one.name for one in descriptor.workload.routes if one.is_streamed] == [
        *("export", "progress", "upload", "news", "chat", "feed", "watch")
    ]
    watch = kinds["watch"]
    assert watch is not None
    assert watch.rpc is not None
    assert (watch.name, watch.http2, watch.last) == ("grpc", True, '"number": 30.*"last": true')
    assert watch.rpc.method == "shop.Orders/Watch"
    assert b"shop" in watch.rpc.descriptors
    shown = [route for example in SHOWN for route in tomllib.loads(example)["workload"]["routes"]]
    assert kinds.keys() == {"read", *(route["name"] for route in shown)}
    assert descriptor.longest_answer_s == 40


def test_a_stream_that_shows_no_end_of_its_own_stays_with_the_engine(tmp_path: Path) -> None:
    descriptor = read(tmp_path, "", "stream = true")
    (route,) = load_requests(descriptor.workload, tmp_path, 100).routes
    assert route.kind is None
    assert descriptor.workload.routes[0].is_streamed


@pytest.mark.parametrize(
    ("template", "pattern"),
    [
        ("/", "/"),
        ("/files/{id}.bin?part={written}", r"/files/.*\.bin"),
        ("/a%20b/{data.Sku}", r"/a\ b/.*"),
    ],
)
def test_a_path_is_streamed_whatever_its_names_stand_for(template: str, pattern: str) -> None:
    assert StreamedPath.of("shop", template).pattern == pattern


WRONG = {
    'kind = "download"': "kind = \"download\": expected 'http'",
    'kind = "events"': "workload.routes[0].last: expected what the last event holds",
    'last = "("': "expected a regular expression; this one is broken",
    "body_bytes = 0": "workload.routes[0].body_bytes = 0",
    'body_bytes = 5\nbody = "7"': "workload.routes[0].body_bytes = 5: expected none beside a body or a form",
    "upload_s = 3": "workload.routes[0].upload_s = 3.0: expected body_bytes, a body or a form",
    "upload_s = 10\nbody_bytes = 5": "expected less than its timeout_s, 10: set timeout_s above it",
    'upload_s = 25\nbody = "7"\ntimeout_s = 20': "expected less than its timeout_s, 20",
    'kind = "websocket"': "workload.routes[0].messages: expected how many there are",
    "messages = { count = 2, number.pointer = '/n' }": 'expected only with kind = "websocket" or "events"',
    "reconnects = true": 'reconnects = true: expected only with kind = "websocket" or "events"',
    "kind = 'events'\nmessages = { number.pointer = '/n' }": "or messages.count: its stream need not end",
    "kind = 'events'\nmessages = { count = 2, text = '{n}' }": "messages.text = ",
    "kind = 'events'\nlast = 'x'\nreconnects = true": "routes[0].messages: expected messages, such as",
    "kind = 'events'\nmessages.count = 2\nreconnects = true\ncheck.length = 3": "the answer comes in several parts",
    "kind = 'websocket'\nmessages = { number.pointer = '/n' }": "messages.count: expected how many there are",
    "kind = 'websocket'\nmessages.count = 2": "messages.number: expected where the number of a message stands",
    "kind = 'websocket'\nmessages = { count = 2, number = {} }": "messages.number: expected one of pointer, pattern",
    "kind = 'websocket'\nmessages = { count = 0, number.pointer = '/n' }": "messages.count = 0",
    "kind = 'websocket'\nmessages = { count = 2, number.pointer = '/n', text = 'x' }": "expected {n} in it",
    "kind = 'websocket'\nmessages = { count = 2, number.pointer = '/n', every_s = 1 }": "expected only with text",
    "kind = 'websocket'\nmessages = { count = 2, number.pointer = '/n' }": "expect = [200]: expected [101]",
    "http = 3": "workload.routes[0].http = 3",
    "tls = 'yes'": "workload.routes[0].tls = ",
    "proto = 'orders.proto'": 'proto = "orders.proto": expected only with kind = "grpc"',
    "kind = 'grpc'": "workload.routes[0].proto: expected the .proto file",
    "kind = 'grpc'\nproto = 'orders.proto'": 'method = "GET": expected "POST"',
    "stream = 1": "workload.routes[0].stream = 1",
    "uploads_s = 3": "did you mean upload_s?",
    "upload_s = 5\nbody_bytes = 5\nwithin_ms = 5000": "within_ms = 5000.0: expected more than its client takes to send",
}


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_route_is_refused_in_one_line_of_its_own(tmp_path: Path, line: str) -> None:
    with pytest.raises(DescriptorError) as refused:
        read(tmp_path, "", line)
    assert WRONG[line] in str(refused.value)
    assert "\n" not in str(refused.value)


CALL = """
[[workload.routes]]
name = "call"
kind = "grpc"
method = "POST"
weight = 1
expect = [200]
write = false
"""
CALLS = {
    "path = '/a'\nproto = 'orders.proto'": 'path = "/a": expected a service and its method',
    "path = '/shop.Orders/Find'\nproto = 'none.proto'": 'routes[1].proto = "none.proto": expected a file beside',
    "path = '/shop.Orders/Find'\nproto = 'broken.proto'": "expected a file that protoc compiles",
    "path = '/shop.Orders/Find'\nproto = 'broken.pb'": "expected a .proto file, or a descriptor set",
    "path = '/shop.Orders/Gone'\nproto = 'orders.proto'": "expected a file that has the method shop.Orders/Gone",
    "path = '/shop.Others/Find'\nproto = 'orders.proto'": "expected a file that has the method shop.Others/Find",
    "path = '/shop.Up/Load'\nproto = 'up.proto'": "expected a method that takes one message",
    "path = '/shop.Orders/Find'\nproto = 'orders.proto'\nbody = '{\"idd\": 1}'": "routes[1].body = ",
    "path = '/shop.Orders/Find'\nproto = 'orders.proto'\nbody_bytes = 5": "expected none of gRPC",
}


@pytest.mark.parametrize("lines", CALLS)
def test_a_call_that_cannot_be_made_is_refused_in_one_line_of_its_own(tmp_path: Path, lines: str) -> None:
    (tmp_path / PROTO.name).write_text(PROTO.read_text())
    (tmp_path / "broken.proto").write_text("syntax = 3")
    (tmp_path / "broken.pb").write_bytes(b"\xff\xff")
    stream = 'syntax = "proto3"; package shop; message M {} service Up { rpc Load(stream M) returns (M); }'
    (tmp_path / "up.proto").write_text(stream)
    with pytest.raises(DescriptorError) as refused:
        read(tmp_path, "", CALL + lines)
    assert CALLS[lines] in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_call_s_message_may_name_what_requests_name(tmp_path: Path) -> None:
    (tmp_path / PROTO.name).write_text(PROTO.read_text())
    body = """body = '{"id": "{id}", "changes": {work_ms}}'"""
    descriptor = read(tmp_path, "", f"{CALL}path = '/shop.Orders/Find'\nproto = 'orders.proto'\n{body}")
    assert load_requests(descriptor.workload, tmp_path, 100).routes[1].kind is not None


@pytest.mark.parametrize(("key", "line"), [("p99_ms", ""), ("stall_ms", ""), ("stall_ms", "within_ms = 200")])
def test_a_promise_that_bounds_nothing_is_refused(tmp_path: Path, key: str, line: str) -> None:
    """What lasts by its nature has no part in latencies; a within_ms of its own beats a stall."""
    lasts = line or "last = '^end'"
    with pytest.raises(DescriptorError) as refused:
        read(tmp_path, "", f"{lasts}\n[promise]\n{key} = 100")
    assert f"promise.{key} = 100.0: expected none: every request " in str(refused.value)


def test_a_locustfiles_time_out_bounds_what_may_be_promised(tmp_path: Path) -> None:
    (tmp_path / "locustfile.py").write_text("")
    file = tmp_path / "services.toml"
    file.write_text(f'{HEAD}[workload]\nlocustfile = "locustfile.py"\ntimeout_s = 3\n[promise]\np99_ms = 4000\n')
    with pytest.raises(DescriptorError) as refused:
        Descriptor.read(file)
    longest = "expected no more than the longest time-out of the locustfile's requests, 3 s"
    assert f"promise.p99_ms = 4000.0: {longest}" in str(refused.value)
