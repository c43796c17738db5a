"""The audit of a database that is a server of the team's own, where everything is a container.

Services reach it at its address in their network, the audit at a port of this machine that the engine hands on to it.
"""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from conformance.judge.model import Verdict
from conformance.plan import batches, lossless
from conformance.record.reader import open_record
from fixtures.glue.session_topology import SessionTopology
from fixtures.platforms.docker.platform import DockerPlatform
from fixtures.platforms.kinds import KINDS, RECIPES
from fixtures.services.descriptor import Descriptor
from tests.end_to_end.small import Small
from tests.platforms.engines import needs_engine

pytestmark = needs_engine

POSTGRES = "books.example/postgres:1"
"""An image that the suite has not made: it runs as whom it says, with what it says."""
SECRETS = (b"a secret of the books", b"a%20secret%20of%20the%20books")
ARCHIVE = '''
"""Keeps letters, each in its envelope."""

import os

import asyncpg
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

TABLE = "CREATE TABLE IF NOT EXISTS letters (id bigserial, number text, part text, keeper text)"


async def up(_request):
    return JSONResponse({"open": True})


async def keep(request):
    number = (await request.json())["number"]
    connection = await asyncpg.connect(os.environ["BOOKS"])
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(1)")
        await connection.execute(TABLE)
    for part in ("envelope", "letter"):
        await connection.execute("INSERT INTO letters (number, part, keeper) VALUES ($1, $2, $3)", number, part, KEEPER)
    await connection.close()
    return JSONResponse({"number": number}, 201)


KEEPER = os.environ["KEEPER"]
app = Starlette(routes=[Route("/up", up), Route("/letters", keep, methods=["POST"])])
uvicorn.run(app, host=os.environ["HOST"], port=int(os.environ["PORT"]), log_level="warning")
'''
ARGS = ["python", "-c", f"import base64; exec(base64.b64decode('{base64.b64encode(ARCHIVE.encode()).decode()}'))"]
DESCRIPTOR = """
schema = "release-topology/1"
name = "archive"

[servers.books]
image = "books.example/postgres:1"
args = ["postgres", "-c", "listen_addresses=*"]
port = 5432
env = { POSTGRES_USER = "keeper", POSTGRES_PASSWORD = "a secret of the books", POSTGRES_DB = "books" }

[services.archive]
entry = true
version = "old"
next = "new"
versions.old = { image = "release-conformance/python", args = ARGUMENTS }
versions.new = { image = "release-conformance/python", args = ARGUMENTS }
instances = 2
released_instances = 2
ready = "GET /up"
admin = { address = "{host}:{port}", health = "GET /up" }

[services.archive.env]
HOST = "{host}"
PORT = "{port}"
KEEPER = "{incarnation}"
BOOKS = "postgresql://keeper:a%20secret%20of%20the%20books@{books}/books"

[workload]
rate = 60
warm_up_requests = 30

[[workload.routes]]
name = "keep"
method = "POST"
path = "/letters"
body = '{"number": "{id}"}'
weight = 1
expect = [201]
write = true
effects = ["envelope", "letter"]

[audit]
query = "SELECT number, part, '', keeper, '' FROM letters WHERE number LIKE :run || '%' ORDER BY id"
dsn = "postgresql://keeper:a%20secret%20of%20the%20books@{books}/books"
"""


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Small]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with DockerPlatform(RECIPES, print) as platform:
        made = platform.image("release-conformance/postgres")
    engine = docker.from_env()
    engine.images.get(made).tag(POSTGRES)
    (tmp_path / "services.toml").write_text(DESCRIPTOR.replace("ARGUMENTS", json.dumps(ARGS)))
    topology = SessionTopology(Descriptor.read(tmp_path), print, KINDS["docker"])
    yield Small(topology, tmp_path)
    topology.close()
    engine.images.remove(POSTGRES)
    engine.close()


def test_what_is_written_into_a_server_of_the_team_s_own_is_counted_in_containers(archive: Small) -> None:
    service = archive.session_topology.topology.service("archive")
    judgement, directory = archive.release(batches(service, to="new", batches=2, offline=lossless), rate=60)
    assert judgement.verdict is Verdict.GO, judgement.headline
    assert judgement.counts["acknowledged_writes"] > 100
    with open_record(directory) as record:
        parts = dict(record.db.execute("SELECT effect, count(*) FROM ledger GROUP BY effect").fetchall())
        keepers = {name for (name,) in record.db.execute("SELECT DISTINCT incarnation FROM ledger").fetchall()}
    assert parts["envelope"] == parts["letter"] >= judgement.counts["acknowledged_writes"]
    assert keepers == {f"archive-0{number}.{life}" for number in (1, 2) for life in (1, 2)}
    files = [file for file in directory.rglob("*") if file.is_file()]
    assert [file for file in files if any(secret in file.read_bytes() for secret in SECRETS)] == []
