"""Where the SLB runs in its own tests: each kind once, behind the same stand."""

from collections.abc import Iterator

import pytest

from fixtures.platforms.embedded import EmbeddedPlatform
from fixtures.slb.kinds import SLBS
from fixtures.slb.spec import PassiveCheck, SlbServer, SlbSpec
from tests.slb.backends import Backends
from tests.slb.stand import SLOTS, Stand, one_group

Started = tuple[SlbServer, tuple[str, ...], Backends]


@pytest.fixture(scope="package")
def platform() -> Iterator[EmbeddedPlatform]:
    with EmbeddedPlatform() as platform:
        yield platform


@pytest.fixture(scope="package", params=SLBS)
def kind(request: pytest.FixtureRequest) -> str:
    """By name. A test that needs an ability is for the kinds that have it: see ``stand``."""
    return str(request.param)


@pytest.fixture(scope="package")
def started(platform: EmbeddedPlatform, kind: str) -> Iterator[Started]:
    slots = tuple("{}:{}".format(*platform.reserve()) for _ in range(SLOTS))
    passive = PassiveCheck(max_fails=1, fail_timeout_s=1)
    spec = SlbSpec(one_group(slots), passive=passive, answer_within_s=0.6)
    with Backends() as backends:
        slb = SLBS[kind].start(platform, spec)
        yield slb, slots, backends
        slb.stop()


@pytest.fixture
def stand(request: pytest.FixtureRequest, started: Started, kind: str) -> Iterator[Stand]:
    needed = {ability for mark in request.node.iter_markers("needs") for ability in mark.args}
    if not needed <= SLBS[kind].abilities:
        pytest.skip(f"{kind} cannot: {', '.join(sorted(needed - SLBS[kind].abilities))}")
    stand = Stand(*started)
    yield stand
    stand.clear()
