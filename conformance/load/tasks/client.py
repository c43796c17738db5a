"""``self.client`` of a user: the interface of ``requests``, every request a row of the record, nothing sent twice."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urljoin, urlsplit

from requests.cookies import RequestsCookieJar
from requests.exceptions import InvalidURL, TooManyRedirects
from requests.structures import CaseInsensitiveDict

from conformance.load.clock import now_ns
from conformance.load.request import USER_AGENT, Request
from conformance.load.tasks.cookies import cookie_header, keep_cookies
from conformance.load.tasks.line import Line, Outgoing, Reserved
from conformance.load.tasks.message import OWN_HEADERS, Call, Message, encode
from conformance.load.tasks.response import REDIRECTS, Asked, CaughtResponse, Response
from conformance.load.tasks.routes import USUAL

if TYPE_CHECKING:
    from conformance.load.tasks.execution import Execution
    from conformance.load.tasks.routes import Kind

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
MOST_REDIRECTS = 30
_SEE_OTHER = 303
_MOVED = (301, 302)
_NOT_DONE = frozenset({"proxies", "hooks", "stream", "verify", "cert"})
"""Arguments of ``requests`` that change nothing here; each is said once."""


class Client:
    """One user's client: headers and cookies of its own, the engine's connections."""

    def __init__(self, line: Line, mark: bytes = b"", failures: Sequence[type[Exception]] = ()) -> None:
        """A client without cookies.

        Args:
            line: Where requests go.
            mark: Lines of the head by which the user is known.
            failures: Exceptions by which a task says, in a ``with`` block, that an answer is wrong.
        """
        self.headers: CaseInsensitiveDict[str | bytes] = CaseInsensitiveDict(
            {"User-Agent": USER_AGENT, "Accept": "*/*"}
        )
        """Of every request."""
        self.cookies = RequestsCookieJar()
        self.auth: Any = None
        self.params: Any = None
        self.request_name: str | None = None
        """What requests are called that bring no name of their own."""
        self.base_url = f"http://{line.settings.authority}"
        self.execution: Execution | None = None
        self.host: str | None = None
        """What the locustfile takes for the host; absolute addresses may begin with it."""
        self._line = line
        self._mark = mark
        self._failures = failures
        self._reserved: deque[Reserved] = deque()

    def new_id(self) -> str:
        """The id of a request that is yet to be sent: the next one that is given no other by ``request_id``."""
        self._reserved.append(self._line.reserve())
        return self._reserved[-1].id

    def get(self, url: str, **options: Any) -> Any:  # noqa: ANN401 - a response, or one in a with block
        """As ``request``."""
        return self.request("GET", url, **options)

    def options(self, url: str, **options: Any) -> Any:  # noqa: ANN401
        """As ``request``."""
        return self.request("OPTIONS", url, **options)

    def post(self, url: str, data: Any = None, json: Any = None, **options: Any) -> Any:  # noqa: ANN401
        """As ``request``."""
        return self.request("POST", url, data=data, json=json, **options)

    def put(self, url: str, data: Any = None, **options: Any) -> Any:  # noqa: ANN401
        """As ``request``."""
        return self.request("PUT", url, data=data, **options)

    def patch(self, url: str, data: Any = None, **options: Any) -> Any:  # noqa: ANN401
        """As ``request``."""
        return self.request("PATCH", url, data=data, **options)

    def delete(self, url: str, **options: Any) -> Any:  # noqa: ANN401
        """As ``request``."""
        return self.request("DELETE", url, **options)

    def request(  # noqa: PLR0913, PLR0917, D417 - the interface of requests, whose arguments are told there
        self,
        method: str,
        url: str,
        params: Any = None,  # noqa: ANN401 - whatever requests takes; so too below
        data: Any = None,  # noqa: ANN401
        headers: Any = None,  # noqa: ANN401
        cookies: Any = None,  # noqa: ANN401
        files: Any = None,  # noqa: ANN401
        auth: Any = None,  # noqa: ANN401
        timeout: float | tuple[float, float] | None = None,
        allow_redirects: bool = False,
        json: Any = None,  # noqa: ANN401
        *,
        name: str | None = None,
        catch_response: bool = False,
        expect: int | Iterable[int] | None = None,
        write: bool | None = None,
        effects: Sequence[str] | None = None,
        request_id: str | None = None,
        context: object = None,
        **others: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """Send a request and wait for its answer. Arguments that are not told here are those of ``requests``.

        Args:
            name: What the record calls this kind of request; without one it is called by its path.
            catch_response: The answer is used in a ``with`` block, in which ``success()`` or ``failure(text)`` say
                what it is.
            expect: Statuses that are right; 200 to 299 without it.
            write: Whether it is a write; without it the descriptor says so, else the method.
            effects: What it must leave once it is acknowledged, exactly once each.
            request_id: One that ``new_id`` has given.
            context: For listeners of Locust's ``request`` event.

        Raises:
            ValueError: It cannot be sent; says why. Nothing was sent then.
        """
        del context
        asked_ns = now_ns()
        self._say_undone(others)
        method = method.upper()
        if method not in METHODS:
            raise ValueError(f"{method}: the load sends {', '.join(METHODS)} only")
        path = self._path_of(url)
        kind = self._line.kinds.of(method, path, name or self.request_name, write, effects)
        statuses = None if expect is None else [expect] if isinstance(expect, int) else list(expect)
        terms = USUAL if statuses is None else frozenset(statuses)
        message = Message(terms, self._timeout_ns(timeout), write=kind.write)
        if allow_redirects:
            message.expect = frozenset({*terms, *REDIRECTS})
        call = Call(
            method=method,
            path=path,
            params=self.params if params is None else params,
            data=data,
            json=json,
            files=files,
            auth=auth if auth is not None else self.auth,
            headers=self._headers(headers, cookies, path),
        )
        response = self._ask(kind, call, message, (asked_ns, request_id), caught=catch_response)
        history: list[Response] = []
        while allow_redirects and response.is_redirect:
            if len(history) >= MOST_REDIRECTS:
                raise TooManyRedirects(f"{url}: more than {MOST_REDIRECTS} redirects")
            history.append(response)
            if isinstance(response, CaughtResponse):
                response.__exit__(None, None, None)
            response = self._follow(response, call, terms, timeout, caught=catch_response)
        response.history = history
        return response

    @contextmanager
    def rename_request(self, name: str) -> Iterator[None]:
        """What requests in this block are called that bring no name of their own."""
        before, self.request_name = self.request_name, name
        try:
            yield
        finally:
            self.request_name = before

    def _follow(
        self,
        response: Response,
        call: Call,
        terms: Any,  # noqa: ANN401 - a container of statuses
        timeout: float | tuple[float, float] | None,
        *,
        caught: bool,
    ) -> Response:
        asked_ns, status = now_ns(), response.status_code
        if status == _SEE_OTHER or (status in _MOVED and call.method == "POST"):
            call.method, call.data, call.json, call.files = "GET", None, None, None
            call.headers.pop("Content-Type", None)
        call.path = self._path_of(urljoin(response.url, response.headers["location"]))
        call.params = None
        call.headers["Cookie"] = cookie_header(self.cookies, f"{self.base_url}{call.path}")  # type: ignore[assignment]
        kind = self._line.kinds.of(call.method, call.path, None, None, None)
        message = Message(frozenset({*terms, *REDIRECTS}), self._timeout_ns(timeout), write=kind.write)
        return self._ask(kind, call, message, (asked_ns, None), caught=caught)

    def _ask(
        self, kind: "Kind", call: Call, message: Message, known: tuple[int, str | None], *, caught: bool
    ) -> Response:
        """Send it; ``known``: when it was asked for, and the id that it was given."""
        line, execution, (asked_ns, request_id) = self._line, self.execution, known
        encoded = encode(call, line.settings.authority)
        reserved = self._number(request_id)
        request = line.send(Outgoing(kind, encoded, message, reserved, execution, self._mark, asked_ns))
        url = f"{self.base_url}{encoded.path}"
        own = keep_cookies(self.cookies, url, message.lines)
        asked = Asked(call.method, url, request.id.decode(), call.headers, encoded.body)
        if caught:
            if execution is not None:
                execution.open[request.seq] = request
            verdict = self._verdict(request, kind, execution)
            return CaughtResponse(request, message, asked, own, verdict, self._failures)
        self._hold(request, execution)
        return Response(request, message, asked, own)

    def _verdict(
        self, request: Request, kind: "Kind", execution: "Execution | None"
    ) -> Callable[[Literal["right", "wrong", "unsaid"], str], None]:
        def verdict(what: Literal["right", "wrong", "unsaid"], why: str) -> None:
            if what == "wrong":
                self._line.find_wrong(request, why)
            elif what == "right":
                self._line.find_right(request, kind)
            if execution is not None:
                execution.open.pop(request.seq, None)
            self._hold(request, execution)

        return verdict

    def _hold(self, request: Request, execution: "Execution | None") -> None:
        """The last answer of an execution is held back: should the task raise, it was not what the task demands."""
        if execution is None or execution.ended_ns:
            self._line.settle(request)
            return
        if request.error:
            execution.failed = True
        before, execution.held = execution.held, request
        if before is not None and before is not request:
            self._line.settle(before)

    def _number(self, request_id: str | None) -> Reserved:
        reserved = self._reserved
        while reserved and not self._line.is_current(reserved[0]):
            reserved.popleft()
        if request_id is None:
            return reserved.popleft() if reserved else self._line.reserve()
        for one in reserved:
            if one.id == request_id:
                reserved.remove(one)
                return one
        raise ValueError(
            f"request_id={request_id!r}: expected one that self.client.new_id() gave and no request has had"
        )

    def _headers(self, headers: Any, cookies: Any, path: str) -> CaseInsensitiveDict[str | bytes]:  # noqa: ANN401
        merged = self.headers.copy()
        for name, value in (headers or {}).items():
            if value is None:
                merged.pop(name, None)
            else:
                merged[name] = value
                if name.lower() in OWN_HEADERS:
                    self._line.notices[f"the header {name}: the client says it itself"] += 1
        if cookies or len(self.cookies):
            jar = self.cookies
            if cookies:
                jar = self.cookies.copy()
                jar.update(cookies)
            line = cookie_header(jar, f"{self.base_url}{path}")
            if line is not None:
                merged["Cookie"] = line
        return merged

    def _path_of(self, url: str) -> str:
        if url.startswith("/") and not url.startswith("//"):
            return url
        for base in (self.base_url, (self.host or "").rstrip("/")):
            if base and (url == base or url.startswith((f"{base}/", f"{base}?"))):
                rest = url[len(base) :]
                return rest if rest.startswith("/") else f"/{rest}"
        if urlsplit(url).netloc:
            raise InvalidURL(f"{url}: the client asks the SLB alone; give it the path")
        return f"/{url}"

    def _timeout_ns(self, timeout: float | tuple[float, float] | None) -> int:
        longest = self._line.settings.timeout_s
        if timeout is None:
            return int(longest * 1e9)
        seconds = sum(filter(None, timeout)) if isinstance(timeout, tuple) else timeout
        if not 0 < seconds <= longest:
            raise ValueError(f"timeout={timeout}: the load waits for {longest:g} s at most; set [workload] timeout_s")
        return int(seconds * 1e9)

    def _say_undone(self, others: dict[str, Any]) -> None:
        for argument, value in others.items():
            if argument not in _NOT_DONE:
                raise TypeError(f"request() got an unexpected keyword argument {argument!r}")
            if value is not None and value is not False:
                self._line.notices[f"{argument}= of a request: it changes nothing here"] += 1

    def mount(self, prefix: str, adapter: object) -> None:
        """Adapters are not used, nor what they would send again."""
        self._line.notices[
            f"client.mount({prefix!r}, {type(adapter).__name__}): adapters and their retries are not used;"
            " nothing is sent twice"
        ] += 1

    def close(self) -> None:
        """Connections are the engine's."""
