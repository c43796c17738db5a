"""Prints the node ids of two scenarios of the extended profile, others for each commit: ``python -m tests.rotating``.

The extended profile takes more than an hour, too long for a merge's gate. So each commit carries out two of its
scenarios, chosen by the commit's hash: whoever repeats the gate repeats them, and within a few dozen commits all have
had their turn. What local processes, Nacos and the sample services cannot do is left to ``make matrix``.
"""

import hashlib
import sys
from collections.abc import Iterator

from fixtures.glue.applicable import Lack, Place, is_about, lacks
from fixtures.glue.catalogue import asked_for, catalogue
from fixtures.glue.settings import SAMPLE
from fixtures.services.descriptor import Descriptor
from tests.turns import commit

COUNT = 2
PLACE = Place("embedded", "nacos", "nginx")


def chosen(tested: str) -> list[str]:
    """Those of this commit."""
    return sorted(applicable(), key=lambda name: hashlib.sha256(f"{tested} {name}".encode()).digest())[:COUNT]


def applicable() -> Iterator[str]:
    """Every scenario of the profile that can be carried out there, once for each service that it is about."""
    descriptor = Descriptor.read(SAMPLE)
    topology = descriptor.topology
    for scenario in catalogue():
        if scenario.profile != "extended":
            continue
        for service in topology.released if scenario.is_about_a_service else (None,):
            if service is not None and not is_about(scenario.marks, service):
                continue
            wanted = asked_for(scenario, topology, service)
            if isinstance(wanted, Lack) or lacks(scenario.marks, wanted.release, PLACE, descriptor, wanted.servers):
                continue
            module = scenario.body.__module__.replace(".", "/")
            yield f"{module}.py::{scenario.name}" + (f"[{service.name}]" if service is not None else "")


if __name__ == "__main__":
    sys.stdout.write("".join(f"{name}\n" for name in chosen(commit())))
