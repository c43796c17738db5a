"""What each kind of request is shown before a load that uses it, and what an honest client makes of it."""

from collections.abc import Iterator, Sequence

from msgspec import structs

from conformance.load.kinds.spec import Kind, Messages, Rpc
from conformance.load.misbehaving_streams import LAST_EVENT, LAST_LINE
from conformance.load.selftest import SINGLE, Case
from conformance.vocabulary import ErrorClass

_BODY = 400_000
"""Bytes: more than the kernel keeps for a server that does not read."""
_OVER_S = 0.3

STREAMED = (
    Case("honest stream", "/stream", ""),
    Case("stream that is cut", "/stream-cut", ErrorClass.EOF_IN_ANSWER),
    Case("stream that is reset", "/stream-reset", ErrorClass.RESET_IN_ANSWER),
    Case("stream without its last line", "/stream-short", ErrorClass.CLOSED_EARLY),
    Case("stream that goes silent", "/stream-silence", ErrorClass.TIMEOUT_IN_ANSWER, patient=False),
)
EVENTS = (
    Case("honest events", "/events", ""),
    Case("events that are cut", "/events-cut", ErrorClass.EOF_IN_ANSWER),
    Case("events that end before the last one", "/events-short", ErrorClass.CLOSED_EARLY),
)
RESUMED = (
    Case("honest events that go on elsewhere", "/events-resumed", "", arrivals=2),
    Case("honest events that end in good order and go on", "/events-parted", "", arrivals=2),
    Case("events that go on without one", "/events-forgotten", ErrorClass.WRONG_ANSWER, arrivals=2),
    Case("events that go on with one again", "/events-again", ErrorClass.WRONG_ANSWER, arrivals=2),
    Case("events of which the last is missing", "/events-fewer", ErrorClass.WRONG_ANSWER, arrivals=2),
    Case("events that are not gone on with", "/events-gone", ErrorClass.UNEXPECTED_STATUS, arrivals=2),
    Case("end before the answer", "/close", ErrorClass.EOF_BEFORE_ANSWER),
)
UPLOADED = (
    Case("refused before the body's end", "/refuse-early", ErrorClass.UNEXPECTED_STATUS),
    Case("reset within the body", "/reset-early", ErrorClass.RESET_BEFORE_ANSWER, arrivals=0),
)
"""A request is counted when it has arrived whole, or is answered."""
SESSIONS = (
    Case("honest session", "/echo", ""),
    Case("honest close with the last message", "/done", ""),
    Case("close before the last message", "/done-early", ErrorClass.CLOSED_EARLY),
    Case("a message that is not answered", "/lost", ErrorClass.WRONG_ANSWER),
    Case("a message that is answered twice", "/twice", ErrorClass.WRONG_ANSWER),
    Case("close because the server goes", "/going", ErrorClass.CLOSED_EARLY),
    Case("end without a close", "/cut", ErrorClass.EOF_IN_ANSWER),
    Case("reset between messages", "/reset", ErrorClass.RESET_IN_ANSWER),
    Case("refused handshake", "/refused", ErrorClass.UNEXPECTED_STATUS),
    Case("port that refuses", "/echo", ErrorClass.CONNECT_REFUSED, arrivals=0, place="refusing"),
)
HEARD = (
    Case("honest messages with the handshake", "/feed", ""),
    Case("honest messages and close with the handshake", "/feed-then-done", ""),
)
RECONNECTED = (
    Case("honest session that goes on elsewhere", "/going?{received}", "", arrivals=2),
    Case("session that goes on without a message", "/forgets?{received}", ErrorClass.WRONG_ANSWER, arrivals=2),
    Case("end without a close", "/cut?{received}", ErrorClass.EOF_IN_ANSWER),
)
_MESSAGES = Messages(count=4, text="{n}", every_s=0.03, pattern="^([0-9]+)$")
BY_TLS = tuple(case for case in SINGLE if case.place != "full")
DISTRUSTED = Case("certificate of somebody else", "/honest", ErrorClass.CONNECT_FAILED, arrivals=0)
STREAMS = (
    Case("honest answer", "/honest", ""),
    Case("end before the answer", "/close", ErrorClass.EOF_BEFORE_ANSWER),
    Case("reset before the answer", "/reset", ErrorClass.RESET_BEFORE_ANSWER),
    Case("truncated answer", "/half-then-close", ErrorClass.EOF_IN_ANSWER),
    Case("reset in the answer", "/half-then-reset", ErrorClass.RESET_IN_ANSWER),
    Case("stream that is refused", "/refused-stream", ErrorClass.RESET_BEFORE_ANSWER),
    Case("stream that is reset in its answer", "/half-then-stream-reset", ErrorClass.RESET_IN_ANSWER),
    Case("server that goes and has not taken it", "/goaway", ErrorClass.EOF_BEFORE_ANSWER),
    Case("redirect", "/redirect", ErrorClass.UNEXPECTED_STATUS),
    Case("503", "/unavailable", ErrorClass.UNEXPECTED_STATUS),
    Case("another request's id", "/wrong-id", ErrorClass.WRONG_ANSWER),
    Case("no answer", "/silence", ErrorClass.TIMEOUT_BEFORE_ANSWER, patient=False),
    Case("half an answer", "/half-then-silence", ErrorClass.TIMEOUT_IN_ANSWER, patient=False),
    Case("port that refuses", "/honest", ErrorClass.CONNECT_REFUSED, arrivals=0, place="refusing"),
)
"""Of HTTP/2."""
_CALL = "/conformance.Test/"
CALLS = (
    Case("honest answer", f"{_CALL}Honest", ""),
    Case("status of another kind", f"{_CALL}Unavailable", ErrorClass.UNEXPECTED_STATUS),
    Case("not found", f"{_CALL}Missing", ErrorClass.UNEXPECTED_STATUS),
    Case("page of a proxy", f"{_CALL}Page", ErrorClass.UNEXPECTED_STATUS),
    Case("end before the answer", f"{_CALL}Close", ErrorClass.EOF_BEFORE_ANSWER),
    Case("reset before the answer", f"{_CALL}Reset", ErrorClass.RESET_BEFORE_ANSWER),
    Case("stream that is refused", f"{_CALL}RefusedStream", ErrorClass.RESET_BEFORE_ANSWER),
    Case("truncated answer", f"{_CALL}HalfThenClose", ErrorClass.EOF_IN_ANSWER),
    Case("reset in the answer", f"{_CALL}HalfThenReset", ErrorClass.RESET_IN_ANSWER),
    Case("no answer", f"{_CALL}Silence", ErrorClass.TIMEOUT_BEFORE_ANSWER, patient=False),
    Case("half an answer", f"{_CALL}HalfThenSilence", ErrorClass.TIMEOUT_IN_ANSWER, patient=False),
    Case("port that refuses", f"{_CALL}Honest", ErrorClass.CONNECT_REFUSED, arrivals=0, place="refusing"),
)
"""Of gRPC."""


def groups_of(kinds: Sequence[Kind]) -> Iterator[tuple[str, Kind, Sequence[Case]]]:
    """What is tried of these kinds: a title, the kind it is tried as, and the cases."""
    if any(kind.name != "websocket" and not kind.http2 for kind in kinds):
        yield "on its own", Kind(), SINGLE
    if any(kind.name == "http" and kind.last is not None for kind in kinds):
        yield "stream", Kind(last=LAST_LINE), STREAMED
    yield from _of_events(kinds)
    if any(kind.body_bytes or kind.upload_s for kind in kinds):
        yield "upload", Kind(body_bytes=_BODY, upload_s=_OVER_S), (SINGLE[0], *UPLOADED)
    yield from _of_sessions(kinds)
    if any(kind.tls and not kind.http2 for kind in kinds):
        yield "TLS", Kind(tls=True), (*BY_TLS, DISTRUSTED)
    calls = [kind for kind in kinds if kind.rpc is not None]
    if any(kind.http2 and kind.rpc is None for kind in kinds):
        yield "HTTP/2", Kind(http2=True, tls=any(kind.tls and kind.http2 for kind in kinds)), STREAMS
    if calls:
        yield "gRPC", Kind(name="grpc", http2=True, tls=any(kind.tls for kind in calls), rpc=rpc()), CALLS


def _of_events(kinds: Sequence[Kind]) -> Iterator[tuple[str, Kind, Sequence[Case]]]:
    events = [kind for kind in kinds if kind.name == "events"]
    if events:
        yield "events", Kind(name="events", last=LAST_EVENT), EVENTS
    if any(kind.messages is not None and kind.messages.reconnects for kind in events):
        yield "resumed", Kind(name="events", last=LAST_EVENT, messages=Messages(count=3, reconnects=True)), RESUMED


def _of_sessions(kinds: Sequence[Kind]) -> Iterator[tuple[str, Kind, Sequence[Case]]]:
    sessions = [kind for kind in kinds if kind.name == "websocket"]
    if sessions:
        yield "messages", Kind(name="websocket", messages=_MESSAGES), SESSIONS
        yield "listening", Kind(name="websocket", messages=structs.replace(_MESSAGES, text=None)), HEARD
    if any(kind.messages is not None and kind.messages.reconnects for kind in sessions):
        yield "reconnecting", Kind(name="websocket", messages=structs.replace(_MESSAGES, reconnects=True)), RECONNECTED


def rpc() -> Rpc:
    """A method whose messages have no fields."""
    # Not above, as all that is of gRPC.
    from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet  # noqa: PLC0415

    file = FileDescriptorProto(name="conformance.proto", package="conformance", syntax="proto3")
    file.message_type.add(name="Empty")
    method = file.service.add(name="Test").method.add(name="Honest")
    method.input_type = method.output_type = ".conformance.Empty"
    return Rpc(method="conformance.Test/Honest", descriptors=FileDescriptorSet(file=[file]).SerializeToString())
