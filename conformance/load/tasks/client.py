"""``self.client`` of a user: the interface of ``requests``, every request a row of the record, nothing sent twice."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, Unpack
from urllib.parse import urljoin, urlsplit

from requests.cookies import RequestsCookieJar
from requests.exceptions import InvalidURL, TooManyRedirects
from requests.structures import CaseInsensitiveDict

from conformance.load.clock import now_ns
from conformance.load.request import USER_AGENT, Request
from conformance.load.tasks.cookies import cookie_header, keep_cookies
from conformance.load.tasks.line import Line, Outgoing, Reserved
from conformance.load.tasks.message import OWN_HEADERS, Call, Message, encode
from conformance.load.tasks.options import KNOWN, NOT_DONE, Options, Seconds, WithJson, WithoutBody, statuses
from conformance.load.tasks.response import REDIRECTS, Asked, CaughtResponse, Response

if TYPE_CHECKING:
    from conformance.load.tasks.execution import Execution
    from conformance.load.tasks.routes import Kind

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
MOST_REDIRECTS = 30
_SEE_OTHER = 303
_MOVED = (301, 302)


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

    def get(self, url: str, **options: Unpack[Options]) -> Any:  # noqa: ANN401 - as ``request``; so too below
        """As ``request``."""
        return self.request("GET", url, **options)

    def options(self, url: str, **options: Unpack[Options]) -> Any:  # noqa: ANN401
        """As ``request``."""
        return self.request("OPTIONS", url, **options)

    def post(self, url: str, data: Any = None, json: Any = None, **options: Unpack[WithoutBody]) -> Any:  # noqa: ANN401
        """As ``request``."""
        return self.request("POST", url, data=data, json=json, **options)

    def put(self, url: str, data: Any = None, **options: Unpack[WithJson]) -> Any:  # noqa: ANN401
        """As ``request``."""
        return self.request("PUT", url, data=data, **options)

    def patch(self, url: str, data: Any = None, **options: Unpack[WithJson]) -> Any:  # noqa: ANN401
        """As ``request``."""
        return self.request("PATCH", url, data=data, **options)

    def delete(self, url: str, **options: Unpack[Options]) -> Any:  # noqa: ANN401
        """As ``request``."""
        return self.request("DELETE", url, **options)

    def request(self, method: str, url: str, **options: Unpack[Options]) -> Any:  # noqa: ANN401
        """Send a request and wait for its answer: a Response, or with ``catch_response`` a CaughtResponse.

        Raises:
            ValueError: It cannot be sent; says why. Nothing was sent then.
            TypeError: An option that there is none of.
        """
        asked_ns = now_ns()
        self._refuse_unknown(options)
        method = method.upper()
        if method not in METHODS:
            raise ValueError(f"{method}: the load sends {', '.join(METHODS)} only")
        path, name = self._path_of(url), options.get("name") or self.request_name
        kind = self._line.kinds.of(method, path, name, options.get("write"), options.get("effects"))
        right = statuses(options.get("expect"))
        follows = options.get("allow_redirects", False)
        expect = frozenset({*right, *REDIRECTS}) if follows else right
        message = Message(expect, self._timeout_ns(options.get("timeout")), write=kind.write)
        params, auth = options.get("params"), options.get("auth")
        call = Call(
            method=method,
            path=path,
            params=self.params if params is None else params,
            data=options.get("data"),
            json=options.get("json"),
            files=options.get("files"),
            auth=self.auth if auth is None else auth,
            headers=self._headers(options.get("headers"), options.get("cookies"), path),
        )
        caught = options.get("catch_response", False)
        response = self._ask(kind, call, message, (asked_ns, options.get("request_id")), caught=caught)
        return self._follow(response, call, message, caught=caught) if follows else response

    def _follow(self, response: Response, call: Call, message: Message, *, caught: bool) -> Response:
        """Follow its redirects, each by a request of its own; raises TooManyRedirects."""
        history: list[Response] = []
        while response.is_redirect:
            if len(history) >= MOST_REDIRECTS:
                raise TooManyRedirects(f"{history[0].url}: more than {MOST_REDIRECTS} redirects")
            history.append(response)
            if isinstance(response, CaughtResponse):
                response.__exit__(None, None, None)
            response = self._follow_one(response, call, message, caught=caught)
        response.history = history
        return response

    def _follow_one(self, response: Response, call: Call, message: Message, *, caught: bool) -> Response:
        asked_ns, status = now_ns(), response.status_code
        if status == _SEE_OTHER or (status in _MOVED and call.method == "POST"):
            call.method, call.data, call.json, call.files = "GET", None, None, None
            call.headers.pop("Content-Type", None)
        call.path, call.params = self._path_of(urljoin(response.url, response.headers["location"])), None
        call.headers.pop("Cookie", None)
        cookie = cookie_header(self.cookies, f"{self.base_url}{call.path}")
        if cookie is not None:
            call.headers["Cookie"] = cookie
        kind = self._line.kinds.of(call.method, call.path, None, None, None)
        further = Message(message.expect, message.timeout_ns, write=kind.write)
        return self._ask(kind, call, further, (asked_ns, None), caught=caught)

    @contextmanager
    def rename_request(self, name: str) -> Iterator[None]:
        """What requests in this block are called that bring no name of their own."""
        before, self.request_name = self.request_name, name
        try:
            yield
        finally:
            self.request_name = before

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
        merged, own = self.headers.copy(), self._line.settings.headers.request_id
        for name, value in (headers or {}).items():
            if value is None:
                merged.pop(name, None)
            else:
                merged[name] = value
                if name.lower() in (*OWN_HEADERS, own.lower()):
                    self._line.notices[f"the header {name}: the client says it itself"] += 1
        merged.pop(own, None)
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

    def _timeout_ns(self, timeout: Seconds | None) -> int:
        longest = self._line.settings.timeout_s
        if timeout is None:
            return int(longest * 1e9)
        seconds = sum(filter(None, timeout)) if isinstance(timeout, tuple) else timeout
        if not 0 < seconds <= longest:
            raise ValueError(f"timeout={timeout}: the load waits for {longest:g} s at most; set [workload] timeout_s")
        return int(seconds * 1e9)

    def _refuse_unknown(self, options: Options) -> None:
        if unknown := options.keys() - KNOWN:
            raise TypeError(f"request() got an unexpected keyword argument {min(unknown)!r}")
        for option in NOT_DONE:
            if options.get(option):
                self._line.notices[f"{option}= of a request: it changes nothing here"] += 1

    def mount(self, prefix: str, adapter: object) -> None:
        """Adapters are not used, nor what they would send again."""
        self._line.notices[
            f"client.mount({prefix!r}, {type(adapter).__name__}): adapters and their retries are not used;"
            " nothing is sent twice"
        ] += 1

    def close(self) -> None:
        """Connections are the engine's."""
