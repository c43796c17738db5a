"""How this machine reaches a pod's port: at a node where one leads, by a port-forward where none ever does."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import cast

import pytest

from conformance.run.world import Gone
from fixtures.platforms.kubernetes import reach
from fixtures.platforms.kubernetes.api import Refused
from fixtures.platforms.kubernetes.forwards import Forwards
from fixtures.platforms.kubernetes.hosts import Host
from fixtures.platforms.kubernetes.node_ports import NodePorts
from fixtures.platforms.kubernetes.reach import Reach

SLB, DATABASE = "10.1.0.1:8080", "10.1.0.2:5432"


class _Cluster:
    """Its nodes and port-forwards, as far as a way is chosen by them."""

    def __init__(self) -> None:
        self.lead: Callable[[str], bool] = lambda _: True
        self.listening = {SLB, DATABASE}
        self.closed = 0
        self.forwarded: list[str] = []
        self.said: list[str] = []
        nodes = SimpleNamespace(
            addresses=("192.0.2.1",),
            open=self._open,
            accepting=lambda address: f"192.0.2.1:3{address[-4:]}" if self.lead(address) else "",
            close=self._close,
            exposed=lambda: ("something",),
        )
        ways = cast("NodePorts", nodes), cast("Forwards", SimpleNamespace(to=self._to))
        self.reach = Reach(*ways, self.listening.__contains__, self.said.append)
        for address, name in ((DATABASE, "database"), (SLB, "slb")):
            host, port = address.split(":")
            self.reach.publish(cast("Host", SimpleNamespace(address=host)), [int(port)], name)

    def of(self, address: str) -> str:
        return self.reach.of(address, lambda: None)

    def _open(self, host: Host, _ports: Sequence[int], _name: str) -> None:
        """It has room for all."""

    def _close(self) -> None:
        self.closed += 1

    def _to(self, _host: Host, address: str, _name: str) -> str:
        self.forwarded.append(address)
        return f"127.0.0.1:4{address[-4:]}"


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "NODES_WITHIN_S", 0.2)
    monkeypatch.setattr(reach, "ACCEPTS_WITHIN_S", 1.0)


def test_a_node_that_leads_there_is_taken() -> None:
    cluster = _Cluster()
    assert (cluster.of(SLB), cluster.of(DATABASE)) == ("192.0.2.1:38080", "192.0.2.1:35432")
    assert (cluster.forwarded, cluster.said, cluster.closed) == ([], [], 0)
    assert cluster.reach.inside == {"192.0.2.1:38080": SLB, "192.0.2.1:35432": DATABASE}
    assert cluster.reach.exposed() == ("something",)


def test_where_no_node_ever_leads_anywhere_all_is_forwarded_and_nothing_left_open() -> None:
    cluster = _Cluster()
    cluster.lead = lambda _: False
    assert (cluster.of(SLB), cluster.of(DATABASE)) == ("127.0.0.1:48080", "127.0.0.1:45432")
    assert (len(cluster.said), cluster.closed, cluster.reach.exposed()) == (1, 1, ())


def test_what_is_reached_at_a_node_is_not_cut_off_by_one_that_is_slow_to_lead_elsewhere() -> None:
    cluster, looks = _Cluster(), iter(range(1_000))
    cluster.lead = lambda address: address == DATABASE or next(looks) > 8
    assert cluster.of(DATABASE) == "192.0.2.1:35432"
    assert cluster.of(SLB) == "192.0.2.1:38080"
    assert (cluster.forwarded, cluster.closed) == ([], 0)


def test_only_what_the_cluster_gives_no_port_for_is_forwarded() -> None:
    class Full(_Cluster):
        def _open(self, host: Host, _ports: Sequence[int], _name: str) -> None:
            if f"{host.address}:8080" == SLB:
                raise Refused(403, "exceeded quota")

    cluster = Full()
    assert (cluster.of(DATABASE), cluster.of(SLB)) == ("192.0.2.1:35432", "127.0.0.1:48080")
    assert cluster.said == ["the cluster gives slb no port of its nodes: exceeded quota; a port-forward leads there"]
    assert (cluster.closed, cluster.reach.exposed()) == (0, ("something",))


def test_where_nobody_listens_there_is_no_way() -> None:
    cluster = _Cluster()
    cluster.lead = lambda _: False
    cluster.listening.discard(SLB)
    with pytest.raises(Gone, match=rf"^slb to accept connections at {SLB}: not within 1 s; last seen: nobody listens$"):
        cluster.of(SLB)
    assert cluster.forwarded == []


def test_who_has_ended_is_told_and_not_waited_for() -> None:
    cluster = _Cluster()

    def ended() -> None:
        raise Gone("slb ended at start: exit 1")

    with pytest.raises(Gone, match="ended at start"):
        cluster.reach.of(SLB, ended)
    with pytest.raises(KeyError):
        cluster.of("10.1.0.1:9")
