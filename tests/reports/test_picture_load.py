"""The panels of the load: every request once, by who answered it, and every loss where it happened."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.judge import judge
from conformance.judge.model import PartialWrite
from conformance.record.reader import open_record
from conformance.record.schema import HopAnswer
from reports.picture.data import Picture
from reports.picture.look import look_at
from reports.picture.traffic import slice_width
from tests.judge.handmade import MS, Handmade, request_id
from tests.judge.healthy import made
from tests.judgements import judgement
from tests.reports.pictured import drawn, seen, told, words
from tests.reports.releases import RATE, Release

SECOND = 1_000_000_000
LAYERS = ("old", "new", "third", "elsewhere", "failed")


def _two(service: str = "orders") -> Handmade:
    return Release(4, (2, 2), (service,)).batch(0).batch(1).verify().record()


def _sums(picture: Picture) -> dict[str, int]:
    assert picture.traffic is not None
    return {layer: sum(getattr(one, layer) for one in picture.traffic.slices) for layer in LAYERS}


def _lost(seq: int, instance: str = "orders-02") -> tuple[int, str, int, list[HopAnswer]]:
    return seq, "connect refused", 0, [HopAnswer("storefront->orders", instance, f"{instance}.1", 0, "connect refused")]


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
def test_every_request_is_counted_once_by_the_version_that_answered_it(tmp_path: Path, service: str) -> None:
    record = _two(service)
    for seq in range(300, 310):
        record.fail(seq, "timeout before answer", 0)
    sums = _sums(seen(record, tmp_path / "run"))
    assert sum(sums.values()) == len(record.requests)
    assert sums["failed"] == 10
    assert sums["third"] == sums["elsewhere"] == 0
    new = [
        seq
        for seq, identity in record.identities.items()
        if not 300 <= seq < 310
        and ".2" in str(identity["incarnation"] if service == "storefront" else identity["hops"])
    ]
    assert sums["new"] == len(new)


def test_in_the_order_of_a_rollback_old_is_followed_by_new_and_by_old_again(tmp_path: Path) -> None:
    record = Release(4, (4,)).batch(0, title="Batch 1 of 1").refuse().undo(0).verify().record()
    traffic = seen(record, tmp_path / "run").traffic
    assert traffic is not None
    versions = ["new" if one.new else "old" for one in traffic.slices]
    turns = [one for index, one in enumerate(versions) if index == 0 or one != versions[index - 1]]
    assert turns == ["old", "new", "old"]


def test_a_version_is_what_its_incarnation_says_of_itself(tmp_path: Path) -> None:
    record = _two("storefront")
    for identity in record.identities.values():
        identity["version"] = "v1"
    sums = _sums(seen(record, tmp_path / "run"))
    assert sums["new"] == 0
    assert sums["old"] == len(record.requests)


def test_where_nobody_says_who_answered_no_version_is_shown(tmp_path: Path) -> None:
    record = _two()
    record.identities = {}
    picture = seen(record, tmp_path / "run")
    assert _sums(picture)["elsewhere"] == len(record.requests)
    assert "not told" in words(drawn(record, tmp_path / "drawn"))


def test_requests_that_never_reach_the_released_service_are_told_apart(tmp_path: Path) -> None:
    picture = seen(made("inventory"), tmp_path / "run")
    assert _sums(picture)["elsewhere"] == 6, "every other request is a read, and ends at the middle"


def test_latency_counts_from_when_a_request_was_due(tmp_path: Path) -> None:
    record = _two()
    for row in record.requests[600:700]:
        row["done_ns"] = int(row["due_ns"]) + 250 * MS
    picture = seen(record, tmp_path / "run")
    assert picture.traffic is not None
    late = [one for one in picture.traffic.slices if 6_000 * MS <= one.span.began_ns < 7_000 * MS]
    assert {one.p99_ms for one in late} == {250.0}
    assert "worst p99 250 ms" in words(drawn(record, tmp_path / "drawn"))


def test_slices_are_as_many_as_can_be_told_apart_and_hold_enough() -> None:
    assert slice_width(60 * SECOND, 300) == SECOND // 2
    assert slice_width(60 * SECOND, 10) == 2 * SECOND
    assert slice_width(SECOND, 100_000) == SECOND // 10
    assert slice_width(10**6 * SECOND, 1) > 3600 * SECOND


def test_losses_of_a_step_are_told_together_with_the_windows_between_which_nothing_failed(tmp_path: Path) -> None:
    record = _two()
    for seq in (*range(230, 240), *range(400, 405)):
        record.fail(*_lost(seq))
    record.fail(*_lost(430, "orders-01"))
    losses = seen(record, tmp_path / "run").losses
    assert losses is not None
    (loss,) = losses.steps
    assert (loss.step, loss.failed, losses.failed) == ("Batch 1 of 2", 16, 16)
    assert [(one.began_ns // MS, one.ended_ns // MS) for one in loss.windows] == [(2_300, 2_400), (4_000, 4_310)]
    assert loss.where[0] == "storefront->orders, orders-02 (15), orders-01 (1)"
    assert sum(bar.failed for bar in losses.bars) == 16


def test_failures_before_the_release_are_not_its_doing(tmp_path: Path) -> None:
    record = _two()
    record.fail(*_lost(50))
    picture = seen(record, tmp_path / "run")
    assert picture.losses is not None
    assert (picture.losses.failed, picture.losses.failed_before) == (0, 1)
    text = told(drawn(record, tmp_path / "drawn"))
    assert "1 failed before the release" in text
    assert "lost in" not in text
    assert "none" not in text


def test_a_partial_write_has_its_own_mark(tmp_path: Path) -> None:
    record = made()
    record.drop_effects(5, "confirmed")
    judged = record.judged(tmp_path / "judged")
    picture = seen(record, tmp_path / "run", judged)
    assert picture.losses is not None
    assert sum(bar.partial for bar in picture.losses.bars) == 1
    assert "1 partial write" in words(drawn(record, tmp_path / "drawn", judged))


def test_partial_writes_beyond_those_that_a_judgement_lists_are_marked_all_the_same(tmp_path: Path) -> None:
    record = made()
    for seq in (5, 7, 9):
        record.drop_effects(seq, "confirmed")
    judged = record.judged(tmp_path / "run")
    assert judged.counts["partial_writes"] == 3
    short = msgspec.structs.replace(judged, partial_writes=judged.partial_writes[:1])
    assert isinstance(short.partial_writes[0], PartialWrite)
    with open_record(tmp_path / "run") as opened:
        losses = look_at(opened, short).losses
    assert losses is not None
    assert sum(bar.partial for bar in losses.bars) == 3


def test_ten_thousand_failures_do_not_blow_it_up(tmp_path: Path) -> None:
    few, many = _two(), _two()
    for seq in range(230, 240):
        few.fail(*_lost(seq))
    for seq in range(RATE * 2, len(many.requests)):
        many.fail(*_lost(seq, f"orders-0{1 + seq % 4}"))
    sizes = [len(told(drawn(record, tmp_path / str(index)))) for index, record in enumerate((few, many))]
    assert sizes[1] < 2 * sizes[0]


def test_the_totals_are_the_judges(tmp_path: Path) -> None:
    record = made()
    record.fail(3, "connect refused", 0)
    record.write(tmp_path / "run")
    judged = judge(tmp_path / "run")
    picture = seen(record, tmp_path / "again", judged)
    assert picture.totals.startswith("12 requests, 1 failed, p99 ")
    assert seen(made(), tmp_path / "bare", judgement()).totals == ""
    assert request_id(3) in {one.request for one in judged.failed_requests}
