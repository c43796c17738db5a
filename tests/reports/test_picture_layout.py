"""Where things go in the picture: words that fit, lines that fill, labels that leave each other room."""

import re

import pytest

from reports.picture import text
from reports.picture.data import Span
from reports.picture.layout import Label, Scale, place, round_up
from reports.picture.paint import LEFT, RIGHT
from reports.picture.svg import hatch

SECOND = 1_000_000_000


def test_a_text_that_is_too_long_ends_or_begins_with_an_ellipsis() -> None:
    room = text.width("orders-0123", 14)
    assert text.fit("orders-01", 14, room) == "orders-01"
    for short in (text.fit("orders-service-01", 14, room), text.fit_tail("orders-service-01", 14, room)):
        assert text.width(short, 14) <= room
    assert text.fit("orders-service-01", 14, room).startswith("ord")
    assert text.fit_tail("orders-service-01", 14, room).endswith("-01")
    assert text.fit("orders", 14, 3) == text.fit_tail("orders", 14, 3) == ""


def test_a_sentence_is_wrapped_at_words_and_a_figure_keeps_its_unit() -> None:
    sentence = "20 of 8,312 requests failed over storefront->orders (8.0-9.8 s): 18 connect refused"
    for room in range(120, 700, 10):
        lines = text.wrap(sentence, 14, room, 9)
        assert " ".join(lines).replace("\u00a0", " ") == sentence
        assert all(text.width(line, 14) <= room for line in lines)
        assert not any(line.startswith("s)") for line in lines)


def test_more_lines_than_there_may_be_are_said_to_be_more() -> None:
    lines = text.wrap("one two three four five six seven", 14, 80, 2)
    assert len(lines) == 2
    assert lines[-1].endswith("...")
    assert all(text.width(line, 14) <= 80 for line in lines)


def test_time_runs_from_the_left_edge_to_the_right_one() -> None:
    scale = Scale(Span(10 * SECOND, 20 * SECOND))
    assert [scale.x(at * SECOND) for at in (0, 10, 15, 20, 30)] == [LEFT, LEFT, (LEFT + RIGHT) / 2, RIGHT, RIGHT]
    left, wide = scale.stretch(Span(20 * SECOND, 20 * SECOND), least=5)
    assert (left, wide) == (RIGHT - 5, 5)


@pytest.mark.parametrize("seconds", [0.01, 1, 7, 42, 61, 600, 90_000])
def test_the_axis_has_a_few_round_figures_of_seconds_since_the_origin(seconds: float) -> None:
    scale = Scale(Span(5 * SECOND, 5 * SECOND + round(seconds * SECOND)))
    ticks = scale.ticks()
    assert 1 <= len(ticks) <= 14
    figures = [float(words.replace(",", "")) for _, words in ticks]
    assert figures == sorted(set(figures))
    assert all(5 - 1e-9 <= figure <= 5 + seconds + 1e-9 for figure in figures)


def test_labels_that_would_meet_go_into_lanes() -> None:
    labels = [Label(300, 310, 200), Label(400, 410, 200), Label(700, 710, 200), Label(1150, 1160, 200)]
    placed = {one.index: one for one in place(labels, 5)}
    assert [placed[index].lane for index in range(4)] == [0, 1, 0, 0]
    assert placed[3].left + 200 == RIGHT
    assert placed[0].left == 304


def test_a_label_for_which_no_lane_has_room_has_no_place() -> None:
    placed = place([Label(300, 310, 400)] * 4, 3)
    assert sorted(one.lane for one in placed) == [0, 1, 2]


@pytest.mark.parametrize("falling", [False, True])
def test_hatching_stays_within_its_rectangle_and_fills_it(falling: bool) -> None:
    left, top, width, height = 13.0, 40.0, 55.0, 21.0
    lines = [
        [float(figure) for figure in re.findall(r"-?[\d.]+", line)]
        for line in hatch(left, top, width, height, 6, falling=falling).split("M")[1:]
    ]
    assert len(lines) == pytest.approx((width + height) / 6, abs=1)
    for x1, y1, x2, y2 in lines:
        assert all(left - 0.1 <= x <= left + width + 0.1 for x in (x1, x2))
        assert all(top - 0.1 <= y <= top + height + 0.1 for y in (y1, y2))
        assert (y2 > y1) is falling


def test_an_axis_ends_at_a_figure_that_reads_well() -> None:
    assert [round_up(value) for value in (0, 0.7, 1, 336, 11_200)] == [1, 0.8, 1, 400, 15_000]
