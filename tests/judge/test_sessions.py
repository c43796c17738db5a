"""Check sessions: no user's session is lost."""

from pathlib import Path

from conformance.judge.model import Verdict
from conformance.record.contract import JourneyFacts
from conformance.record.load_end import TasksEnd
from conformance.record.schema import TASKS
from tests.judge.handmade import Handmade, request_id
from tests.judge.healthy import made

JOURNEYS = ((0, 2, 5), (1, 6, 9), (3, 4), (7, 8, 10), (11,))
"""The requests of each user, in order. Request i is served by the storefront's incarnation in healthy.SERVED_BY: 0, 2
and 3 by 01.1; 5, 6 and 8 by 01.2; 1, 4 and 7 by 02.1; 9 and 10 by 02.2."""


def _visited(
    *,
    watched: bool = True,
    service: str = "storefront",
    broken_off: int = 0,
    journeys: tuple[tuple[int, ...], ...] = JOURNEYS,
) -> Handmade:
    record = made(service)
    steps = ("POST /orders", "GET /orders", "GET /orders")
    begins = 0 if watched else None
    record.load_facts(journeys=(JourneyFacts(name="buy", weight=1, steps=steps, session_begins=begins),))
    due = {int(row["seq"]): (int(row["due_ns"]), int(row["done_ns"])) for row in record.requests}
    lines = [
        f"{task},buy,{task},{due[seqs[0]][0]},{due[seqs[0]][0]},{due[seqs[-1]][1]},ended,{' '.join(map(str, seqs))}"
        for task, seqs in enumerate(journeys)
    ]
    number = len(journeys)
    record.load["tasks"] = TasksEnd(
        planned=number,
        started=number,
        ended=number - broken_off,
        raised=0,
        broken_off=broken_off,
        outlived=0,
        users=2,
        unused_ids=0,
        apart=0,
    )

    def write(folder: Path) -> None:
        (folder / TASKS.file).write_text("\n".join([TASKS.header, *lines, ""]))

    record.rewrite = write
    return record


def _lose(record: Handmade, seq: int) -> None:
    """The entry answers this request by 401: it does not know the user."""
    row = record.requests[seq]
    row["error"], row["status"] = "session lost", 401


def test_passes_where_every_user_is_known_throughout(tmp_path: Path) -> None:
    assert _visited().findings("sessions", tmp_path) == []


def test_passes_where_no_sessions_are_watched(tmp_path: Path) -> None:
    record = _visited(watched=False)
    assert record.findings("sessions", tmp_path / "unwatched") == []
    assert made().findings("sessions", tmp_path / "no journeys") == []


def test_fails_where_a_session_went_with_its_instance_and_names_it_with_the_share(tmp_path: Path) -> None:
    record = _visited()
    _lose(record, 5)
    (found,) = record.findings("sessions", tmp_path / "record")
    assert (found.finding, found.verdict, found.step) == ("session lost", Verdict.NO_GO, "Batch 1 of 2")
    assert (found.instance, found.incarnation, found.count) == ("storefront-01", "storefront-01.1", 1)
    assert found.message == (
        "1 of 4 sessions (25.0%) were lost in Batch 1 of 2 (0.5 s): they had been on storefront-01.1"
    )
    assert found.requests == (request_id(5),)
    assert found.detail[0].startswith("storefront-01.1 was stopped by SIGTERM at 0.4 s")


def test_it_is_told_once_and_counted_with_the_failed_requests(tmp_path: Path) -> None:
    record = _visited()
    _lose(record, 5)
    judged = record.judged(tmp_path)
    assert [one.finding for one in judged.findings if one.verdict is Verdict.NO_GO] == ["session lost"]
    assert judged.counts["failed"] == 1
    assert [one.error for one in judged.failed_requests] == ["session lost"]


def test_journeys_that_were_broken_off_are_told_with_what_was_not_tested(tmp_path: Path) -> None:
    record = _visited(broken_off=1)
    _lose(record, 5)
    (told,) = [line for line in record.judged(tmp_path).untested if line.startswith("schedule: ")]
    assert told.startswith("schedule: 1 journey broken off: further steps were not asked")


def test_where_the_entry_says_nothing_of_itself_the_slb_tells_where_the_session_was(tmp_path: Path) -> None:
    record = _visited()
    _lose(record, 5)
    record.identities.clear()
    (found,) = record.findings("sessions", tmp_path)
    assert found.incarnation == "storefront-01.1"


def test_fails_once_for_each_step_and_instance(tmp_path: Path) -> None:
    record = _visited()
    _lose(record, 5)
    _lose(record, 9)
    _lose(record, 10)
    found = record.findings("sessions", tmp_path)
    assert [(one.step, one.incarnation, one.count) for one in found] == [
        ("Batch 1 of 2", "storefront-01.1", 1),
        ("Batch 2 of 2", "storefront-01.2", 2),
    ]


def test_what_was_lost_before_the_release_is_the_baselines(tmp_path: Path) -> None:
    record = _visited()
    _lose(record, 2)
    assert record.findings("sessions", tmp_path / "sessions") == []
    (found,) = record.findings("baseline", tmp_path / "baseline")
    assert (found.finding, found.error) == ("not healthy before the release", "session lost")


def test_lacks_evidence_where_no_session_was_on_anybody_who_went_down(tmp_path: Path) -> None:
    record = _visited(journeys=((0, 2), (1,), (3,), (4,), (5, 6), (7,), (8,), (9, 10), (11,)))
    (found,) = record.findings("sessions", tmp_path)
    assert (found.finding, found.verdict) == ("too little evidence", Verdict.INCONCLUSIVE)
    assert found.message == "no session was on any of the 2 instances that went down and asked again"


def test_a_release_behind_the_entry_takes_no_session_with_it(tmp_path: Path) -> None:
    record = _visited(service="orders", journeys=tuple((seq,) for seq in range(12)))
    assert record.findings("sessions", tmp_path) == []
