"""A server of the team's own: started, told of, waited for, and told with its last words where it does not come up."""

from pathlib import Path

import pytest

from conformance.run.world import Gone, Platform
from fixtures.platforms.http_client import HttpClient
from fixtures.services.server import DescribedServer, Placed
from fixtures.services.tables import ServerTable
from tests.services.plain import SCRIPT


def _start(platform: Platform, folder: Path, **table: object) -> tuple[DescribedServer, str]:
    host, port = platform.reserve()
    usual = {"command": ["{python}", str(SCRIPT)], "env": {"LISTEN": "{host}:{port}", "TOLD": "{cache_port}"}}
    placed = Placed(
        name="stub",
        described=ServerTable.model_validate({**usual, **table}),
        folder=folder,
        host=host,
        port=port,
        values={"cache_port": "6379"},
    )
    return DescribedServer(platform, placed), f"{host}:{port}"


@pytest.mark.parametrize("ready", [{"tcp": True}, "GET /", {"log": "^Started"}])
def test_it_serves_when_it_is_there(platform: Platform, tmp_path: Path, ready: object) -> None:
    server, address = _start(platform, tmp_path, ready=ready)
    assert HttpClient().get(f"http://{address}/", timeout=2).status_code == 200
    assert server.process.exit_status() is None
    assert server.process.name.startswith("stub")


def test_one_that_ends_is_told_at_once_with_its_last_words(platform: Platform, tmp_path: Path) -> None:
    command = ["sh", "-c", "echo no licence; exit 2"]
    with pytest.raises(Gone, match=r"(?s)stub ended at its start: exit 2\nlast lines of .*no licence"):
        _start(platform, tmp_path, command=command)


def test_one_that_is_not_ready_in_time_is_told(platform: Platform, tmp_path: Path) -> None:
    with pytest.raises(
        Gone, match=r"(?s)stub to be ready: not within 0\.5 s.*; servers\.stub\.ready_s above 0\.5 gives.*up soon"
    ):
        _start(platform, tmp_path, env={"LISTEN": "{host}:{port}", "DELAY_S": "60"}, ready_s=0.5)


def test_one_without_what_the_platform_starts_is_told(platform: Platform, tmp_path: Path) -> None:
    with pytest.raises(Gone, match="stub has no command, which this platform starts"):
        _start(platform, tmp_path, command=None, image="redis:7")
