"""A4 to A7: every way in which a provider goes, with one of two going at a time. What each costs is measured.

The windows of a session are gathered into docs/windows.md by ``python -m reports.windows_page``.
"""

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

pytestmark = [pytest.mark.profile("extended"), applies_to("provider")]

HEART_BEATS = ServerSettings(client="heart-beats")


def test_a_provider_that_tells_its_callers_and_serves_on_loses_nothing(service, release, load):
    """A7: deregistered and announced: who calls it drops it at once, whatever the registry still says."""
    run = release(batches(service, instances=2, batches=2, offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.within_theory


def test_a_provider_that_serves_on_without_telling_its_callers_loses_nothing(service, release, load):
    """A4: deregistered, then serving until every consumer has asked for its list again."""
    run = release(batches(service, instances=2, batches=2, offline=lossless_without_notify), under=load())
    assert run.failed_requests == []
    assert run.within_theory


@expects(NO_GO, finding=LOSSES, step="batch")
def test_a_provider_that_stops_gracefully_is_called_until_its_callers_know(service, release, load):
    """A4: its hook deregisters as it stops; until the list is told or asked for, calls are refused."""
    run = release(batches(service, instances=2, batches=2, offline=graceful_stop), under=load())
    assert run.failed_requests
    assert run.within_theory


@expects(NO_GO, finding=LOSSES, step="batch")
def test_a_provider_that_is_killed_is_called_until_the_registry_misses_it(service, release, load):
    """A4, A5: no hook: its connection breaks, or its heart-beats stay away."""
    run = release(batches(service, instances=2, batches=2, offline=abrupt_stop), under=load())
    assert run.failed_requests
    assert run.within_theory


@expects(NO_GO, finding="stop signal swallowed", also=DAMAGE, step="batch")
def test_a_provider_whose_stop_signal_is_swallowed_ends_as_if_it_were_killed(service, release, load):
    """A5: whoever stands before it hands nothing on: it serves through its grace and is killed at its end."""
    before = service.variant("in a shell")
    run = release(batches(service, before=before, instances=2, batches=2, offline=swallowed_signal), under=load())
    assert run.failed_requests
    assert run.within_theory


@expects(NO_GO, finding=LOSSES, step="batch")
def test_a_provider_that_hangs_keeps_its_callers_waiting(service, release, load):
    """A4: alive and silent: its heart-beats stay away, and until then every call to it runs into its time-out."""
    run = release(batches(service, instances=2, batches=2, offline=hang), under=load(), servers=HEART_BEATS)
    assert run.failed_requests
    assert run.within_theory


@needs("push")
@expects(NO_GO, finding=LOSSES, step="batch")
def test_a_provider_that_stops_gracefully_among_polling_clients(service, release, load):
    """A4: the same registry without its push: the consumer asks for its list."""
    run = release(batches(service, instances=2, batches=2, offline=graceful_stop), under=load(), servers=HEART_BEATS)
    assert run.failed_requests
    assert run.within_theory


@needs("push")
@expects(NO_GO, finding=LOSSES, step="batch")
def test_a_provider_that_is_killed_among_polling_clients(service, release, load):
    """A4, A6: fifteen seconds of silence, five until the server looks, and the consumer's list: here in small."""
    run = release(batches(service, instances=2, batches=2, offline=abrupt_stop), under=load(), servers=HEART_BEATS)
    assert run.failed_requests
    assert run.within_theory


@needs("self-preservation")
@expects(NO_GO, finding=LOSSES, step="batch")
def test_self_preservation_keeps_a_dead_provider_listed(service, release, load):
    """A6: where too many are silent at once the registry evicts nobody: the window does not end by itself."""
    run = release(
        batches(service, instances=2, batches=2, offline=abrupt_stop),
        under=load(),
        servers=ServerSettings(self_preservation=True),
    )
    assert run.windows[0].dropped_ns is None
