"""Quotas of control groups, read of files as Linux shows them."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from conformance.run.control_group import quotas

V1 = {"cpu.cfs_quota_us": "50000\n", "cpu.cfs_period_us": "100000\n"}
COUNTS = "nr_periods 30\nnr_throttled 4\nthrottled_time 8123\n"
OWN_V1 = "9:name=systemd:/else\n2:cpu,cpuacct:/job/inner\n1:cpuset:/\n0::/\n"


def _found(tmp_path: Path, own: str, files: Mapping[str, str]) -> dict[str, tuple[float, float, int, int]]:
    root = tmp_path / "root"
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    if own:
        (tmp_path / "own").write_text(own)
    return {
        str(folder.relative_to(root)): (one.processors, one.period_s, one.periods, one.throttled)
        for folder, one in quotas(root, tmp_path / "own").items()
    }


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"cpu.max": "max 100000\n"},
        {"cpu.max": "nonsense"},
        {"cpu.max": "100000 0\n"},
        {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"},
        {"cpu/cpu.cfs_quota_us": "50000\n"},
        {f"cpu/elsewhere/{name}": text for name, text in V1.items()},
    ],
    ids=["nothing", "max", "nonsense", "no period", "none of version 1", "half of it", "another's"],
)
def test_where_no_quota_binds_there_is_none(files: dict[str, str], tmp_path: Path) -> None:
    assert _found(tmp_path, OWN_V1, files) == {}


def test_a_container_sees_its_own_group_as_the_root(tmp_path: Path) -> None:
    files = {"cpu.max": "150000 100000\n", "cpu.stat": f"usage_usec 12\n{COUNTS}"}
    assert _found(tmp_path, "0::/\n", files) == {".": (1.5, 0.1, 30, 4)}
    assert _found(tmp_path, "0::/named/as/outside\n", files) == {".": (1.5, 0.1, 30, 4)}


def test_the_quota_of_every_group_on_the_way_binds(tmp_path: Path) -> None:
    files = {f"cpu/job/{name}": text for name, text in V1.items()} | {
        "cpu/job/inner/cpu.cfs_quota_us": "20000",
        "cpu/job/inner/cpu.cfs_period_us": "10000",
        "cpu/job/inner/cpu.stat": COUNTS,
    }
    assert _found(tmp_path, OWN_V1, files) == {"cpu/job": (0.5, 0.1, 0, 0), "cpu/job/inner": (2.0, 0.01, 30, 4)}


def test_where_nobody_tells_the_group_it_is_the_roots(tmp_path: Path) -> None:
    assert _found(tmp_path, "", {"cpu.max": "50000 100000\n"}) == {".": (0.5, 0.1, 0, 0)}


def test_this_machine_can_be_asked() -> None:
    assert all(one.processors > 0 and one.throttled <= one.periods for one in quotas().values())
