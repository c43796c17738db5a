"""A4, A6: the ways down once more, with every timer as its maker has set it: minutes, as in production."""

import pytest

from conformance.plan import (
    DAMAGE,
    LOSSES,
    NO_GO,
    ServerSettings,
    abrupt_stop,
    applies_to,
    batches,
    expects,
    graceful_stop,
    hang,
    lossless,
    lossless_without_notify,
    needs,
    swallowed_signal,
)

pytestmark = [pytest.mark.profile("full"), applies_to("provider")]

DEFAULT = ServerSettings(timers="default")
HEART_BEATS = ServerSettings(timers="default", client="heart-beats")
ASKING_OFTEN = ServerSettings(timers="default", client="heart-beats", refresh_s=1)
PRESERVING = ServerSettings(timers="default", self_preservation=True)


def test_telling_the_callers_and_serving_on_loses_nothing(service, release, load):
    """A7: whoever is told drops it at once; the idle ones are served until they have asked the registry."""
    run = release(batches(service, instances=2, batches=2, offline=lossless), under=load(), servers=DEFAULT)
    assert run.failed_requests == []
    assert run.within_theory


def test_serving_on_without_telling_the_callers_loses_nothing(service, release, load):
    """A4: it must serve for as long as the registry's answers and the consumers' lists are old."""
    run = release(
        batches(service, instances=2, batches=2, offline=lossless_without_notify),
        under=load(),
        servers=DEFAULT,
    )
    assert run.failed_requests == []
    assert run.within_theory


@expects(NO_GO, finding=LOSSES, step="batch")
def test_a_graceful_stop(service, release, load):
    """A4: the registry knows at once; its answers and the consumer's list are up to a minute old."""
    run = release(batches(service, instances=2, batches=2, offline=graceful_stop), under=load(), servers=DEFAULT)
    assert run.failed_requests
    assert run.within_theory


@expects(NO_GO, finding=LOSSES, step="batch")
def test_an_abrupt_stop(service, release, load):
    """A5, A6: two minutes at worst, the article says, where heart-beats must stay away first."""
    run = release(batches(service, instances=2, batches=2, offline=abrupt_stop), under=load(), servers=DEFAULT)
    assert run.failed_requests
    assert run.within_theory


@expects(NO_GO, finding="stop signal swallowed", also=DAMAGE, step="batch")
def test_a_swallowed_signal(service, release, load):
    """A5: the grace, and then an abrupt stop."""
    before = service.variant("in a shell")
    run = release(
        batches(service, before=before, instances=2, batches=2, offline=swallowed_signal),
        under=load(),
        servers=DEFAULT,
    )
    assert run.failed_requests
    assert run.within_theory


@expects(NO_GO, finding=LOSSES, step="batch")
def test_a_hang(service, release, load):
    """A4: connections stand, and nobody answers: what a broken connection tells at once, silence tells late."""
    run = release(batches(service, instances=2, batches=2, offline=hang), under=load(), servers=DEFAULT)
    assert run.failed_requests
    assert run.within_theory


@needs("push")
@expects(NO_GO, finding=LOSSES, step="batch")
def test_a_graceful_stop_among_clients_that_ask_every_half_minute(service, release, load):
    """A4: the same registry without its push, behind a list that is kept for 30 s, as Ribbon's."""
    run = release(batches(service, instances=2, batches=2, offline=graceful_stop), under=load(), servers=HEART_BEATS)
    assert run.failed_requests
    assert run.within_theory


@needs("push")
@expects(NO_GO, finding=LOSSES, step="batch")
def test_a_graceful_stop_among_clients_that_ask_every_second(service, release, load):
    """A4: what is left of it when the list is young."""
    run = release(batches(service, instances=2, batches=2, offline=graceful_stop), under=load(), servers=ASKING_OFTEN)
    assert run.failed_requests
    assert run.within_theory


@needs("push")
@expects(NO_GO, finding=LOSSES, step="batch")
def test_an_abrupt_stop_among_clients_that_ask_every_half_minute(service, release, load):
    """A6: fifty seconds at worst, the article says: fifteen, five and thirty."""
    run = release(batches(service, instances=2, batches=2, offline=abrupt_stop), under=load(), servers=HEART_BEATS)
    assert run.failed_requests
    assert run.within_theory


@needs("self-preservation")
@expects(NO_GO, finding=LOSSES, step="batch")
def test_an_abrupt_stop_and_self_preservation(service, release, load):
    """A6: as it comes: with few instances it evicts nobody, and the window has no end."""
    run = release(batches(service, instances=2, batches=2, offline=abrupt_stop), under=load(), servers=PRESERVING)
    assert run.windows[0].dropped_ns is None
