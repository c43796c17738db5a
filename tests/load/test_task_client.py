"""The parts of a load by tasks that need no Locust: the proof of the client, the pool, kinds of request, encoding."""

from collections.abc import Callable
from typing import cast

import gevent
import pytest
from requests.structures import CaseInsensitiveDict

from conformance.load.engine import Engine
from conformance.load.selftest import METHODS, SINGLE
from conformance.load.spec import TaskWrite
from conformance.load.tasks import proof
from conformance.load.tasks.client import Client
from conformance.load.tasks.execution import Execution
from conformance.load.tasks.line import Line, Settings
from conformance.load.tasks.message import Call, encode
from conformance.load.tasks.pool import Pool, Seat, UserKind
from conformance.load.tasks.routes import MOST_UNNAMED, Kind, Kinds
from conformance.record.contract import EffectRule


def test_the_client_tells_every_misbehaviour_by_its_class_and_sends_nothing_twice() -> None:
    outcome = gevent.spawn(proof.self_test, "run1").get()
    assert outcome.wrong == ()
    for case in SINGLE:
        for method in METHODS:
            assert outcome.seen[f"task client: {case.name}, {method}"] == case.expected or "none"


class _AsksTwice(Client):
    """Sends again in secret what had no answer, as adapters do."""

    def _ask(self, *arguments: object, **more: object) -> object:  # type: ignore[override]
        asked = super()._ask
        response = asked(*arguments, **more)  # type: ignore[arg-type]
        if response.error is not None:
            asked(*arguments[:3], (cast("tuple[int, str | None]", arguments[3])[0], None), **more)  # type: ignore[arg-type, call-arg]
        return response


def test_a_client_that_asks_again_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "Client", _AsksTwice)
    outcome = gevent.spawn(proof.self_test, "run1").get()
    assert any("calls made" in sentence for sentence in outcome.wrong)


def _line() -> Line:
    return Line(cast("Engine", None), Settings("127.0.0.1:1", 1.0))


def _kind(name: str, life: Callable[[Seat], None], weight: float = 1, fixed: int = 0) -> UserKind:
    return UserKind(name, weight, fixed, life, says_farewell=False)


def _pool(kinds: list[UserKind], users: int, most: int) -> tuple[Pool, list[Execution]]:
    line, ended = _line(), list[Execution]()
    pool = Pool(line, kinds, users, most, lambda _: Client(line))
    pool.begin(ended.append, lambda error: pytest.fail(str(error)))
    return pool, ended


def test_an_execution_that_no_user_is_free_for_is_not_started_and_waits_for_none() -> None:
    gate = gevent.event.Event()

    def live(seat: Seat) -> None:
        while seat.await_turn("hold"):
            gate.wait()
            seat.end_turn("ended")

    def through() -> None:
        pool, ended = _pool([_kind("One", live)], users=1, most=2)
        for number in range(3):
            pool.start(Execution(number, 0))
            gevent.sleep(0)
        assert [(one.number, one.outcome) for one in ended] == [(2, "not started")]
        assert (len(pool.seats), pool.greatest, len(pool.open)) == (2, 2, 2)
        gate.set()
        gevent.sleep(0.01)
        pool.start(Execution(3, 0))
        gevent.sleep(0.01)
        assert [one.outcome for one in ended] == ["not started", "ended", "ended", "ended"]
        assert [one.user for one in ended[1:]] == [0, 1, 0]
        assert len(list(pool.dismiss(0))) == 2
        gevent.sleep(0.01)
        assert not pool.seats

    gevent.spawn(through).get()


def test_weights_and_fixed_counts_are_exact_shares() -> None:
    seen: list[str] = []

    def life_of(name: str) -> Callable[[Seat], None]:
        def live(seat: Seat) -> None:
            while seat.await_turn(name):
                seen.append(name)
                seat.end_turn("ended")

        return live

    def through() -> None:
        kinds = [_kind("a", life_of("a"), 3), _kind("b", life_of("b"), 1), _kind("c", life_of("c"), fixed=2)]
        pool, _ = _pool(kinds, users=10, most=50)
        for number in range(100):
            pool.start(Execution(number, 0))
            gevent.sleep(0)
        gevent.sleep(0.01)
        assert (seen.count("a"), seen.count("b"), seen.count("c")) == (60, 20, 20)
        list(pool.dismiss(0))

    gevent.spawn(through).get()


def test_kinds_of_request_are_few_whatever_paths_say() -> None:
    added: list[Kind] = []
    declared = TaskWrite(name="PUT /orders/*", effects=("changed",))
    kinds = Kinds([declared], [("shop", "/"), ("pay", "/pay/")], added.append)
    for number in range(MOST_UNNAMED + 50):
        kinds.of("GET", f"/orders/{number}?page=1", None, None, None)
        kinds.of("PUT", f"/orders/{number}", None, None, None)
    names = [one.name for one in added]
    assert len(names) == MOST_UNNAMED + 1 + 1
    assert names[-1] == "GET other paths"
    assert added[1].facts().effects == ("changed",)
    assert kinds.of("POST", "/pay/now", None, None, None).entry == "pay"
    with pytest.raises(ValueError, match=r"PUT /orders/\* was a write with the effects \['changed'\] before"):
        kinds.of("PUT", "/orders/1", None, False, None)


def test_a_write_that_a_task_says_leaves_nothing_is_declared() -> None:
    kinds = Kinds([], [], lambda _: None)
    assert kinds.of("POST", "/log-out", None, None, []).facts().declares_effects
    assert not kinds.of("POST", "/orders", None, None, None).facts().declares_effects


def test_what_a_write_leaves_may_depend_on_status_and_version() -> None:
    by_status = (EffectRule(effects=("a",), statuses=(201,)), EffectRule(effects=(), statuses=(409,)))
    by_version = EffectRule(effects=("a", "b"), service="shop", version="2")
    declared = TaskWrite(name="POST /orders", effects=("a",), rules=(*by_status, by_version))
    kinds = Kinds([declared], [], lambda _: None)
    told = kinds.of("POST", "/orders", None, None, None).facts()
    assert (told.effects, told.rules) == (("a",), (*by_status, by_version))
    assert [told.leaves(status, version) for status in (201, 409) for version in ("1", "2")] == [
        *(("a",), ("a", "b"), (), ("a", "b"))
    ]
    said = {201: ["c", "c"], 202: ["c"]}
    own = Kinds([declared], [], lambda _: None)
    kind = own.of("POST", "/orders", None, None, said)
    assert kind is own.of("POST", "/orders", None, None, said)
    told = kind.facts()
    assert (told.effects, told.leaves(202, "1"), told.leaves(202, "2")) == (("c", "c"), ("c",), ("a", "b"))
    with pytest.raises(ValueError, match=r"POST /orders was a write with the effects \['c', 'c'\] before"):
        own.of("POST", "/orders", None, None, ["c"])


@pytest.mark.parametrize(
    ("call", "path", "body"),
    [
        ({"path": "/a b?x=ä"}, "/a%20b?x=%C3%A4", None),
        ({"path": "/a#b"}, "/a", None),
        ({"path": "/a%2Fb"}, "/a%2Fb", None),
        ({"path": "/a", "data": [("x", "1"), ("x", "2")]}, "/a", b"x=1&x=2"),
        ({"path": "/a", "data": iter([b"1", b"2"])}, "/a", b"12"),
        ({"path": "/a?y=1", "params": {"x": 2}}, "/a?y=1&x=2", None),
    ],
)
def test_what_is_sent_is_what_requests_would_send(call: dict[str, object], path: str, body: bytes | None) -> None:
    encoded = encode(Call(method="POST", headers=CaseInsensitiveDict(), **call), "shop:80")  # type: ignore[arg-type]
    assert (encoded.path, encoded.body or None) == (path, body)


def test_a_header_with_a_line_break_is_refused() -> None:
    with pytest.raises(ValueError, match="a line break"):
        encode(Call(method="GET", path="/", headers=CaseInsensitiveDict({"X": "1\r\nY: 2"})), "shop:80")


def test_a_host_of_the_tasks_own_stands_in_the_place_of_the_usual_one() -> None:
    encoded = encode(Call(method="GET", path="/", headers=CaseInsensitiveDict({"Host": "shop.example"})), "shop:80")
    assert (encoded.host, b"ost" in encoded.head) == (b"shop.example", False)
