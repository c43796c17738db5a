"""A user's cookies: the rules are the standard library's, as in ``requests``."""

from http.client import HTTPMessage
from typing import TYPE_CHECKING, cast
from urllib.request import Request as UrlRequest

from requests.cookies import RequestsCookieJar

if TYPE_CHECKING:
    from http.client import HTTPResponse


class _Told:
    """What http.cookiejar reads of an answer."""

    def __init__(self, lines: list[tuple[bytes, bytes]]) -> None:
        self._message = HTTPMessage()
        for name, value in lines:
            if name == b"set-cookie":
                self._message.add_header("Set-Cookie", value.decode("latin-1"))

    def info(self) -> HTTPMessage:
        return self._message


def keep_cookies(jar: RequestsCookieJar, url: str, lines: list[tuple[bytes, bytes]]) -> RequestsCookieJar:
    """Keep what an answer sets; returns a jar of that alone."""
    own = RequestsCookieJar()
    if any(name == b"set-cookie" for name, _ in lines):
        told = cast("HTTPResponse", _Told(lines))
        own.extract_cookies(told, UrlRequest(url))  # noqa: S310 - nothing is opened
        jar.extract_cookies(told, UrlRequest(url))  # noqa: S310
    return own


def cookie_header(jar: RequestsCookieJar, url: str) -> str | None:
    """What a request to this address says; None: nothing."""
    if not len(jar):
        return None
    request = UrlRequest(url)  # noqa: S310 - nothing is opened
    jar.add_cookie_header(request)
    return request.get_header("Cookie")
