"""Proof that requests of other kinds are carried out as honestly as the engine's own.

As in ``load.selftest``: what is sent arrives once, and each failure has its own class. Besides its misbehaviour there
is what only such requests can meet: an answer that is cut in its middle, one that ends in good order before its end, a
body that is not read to its end. Only the kinds that a load uses are tried.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import gevent

from conformance.load.clock import now_ns
from conformance.load.engine import Engine, Limits
from conformance.load.kinds.beside import Beside, exchanges_of
from conformance.load.kinds.ends import Ends
from conformance.load.kinds.proof_cases import DISTRUSTED, groups_of
from conformance.load.kinds.spec import Kind
from conformance.load.misbehaving import HOST, MisbehavingServer
from conformance.load.request import Known, Request, Template
from conformance.load.schedule import Turn
from conformance.load.selftest import PATIENT_S, Case, Outcome, arrived, wanted_of
from conformance.load.spec import LoadSpec, Route, Tls
from conformance.record.request_headers import RequestHeaders, RequestIds

CERTIFICATE = "certificate.pem"
IMPATIENT_S = 1.5
"""Timeout where the server does nothing; it must have had the time to agree on TLS, on a machine that is busy."""


def self_test_of_kinds(spec: LoadSpec) -> Outcome:
    """Try each kind that the order has. Takes about a second where there is any; must be called in a greenlet.

    Raises:
        RuntimeError: The misbehaving server did not start.
    """
    groups = list(groups_of([route.kind for route in spec.routes if route.kind is not None]))
    if not groups:
        return Outcome({}, (), {})
    headers, ids = spec.headers, spec.headers.ids(f"test-{spec.run}-kind")
    secure = any(kind.tls for _, kind, _ in groups)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="proof-"))) if secure else None
        trusted, stranger = _certificates(folder) if folder else ("", "")
        server = stack.enter_context(MisbehavingServer(str(folder / CERTIFICATE) if folder else "", headers.request_id))

        def ends(case: Case, kind: Kind) -> Ends:
            at = {"serving": server.port, "refusing": server.refusing_port, "full": server.full_port}[case.place]
            by_tls = server.secure_port if case.place == "serving" else at
            authority = stranger if case is DISTRUSTED else trusted
            return Ends(HOST, at, Tls(host=HOST, port=by_tls, name=HOST, authority=authority) if kind.tls else None)

        numbers = count()
        asked = [
            _Asked(title, case, kind, _request(ids, next(numbers))) for title, kind, cases in groups for case in cases
        ]
        # One kind after the other: what a server does shortly after something else is met in its order only by a
        # client that has the time to look.
        for group, _, _ in groups:
            own = [one for one in asked if one.group == group]
            gevent.joinall([gevent.spawn(_ask, ends(one.case, one.kind), headers, one) for one in own])
        arrivals = arrived(server, headers)
    seen: dict[str, str] = {}
    wanted: dict[str, str] = {}
    wrong: list[str] = []
    for one in asked:
        name = f"{one.group}: {one.case.name}"
        met = sum(times for request_id, times in arrivals.items() if ids.number(request_id) == one.request.seq)
        problems = list(_problems(one.case, one.request, met))
        seen[name], wanted[name] = "; ".join([one.request.error or "none", *problems]), wanted_of(one.case)
        wrong += [f"{name}: {problem}" for problem in problems]
    return Outcome(seen, tuple(wrong), wanted)


class _Asked(NamedTuple):
    group: str
    case: Case
    kind: Kind
    request: Request


def _request(ids: RequestIds, number: int) -> Request:
    return Request(Turn(number, 0, 0, fresh=True), ids.of(number).encode(), 0)


def _certificates(folder: Path) -> tuple[str, str]:
    """Write a certificate with its key; who has issued it, and somebody who has not."""
    # Not above: it takes longer to import than all else, and few loads need it.
    import trustme  # noqa: PLC0415

    authority, stranger = trustme.CA(), trustme.CA()
    issued = authority.issue_cert(HOST)
    issued.private_key_and_cert_chain_pem.write_to_path(str(folder / CERTIFICATE))
    return authority.cert_pem.bytes().decode(), stranger.cert_pem.bytes().decode()


def _ask(ends: Ends, headers: RequestHeaders, asked: _Asked) -> None:
    """Carry out one request, by an engine that has nothing else to do."""
    _, case, kind, request = asked
    listens = kind.name == "websocket"
    route = Route(
        name=case.name,
        method="GET" if listens else "POST",
        path=case.path,
        body='{"id": "{id}"}' if not listens and kind.rpc is None else None,
        weight=1.0,
        expect=(101,) if listens else (200,),
        write=False,
        kind=kind,
    )
    end, known = ends.of(tls=kind.tls, http2=kind.http2), Known(())
    timeout_s = PATIENT_S if case.patient else IMPATIENT_S
    template = Template(route, end.host, end.port, known, timeout_s=timeout_s, headers=headers)
    engine = Engine(end.target, [template], Limits(1, warm=0), known, headers=headers)
    beside = Beside(engine, [template], exchanges_of(ends, [template]))
    request.due_ns = now_ns()
    try:
        engine.run(iter([request]), _ignore, begin=beside.begin, busy=beside.busy)
    finally:
        beside.close()
        engine.close()


def _problems(case: Case, request: Request, arrived: int) -> Iterator[str]:
    if request.error != case.expected:
        yield f"recorded as {request.error or 'no error'}; should have been {case.expected or 'no error'}"
    if arrived != case.arrivals:
        yield f"arrived {arrived} times instead of {case.arrivals}"


def _ignore(_request: Request) -> None:
    """The request itself holds what came of it."""
