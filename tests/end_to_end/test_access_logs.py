"""Calls that a plain nginx tells of by its access log, in the formats that the docs name.

A front asks it. How often its next version does so for one request is learned of that version: twice by design is no
repetition, and one more call now and then is.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.judge.model import Verdict
from conformance.plan import batches, lossless
from conformance.record.reader import open_record
from fixtures.glue.session_topology import SessionTopology
from fixtures.services.descriptor import Descriptor
from fixtures.slb.nginx.program import nginx_binary
from tests.end_to_end.small import Small

pytestmark = pytest.mark.profile("extended")

DOCS = Path(__file__).parents[2] / "docs" / "descriptor.md"
COMBINED = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"'
)
SERVE = """
import os, sys

nginx, host, port, scratch = sys.argv[1:]
with open(scratch + "/nginx.conf", "w") as file:
    file.write(f'''
        daemon off;
        pid {scratch}/pid;
        error_log stderr;
        events {{ }}
        http {{
            log_format told 'FORMAT';
            access_log /dev/stdout told;
            default_type application/json;
            server {{
                listen {host}:{port};
                location / {{ return 200 '{{"left": 7}}'; }}
            }}
        }}''')
os.execv(nginx, [nginx, "-p", scratch, "-c", "nginx.conf", "-e", "stderr"])
"""
DESCRIPTOR = """
schema = "release-topology/1"
name = "called"

[services.front]
entry = true
calls = ["warehouse"]
version = "1"
next = "2"
released_instances = 2
ready = "GET /up"
admin = { address = "{host}:{port}", health = "GET /up" }
versions.1 = { command = ["{python}", "caller_service.py", "{host}", "{port}", "{warehouse}"] }
versions.2 = { command = ["{python}", "caller_service.py", "{host}", "{port}", "{warehouse}", "OPTION"] }

[services.warehouse]
supporting = true
registry = false
version = "1"
versions.1 = { command = ["{python}", "serve.py", "NGINX", "{host}", "{port}", "{scratch}"] }
ready = { tcp = true }
evidence = { executions = "FORMAT" }

[workload]
warm_up_requests = 60

[[workload.routes]]
name = "left"
method = "GET"
path = "/left/{id}?of=pen"
weight = 1
expect = [200]
check = { pointer = "/left", equal = 7 }
write = false
"""


def _documented(name: str) -> str:
    """The format's setting of nginx, as the docs have it."""
    row = re.search(rf'^\| `"{name}"` \| (.*) \|$', DOCS.read_text(), re.MULTILINE)
    assert row is not None
    told = re.findall(r"`([^`]+)`", row[1])
    return told[1].strip("'") if name == "nginx" else f"{COMBINED} {told[0]}"


@pytest.fixture
def called(tmp_path: Path) -> Iterator[Callable[[str, str], Small]]:
    opened: list[SessionTopology] = []

    def called(log: str, option: str) -> Small:
        text = DESCRIPTOR.replace("OPTION", option).replace("FORMAT", log).replace("NGINX", str(nginx_binary()))
        (tmp_path / "services.toml").write_text(text)
        (tmp_path / "serve.py").write_text(SERVE.replace("FORMAT", _documented(log)))
        shutil.copy(Path(__file__).with_name("caller_service.py"), tmp_path)
        opened.append(SessionTopology(Descriptor.read(tmp_path), print))
        return Small(opened[-1], tmp_path)

    yield called
    for topology in opened:
        topology.close()


@pytest.mark.parametrize("log", ["nginx", "combined"])
def test_a_version_that_calls_twice_by_design_is_go(called: Callable[[str, str], Small], log: str) -> None:
    small = called(log, "--twice")
    front = small.session_topology.topology.service("front")
    judgement, directory = small.release(batches(front, to="2", batches=2, offline=lossless))
    assert (judgement.verdict, judgement.findings) == (Verdict.GO, ())
    with open_record(directory) as record:
        times = record.db.execute(
            "SELECT n, count(*) FROM (SELECT seq, count(*) AS n FROM executions WHERE service = 'warehouse' "
            "AND operation LIKE 'GET /left/%' AND seq IS NOT NULL GROUP BY seq) GROUP BY n ORDER BY n"
        ).fetchall()
    assert [n for n, _ in times] == [1, 2]
    assert min(requests for _, requests in times) > 100


def test_a_version_that_calls_once_more_now_and_then_is_no_go(called: Callable[[str, str], Small]) -> None:
    small = called("nginx", "--again")
    front = small.session_topology.topology.service("front")
    judgement, _ = small.release(batches(front, to="2", batches=2, offline=lossless))
    assert judgement.verdict is Verdict.NO_GO
    assert {(one.finding, one.hop) for one in judgement.findings} == {("sent twice", "front->warehouse")}
