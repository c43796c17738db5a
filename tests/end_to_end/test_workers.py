"""A worker of the seven-service shop that does its work twice: found in the ledger, by who wrote it."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.judge.model import Judgement, Verdict
from conformance.plan import batches, lossless
from fixtures.glue.session_topology import SessionTopology
from fixtures.services.descriptor import Descriptor
from tests.end_to_end.small import Small

SHOP = Path(__file__).parents[2] / "fixtures" / "services" / "shop"
FEW = {"warm_up_requests = 200": "warm_up_requests = 40\nrate = 80"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    folder = tmp_path_factory.mktemp("shop")
    text = (SHOP / "services.toml").read_text()
    for old, new in FEW.items():
        assert old in text, old
        text = text.replace(old, new)
    (folder / "services.toml").write_text(text)
    shutil.copy(SHOP / "schema.sql", folder)
    session_topology = SessionTopology(Descriptor.read(folder), print, released=("mailer",))
    yield Small(session_topology, folder)
    session_topology.close()


def _released(shop: Small, before: str, to: str) -> Judgement:
    mailer = replace(shop.session_topology.topology.service("mailer"), version=before)
    judgement, _ = shop.release(batches(mailer, to=to, batches=2, offline=lossless), rate=80)
    return judgement


def test_work_that_is_done_twice_is_a_duplicate_that_names_who_wrote_it(shop: Small) -> None:
    judgement = _released(shop, "v1", "v2-twice")
    assert judgement.verdict is Verdict.NO_GO
    duplicates = [one for one in judgement.findings if one.finding == "duplicate write"]
    assert {one.finding for one in judgement.findings if one.verdict is Verdict.NO_GO} == {"duplicate write"}
    assert judgement.counts["duplicates"] > 0
    assert judgement.counts["failed"] == judgement.counts["partial_writes"] == 0
    told = "\n".join(one.message for one in duplicates)
    assert "mailed" in told
    assert "(v2-twice)" in told
    assert {"mailer-01.2", "mailer-02.2"} & {word.strip("(),;:") for word in told.split()}


@pytest.mark.profile("extended")
def test_work_that_is_finished_or_left_to_the_others_is_go(shop: Small) -> None:
    judgement = _released(shop, "v1", "v2")
    assert (judgement.verdict, judgement.counts["duplicates"]) == (Verdict.GO, 0), judgement.headline
