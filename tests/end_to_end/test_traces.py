"""Services in one file that know W3C's traceparent and a lane of their team's own, and no header of this suite's."""

import json
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.judge.model import Verdict
from conformance.plan import abrupt_stop, batches, gray, in_the_lane, lossless
from conformance.record import files
from conformance.record.reader import open_record
from conformance.record.request_headers import RequestHeaders
from conformance.record.thresholds import Thresholds
from fixtures.glue.session_topology import SessionTopology
from fixtures.services.descriptor import Descriptor
from tests.end_to_end.small import Small

HOTEL = Path(__file__).parents[2] / "docs" / "examples" / "traced"
FEW = {"released_instances = 4": "released_instances = 2", "warm_up_requests = 60": "warm_up_requests = 40"}
THRESHOLDS = Thresholds(
    baseline_requests=60,
    batch_requests=100,
    batch_writes=20,
    incarnation_answers=10,
    gray_requests=700,
    gray_answers=10,
)

WITNESSES = """
SELECT 'slb', count(DISTINCT seq) FROM slb
UNION ALL SELECT 'strangers', count(*) FROM slb WHERE seq IS NULL
UNION ALL SELECT service, count(DISTINCT seq) FROM executions GROUP BY service
"""
"""How many requests each of them tells of."""

pytestmark = [
    pytest.mark.profile("extended"),
    pytest.mark.skipif(shutil.which("node") is None, reason="no Node: apt-get install nodejs"),
]


@pytest.fixture(scope="module")
def hotel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    folder = tmp_path_factory.mktemp("hotel")
    text = (HOTEL / "services.toml").read_text()
    for old, new in FEW.items():
        assert old in text, old
        text = text.replace(old, new)
    (folder / "services.toml").write_text(text)
    shutil.copy(HOTEL / "hotel.js", folder)
    topology = SessionTopology(Descriptor.read(folder), print)
    yield Small(topology, folder)
    topology.close()


@pytest.mark.parametrize("service", ["rooms", "desk"])
def test_a_gray_in_the_teams_own_lane_loses_nothing(hotel: Small, service: str) -> None:
    """A8: the SLB marks by x-env, the desk hands it on, and the rooms that are lodged in the lane serve it alone."""
    released = hotel.session_topology.topology.service(service)
    release = gray(released, first=1, then=1, met_by=in_the_lane, offline=lossless)
    judgement, directory = hotel.release(release, thresholds=THRESHOLDS, rate=100)
    assert judgement.verdict is Verdict.GO, [one.message for one in judgement.findings]
    assert judgement.counts["failed"] == judgement.counts["partial_writes"] == 0
    contract = json.loads((directory / files.CONTRACT).read_bytes())
    assert contract["headers"] == {"request_id": "traceparent", "lane": "x-env", "lane_value": "canary"}
    told, planned = _told(directory)
    assert (told["slb"], told["desk"], told["strangers"]) == (planned, planned, 0)
    assert told["rooms"] > 0.9 * planned


def test_the_partial_writes_of_an_abrupt_stop_are_found_in_the_book_by_their_traces(hotel: Small) -> None:
    rooms = hotel.session_topology.topology.service("rooms")
    judgement, directory = hotel.release(
        batches(rooms, batches=2, offline=abrupt_stop), thresholds=THRESHOLDS, rate=100
    )
    assert judgement.verdict is Verdict.NO_GO
    assert judgement.counts["partial_writes"] > 0
    book = [json.loads(line) for line in (hotel.folder / "book.jsonl").read_text().splitlines()]
    for write in judgement.partial_writes:
        assert [line["effect"] for line in book if line["request_id"] == write.request] == ["asked"]
    headers = tomllib.loads((HOTEL / "services.toml").read_text())["headers"]
    ids = RequestHeaders(**headers).ids(judgement.run)
    assert all(ids.number(write.request) is not None for write in judgement.partial_writes)
    told, planned = _told(directory)
    assert (told["slb"], told["desk"], told["strangers"]) == (planned, planned, 0)


def _told(directory: Path) -> tuple[dict[str, int], int]:
    """Of how many requests each witness tells, and how many there were."""
    with open_record(directory) as record:
        told = dict(record.db.execute(WITNESSES).fetchall())
        return told, record.load.planned
