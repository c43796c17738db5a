"""The contract that a run makes of a descriptor says what the descriptor does: else none of its runs were GO."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import msgspec
import pytest

from conformance.judge.resolved_descriptor import descriptor_says
from conformance.record.contract import LatencyPromise, ServiceFacts
from conformance.record.reader import Record
from conformance.run.contract import _load_facts
from conformance.run.spec import RunSpec
from fixtures.glue import run_spec
from fixtures.glue.settings import REPOSITORY
from fixtures.services.descriptor import Descriptor
from fixtures.services.effects import every_rule
from fixtures.services.statuses import rules
from fixtures.services.tables.effects import longest
from tests.judge.healthy import made
from tests.standing.systems import Newsroom

FILES = sorted(
    [
        *(REPOSITORY / "fixtures/services").glob("*/services.toml"),
        *(REPOSITORY / "docs/examples").glob("*/services.toml"),
    ]
)


def _facts(descriptor: Descriptor) -> Record:
    """As much of a record as its contract and descriptor are, of a null release: nothing is said of a way down."""
    workload = descriptor.workload
    services = tuple(
        ServiceFacts(
            name=one.name,
            position=one.position,
            calls=one.calls,
            registered=one.registered,
            instances=one.names(one.instances),
            version=one.version,
            evidence=descriptor.shows(one.name),
        )
        for one in descriptor.topology.services
    )
    requests = run_spec._requests(descriptor, 100)
    asked = SimpleNamespace(
        **vars(requests),
        rate=100,
        fresh_share=workload.fresh_share,
        effects={one.name: longest(one.effects) for one in workload.routes},
        status_rules={one.name: rules(one, descriptor.services) for one in workload.routes},
        effect_rules=every_rule(workload, descriptor.services),
        entries=descriptor.entries,
        entry_of=lambda _: "",
        workers=1,
        headers=descriptor.headers.named,
        plan=SimpleNamespace(release=SimpleNamespace(met_by=SimpleNamespace(chooses=False))),
    )
    asked.route_facts = lambda: RunSpec.route_facts(cast("RunSpec", asked))
    asked.journey_facts = lambda: RunSpec.journey_facts(cast("RunSpec", asked))
    asked._declared = lambda write: RunSpec._declared(cast("RunSpec", asked), write)
    healthy = made().contract
    first = next(one for one in services if one.position != "supporting")
    callers = tuple(caller for one in services for caller in [one.name] if first.name in one.calls)
    contract = msgspec.structs.replace(
        healthy,
        services=services,
        release=msgspec.structs.replace(
            healthy.release,
            service=first.name,
            position=first.position,
            callers=(*(("slb",) if first.position == "entry" else ()), *callers),
            offline="",
            lossless=False,
        ),
        load=_load_facts(cast("RunSpec", asked)),
        promised=msgspec.convert(descriptor.promise.model_dump(), LatencyPromise),
        settles_s=run_spec._audit_order(descriptor).settles_s,
        resolved=descriptor.resolved(),
    )
    tasks = requests.tasks if not requests.journeys else None
    return cast("Record", SimpleNamespace(contract=contract, load=SimpleNamespace(tasks=tasks)))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_a_contract_says_what_its_descriptor_does(file: Path) -> None:
    assert list(descriptor_says(_facts(Descriptor.read(file)))) == []


def test_a_contract_of_a_system_that_stands_says_what_its_descriptor_does(tmp_path: Path) -> None:
    """Its one service has no table of its own."""
    assert list(descriptor_says(_facts(Newsroom(tmp_path, "127.0.0.1:1").descriptor()))) == []
