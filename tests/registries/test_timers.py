"""What a release stands in: how long callers may take to notice, by whichever service and end is the slowest."""

from dataclasses import replace

import pytest

from conformance.plan import (
    OfflinePolicy,
    Release,
    ServerSettings,
    Service,
    abrupt_stop,
    batches,
    freeze,
    host_failure,
    lossless,
    vanish,
)
from conformance.run.spec import TopologyTimers
from conformance.run.timings import Timings
from fixtures.glue.servers import ServerConfig
from fixtures.glue.settings import SAMPLE
from fixtures.services.descriptor import Descriptor
from fixtures.slb.spec import EntryGroup, HealthCheck, SlbSpec

TOPOLOGY = Descriptor.read(SAMPLE).topology
SLB = SlbSpec((EntryGroup("storefront", "/", (), HealthCheck("/ready", interval_s=0.5, unhealthy=2, timeout_s=0.4)),))
DEFAULT = ServerSettings(timers="default")
WHOLE_CHAIN = TOPOLOGY.services


def _release(*services: Service, offline: OfflinePolicy) -> Release:
    return batches(*services, to="v2", batches=2, together=len(services) == 1, offline=offline)


def _topology_timers(release: Release, registry: str = "eureka", settings: ServerSettings = DEFAULT) -> TopologyTimers:
    return ServerConfig(registry, settings).topology_timers(release, SLB)


@pytest.mark.parametrize("registry", ["nacos", "eureka"])
@pytest.mark.parametrize("policy", [abrupt_stop, lossless, vanish])
def test_several_services_are_noticed_as_late_as_the_latest_of_them(registry: str, policy: OfflinePolicy) -> None:
    each = [_topology_timers(_release(one, offline=policy), registry) for one in WHOLE_CHAIN]
    together = _topology_timers(_release(*WHOLE_CHAIN, offline=policy), registry)
    assert together.chain in [one.chain for one in each]
    assert together.noticed_within_s == max(one.noticed_within_s or 0 for one in each)


def test_who_is_killed_beside_a_lossless_release_is_waited_for_as_long_as_callers_need() -> None:
    release = _release(TOPOLOGY.service("orders"), offline=lossless)
    usual, killed = (_topology_timers(replace(release, amid=amid)) for amid in (None, host_failure(*WHOLE_CHAIN)))
    assert killed.chain == usual.chain, "the release itself is noticed as it ever was"
    alone = _topology_timers(_release(TOPOLOGY.service("orders"), offline=abrupt_stop)).noticed_within_s
    assert alone is not None
    assert killed.noticed_within_s == alone > (usual.noticed_within_s or 0)
    assert killed.patient(Timings()).unlisted > alone


def test_a_list_that_a_caller_keeps_is_waited_for_besides() -> None:
    release = _release(TOPOLOGY.service("orders"), offline=abrupt_stop)
    usual = ServerConfig("nacos", DEFAULT).topology_timers(release, SLB)
    kept = ServerConfig("nacos", DEFAULT, lists_kept_s=(("orders", 35.0),)).topology_timers(release, SLB)
    others = ServerConfig("nacos", DEFAULT, lists_kept_s=(("inventory", 35.0),)).topology_timers(release, SLB)
    assert [delay.at_most_s for delay in kept.chain] == [*(delay.at_most_s for delay in usual.chain), 35.0]
    assert kept.noticed_within_s == (usual.noticed_within_s or 0) + 35.0
    assert kept.told_within_s == usual.told_within_s + 35.0
    assert others.chain == usual.chain


def test_who_comes_back_need_not_be_noticed() -> None:
    release = _release(TOPOLOGY.service("orders"), offline=lossless)
    frozen = _topology_timers(replace(release, amid=freeze(TOPOLOGY.service("inventory"))))
    assert frozen.noticed_within_s == _topology_timers(release).noticed_within_s


def test_what_is_never_noticed_is_waited_for_as_long_as_all_that_is_known() -> None:
    settings = ServerSettings(timers="default", self_preservation=True)
    endless = _topology_timers(_release(TOPOLOGY.service("orders"), offline=abrupt_stop), settings=settings)
    known = sum(delay.at_most_s or 0.0 for delay in endless.chain)
    assert endless.noticed_within_s is None
    assert endless.patient(Timings()).unlisted == pytest.approx(1.1 * known + 2)
