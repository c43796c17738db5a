"""Server-sent events across a release: their clients come again with the last id, and no event may be missing."""

from pathlib import Path

import pytest

from conformance.judge.model import Verdict
from conformance.record.reader import open_record
from tests.end_to_end.stationery import READ, opened, released, stationery

pytestmark = pytest.mark.profile("extended")

NEWS = """
[[workload.routes]]
name = "news"
kind = "events"
method = "GET"
path = "/news/{id}"
weight = 0.05
expect = [200]
write = false
timeout_s = 15
last = "^event: end$"
messages = { count = 12 }
reconnects = true
"""
NEWS_BY_HTTP2 = NEWS.replace('"news"', '"news by HTTP/2"').replace("reconnects", "http = 2\nreconnects")


@pytest.mark.parametrize(
    ("of_the_new", "verdict"),
    [("", Verdict.GO), pytest.param('LEAVES_OUT_NEWS = "1"', Verdict.NO_GO)],
)
def test_streams_that_are_ended_by_a_release_go_on_where_they_were(
    tmp_path: Path, of_the_new: str, verdict: Verdict
) -> None:
    with opened(stationery(tmp_path / "shop", READ + NEWS + NEWS_BY_HTTP2, of_the_new), tmp_path) as small:
        judgement, directory = released(small)
    assert judgement.verdict is verdict, judgement.headline
    with open_record(directory) as record:
        assert record.load.reconnects > 5
        failed = dict(record.db.execute("SELECT route, count(*) FROM requests WHERE error <> '' GROUP BY 1").fetchall())
        told = {one.expected for one in record.load.wrong_answers}
    assert any("went on on another connection" in note for note in judgement.notes)
    if verdict is Verdict.NO_GO:
        assert failed.keys() == {"news", "news by HTTP/2"}
        assert all(one.startswith("message ") for one in told)
