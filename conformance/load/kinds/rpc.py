"""gRPC calls, unary and with a stream of answers, by grpcio; what a call came to in the words of the record.

The status of a row is what google.rpc.Code says that a gRPC status is in HTTP: OK 200, NOT_FOUND 404, UNAVAILABLE 503.
One that the client has made up itself, because there was no answer, is an error class instead.
"""

import re
from typing import Any

import grpc
import grpc.experimental.gevent
from gevent import monkey
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

from conformance.load.answer_check import MOST_SHOWN
from conformance.load.clock import now_ns
from conformance.load.engine import Engine
from conformance.load.kinds.ends import End
from conformance.load.kinds.exchange import HeadLines, conclude, parts_of
from conformance.load.kinds.http2 import FramedReader
from conformance.load.kinds.spec import Kind, Rpc
from conformance.load.kinds.stream import Unkept
from conformance.load.kinds.wire import seconds_until
from conformance.load.request import Request, Template
from conformance.vocabulary import ErrorClass

if monkey.is_module_patched("threading"):
    grpc.experimental.gevent.init_gevent()

OK = 200
_HTTP = {
    grpc.StatusCode.OK: OK,
    grpc.StatusCode.CANCELLED: 499,
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.FAILED_PRECONDITION: 400,
    grpc.StatusCode.OUT_OF_RANGE: 400,
    grpc.StatusCode.UNAUTHENTICATED: 401,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.UNIMPLEMENTED: 501,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
}
"""Any other is 500."""
_MADE_UP = re.compile(r"Stream removed|[Ff]ailed to connect|Deadline Exceeded")
"""How grpcio begins what it says of a status that the other side has not sent."""
_OF_HTTP = re.compile(r"Received http2 header with status: (\d{3})")
"""What it says of an answer that is none of gRPC's."""
_SAID = (
    (re.compile(r"Connection refused"), ErrorClass.CONNECT_REFUSED, ErrorClass.CONNECT_REFUSED),
    (
        re.compile(r"[Ff]ailed to connect|Timeout occurred|handshak"),
        ErrorClass.CONNECT_FAILED,
        ErrorClass.CONNECT_FAILED,
    ),
    (re.compile(r"reset|RST_STREAM"), ErrorClass.RESET_BEFORE_ANSWER, ErrorClass.RESET_IN_ANSWER),
    (re.compile(r".*"), ErrorClass.EOF_BEFORE_ANSWER, ErrorClass.EOF_IN_ANSWER),
)
"""What it says of a call without a status of the other side: before an answer began, and within it. The proof before
each load holds this table to what this version of grpcio says."""
_OPTIONS = [
    ("grpc.enable_retries", 0),
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_http_proxy", 0),
    ("grpc.max_receive_message_length", -1),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 100),
]
_HEAD = ("host", "connection", "user-agent", "content-type", "content-length")
"""Header lines that are grpcio's own."""


class Codec:
    """Requests from JSON, answers to JSON, by the descriptors of a service."""

    def __init__(self, rpc: Rpc) -> None:
        """KeyError where the descriptors have no such method."""
        pool = descriptor_pool.DescriptorPool()
        for file in descriptor_pb2.FileDescriptorSet.FromString(rpc.descriptors).file:
            pool.Add(file)
        service, _, name = rpc.method.rpartition("/")
        method = pool.FindServiceByName(service).FindMethodByName(name)
        self._asked = message_factory.GetMessageClass(method.input_type)
        self._answer = message_factory.GetMessageClass(method.output_type)

    def encode(self, text: bytes) -> bytes:
        """The message of this JSON."""
        data: bytes = json_format.Parse(text or b"{}", self._asked()).SerializeToString()
        return data

    def decode(self, data: bytes) -> bytes:
        """The JSON of this message, in one line; every field, as the .proto file names it."""
        told: str = json_format.MessageToJson(
            self._answer.FromString(data),
            indent=None,
            always_print_fields_with_no_presence=True,
            preserving_proto_field_name=True,
        )
        return told.encode()


class RpcExchange:
    """One call, over a connection that all calls of a route share unless it is to have its own."""

    def __init__(self, end: End, template: Template, kind: Kind, rpc: Rpc, authority: str) -> None:
        """``authority``: PEM, of TLS; empty: in the clear."""
        self._end = end
        self._template = template
        self._kind = kind
        self._rpc = rpc
        self._codec = Codec(rpc)
        self._authority = authority
        self._kept: tuple[int, Any] | None = None
        self._uses = 0

    def carry_out(self, request: Request, engine: Engine, lines: HeadLines) -> None:
        """See Exchange."""
        reader = FramedReader(self._template.headers, request.terms.keep or Unkept(), parts_of(self._kind))
        head, body = self._template.fill_apart(request, lines())
        number, channel = self._channel(request, engine)
        request.connection = number
        path = head.split(b" ")[1].decode()
        metadata = [(name.decode().lower(), value.decode()) for name, value in _lines(head)]
        request.sent_ns = now_ns()
        engine.began(request)
        call = channel.unary_stream(path)(
            self._codec.encode(body or b""),
            timeout=seconds_until(request.due_ns + request.terms.timeout_ns),
            metadata=metadata,
        )
        try:
            self._read(call, reader)
            error = _came_to(call, reader)
        finally:
            call.cancel()
            if request.fresh:
                channel.close()
        conclude(request, engine, reader, error, self._kind.last)
        if request.error == ErrorClass.UNEXPECTED_STATUS and reader.status != OK:
            request.saw = ("gRPC status OK", f"{call.code().name} {call.details() or ''}"[:MOST_SHOWN].strip())

    def close(self) -> None:
        """See Exchange."""
        if self._kept is not None:
            self._kept[1].close()

    def _channel(self, request: Request, engine: Engine) -> tuple[int, Any]:
        if request.fresh:
            return engine.number_connection(), self._new_channel()
        if self._kept is None:
            self._kept = (engine.number_connection(), self._new_channel())
        request.connection_uses, self._uses = self._uses, self._uses + 1
        return self._kept

    def _new_channel(self) -> Any:  # noqa: ANN401 - grpcio's
        if not self._authority:
            return grpc.insecure_channel(self._end.authority, options=_OPTIONS)
        trusted = grpc.ssl_channel_credentials(root_certificates=self._authority.encode())
        options = [*_OPTIONS, ("grpc.ssl_target_name_override", self._end.name)]
        return grpc.secure_channel(self._end.authority, trusted, options=options)

    def _read(self, call: Any, reader: FramedReader) -> None:  # noqa: ANN401
        """Read the answer to its end, or to that of the call."""
        try:
            said = list(call.initial_metadata() or ())
            if said:
                reader.first_ns = now_ns()
            for name, value in said:
                reader.on_header(name.encode(), value if isinstance(value, bytes) else value.encode())
            for number, message in enumerate(call):
                reader.first_ns = reader.first_ns or now_ns()
                reader.keep((b"\n" if number else b"") + self._codec.decode(message))
        except grpc.RpcError:
            pass  # the call itself says what came of it


def _came_to(call: Any, reader: FramedReader) -> str:  # noqa: ANN401
    """What a call that is over came to: an error class, or none and the reader's status."""
    code, details = call.code(), call.details() or ""
    http = _OF_HTTP.search(details)
    if code is grpc.StatusCode.DEADLINE_EXCEEDED and _MADE_UP.match(details):
        return ErrorClass.TIMEOUT_IN_ANSWER if reader.first_ns else ErrorClass.TIMEOUT_BEFORE_ANSWER
    if http is not None or not _MADE_UP.match(details):
        reader.first_ns = reader.first_ns or now_ns()
        reader.status = int(http[1]) if http is not None else _HTTP.get(code, 500)
        reader.end()
        return ""
    if reader.first_ns:
        reader.status = OK  # of its head; the gRPC status would have come at its end
    before, within = next((before, within) for pattern, before, within in _SAID if pattern.search(details))
    return within if reader.first_ns else before


def _lines(head: bytes) -> list[tuple[bytes, bytes]]:
    said = [line.partition(b": ") for line in head.split(b"\r\n")[1:]]
    return [(name, value) for name, _, value in said if name.decode().lower() not in _HEAD]
