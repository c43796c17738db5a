"""Journeys: a user's requests in order, on the open schedule, with cookies and values of the user's own."""

from collections import Counter
from collections.abc import Iterator
from itertools import accumulate, pairwise
from pathlib import Path

import msgspec
import pytest

from conformance.load.kinds.spec import Kind, Messages
from conformance.load.process import LoadFailed
from conformance.load.request import Known, Template
from conformance.load.spec import Journey, Take
from conformance.load.tasks.execution import Execution
from conformance.load.visit import Plan, Step, Visit
from conformance.record.schema import TASKS
from tests.load.kiosk import ENTER, LEAVE, LOOK, SHOPPING, Kiosk, a_route, by_journey, loaded, rows

MS = 1_000_000


@pytest.fixture
def kiosk() -> Iterator[Kiosk]:
    with Kiosk() as server:
        yield server


def test_each_user_asks_in_order_with_its_own_cookies_and_values(tmp_path: Path, kiosk: Kiosk) -> None:
    end = loaded(tmp_path / "run", kiosk)
    journeys = by_journey(tmp_path / "run")
    assert end.tasks is not None
    assert end.tasks.planned == end.tasks.ended == len(journeys) == 61
    asked = {number: (path, cookies) for number, path, cookies in kiosk.asked}
    for steps in journeys.values():
        assert [row["route"] for row in steps] == ["enter", "look", "look", "leave"]
        assert {row["error"] for row in steps} == {""}
        ids = [f"run1-{int(row['seq']):08x}" for row in steps]
        sid = f"sid=s{ids[0]}"
        shelf = (f"/shelf/t{ids[0]}", f"{sid}; shelf=x")
        assert [asked[one] for one in ids] == [("/enter", ""), shelf, shelf, (f"/leave/t{ids[0]}", sid)]
    assert all(count == 1 for count in Counter(number for number, _, _ in kiosk.asked).values())


def test_a_start_is_due_on_the_schedule_and_the_next_request_when_its_user_has_thought(
    tmp_path: Path, kiosk: Kiosk
) -> None:
    end = loaded(tmp_path / "run", kiosk)
    for number, steps in by_journey(tmp_path / "run").items():
        assert int(steps[0]["due_ns"]) == end.started_ns + int(number) * 1_000_000_000 // 60
        for before, after in pairwise(steps):
            assert 20 <= (int(after["due_ns"]) - int(before["done_ns"])) / MS <= 41
            assert 0 <= int(after["sent_ns"]) - int(after["due_ns"]) < 300 * MS


def test_journeys_and_single_requests_share_one_schedule(tmp_path: Path, kiosk: Kiosk) -> None:
    single = msgspec.structs.replace(ENTER, name="come and go", weight=3, take=())
    end = loaded(tmp_path / "run", kiosk, routes=(ENTER, LOOK, LEAVE, single))
    names = Counter(row["name"] for row in rows(tmp_path / "run", TASKS.file))
    assert names in ({"come and go": 46, "shop": 15}, {"come and go": 45, "shop": 16})
    assert end.rows == names["come and go"] + 4 * names["shop"]


def test_a_user_s_requests_may_be_of_any_kind_and_single_ones_beside_journeys_too(tmp_path: Path, kiosk: Kiosk) -> None:
    """Each has its share of the one schedule; cookies go with a stream and a WebSocket, and are taken from them."""
    streamed = a_route("list", "/list/{ticket}", kind=Kind(last="^end$"))
    talk = Messages(count=3, text="{n}", pattern="([0-9]+)")
    talked = a_route("talk", "/talk", expect=(101,), kind=Kind(name="websocket", messages=talk))
    single = msgspec.structs.replace(ENTER, name="come and go", weight=2, take=())
    alone = a_route("list alone", "/list", weight=1, expect=(401,), kind=Kind(last="sid"))
    shopping = msgspec.structs.replace(SHOPPING, steps=(0, 3, 4, 2))
    routes = (ENTER, LOOK, LEAVE, streamed, talked, single, alone)
    end = loaded(tmp_path / "run", kiosk, routes=routes, journeys=(shopping,))
    names = Counter(row["name"] for row in rows(tmp_path / "run", TASKS.file))
    assert all(
        abs(names[name] - share) <= 1 for name, share in {"come and go": 30, "list alone": 15, "shop": 15}.items()
    )
    asked = {number: (path, cookies) for number, path, cookies in kiosk.asked}
    journeys = by_journey(tmp_path / "run").values()
    assert {row["error"] for steps in journeys for row in steps} == {""}
    for steps in (one for one in journeys if len(one) > 1):
        assert [(row["route"], row["status"]) for row in steps] == [
            *(("enter", "200"), ("list", "200"), ("talk", "101"), ("leave", "200"))
        ]
        ids = [f"run1-{int(row['seq']):08x}" for row in steps]
        sid = f"sid=s{ids[0]}"
        assert [asked[one] for one in ids[1:]] == [
            (f"/list/t{ids[0]}", sid),
            ("/talk", f"{sid}; listed=yes"),
            (f"/leave/t{ids[0]}", f"{sid}; listed=yes; talked=yes"),
        ]
    assert end.self_test_passed
    assert any(name.startswith("messages: ") for name in end.self_test)


def test_a_single_request_beside_journeys_reads_old_data_and_new_by_turns(tmp_path: Path, kiosk: Kiosk) -> None:
    write = msgspec.structs.replace(ENTER, name="place", weight=1, write=True)
    read = a_route("look it up", "/look-up/{written}", weight=3, expect=(401,))
    loaded(tmp_path / "run", kiosk, seconds=2.0, routes=(ENTER, LOOK, LEAVE, write, read))
    found = [path.removeprefix("/look-up/") for _, path, _ in kiosk.asked if path.startswith("/look-up/run1-")]
    newest = accumulate(found, max)
    old = [one < so_far for one, so_far in zip(found, newest, strict=True)]
    late = old[len(old) // 2 :]
    assert 0 < sum(late) < len(late)


@pytest.mark.parametrize("journeys", [(), (SHOPPING,)])
def test_the_load_begins_with_what_a_log_in_tells_anew(
    tmp_path: Path, kiosk: Kiosk, journeys: tuple[Journey, ...]
) -> None:
    """However long the warm-up took; in the load another one is due before the half of its time is over."""
    login = msgspec.structs.replace(ENTER, name="log in", take=(Take(name="token", pointer="/ticket"),), renew_s=0.4)
    login = msgspec.structs.replace(login, weight=1 / 11)  # at 60 a second each 12th, so each 0.2 s
    use = a_route("use", "/use/{token}", weight=10 / 11, expect=(401,))
    shopping = tuple(msgspec.structs.replace(one, weight=1 / 11) for one in journeys)
    routes = (ENTER, LOOK, LEAVE, login, use)
    loaded(tmp_path / "run", kiosk, routes=routes, journeys=shopping, warm_up_requests=40)
    logged_in = {row["seq"] for row in rows(tmp_path / "run", "requests.csv") if row["route"] == "log in"}
    asked = [(number, path) for number, path, _ in kiosk.asked]
    first = next(place for place, (number, _) in enumerate(asked) if number.startswith("run1-"))
    token = f"t{asked[first - 1][0]}"
    assert asked[first - 1][1] == "/enter"
    used = [path for number, path in asked[first:] if path.startswith("/use/")]
    assert used[:5] == [f"/use/{token}"] * 5
    assert len(logged_in) in (4, 5)
    assert max(Counter(used).values()) <= 13


@pytest.mark.parametrize("renews", [False, True])
def test_a_session_that_the_server_has_forgotten_is_lost_once(tmp_path: Path, kiosk: Kiosk, renews: bool) -> None:
    """Whether it refuses the user, or begins another session in silence; the rest of the journey is left out."""
    kiosk.forgets_after, kiosk.renews = 120, renews
    end = loaded(tmp_path / "run", kiosk)
    journeys = by_journey(tmp_path / "run")
    lost = [steps for steps in journeys.values() if steps[-1]["error"] == "session lost"]
    assert lost
    assert end.tasks is not None
    assert end.tasks.ended + end.tasks.broken_off == end.tasks.planned
    assert Counter(row["error"] for steps in journeys.values() for row in steps)["session lost"] == len(lost)
    saw = "a new sid, status 200" if renews else "status 401"
    assert {(one.expected, one.saw) for one in end.wrong_answers} == {("the session that the user had", saw)}


def test_after_a_failed_answer_the_journey_goes_on_as_far_as_it_can(tmp_path: Path, kiosk: Kiosk) -> None:
    """What the failed one should have told is missing to the steps that name it, and they are left out."""
    kiosk.fails_after = 40, "/enter"
    browse = a_route("browse", "/browse")
    shopping = msgspec.structs.replace(SHOPPING, steps=(0, 3, 2), session=None)
    routes = (ENTER, LOOK, LEAVE, msgspec.structs.replace(browse, expect=(200, 401)))
    end = loaded(tmp_path / "run", kiosk, routes=routes, journeys=(shopping,))
    journeys = by_journey(tmp_path / "run")
    refused = [steps for steps in journeys.values() if steps[0]["error"] == "unexpected status"]
    assert len(refused) > 10
    for steps in refused:
        assert [row["route"] for row in steps] == ["enter", "browse"]
    assert end.tasks is not None
    assert end.tasks.broken_off == len(refused)
    assert _outcomes(tmp_path / "run") == {"ended": end.tasks.ended, "broken off": len(refused)}


def test_a_step_that_names_a_write_is_left_out_where_none_has_left_anything() -> None:
    known = Known((), (), ())
    template = Template(a_route("look it up", "/orders/{written}"), "host", 80, known, timeout_s=1)
    plan = Plan(SHOPPING, (Step(0, template, frozenset({"written"})),), None)
    visit = Visit(plan, Execution(0, 0), known.of_a_user(), seed=1)
    assert not visit.can_ask()
    assert visit.known is not None
    visit.known.wrote(b"w-1")
    assert visit.can_ask()


def test_journeys_that_outlive_the_load_are_counted(tmp_path: Path, kiosk: Kiosk) -> None:
    """They are waited for as long as a request may take; whoever thinks longer is left to think."""
    thoughtful = msgspec.structs.replace(SHOPPING, steps=(0, 1), think_ms=(60_000, 60_000))
    end = loaded(tmp_path / "run", kiosk, journeys=(thoughtful,), rate=20, timeout_s=4.0)
    assert end.tasks is not None
    assert (end.tasks.outlived, end.tasks.planned) == (end.tasks.planned, 21)
    assert end.tasks.users == 21
    assert end.rows == 21


def test_a_warm_up_in_which_a_journey_fails_is_no_beginning(tmp_path: Path, kiosk: Kiosk) -> None:
    kiosk.fails_after = 0, "/enter"
    with pytest.raises(LoadFailed, match=r"warm-up requests failed; the first: enter \(.*\), status 500"):
        loaded(tmp_path / "run", kiosk)


def _outcomes(where: Path) -> dict[str, int]:
    return dict(Counter(row["outcome"] for row in rows(where, TASKS.file)))
