"""Where requests that are tasks of their own go: in the clear, or by TLS."""

import ssl
from typing import Any, NamedTuple

from gevent import ssl as gevent_ssl

from conformance.load.connection import Target
from conformance.load.spec import Tls

HTTP1, HTTP2 = "http/1.1", "h2"
"""As ALPN names them."""


class End(NamedTuple):
    """One listener of the SLB's."""

    host: str
    port: int
    target: Target
    context: Any = None
    """Of TLS; None: in the clear."""
    http2: bool = False
    name: str = ""
    """Whom its certificate must name."""

    @property
    def scheme(self) -> str:
        """Of its addresses."""
        return "http" if self.context is None else "https"

    @property
    def authority(self) -> str:
        """``host:port``, as a request names it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    def plain(cls, host: str, port: int, *, http2: bool) -> "End":
        """A listener in the clear. Raises OSError where the host has no address."""
        return cls(host, port, Target.look_up(host, port), http2=http2)

    @classmethod
    def secure(cls, tls: Tls, *, http2: bool) -> "End":
        """A listener by TLS. Raises OSError where the host has no address."""
        target, context = Target.look_up(tls.host, tls.port), _context(tls.authority, http2=http2)
        return cls(tls.host, tls.port, target, context, http2, tls.name)


class Ends:
    """The SLB's listeners as an order names them, each looked up once."""

    def __init__(self, host: str, port: int, tls: Tls | None = None) -> None:
        self._plain = (host, port)
        self._tls = tls
        self._known: dict[tuple[bool, bool], End] = {}

    @property
    def trusted(self) -> str:
        """The certificate that TLS trusts; empty where nothing speaks it."""
        return "" if self._tls is None else self._tls.authority

    def of(self, *, tls: bool, http2: bool) -> End:
        """One of them. Raises OSError where the host has no address, and LookupError where nothing speaks TLS."""
        if (tls, http2) not in self._known:
            if tls and self._tls is None:
                raise LookupError("the SLB does not speak TLS")
            secure = self._tls if tls else None
            end = End.plain(*self._plain, http2=http2) if secure is None else End.secure(secure, http2=http2)
            self._known[tls, http2] = end
        return self._known[tls, http2]


def _context(authority: str, *, http2: bool) -> Any:  # noqa: ANN401 - gevent's
    context = gevent_ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=authority)
    context.set_alpn_protocols([HTTP2 if http2 else HTTP1])
    return context
