"""A1, A8: a system that stands already is released by its team's own command, and loses nothing by it."""

import pytest

from conformance.plan import by_own_command, of_a_standing_system

pytestmark = [pytest.mark.profile("smoke"), of_a_standing_system]


def test_the_teams_own_release_loses_nothing(service, release, load):
    """A1, A8: however it goes about it, no request fails and enough instances serve while it does."""
    run = release(by_own_command(service), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []
