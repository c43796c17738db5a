"""What a scenario needs and what can be had here: each lack is told with what mends it, where nothing has it, too."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.plan import Ability, ServerSettings, batches, lossless, needs, restart_of_the_registry
from fixtures.glue.applicable import Place, lacks
from fixtures.glue.settings import NO_REGISTRY
from fixtures.platforms.kinds import KINDS
from fixtures.registries.kinds import REGISTRIES
from fixtures.services.descriptor import Descriptor
from fixtures.slb.kinds import SLBS
from tests.services.mistakes import SMALL

HERE = Place("embedded", "nacos", "nginx")


@pytest.fixture
def descriptor(tmp_path: Path) -> Descriptor:
    (tmp_path / "services.toml").write_text(SMALL)
    return Descriptor.read(tmp_path)


def _told(descriptor: Descriptor, place: Place, *abilities: Ability) -> str:
    release = batches(descriptor.topology.service("shop"), offline=lossless)
    lack = lacks([needs(*abilities).mark], release, place, descriptor)
    return "" if lack is None else str(lack)


def _who(ability: Ability) -> Sequence[str]:
    """Registries and SLBs differ in what is theirs, platforms in all else."""
    kinds = {
        "registry": {name: kind.abilities for name, kind in REGISTRIES.items()},
        "slb": {name: kind.abilities for name, kind in SLBS.items()},
        "platform": {name: kind.abilities for name, kind in KINDS.items()},
    }
    has = {what: [name for name, can in of.items() if ability in can] for what, of in kinds.items()}
    return next([f"--{what} {name}" for name in names] for what, names in has.items() if names)


@pytest.mark.parametrize("ability", ["push", "self-preservation", "address", "network", "memory", "servers", "lanes"])
def test_what_one_kind_has_is_named(descriptor: Descriptor, ability: Ability) -> None:
    has = _who(ability)
    for platform in KINDS:
        for registry in REGISTRIES:
            for slb in SLBS:
                told = _told(descriptor, Place(platform, registry, slb), ability)
                here = {f"--platform {platform}", f"--registry {registry}", f"--slb {slb}"}
                assert told.endswith(f"; run with {has[0]}") if not here & set(has) else told == ""


def test_a_way_down_that_sets_a_weight_needs_a_registry_with_weights(tmp_path: Path) -> None:
    provider = """
[services.stock]
registry.name = "stock"
ready = "GET /ready"
version = "1.0"
versions."1.0" = { command = ["run", "{registry}"] }
versions."1.1" = { command = ["run", "{registry}"] }
[[services.stock.offline]]
registry = "weight 0"
[workload]
"""
    text = SMALL.replace("[workload]\n", provider.lstrip(), 1).replace(
        "entry = true", 'entry = true\ncalls = ["stock"]'
    )
    (tmp_path / "services.toml").write_text(text)
    descriptor = Descriptor.read(tmp_path)
    release = batches(descriptor.topology.service("stock"), offline=lossless)
    assert lacks([], release, HERE, descriptor) is None
    told = str(lacks([], release, replace(HERE, registry="eureka"), descriptor))
    assert told == (
        "registry: eureka cannot give each instance a weight, by which its consumers choose; run with --registry nacos"
    )


def test_where_no_service_has_a_registry_what_asks_for_one_is_told_so(descriptor: Descriptor) -> None:
    nowhere = replace(HERE, registry=NO_REGISTRY)
    why = "no registry: no service of the topology has a registry; name {registry} where a service has one"
    assert _told(descriptor, nowhere) == ""
    assert _told(descriptor, nowhere, "push") == why
    release = batches(descriptor.topology.service("shop"), offline=lossless, amid=restart_of_the_registry)
    assert [str(lacks([], release, place, descriptor) or "") for place in (HERE, nowhere)] == ["", why]


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("{registries}", ""),
        (
            "{registry}",
            "one registry: shop knows one registry only; name {registries}, which are both, where {registry} stands",
        ),
        ("{registry_name}", ""),
    ],
)
def test_both_registries_side_by_side_need_services_that_know_both(tmp_path: Path, named: str, why: str) -> None:
    (tmp_path / "services.toml").write_text(SMALL.replace('"{port}"', f'"{named}"', 1))
    descriptor = Descriptor.read(tmp_path)
    release = batches(descriptor.topology.service("shop"), offline=lossless)
    both = ServerSettings(side_by_side=True)
    assert str(lacks([], release, HERE, descriptor, both) or "") == why
    assert lacks([], release, HERE, descriptor, ServerSettings()) is None


def test_where_no_registry_has_both_their_scenario_is_to_be_two(descriptor: Descriptor) -> None:
    assert _told(descriptor, HERE, "push", "self-preservation") == (
        "registry: nacos cannot stop evicting where too many fall silent at once; no registry can all that this "
        "scenario needs (push: nacos, self-preservation: eureka); make it several, each with a part of its needs"
    )


def test_where_no_platform_has_both_neither_has_the_last_word(descriptor: Descriptor) -> None:
    told = _told(descriptor, HERE, "servers", "network")
    assert told.startswith("platform: embedded cannot cut an instance off the network; ")
    assert told.endswith("(servers: embedded, network: docker); make it several, each with a part of its needs")
