"""No secret of a descriptor is in anything that a session writes, whatever its end: each file of it is searched."""

import base64
import gzip
import html
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus, urlsplit

import pytest

from tests.glue.suite import Ended
from tests.glue.suite import pytest as suite

PLACES = (
    *("argument", "option", "image argument", "variable", "variable of a version", "url", "json", "quoted"),
    *("query", "body", "hook"),
)
SECRETS = {place: f"{place.replace(' ', '-')}/s3cret+unique==" for place in PLACES} | {"quoted": 'say"s3cret"/aloud'}
"""Each is another in base64, in a URL and in a form; one of them in JSON, too."""

TABLES = """
CREATE TABLE purchases (
    id bigserial PRIMARY KEY, reference text, step text, shop text, life text, version text
);
CREATE INDEX one ON purchases (reference);
"""

DESCRIPTOR = f"""
schema = "release-topology/1"
name = "shop that tells"

[database]
setup = "tables.sql"

[services.shop]
entry = true
version = "v1"
next = "v2"
instances = 3
released_instances = 3
ready = "GET /ready?token={quote(SECRETS["hook"], safe="")}"

[services.shop.versions.v1]
command = ["{{python}}", "telling_service.py", "--api.password={SECRETS["argument"]}"OF_V1]
image = "shops/shop:1"
args = ["--api.password", "{SECRETS["image argument"]}"]

[services.shop.versions.v2]
command = ["{{python}}", "telling_service.py", "--api-token", "{SECRETS["option"]}"OF_V2]
image = "shops/shop:2"
args = ["--api.password={SECRETS["image argument"]}"]
env = {{ PAYMENT_TOKEN = "{SECRETS["variable of a version"]}" }}

[services.shop.env]
HOST = "{{host}}"
PORT = "{{port}}"
SHOP = "{{instance}}"
LIFE = "{{incarnation}}"
VERSION = "{{version}}"
DATABASE = "{{database}}"
TELL_DATABASE = "BESIDE/database"
PAYMENT_SECRET = "{SECRETS["variable"]}"
QUOTED_SECRET = '{SECRETS["quoted"]}'
BROKER = "amqp://shop:{SECRETS["url"]}@broker/shop"
SETTINGS = '{{"token": "{SECRETS["json"]}"}}'

[services.shop.admin]
address = "{{host}}:{{port}}"
health = "GET /health"

[workload]
rate = 150
warm_up_requests = 40

[[workload.routes]]
name = "buy"
method = "POST"
path = "/purchases?api_key={quote(SECRETS["query"], safe="")}"
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
query = "SELECT reference, step, shop, life, version FROM purchases WHERE reference LIKE :run || '%' ORDER BY id"
"""  # noqa: S608 - nobody's words but its own


@dataclass(frozen=True)
class End:
    """A session's way to end."""

    of_v1: str
    of_v2: str
    """What the versions are told besides."""
    code: int
    files: tuple[str, ...]
    """Some that such a session writes, as patterns below its folder."""
    marks: tuple[pytest.MarkDecorator, ...] = ()


ALWAYS = ("verdict.json", "junit.xml", "allure-results/*-result.json")
RUN = ("runs/*/contract.json", "runs/*/logs/*", "runs/*/events.jsonl")
LONG = (pytest.mark.profile("extended"),)
ENDS = {
    "writes are left half done": End("", "--forget-payment", 1, (*ALWAYS, *RUN), LONG),
    "the new version does not start": End("", "--refuse-to-start", 1, (*ALWAYS, *RUN), LONG),
    "the topology does not come up": End("--refuse-to-start", "", 7, ALWAYS),
}


def _session(end: End, folder: Path, out: Path) -> Ended:
    folder.mkdir()
    text = DESCRIPTOR.replace("BESIDE", str(folder))
    for place, word in (("OF_V1", end.of_v1), ("OF_V2", end.of_v2)):
        text = text.replace(place, f', "{word}"' if word else "")
    (folder / "services.toml").write_text(text)
    (folder / "tables.sql").write_text(TABLES)
    shutil.copy(Path(__file__).with_name("telling_service.py"), folder)
    chosen = ("--platform", "embedded", "--profile", "smoke", "-k", "batch_release_loses")
    return suite("--services", str(folder), *chosen, CONFORMANCE_OUT=str(out))


def _spellings(secret: str) -> set[str]:
    """In a URL, in a form, in JSON, in HTML and XML, in base64 alone."""
    return {
        *(secret, quote(secret), quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]),
        *(html.escape(secret), html.escape(secret, quote=False), base64.b64encode(secret.encode()).decode()),
    }


def _contents(path: Path) -> str:
    content = path.read_bytes()
    return (gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content).decode(errors="replace")


@pytest.mark.parametrize("name", [pytest.param(name, marks=end.marks) for name, end in ENDS.items()])
def test_no_secret_is_in_anything_that_a_session_writes(name: str, tmp_path: Path) -> None:
    end, out = ENDS[name], tmp_path / "out"
    ended = _session(end, tmp_path / "shop", out)
    written = {str(path.relative_to(out)): _contents(path) for path in out.rglob("*") if path.is_file()}
    assert ended.code == end.code, ended.out
    for pattern in end.files:
        assert [path for path in out.glob(pattern) if path.stat().st_size], f"the session wrote {pattern}"
    assert any("PAYMENT_SECRET" in text for text in (*written.values(), ended.out)), "the service's words were kept"
    own = str(urlsplit((tmp_path / "shop" / "database").read_text()).password)
    told = {
        (file, place, spelling)
        for place, secret in {**SECRETS, "the database's password": own}.items()
        for spelling in _spellings(secret)
        for file, text in {**written, "the terminal": ended.out}.items()
        if spelling in text
    }
    assert told == set()
