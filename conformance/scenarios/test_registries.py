"""A4: the registry is one that callers learn from, not one that they live by."""

import pytest

from conformance.plan import ServerSettings, applies_to, batches, lossless, restart_of_the_registry

pytestmark = [pytest.mark.profile("extended"), applies_to("provider")]


def test_a_registry_that_is_restarted_in_mid_release_costs_nothing(service, release, load):
    """A4, A7: it comes back knowing nobody: consumers go on with those whom they know until all are listed again."""
    restart = restart_of_the_registry
    run = release(batches(service, batches=2, offline=lossless, amid=restart), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []


def test_a_migration_from_one_registry_to_the_other_costs_nothing(service, release, load):
    """A4, A7: every instance registers with both, half of the consumers go by the one, half by the other."""
    both = ServerSettings(side_by_side=True)
    run = release(batches(service, batches=2, offline=lossless), under=load(), servers=both)
    assert run.failed_requests == []
    assert run.partial_writes == []
