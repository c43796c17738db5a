"""Reads of what was written: the first writes of all and the newest one, by turns, until the load ends."""

import msgspec

from conformance.load.request import KEPT, Known, Request, Template, reads_back, told_by_writes
from conformance.load.schedule import Turn
from conformance.load.spec import Journey, Route, Take
from conformance.record.read_back import reads_old

WRITE = Route(
    name="order",
    method="POST",
    path="/orders",
    weight=1,
    expect=(201,),
    write=True,
    take=(Take(name="order", pointer="/order"),),
)
READ = Route(name="look", method="GET", path="/orders/{written}?order={order}", weight=1, expect=(200,), write=False)
CANCEL = Route(name="cancel", method="POST", path="/cancel/{written}", weight=1, expect=(200,), write=True)
ROUTES = (WRITE, READ, CANCEL)


def _known(writes: int) -> Known:
    known = Known(ROUTES)
    for number in range(writes):
        known.wrote(b"w-%d" % number)
        known.taken["order"] = b"o-%d" % number
        known.keep("order", b"o-%d" % number)
    return known


def _asked(known: Known, route: Route, seq: int, *, own: Known | None = None) -> str:
    request = Request(Turn(seq, ROUTES.index(route), 0, fresh=False), b"r-%d" % seq, 0)
    request.known = own
    line, _, _ = Template(route, "host", 80, known, timeout_s=10).fill(request).decode().partition(" HTTP/1.1")
    return line


def test_reads_go_to_the_first_writes_and_to_the_newest_by_turns() -> None:
    known = _known(1_000)
    asked = [_asked(known, READ, seq) for seq in range(200)]
    newest = [line for seq, line in enumerate(asked) if not reads_old(seq)]
    assert set(newest) == {"GET /orders/w-999?order=o-999"}
    old = [line for seq, line in enumerate(asked) if reads_old(seq)]
    assert len(old) == len(newest)
    assert set(old) == {f"GET /orders/w-{number}?order=o-{number}" for number in range(KEPT)}


def test_what_changes_something_goes_to_the_newest_alone() -> None:
    """To cancel an old order again and again would be another workload."""
    known = _known(1_000)
    assert {_asked(known, CANCEL, seq) for seq in range(50)} == {"POST /cancel/w-999"}


def test_a_user_on_a_journey_reads_what_it_wrote_itself() -> None:
    known = _known(1_000)
    own = known.of_a_user()
    own.wrote(b"mine")
    assert {_asked(known, READ, seq, own=own) for seq in range(50)} == {"GET /orders/mine?order=o-999"}


def test_before_anything_was_written_nothing_old_is_read() -> None:
    assert _asked(_known(0), READ, 0) == "GET /orders/?order="


def test_what_is_told_by_writes_alone_is_read_back() -> None:
    login = Route(
        name="login",
        method="POST",
        path="/login",
        weight=1,
        expect=(200,),
        write=False,
        take=(Take(name="token", pointer="/token"),),
    )
    assert told_by_writes((login, *ROUTES)) == {"written", "order"}
    assert told_by_writes((login, READ)) == frozenset()
    assert told_by_writes((msgspec.structs.replace(WRITE, leaves=()), READ)) == frozenset()


def test_the_judge_is_told_which_reads_may_be_of_old_data() -> None:
    """A step's reads are of its own user's data, whatever else asks the same."""
    assert reads_back(ROUTES, ()) == {"look"}
    assert reads_back(ROUTES, [Journey(name="alone", weight=1, steps=(0,))]) == {"look"}
    assert reads_back(ROUTES, [Journey(name="shop", weight=1, steps=(0, 1))]) == frozenset()
