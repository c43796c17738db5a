"""Ports: no two sessions of a machine get the same one, wherever they keep their state."""

import subprocess
import sys
from pathlib import Path

import pytest

from conformance.run.world import Gone
from fixtures.platforms.embedded import EmbeddedPlatform, ports
from fixtures.platforms.embedded.ports import BLOCK, LAST_RESORT, Ports, span

OTHER = """
import sys, time
from fixtures.platforms.embedded.ports import Ports
ports = Ports()
print(*(ports.reserve((0,)) for _ in range(120)), flush=True)
time.sleep(60)
"""


def test_sessions_that_do_not_know_of_each_other_never_share_a_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two homes, as two users or two containers of one network would have."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with (
        subprocess.Popen([sys.executable, "-c", OTHER], stdout=subprocess.PIPE, text=True) as other,
        EmbeddedPlatform() as one,
    ):
        assert other.stdout
        theirs = {int(port) for port in other.stdout.readline().split()}
        mine = {one.reserve()[1] for _ in range(120)}
        other.kill()
        assert len(theirs) == len(mine) == 120
        assert not mine & theirs


def test_a_block_is_one_sessions_until_that_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here on a host with room for one block only; one port of it is its guard."""
    spare = Ports()
    port = spare.reserve((0,))
    spare.close()
    block = range(port - port % BLOCK, port - port % BLOCK + BLOCK)
    monkeypatch.setattr(ports, "span", lambda _: block)
    one, other = Ports(), Ports()
    assert {one.reserve((0,)) for _ in range(BLOCK - 1)} == set(block[1:])
    for without in (one, other):
        with pytest.raises(Gone, match="no ports"):
            without.reserve((0,))
    one.close()
    later = Ports()
    assert later.reserve((0,)) in block
    later.close()


def test_a_group_lies_within_the_span_and_may_cross_blocks() -> None:
    reserved = Ports()
    base = reserved.reserve((-1000, 0, 1000, 1001))
    assert reserved.reserve((-1000, 0, 1000, 1001)) != base
    assert base - 1000 >= reserved._span.start
    assert base + 1001 < reserved._span.stop
    reserved.close()


@pytest.mark.parametrize(
    ("ephemeral", "ports"),
    [
        (range(32_768, 61_000), range(20_000, 32_768)),
        (range(15_000, 60_000), range(60_000, 65_536)),
        (range(10_000, 65_536), range(5_000, 10_000)),
        (range(1_024, 65_536), LAST_RESORT),
    ],
)
def test_ports_lie_beside_those_of_outgoing_connections_where_there_is_room(ephemeral: range, ports: range) -> None:
    assert span(ephemeral) == ports
