"""What a release is where nobody says otherwise: by the team's defaults, else by the number of instances."""

from dataclasses import replace

import pytest

from conformance.plan import (
    Confirmation,
    OfflinePolicy,
    Order,
    Release,
    ReleaseDefaults,
    Service,
    abrupt_stop,
    automatic,
    batches,
    gray,
    lossless,
    manual,
    plan,
)
from tests.plan.services import ORDERS


def _of(count: int, release: ReleaseDefaults = ReleaseDefaults()) -> Service:  # noqa: B008 - frozen
    return replace(ORDERS, released_instances=count, release=release)


def _sizes(release: Release) -> tuple[int, ...]:
    return release.parts[0].sizes


@pytest.mark.parametrize(
    ("count", "in_batches", "as_gray"),
    [
        (30, (10, 10, 10), (6, 12, 12)),
        (10, (4, 3, 3), (2, 4, 4)),
        (6, (2, 2, 2), (1, 3, 2)),
        (5, (3, 2), (1, 4)),
        (4, (2, 2), (1, 3)),
        (3, (2, 1), (1, 2)),
        (2, (1, 1), (1, 1)),
    ],
)
def test_batches_and_gray_follow_from_the_number_of_instances(
    count: int, in_batches: tuple[int, ...], as_gray: tuple[int, ...]
) -> None:
    in_turn, first_few = batches(_of(count), offline=lossless), gray(_of(count), offline=lossless)
    assert (_sizes(in_turn), _sizes(first_few)) == (in_batches, as_gray)
    assert (in_turn.order, first_few.order) == ("stop first", "stop first")
    assert (in_turn.gray, first_few.gray, first_few.confirm) == (False, True, automatic)


@pytest.mark.parametrize(
    ("offline", "kept", "order"),
    [(lossless, False, "start first"), (abrupt_stop, False, "start first"), (abrupt_stop, True, "stop first")],
)
def test_a_single_instance_is_started_anew_before_it_stops_unless_its_address_is_kept(
    offline: OfflinePolicy, kept: bool, order: Order
) -> None:
    release = batches(replace(_of(1), kept_addresses=kept), offline=offline)
    assert (_sizes(release), release.order) == ((1,), order)
    titles = [step.title.partition(":")[0] for step in plan(release).batches[0].children]
    assert (titles.index("Start") < titles.index("Stop")) == (order == "start first")


@pytest.mark.parametrize(
    ("declared", "sizes"),
    [
        (ReleaseDefaults(batches=5), (2, 2, 2, 2, 2)),
        (ReleaseDefaults(batches=(1, 9)), (1, 9)),
        (ReleaseDefaults(batches="40 %"), (4, 4, 2)),
        (ReleaseDefaults(strategy="gray", first=3, batches=2), (3, 4, 3)),
        (ReleaseDefaults(strategy="gray", first=4), (4, 3, 3)),
        (ReleaseDefaults(strategy="gray", batches=(3, 5)), (2, 3, 5)),
        (ReleaseDefaults(strategy="gray", batches="50 %"), (2, 4, 4)),
    ],
    ids=str,
)
def test_the_sizes_are_as_the_team_declares_them(declared: ReleaseDefaults, sizes: tuple[int, ...]) -> None:
    strategy = gray if declared.strategy == "gray" else batches
    release = strategy(_of(10, declared), offline=lossless)
    assert (_sizes(release), release.gray) == (sizes, declared.strategy == "gray")


def test_order_and_interval_are_as_the_team_declares_them() -> None:
    service = _of(4, ReleaseDefaults(order="start first", interval_s=7))
    for release in (batches(service, offline=lossless), gray(service, offline=lossless)):
        assert (release.order, release.interval_s) == ("start first", 7)
    alone = batches(_of(1, ReleaseDefaults(order="stop first")), offline=abrupt_stop)
    assert alone.order == "stop first"


@pytest.mark.parametrize(
    ("declared", "confirm"),
    [
        (ReleaseDefaults(), automatic),
        (ReleaseDefaults(confirm_within_s=12), replace(automatic, within_s=12)),
        (ReleaseDefaults(manual=True), manual()),
        (ReleaseDefaults(manual=True, confirm_within_s=12), manual(within_s=12)),
    ],
    ids=str,
)
def test_a_gray_is_confirmed_as_the_team_declares_it(declared: ReleaseDefaults, confirm: Confirmation) -> None:
    assert gray(_of(10, declared), offline=lossless).confirm == confirm


def test_what_a_scenario_says_beats_what_the_team_declares() -> None:
    declared = ReleaseDefaults(batches=5, first=4, order="start first", interval_s=7, manual=True, confirm_within_s=9)
    service = _of(10, declared)
    in_turn = batches(service, offline=lossless, batches=2, order="stop first", interval_s=0)
    first_few = gray(service, offline=lossless, first=1, then=3, order="stop first", interval_s=0, confirm=automatic)
    assert (_sizes(in_turn), in_turn.order, in_turn.interval_s) == ((5, 5), "stop first", 0)
    assert (_sizes(first_few), first_few.order, first_few.interval_s) == ((1, 3, 3, 3), "stop first", 0)
    assert first_few.confirm == automatic


def test_the_new_version_is_the_next_one_unless_another_is_named() -> None:
    assert batches(ORDERS, offline=lossless).to == "v2"
    assert batches(ORDERS, offline=lossless, to="v3").to == "v3"
