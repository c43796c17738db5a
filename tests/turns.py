"""Whose turn it is: each commit carries out a share of the rare tests; within some dozen commits all have had theirs.

Rare is what is marked ``profile("extended")``: the further cases of a kind whose first case is always carried out, and
releases that other tests cover in part. In the gate, so is every case but the first of a test whose cases are dear.
``--profile extended`` carries all of them out.
"""

import hashlib
import math
import subprocess
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

import pytest
from _pytest.mark import ParameterSet

from fixtures.glue.settings import REPOSITORY

SHARE = 8
"""One in so many has its turn."""

Case = TypeVar("Case")
MANY_CASES = (
    "tests/judge/",
    "tests/record/",
    "tests/reports/",
    "tests/databases/test_renewal.py",
    "tests/docs/test_pipelines.py",
    "tests/glue/test_team_locustfile.py",
    "tests/platforms/test_sweeping.py",
    "tests/services/test_ready.py",
)
"""Where a case is a whole judgement, a report, an import of Locust, a program's start or a server's restart."""

ONE_IN = {
    "tests/judge/": 12,
    "tests/reports/": 8,
    "tests/end_to_end/": 30,
    "tests/standing/test_releases.py": 8,
    "tests/standing/": 3,
    "tests/audits/": 2,
    "tests/databases/test_release_on_mariadb.py": 4,
    "tests/databases/": 2,
    "tests/glue/test_building.py": 2,
    "tests/glue/test_options.py": 2,
    "tests/glue/test_own_scenarios.py": 2,
    "tests/glue/test_session_topology.py": 3,
    "tests/load/test_header_names.py": 2,
    "tests/load/test_journeys.py": 3,
    "tests/load/test_kinds.py": 2,
    "tests/load/test_load_exit.py": 2,
    "tests/load/test_load_process.py": 2,
    "tests/load/test_task": 2,
    "tests/load/test_workers.py": 3,
    "tests/mutants/test_forked.py": 3,
    "tests/platforms/": 2,
    "tests/registries/": 3,
    "tests/services/chain/": 3,
    "tests/slb/": 2,
}
"""Of which folders' and files' tests the gate takes one in so many: each is a judgement, a report, a session, a load,
servers of its own, a release, and all of them would be most of its time."""

RARE = pytest.mark.profile("extended")


def a_few(cases: Iterable[Case], kind: Callable[[Case], Hashable]) -> list[ParameterSet]:
    """These cases as parameters: the first of each kind always, the others in turns."""
    kinds = set[Hashable]()

    def parameter(case: Case) -> ParameterSet:
        is_first = kind(case) not in kinds
        kinds.add(kind(case))
        return pytest.param(case, marks=() if is_first else RARE)

    return [parameter(case) for case in cases]


def further_cases(items: Iterable[pytest.Item]) -> Iterator[pytest.Item]:
    """Every case but the first of each test that has many dear ones.

    None where the test itself has marked which ones are rare.
    """
    by_test = defaultdict[str, list[pytest.Item]](list)
    for item in items:
        by_test[item.nodeid.split("[")[0]].append(item)
    for test, cases in by_test.items():
        marked = any(case.get_closest_marker(RARE.name) for case in cases)
        if test.startswith(MANY_CASES) and not marked:
            yield from cases[1:]


def commit() -> str:
    """The commit that is tested, for whoever repeats a session repeats its choice; nothing outside a repository."""
    asked = ("git", "-C", str(REPOSITORY), "rev-parse", "HEAD")
    try:
        return subprocess.run(asked, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def not_this_time(commit: str, items: Sequence[pytest.Item], *, in_gate: bool) -> Iterator[pytest.Item]:
    """The tests that are not of this commit's share.

    A share is so many tests, whichever they are: one commit's is not three times another's.
    """
    alike = defaultdict[tuple[str, int], list[pytest.Item]](list)
    further = set(further_cases(items)) if in_gate else set()
    for item in items:
        folder = next((folder for folder in ONE_IN if in_gate and item.nodeid.startswith(folder)), "")
        is_rare = item in further or item.get_closest_marker(RARE.name) is not None
        alike[folder, max(ONE_IN.get(folder, 1), SHARE if is_rare else 1)].append(item)
    for (_, one_in), those in alike.items():
        yield from sorted(those, key=lambda item: turn(commit, item.nodeid))[math.ceil(len(those) / one_in) :]


def turn(commit: str, name: str) -> int:
    """As if thrown: the tests of the least have their turn."""
    return int.from_bytes(hashlib.sha256(f"{commit} {name}".encode()).digest()[:8])
