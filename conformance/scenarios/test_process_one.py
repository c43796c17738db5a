"""A5: the stop signal reaches process 1 of a container, and it is not always the service that stands there."""

import pytest

from conformance.plan import DAMAGE, NO_GO, batches, expects, graceful_stop, lossless, needs

pytestmark = [pytest.mark.profile("extended"), needs("process 1")]


@expects(NO_GO, finding="stop signal swallowed", also=DAMAGE, step="batch")
def test_a_shell_as_process_one_swallows_the_stop_signal(service, release, load):
    """A5: the shell hands nothing on; after the grace everything in the container is killed, and no hook has run."""
    before = service.variant("in a shell")
    release(batches(service, before=before, batches=2, offline=graceful_stop), under=load())


def test_an_init_as_process_one_hands_the_stop_signal_on(service, release, load):
    """A5, A7: with an init before it the service is asked to stop like any other, and loses nothing."""
    before = service.variant("under init")
    run = release(batches(service, before=before, offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []
