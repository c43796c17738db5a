"""CPU of nginx per request, by how many groups its picker has to choose among: ``python -m bench.slb_picker``.

All SLBs stand at the same time and take turns, so that whatever else the machine does meets each of them alike.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.slb_instance import Instance, Instances
from conformance.run.waiting import until
from conformance.run.world import Platform
from fixtures.platforms.embedded import EmbeddedPlatform
from fixtures.platforms.embedded.process import LocalProcess
from fixtures.slb.kinds import SLBS
from fixtures.slb.spec import EntryGroup, HealthCheck, SlbServer, SlbSpec

GROUPS = (1, 2, 8)
MEMBERS = 4
"""Of each group."""
ROUNDS = 9
REQUESTS = 4000
"""Of each round, for each SLB."""
CONNECTIONS = 8
WITHIN_S = 20.0
TICKS = os.sysconf("SC_CLK_TCK")
HEALTH = HealthCheck("/", interval_s=5.0, healthy=1)
"""Seldom, so that the checks are next to nothing of what is measured."""


def main() -> None:
    """Measure and print the table."""
    with EmbeddedPlatform() as platform, ExitStack() as stack:
        instances = Instances()
        stack.callback(instances.close)
        slbs = [_start(platform, instances, groups, stack) for groups in GROUPS]
        costs: list[list[float]] = [[] for _ in slbs]
        for _ in range(ROUNDS):
            for of_slb, slb in zip(costs, slbs, strict=True):
                of_slb.append(_round_us(slb))
    print("| groups | CPU of nginx per request, median of rounds | least | against one group |\n|--:|--:|--:|--:|")
    for groups, of_slb in zip(GROUPS, costs, strict=True):
        share = median(of_slb) / median(costs[0]) - 1
        print(f"| {groups} | {median(of_slb):.1f} us | {min(of_slb):.1f} us | {share:+.1%} |")


def _start(platform: Platform, instances: Instances, groups: int, stack: ExitStack) -> SlbServer:
    """An SLB of so many groups, its first one for all paths, and everybody in rotation."""
    addresses = [["{}:{}".format(*platform.reserve()) for _ in range(MEMBERS)] for _ in range(groups)]
    spec = SlbSpec(
        tuple(
            EntryGroup(f"service-{n}", f"/{n}/" if n else "/", tuple(slots), HEALTH, 30.0)
            for n, slots in enumerate(addresses)
        )
    )
    slb = SLBS["nginx"].start(platform, spec)
    stack.callback(slb.stop)
    for group in spec.groups:
        for number, address in enumerate(group.slots):
            name = f"{group.service}-{number}"
            instance = Instance(name, f"{name}.1", address, 30.0, works_s=0.0, service=group.service)
            instances.start(instance)
            slb.enrol(instance)
    wanted = groups * MEMBERS
    until("all in rotation", lambda: sum(one.in_rotation for one in slb.members()) == wanted, within_s=WITHIN_S)
    return slb


def _round_us(slb: SlbServer) -> float:
    assert isinstance(slb.process, LocalProcess)
    before = _cpu_s(slb.process.pid)
    asyncio.run(_ask(slb.address))
    return (_cpu_s(slb.process.pid) - before) / REQUESTS * 1e6


async def _ask(address: str) -> None:
    await asyncio.gather(*(_ask_on_one(address, REQUESTS // CONNECTIONS) for _ in range(CONNECTIONS)))


async def _ask_on_one(address: str, times: int) -> None:
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    for turn in range(times):
        writer.write(f"GET /x HTTP/1.1\r\nHost: slb\r\nX-Request-Id: cost-{turn}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"the SLB answered {head.splitlines()[0]!r}")
        await reader.readexactly(len(b"ok"))
    writer.close()
    await writer.wait_closed()


def _cpu_s(master: int) -> float:
    """What the master's workers have used."""
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    return sum(map(_used, children)) / TICKS


def _used(pid: str) -> int:
    fields: Sequence[str] = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


if __name__ == "__main__":
    main()
