"""A2, A3: how long an SLB goes on sending requests to an entry that is gone is what its health check makes it."""

import pytest

from conformance.plan import (
    NO_GO,
    Probe,
    ServerSettings,
    abrupt_stop,
    applies_to,
    batches,
    expects,
    graceful_stop,
    hang,
    lossless,
    needs,
)

pytestmark = [pytest.mark.profile("extended"), needs("active checks"), applies_to("entry")]

SLOW = ServerSettings(probe=Probe(interval_s=2.0, timeout_s=1.8, failures=3))
"""As cloud load balancers come: six seconds, and the last check's time-out."""


def test_an_entry_that_is_drained_first_loses_nothing_however_slow_the_health_check(service, release, load):
    """A3: who is out of the group before it stops need not be missed."""
    run = release(batches(service, instances=2, batches=2, offline=lossless), under=load(), servers=SLOW)
    assert run.failed_requests == []
    assert run.within_theory


@expects(NO_GO, finding="failed request", hop="->service", step="batch")
def test_an_entry_that_stops_gracefully_is_sent_requests_until_its_checks_fail(service, release, load):
    """A2: refused at once, and yet in the group until three checks in a row have failed."""
    run = release(batches(service, instances=2, batches=2, offline=graceful_stop), under=load(), servers=SLOW)
    assert run.failed_requests
    assert run.within_theory


@expects(NO_GO, finding="failed request", hop="->service", step="batch")
def test_an_entry_that_is_killed_is_missed_sooner_by_a_quicker_health_check(service, release, load):
    """A2: half a second, twice."""
    run = release(batches(service, instances=2, batches=2, offline=abrupt_stop), under=load())
    assert run.failed_requests
    assert run.within_theory


@expects(NO_GO, finding="failed request", hop="->service", step="batch")
def test_an_entry_that_hangs_keeps_its_clients_waiting(service, release, load):
    """A2: connections stand, and requests wait for the SLB's time-out; some of them are executed all the same."""
    run = release(batches(service, instances=2, batches=2, offline=hang), under=load())
    assert run.failed_requests
    assert run.within_theory
