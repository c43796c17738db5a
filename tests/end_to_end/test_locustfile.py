"""Releases under a team's own locustfile: the one that the docs show."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.judge.model import Verdict
from conformance.plan import batches, lossless
from conformance.record.reader import open_record
from fixtures.glue.session_topology import SessionTopology
from fixtures.glue.settings import SAMPLE
from fixtures.services.descriptor import Descriptor
from tests.end_to_end.small import Small

pytestmark = pytest.mark.profile("extended")

DOCS = Path(__file__).parents[2] / "docs" / "locustfile.md"


def _block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", DOCS.read_text(), re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    folder = tmp_path_factory.mktemp("locustfile")
    text = SAMPLE.read_text().replace("released_instances = 10", "released_instances = 2")
    before, _, rest = text.partition("[workload]\n")
    after = rest[rest.index("[audit]\n") :]
    (folder / "services.toml").write_text(f"{before}{_block('toml')}\n{after}")
    (folder / "locustfile.py").write_text(_block("python"))
    shutil.copy(SAMPLE.with_name("schema.sql"), folder)
    session_topology = SessionTopology(Descriptor.read(folder), print)
    yield Small(session_topology, folder)
    session_topology.close()


def test_a_lossless_release_under_a_locustfile_is_go(shop: Small) -> None:
    orders = shop.session_topology.topology.service("orders")
    judgement, directory = shop.release(batches(orders, to="v2", batches=2, offline=lossless), rate=100)
    assert (judgement.verdict, judgement.findings) == (Verdict.GO, ())
    assert judgement.counts["acknowledged_writes"] > 60
    assert judgement.counts["partial_writes"] == judgement.counts["lost_writes"] == 0
    said = ("evidence: no write was held", "old_data: no route that only reads names {written}")
    assert not [line for line in judgement.untested if not line.startswith(said)]
    with open_record(directory) as record:
        assert record.load.tasks is not None
        assert record.load.tasks.planned == record.load.tasks.ended
        assert {(one.name, one.effects) for one in record.contract.load.routes} == {
            ("POST /orders", ("placed", "reserved", "confirmed")),
            ("GET /orders/ID", ()),
        }


def test_what_only_a_task_can_see_of_the_new_version_is_no_go_with_its_text(shop: Small) -> None:
    file = shop.session_topology.descriptor.folder / "locustfile.py"
    thinks = "self.user.wait(0.05)  # thinking\n"
    looks = 'self.client.get(f"/orders/{self.user.last}", name="/orders/ID").headers["X-Version"]'
    source = file.read_text()
    assert thinks in source
    file.write_text(source.replace(thinks, f'assert {looks} == "v1", "v2!"\n'))
    storefront = shop.session_topology.topology.service("storefront")
    judgement, _ = shop.release(batches(storefront, to="v2", batches=2, offline=lossless), rate=100)
    assert judgement.verdict is Verdict.NO_GO
    worst = judgement.findings[0]
    assert (worst.finding, worst.error) == ("failed request", "wrong answer")
    told = r"what its task demands: saw AssertionError: v2! \(locustfile.py, line \d+\)"
    assert re.search(told, "\n".join(worst.detail))
