"""The same checks, acts and servers where instances are containers, which the harness reaches by its platform alone."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.plan import HttpAct
from conformance.run.waiting import until
from conformance.run.world import Gone
from fixtures.platforms.docker.platform import DockerPlatform
from fixtures.platforms.kinds import RECIPES
from fixtures.services.instance import DescribedInstance
from fixtures.services.server import DescribedServer, Placed
from fixtures.services.tables import ServerTable
from tests.platforms.engines import needs_engine
from tests.services.plain import SCRIPT, described, ended, group_of, started

pytestmark = needs_engine

IMAGE = "release-conformance/python"
SOURCE = base64.b64encode(SCRIPT.read_bytes()).decode()
ARGS = ["python3", "-c", f"import base64; exec(base64.b64decode('{SOURCE}'))"]
COMMAND = f'versions."1.8".command = ["{{python}}", "{SCRIPT}"]'
AS_IMAGE = f'versions."1.8" = {{ image = "{IMAGE}", args = {json.dumps(ARGS)} }}'


@pytest.fixture(scope="module")
def docker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerPlatform]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        with DockerPlatform(RECIPES, print) as platform:
            yield platform


@pytest.mark.parametrize("ready", ['ready = "GET /"', "ready.tcp = true", 'ready.log = "^Started in"'])
def test_an_instance_is_ready_and_performs_what_it_is_told(docker: DockerPlatform, tmp_path: Path, ready: str) -> None:
    kept = 'entry = true\naddresses = "kept"\nenv.DELAY_S = "1"'
    descriptor = described(tmp_path, (COMMAND, AS_IMAGE), ('ready = "GET /"', ready), ("entry = true", kept))
    group = group_of(descriptor, docker)
    first = group.start("shop-01", "1.8")
    assert not _ready(first), "it listens a second later"
    until("it to be ready", lambda: _ready(first), within_s=20)
    first.perform(HttpAct(method="POST", path="/off?for={instance}"))
    until("its log to tell", lambda: "POST /off?for=shop-01" in first.log.read_text(), within_s=30)
    ended(first)
    second = started(group)
    group.forget_ended()
    assert (second.address, second.status().ready) == (first.address, True)


def _ready(instance: DescribedInstance) -> bool:
    try:
        return instance.status().ready
    except Gone:
        return False


def test_a_server_of_the_team_s_own_listens_at_its_usual_port(docker: DockerPlatform, tmp_path: Path) -> None:
    table = {"image": IMAGE, "args": ARGS, "port": 6379, "env": {"LISTEN": "{host}:{port}"}}
    host, port = docker.reserve(usual=6379)
    placed = Placed(
        name="stub", described=ServerTable.model_validate(table), folder=tmp_path, host=host, port=port, values={}
    )
    assert DescribedServer(docker, placed).process.exit_status() is None
    assert docker.client().get(f"http://{host}:6379/", timeout=2).status_code == 200
