"""An answer as ``requests`` shows it to a task, and the block in which a task says itself whether it was right."""

import json as json_module
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

from requests.cookies import RequestsCookieJar
from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.exceptions import HTTPError, JSONDecodeError
from requests.structures import CaseInsensitiveDict

from conformance.vocabulary import ErrorClass

if TYPE_CHECKING:
    from conformance.load.request import Request
    from conformance.load.tasks.message import Message

_ERRORS = 400
_PHRASES = {status.value: status.phrase for status in HTTPStatus}
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Asked(NamedTuple):
    """What was asked, as a response tells of it."""

    method: str
    url: str
    id: str
    """The request's id."""
    headers: CaseInsensitiveDict[str | bytes]
    body: bytes | None


ANSWERED = (ErrorClass.UNEXPECTED_STATUS, ErrorClass.WRONG_ANSWER)
"""Errors of requests that have a whole answer all the same."""


class Response:
    """An answer, or what there is of one: ``status_code`` is 0 where no answer came, and ``error`` says why."""

    def __init__(self, request: "Request", message: "Message", asked: Asked, cookies: RequestsCookieJar) -> None:
        self.request = asked
        self.url = asked.url
        self.status_code = request.status
        self.elapsed = timedelta(microseconds=(request.done_ns - request.due_ns) / 1_000)
        self.history: list[Response] = []
        self.cookies = cookies
        self.encoding: str | None = None
        self.error: Exception | None = None
        """Why there is no whole answer."""
        if request.error and (not request.status or request.error not in ANSWERED):
            self.error = RequestsConnectionError(f"{asked.method} {asked.url}: {request.error} (request {asked.id})")
        self._message = message
        self._headers: CaseInsensitiveDict[str] | None = None
        self._content: bytes | None = None

    @property
    def request_id(self) -> str:
        """The request's id in the record, the SLB's log and the services' logs."""
        return self.request.id

    @property
    def headers(self) -> CaseInsensitiveDict[str]:
        """Of the answer; what came several times is joined by commas."""
        if self._headers is None:
            self._headers = CaseInsensitiveDict()
            for raw_name, raw_value in self._message.lines:
                name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
                self._headers[name] = f"{self._headers[name]}, {value}" if name in self._headers else value
        return self._headers

    @property
    def content(self) -> bytes:
        """The body, unpacked."""
        if self._content is None:
            self._content = _unpacked(self._message.body, self.headers.get("content-encoding", ""))
        return self._content

    @property
    def text(self) -> str:
        """The body by the character set that its type names, else UTF-8."""
        charset = self.encoding or self.headers.get("content-type", "").lower().partition("charset=")[2]
        try:
            return self.content.decode(charset.partition(";")[0].strip(" \"'") or "utf-8", errors="replace")
        except LookupError:
            return self.content.decode(errors="replace")

    def json(self, **options: Any) -> Any:  # noqa: ANN401 - as in requests
        """The body's JSON; raises ``requests.JSONDecodeError`` where it is none."""
        try:
            return json_module.loads(self.content, **options)
        except ValueError as error:
            raise JSONDecodeError(str(error), self.text, 0) from None

    @property
    def js(self) -> Any:  # noqa: ANN401 - as in FastHttpUser
        """The body's JSON, None where it is none."""
        try:
            return self.json()
        except ValueError:
            return None

    @property
    def ok(self) -> bool:
        """Whether an answer came, of a status below 400."""
        return self.error is None and 0 < self.status_code < _ERRORS

    def __bool__(self) -> bool:
        return self.ok

    @property
    def reason(self) -> str:
        """The usual words for its status."""
        return _PHRASES.get(self.status_code, "")

    @property
    def is_redirect(self) -> bool:
        """Whether it says where to go instead."""
        return self.status_code in REDIRECTS and "location" in self.headers

    def raise_for_status(self) -> None:
        """Raise ``requests.HTTPError`` for a status of 400 or more, and the error of a request without an answer."""
        if self.error is not None:
            raise self.error
        if self.status_code >= _ERRORS:
            raise HTTPError(f"{self.status_code} {self.reason} for {self.request.method} {self.url}", response=self)  # type: ignore[arg-type]  # what a task reads of it is here

    def iter_lines(self, *, decode_unicode: bool = False) -> Iterator[str | bytes]:
        """The lines of the whole body."""
        yield from (self.text if decode_unicode else self.content).splitlines()

    def iter_content(self, chunk_size: int = 1) -> Iterator[bytes]:
        """The whole body in pieces."""
        for start in range(0, len(self.content), chunk_size):
            yield self.content[start : start + chunk_size]

    def close(self) -> None:
        """Nothing is held open by a response."""


Verdict = Callable[[Literal["right", "wrong", "unsaid"], str], None]
"""What the task made of an answer, and its words where it found it wrong."""


class CaughtResponse(Response):
    """An answer of which the task says itself whether it is right, in a ``with`` block."""

    def __init__(  # noqa: PLR0913, PLR0917 - an answer, and who is told
        self,
        request: "Request",
        message: "Message",
        asked: Asked,
        cookies: RequestsCookieJar,
        verdict: Verdict,
        failures: Sequence[type[Exception]] = (),
    ) -> None:
        """``failures``: exceptions in the block that say that the answer is wrong, and go no further."""
        super().__init__(request, message, asked, cookies)
        self._verdict = verdict
        self._failures = tuple(failures)
        self._said: tuple[Literal["right", "wrong", "unsaid"], str] = ("unsaid", "")

    def success(self) -> None:
        """The answer is right, whatever its status; a request that got no whole answer has failed all the same."""
        self._said = ("right", "")

    def failure(self, why: object) -> None:
        """The answer is wrong; ``why`` is shown in the report."""
        self._said = ("wrong", str(why) or type(why).__name__)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, value: BaseException | None, _trace: TracebackType | None
    ) -> bool:
        own = isinstance(value, self._failures)
        if own and self._said[0] == "unsaid":
            self.failure(value)
        self._verdict(*self._said)
        return own


def _unpacked(body: bytes, encoding: str) -> bytes:
    """As it was before it was packed, where somebody packed it unasked."""
    try:
        if encoding in ("gzip", "x-gzip"):
            return zlib.decompress(body, wbits=31)
        if encoding == "deflate":
            return zlib.decompress(body)
    except zlib.error:
        return body
    return body
