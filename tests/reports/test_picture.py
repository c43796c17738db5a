"""The picture of a run: self-contained, true to its record, legible, and there whatever the record is like."""

import re
from functools import cache
from pathlib import Path

import pytest

from conformance.judge.judge import judge
from conformance.judge.model import Finding, Verdict
from conformance.record.schema import HopAnswer
from conformance.vocabulary import FindingKind
from reports.picture import draw
from tests.judge.handmade import Handmade
from tests.judge.healthy import made
from tests.judgements import judgement
from tests.reports.pictured import SVG, boxes, drawn, parsed, told, words
from tests.reports.releases import Release

REFUSED = [HopAnswer("storefront->orders", "orders-02", "orders-02.1", 0, "connect refused")]


def _good() -> Handmade:
    return Release().batch(0).batch(1).verify().record()


def _lossy(failed: int = 20) -> Handmade:
    record = _good()
    for seq in range(230, 230 + failed):
        record.fail(seq, "connect refused", 0, REFUSED)
    return record


@cache
def _records() -> dict[str, Handmade]:
    """Releases that differ in everything that takes room."""
    many = Release(20, (2,) * 10)
    for number in range(10):
        many.batch(number)
    crowded = many.verify().record()
    for seq in range(200, 4200, 45):
        crowded.fail(seq, "connect refused", 0)
    big = Release(40, (14, 13, 13), ("orders", "inventory")).batch(0).batch(1).batch(2).verify().record()
    rolled_back = Release(10, (2, 4, 4)).batch(0, title="Batch 1 of 3").refuse().undo(0).verify().record()
    return {
        "good": _good(),
        "lossy": _lossy(),
        "storefront": Release(6, (3, 3), ("storefront",)).batch(0).batch(1).record(),
        "crowded": crowded,
        "big": big,
        "rolled back": rolled_back,
        "tiny": made(),
    }


@pytest.fixture(scope="module", params=sorted(_records()))
def svg(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """One of them, judged and drawn."""
    directory = _records()[request.param].write(tmp_path_factory.mktemp("run"))
    return draw(directory, judge(directory))


def test_it_is_self_contained_and_needs_no_permission_of_any_content_policy(svg: str) -> None:
    root = parsed(svg)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        *("svg", "title", "desc", "rect", "line", "path", "text")
    }
    names = {attribute for element in root.iter() for attribute in element.attrib}
    assert not {one for one in names if one in {"style", "class", "id", "href"} or one.startswith("on")}
    assert not re.search(r"url\(|https?:(?!//www\.w3\.org/2000/svg)|data:|@font-face", svg)


def test_no_text_covers_another_or_leaves_the_card_or_is_too_small(svg: str) -> None:
    root = parsed(svg)
    _, _, width, height = (float(figure) for figure in root.get("viewBox", "").split())
    found = boxes(root)
    assert width == 1200
    assert all(box.left >= 0 and box.right <= width and box.top >= 0 and box.bottom <= height for box in found)
    assert min(box.size for box in found) * 960 / width >= 11
    covered = [(a.words, b.words) for index, a in enumerate(found) for b in found[index + 1 :] if a.covers(b)]
    assert covered == []


@pytest.mark.parametrize(
    ("verdict", "sign"), [(Verdict.GO, "GO"), (Verdict.NO_GO, "NO-GO"), (Verdict.INCONCLUSIVE, "INCONCLUSIVE")]
)
def test_the_verdict_and_its_sentence_come_first(tmp_path: Path, verdict: Verdict, sign: str) -> None:
    judged = judgement(verdict=verdict, headline="two of three things were found", title="a release")
    root = drawn(_good(), tmp_path / "run", judged)
    assert [line for line in words(root) if line in (sign, "a release", judged.headline)] == [
        *(sign, "a release", judged.headline)
    ]
    assert root.findtext(f"{SVG}title") == f"{sign}: two of three things were found"


def test_of_a_message_with_a_log_behind_it_the_fact_is_the_sentence(tmp_path: Path) -> None:
    judged = judgement(verdict=Verdict.NO_GO, headline="orders-01.2 ended at start: exit 1\nTraceback\n  line 1")
    assert "orders-01.2 ended at start: exit 1" in words(drawn(_good(), tmp_path / "run", judged))


def test_one_more_failed_request_changes_it(tmp_path: Path) -> None:
    twenty, more = (told(drawn(_lossy(failed), tmp_path / str(failed))) for failed in (20, 21))
    assert "20 lost in" in twenty
    assert "21 lost in" in more
    assert "orders-02 (21)" in more


def test_what_failed_is_told_with_its_length_route_and_hop(tmp_path: Path) -> None:
    lines = words(drawn(_lossy(), tmp_path / "run"))
    assert "20 lost in 200 ms" in lines
    assert "GET /orders: storefront->orders, orders-02 (20)" in lines


def test_text_from_the_record_is_text(tmp_path: Path) -> None:
    nasty = "</text><script>alert(1)</script>&amp;\x1b[31m\x00\ud800"
    record = _lossy()
    record.requests = [row | {"route": "GET /<b>&"} for row in record.requests]
    record.release(old="v<1>")
    finding = Finding(check="removal", finding=nasty, verdict=Verdict.NO_GO, message=nasty, incarnation="orders-01.1")
    root = drawn(record, tmp_path / "run", judgement(finding, title=nasty))
    assert not [element for element in root.iter() if element.tag == f"{SVG}script"]
    assert "</text><script>alert(1)</script>&amp;\ufffd[31m\ufffd\ufffd" in told(root).replace("\u00a0", " ")
    assert "GET /<b>&: storefront->orders, orders-02 (20)" in words(root)
    assert "serving v<1>" in words(root)


def test_good_is_said_of_go_alone(tmp_path: Path) -> None:
    go = told(drawn(_good(), tmp_path / "go", judgement()))
    lacking = Finding(
        check="schedule", finding=FindingKind.CLIENT_NOT_HONEST, verdict=Verdict.INCONCLUSIVE, message="no"
    )
    unsure = told(drawn(_good(), tmp_path / "unsure", judgement(lacking)))
    assert "none in the whole run" in go
    assert "evidence" not in go.lower()
    assert "none in the whole run" not in unsure
    assert "Evidence is lacking\nclient not honest" in unsure


def test_several_released_services_are_shown_and_the_load_is_seen_from_the_first(tmp_path: Path) -> None:
    lines = words(drawn(Release(4, (2, 2), ("orders", "inventory")).batch(0).batch(1).record(), tmp_path / "run"))
    assert "orders, 1st of 2" in lines
    assert {"orders (provider)", "inventory (provider)", "orders-04", "inventory-04"} <= set(lines)


def test_of_forty_instances_each_has_its_row_and_each_batch_its_name(tmp_path: Path) -> None:
    root = drawn(Release(40, (14, 13, 13)).batch(0).batch(1).batch(2).record(), tmp_path / "run", judgement())
    said = [element.text or "" for element in root.iter(f"{SVG}title")]
    assert all(any(one.startswith(f"orders-{n:02d}.2 serves v2") for one in said) for n in range(1, 41))
    assert {"orders-01 ... 14", "orders-15 ... 27", "orders-28 ... 40"} <= set(words(root))
    assert float(root.get("viewBox", "").split()[3]) < 1200


def test_a_small_release_takes_little_room(tmp_path: Path) -> None:
    _good().write(tmp_path / "run")
    assert len(draw(tmp_path / "run", judgement())) < 40_000


def test_what_cannot_be_drawn_is_said_and_what_can_be_read_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a figure of 0")

    monkeypatch.setattr("reports.picture.look_at", fail)
    lines = told(drawn(_good(), tmp_path / "run", judgement()))
    assert "the record cannot be drawn: ZeroDivisionError: a figure of 0" in lines.replace("\n", " ")
    assert "orders-04" in lines
