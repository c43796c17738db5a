"""What makes a request one of another kind than the engine's own."""

from typing import Literal

import msgspec

KindName = Literal["http", "events", "websocket", "grpc"]


class Messages(msgspec.Struct, frozen=True, kw_only=True):
    """What goes to and fro on a WebSocket, or comes as events: messages numbered from 1, in their order."""

    count: int = 0
    """0: as many as come; of events whose last one is known."""
    text: str | None = None
    """Of a message that the client sends, with ``{n}`` for its number: each is answered by one of the same number.
    None: the client listens."""
    every_s: float = 0.0
    """Between two that the client sends."""
    pointer: str | None = None
    """Where the number of a message that comes stands: a JSON pointer."""
    pattern: str | None = None
    """In its place: a regular expression whose first group is the number. An event whose messages say neither is
    numbered by its id."""
    reconnects: bool = False
    """Whether the client opens another connection where the server closes one because it goes, and goes on there. Of
    events: wherever a stream ends before its last one."""


class Rpc(msgspec.Struct, frozen=True, kw_only=True):
    """A method of gRPC."""

    method: str
    """``shop.Orders/Place``."""
    descriptors: bytes
    """A FileDescriptorSet that has it and all that it needs."""


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """Says how a request is carried out where the engine's own way, sent at once and read as it comes, will not do."""

    name: KindName = "http"
    tls: bool = False
    """Whether it goes to the SLB's TLS listener."""
    http2: bool = False
    body_bytes: int = 0
    """A body of so many bytes, made as it is sent; 0: the route's own body."""
    upload_s: float = 0.0
    """The body is written at an even pace over so many seconds; 0: at once."""
    messages: Messages | None = None
    rpc: Rpc | None = None
    last: str | None = None
    """A regular expression: what the last line of the answer, or the last event, must hold."""

    @property
    def goes_on(self) -> bool:
        """Whether the client goes on on another connection."""
        return self.messages is not None and self.messages.reconnects

    @property
    def has_an_end(self) -> bool:
        """Whether what shows that an answer is whole is its own: a last line, or numbered messages."""
        return self.last is not None or self.messages is not None

    @property
    def takes_a_while(self) -> bool:
        """Whether its requests last, by their nature: seconds and more."""
        return self.name in ("events", "websocket") or self.last is not None or bool(self.body_bytes or self.upload_s)
