"""Whole releases, small ones, of a service that writes to MariaDB: judged, and their records hold no secret."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from conformance.judge.model import Judgement, Verdict
from conformance.plan import batches, lossless
from fixtures.databases.kinds import DATABASES
from fixtures.glue.session_topology import SessionTopology
from fixtures.services.descriptor import Descriptor
from tests.end_to_end.small import Small
from tests.glue.suite import pytest as suite

FOLDER = Path(__file__).parent
PLACES = ("argument", "option", "variable", "url", "json", "query", "body", "hook")
SECRETS = {place: f"unique-{place}-s3cret" for place in PLACES}

TABLES = """
CREATE TABLE purchases (
    id bigint AUTO_INCREMENT PRIMARY KEY, reference varchar(60), step varchar(20),
    shop varchar(40), life varchar(40), version varchar(40), INDEX one (reference)
);
"""

DESCRIPTOR = f"""
schema = "release-topology/1"
name = "shop on MariaDB"

[database]
kind = "mariadb"
setup = "tables.sql"

[services.shop]
entry = true
ready = "GET /ready?token={SECRETS["hook"]}"
version = "v1"
next = "v2"
instances = 2
released_instances = 2
versions.v1.command = ["{{python}}", "shop_service.py", "--api.password={SECRETS["argument"]}"]
versions.v2.command = ["{{python}}", "shop_service.py", "--api-token", "{SECRETS["option"]}"]
versions.forgetful = {{ variant = "forgets", command = ["{{python}}", "shop_service.py", "--forget-payment"] }}

[services.shop.env]
HOST = "{{host}}"
PORT = "{{port}}"
SHOP = "{{instance}}"
LIFE = "{{incarnation}}"
VERSION = "{{version}}"
DB_HOST = "{{database_host}}"
DB_PORT = "{{database_port}}"
DB_NAME = "{{database_name}}"
DB_USER = "{{database_user}}"
DB_PASSWORD = "{{database_password}}"
PAYMENT_SECRET = "{SECRETS["variable"]}"
BROKER = "amqp://shop:{SECRETS["url"]}@broker/shop"
SETTINGS = '{{"token": "{SECRETS["json"]}"}}'

[services.shop.admin]
address = "{{host}}:{{port}}"
health = "GET /health"

[workload]
rate = 60
warm_up_requests = 40

[[workload.routes]]
name = "buy"
method = "POST"
path = "/purchases?api_key={SECRETS["query"]}"
body = '{{"reference": "{{id}}", "work_ms": {{work_ms}}, "token": "{SECRETS["body"]}"}}'
weight = 1
expect = [201]
write = true
long_share = 0.3
long_ms = [200, 300]
effects = ["bought", "paid"]

[[workload.routes]]
name = "look"
method = "GET"
path = "/purchases/{{written}}"
weight = 1
expect = [200]
write = false

[audit]
query = "SELECT reference, step, shop, life, version FROM purchases WHERE reference LIKE CONCAT(:run, '%') ORDER BY id"
"""  # noqa: S608 - nobody's words but its own


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    if lacking := DATABASES["mariadb"].lacks():
        pytest.skip(lacking)
    folder = tmp_path_factory.mktemp("shop")
    (folder / "services.toml").write_text(DESCRIPTOR)
    (folder / "tables.sql").write_text(TABLES)
    shutil.copy(FOLDER / "shop_service.py", folder)
    session_topology = SessionTopology(Descriptor.read(folder), print)
    yield Small(session_topology, folder)
    session_topology.close()


def _release(shop: Small, version: str) -> tuple[Judgement, Path]:
    entry = shop.session_topology.topology.service("shop")
    return shop.release(batches(entry, to=version, batches=2, offline=lossless), rate=60)


@pytest.mark.profile("extended")
def test_a_lossless_release_is_go(shop: Small) -> None:
    judgement, _ = _release(shop, "v2")
    assert (judgement.verdict, judgement.findings) == (Verdict.GO, ()), judgement.headline
    assert judgement.counts["requests"] > 200
    assert judgement.counts["partial_writes"] == 0


@pytest.mark.profile("extended")
def test_a_partial_write_is_no_go_and_neither_record_nor_report_holds_a_secret(shop: Small, tmp_path: Path) -> None:
    judgement, directory = _release(shop, "forgetful")
    assert judgement.verdict is Verdict.NO_GO
    assert "partial write" in {finding.finding for finding in judgement.findings}
    suite("--judge", str(directory), CONFORMANCE_OUT=str(tmp_path / "out"), PATH="/nowhere")
    assert (tmp_path / "out" / "judged" / "verdict.json").is_file()
    kept = [
        path
        for root in (*directory.parent.glob("run-*"), tmp_path / "out")
        for path in root.rglob("*")
        if path.is_file()
    ]
    assert any("started as" in path.read_text(errors="replace") for path in kept), "the service told all it knows"
    assert shop.session_topology._servers is not None
    assert shop.session_topology._servers._database is not None
    own = str(urlsplit(shop.session_topology._servers._database.dsn).password)
    secrets = {**SECRETS, "the suite's own": own}
    told = {(path.name, place) for path in kept for place in secrets if secrets[place].encode() in path.read_bytes()}
    assert told == set()
