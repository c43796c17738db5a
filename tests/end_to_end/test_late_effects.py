"""Effects that come after their answer, of a service in one file that knows nothing of this suite.

They are counted by a command, in the files that the service leaves.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.judge.model import Verdict
from conformance.plan import batches, gray, lossless
from fixtures.glue.session_topology import SessionTopology
from fixtures.services.descriptor import Descriptor
from tests.end_to_end.small import Small

COUNT = """
import pathlib
import sys

for journal in pathlib.Path(sys.argv[1]).iterdir():
    for line in journal.read_text().splitlines():
        order, what = line.split()
        print(f'{{"request_id": "{order}", "effect": "{what}"}}')
"""
DESCRIPTOR = """
schema = "release-topology/1"
name = "mailroom"

[services.mailroom]
entry = true
version = "1"
next = "2"
released_instances = 2
ready = "GET /"
admin = { address = "{host}:{port}", health = "GET /" }
versions.1 = { command = COMMAND }
versions.2 = { command = COMMAND }

[workload]
warm_up_requests = 40

[[workload.routes]]
name = "order"
method = "POST"
path = "/orders"
body = '{"order": "{id}"}'
weight = 1
expect = [202]
write = true
effects = ["taken", "mailed"]

[audit]
command = ["{python}", "count.py", "journals"]
settles_s = SETTLES
"""


@pytest.fixture
def mailroom(tmp_path: Path) -> Iterator[Callable[..., Small]]:
    opened: list[SessionTopology] = []

    def mailroom(*options: str, settles_s: float) -> Small:
        words = ["{python}", "mailroom.py", "{host}", "{port}", "journals", *options]
        command = "[" + ", ".join(f'"{word}"' for word in words) + "]"
        (tmp_path / "services.toml").write_text(
            DESCRIPTOR.replace("COMMAND", command).replace("SETTLES", str(settles_s))
        )
        (tmp_path / "count.py").write_text(COUNT)
        shutil.copy(Path(__file__).with_name("mailroom.py"), tmp_path)
        opened.append(SessionTopology(Descriptor.read(tmp_path), print))
        return Small(opened[-1], tmp_path)

    yield mailroom
    for topology in opened:
        topology.close()


@pytest.mark.profile("extended")
def test_effects_that_are_kept_at_the_end_are_go_in_a_gray_too(mailroom: Callable[..., Small]) -> None:
    small = mailroom("--after", "0.3", settles_s=1.0)
    service = small.session_topology.topology.service("mailroom")
    judgement, _ = small.release(gray(service, to="2", first=1, then=1, offline=lossless))
    assert judgement.verdict is Verdict.GO, judgement.headline


def test_effects_that_are_dropped_at_the_end_are_no_go(mailroom: Callable[..., Small]) -> None:
    small = mailroom("--after", "0.3", "--drop", settles_s=1.0)
    service = small.session_topology.topology.service("mailroom")
    judgement, _ = small.release(batches(service, to="2", batches=2, offline=lossless))
    assert judgement.verdict is Verdict.NO_GO
    assert {one.finding for one in judgement.findings} == {"partial write"}
    assert judgement.counts["failed"] == 0
    assert all("without mailed" in one.message for one in judgement.findings)


@pytest.mark.profile("extended")
def test_effects_that_are_flushed_every_five_seconds_are_go_by_when_they_settle(mailroom: Callable[..., Small]) -> None:
    small = mailroom("--every", "5", settles_s=6.0)
    service = small.session_topology.topology.service("mailroom")
    judgement, _ = small.release(batches(service, to="2", batches=2, offline=lossless))
    assert judgement.verdict is Verdict.GO, judgement.headline
