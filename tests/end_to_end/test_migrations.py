"""A new version that migrates the schema at its start; the scenario after it begins as the first did."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.judge.model import Verdict
from conformance.plan import abrupt_stop, batches, lossless
from fixtures.glue.session_topology import SessionTopology
from fixtures.services.descriptor import Descriptor
from tests.end_to_end.small import Small

pytestmark = pytest.mark.profile("extended")

DESCRIPTOR = """\
schema = "release-topology/1"
name = "archive"
[database]

[services.archive]
entry = true
version = "3.1"
next = "3.2"
versions."3.1".command = ["{python}", "archive.py", "1"]
versions."3.2".command = ["{python}", "archive.py", "2"]
instances = 2
released_instances = 2
ready = "GET /"
env = { HOST = "{host}", PORT = "{port}", KEEPER = "{incarnation}", DATABASE = "{database}" }
admin = { address = "{host}:{port}", health = "GET /" }

[workload]
rate = 60
warm_up_requests = 20

[[workload.routes]]
name = "keep a letter"
method = "POST"
path = "/letters"
body = '{"number": "{id}", "reading_ms": {work_ms}}'
expect = [201]
write = true
long_share = 0.3
long_ms = [200, 300]
effects = ["envelope", "letter"]
weight = 1

[audit]
query = "SELECT number, part, '', keeper, '' FROM letters WHERE number LIKE :run || '%' ORDER BY id"
"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    folder = tmp_path_factory.mktemp("archive")
    (folder / "services.toml").write_text(DESCRIPTOR)
    shutil.copy(Path(__file__).with_name("archive.py"), folder)
    session_topology = SessionTopology(Descriptor.read(folder), print)
    yield Small(session_topology, folder)
    session_topology.close()


def test_each_scenario_finds_the_schema_that_the_old_version_knows(archive: Small) -> None:
    """3.1 refuses to start beside a later schema: without a database made anew nothing would come after the first."""
    service = archive.session_topology.topology.service("archive")
    for _ in range(2):
        judgement, _ = archive.release(batches(service, batches=2, offline=lossless), rate=60)
        assert judgement.counts["failed"] == judgement.counts["partial_writes"] == 0
        assert [one.message for one in judgement.findings if one.verdict is Verdict.NO_GO] == []
        assert judgement.counts["acknowledged_writes"] > 0


def test_a_loss_is_seen_after_a_migration_too(archive: Small) -> None:
    service = archive.session_topology.topology.service("archive")
    judgement, _ = archive.release(batches(service, batches=2, offline=abrupt_stop), rate=60)
    assert judgement.verdict is Verdict.NO_GO
    assert judgement.counts["failed"] > 0
