"""Releases of a service that knows nothing of the suite, under routes as real clients ask.

With a log-in, forms, files, data, answers that are looked at, and ids that the server makes.
"""

import re
from pathlib import Path

import pytest

from conformance.judge.model import Verdict
from conformance.record.reader import open_record
from fixtures.services.descriptor import Descriptor
from tests.end_to_end.stationery import opened, released, stationery

DOCS = Path(__file__).parents[2] / "docs" / "descriptor.md"
WORKLOAD = re.search(r"^### A workload in full\n.*?^```toml\n(.*?)^```", DOCS.read_text(), re.DOTALL | re.MULTILINE)
FILES = {
    "customers.csv": "customer,password,article\nada,difference=1,pen\ngrace,moth & relay,ink\n",
    "sketch.txt": "a sketch",
}
SHORT_LIVED = 'TOKEN_S = "3"'
MEMORY = 'BASKETS = "memory"'
STICKY = '\n[slb]\nsticky_cookie = "SERVERID"\n'


def _shop(
    tmp_path: Path, of_the_new: str = "", of_both: str = SHORT_LIVED, more: str = "", **changed: str
) -> Descriptor:
    """The shop under the workload that the docs show; ``changed``: what stands in it, and what in its place."""
    assert WORKLOAD is not None
    text = WORKLOAD[1]
    for old, new in changed.items():
        assert old in text
        text = text.replace(old, new)
    return stationery(tmp_path / "shop", text + more, of_the_new, of_both, FILES)


def test_a_workload_as_customers_ask_is_go(tmp_path: Path) -> None:
    """A log-in whose token lives shorter than the run, forms, files, data, checks, ids of the server, journeys."""
    with opened(_shop(tmp_path), tmp_path) as small:
        judgement, directory = released(small, rate=40)
    assert (judgement.verdict, judgement.findings) == (Verdict.GO, ())
    with open_record(directory) as record:
        asked = dict(record.db.execute("SELECT route, count(*) FROM requests GROUP BY route").fetchall())
        ((lasted,),) = record.db.execute("SELECT (max(due_ns) - min(due_ns)) / 1e9 FROM requests").fetchall()
        journeys = record.load.tasks
    assert lasted > 3, "else the token of the beginning would have done"
    assert asked["login"] >= lasted / 1.5
    assert asked.keys() == {route.name for route in small.session_topology.descriptor.workload.routes} | {"login"}
    assert min(asked.values()) > 2
    assert journeys is not None
    assert journeys.ended == journeys.planned
    orders = [one for one in (tmp_path / "shop" / "shelf").iterdir() if "-" not in one.name]
    assert len(orders) >= asked["order"]


@pytest.mark.profile("extended")
def test_errors_in_good_answers_of_the_new_version_are_no_go_with_the_text_that_was_seen(tmp_path: Path) -> None:
    with opened(_shop(tmp_path, 'WRONG_SHARE = "0.05"'), tmp_path) as small:
        judgement, _ = released(small, rate=40)
    assert judgement.verdict is Verdict.NO_GO
    wrong = [one for one in judgement.findings if one.finding == "failed request"]
    assert {(one.error, one.hop) for one in wrong} == {("wrong answer", "slb->stationer")}
    assert {one.incarnation for one in wrong} <= {"stationer-01.2", "stationer-02.2"}
    told = "\n".join(line for one in wrong for line in one.detail)
    assert "/code = 0: saw 500" in told, told


@pytest.mark.profile("extended")
def test_a_token_that_lives_shorter_than_the_workload_says_is_no_go_ahead(tmp_path: Path) -> None:
    descriptor = _shop(tmp_path, of_both='TOKEN_S = "2"', **{"renew_s = 1.5": "renew_s = 60"})
    with opened(descriptor, tmp_path) as small:
        judgement, _ = released(small, rate=40)
    assert judgement.verdict is not Verdict.GO
    assert "status 401" in {one.error for one in judgement.findings}


@pytest.mark.profile("extended")
@pytest.mark.parametrize(("said", "verdict"), [(True, Verdict.GO), (False, Verdict.NO_GO)])
def test_a_new_version_that_answers_otherwise_is_right_where_it_says_so(
    tmp_path: Path, verdict: Verdict, *, said: bool
) -> None:
    statuses = "}, statuses = { order = [202] " if said else ""
    with opened(_shop(tmp_path, f'ORDER_STATUS = "202" {statuses}'), tmp_path) as small:
        judgement, _ = released(small, rate=40)
    assert judgement.verdict is verdict
    assert {one.error for one in judgement.findings} == (set() if said else {"status 202"})


@pytest.mark.profile("extended")
def test_baskets_that_an_instance_keeps_to_itself_are_lost_with_it(tmp_path: Path) -> None:
    """The SLB keeps each customer at an instance; the instance's memory goes with it."""
    with opened(_shop(tmp_path, of_both=MEMORY, more=STICKY), tmp_path) as small:
        judgement, _ = released(small, rate=40)
    assert judgement.verdict is Verdict.NO_GO
    lost = [one for one in judgement.findings if one.verdict is Verdict.NO_GO]
    assert {one.finding for one in lost} == {"session lost"}
    assert {one.incarnation for one in lost} == {"stationer-01.1", "stationer-02.1"}
    assert all(re.search(r"\d+ of \d+ sessions \(\d+\.\d%\) were lost in Batch", one.message) for one in lost)


@pytest.mark.profile("extended")
def test_baskets_that_every_instance_finds_are_not_lost_where_users_are_kept(tmp_path: Path) -> None:
    with opened(_shop(tmp_path, more=STICKY), tmp_path) as small:
        judgement, _ = released(small, rate=40)
    assert (judgement.verdict, judgement.findings) == (Verdict.GO, ())
