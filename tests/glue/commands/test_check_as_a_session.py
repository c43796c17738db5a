"""``check`` takes the words by which a session is told what to release and where, and means the same by them."""

from pathlib import Path

import pytest

from fixtures import prerequisites
from tests.glue.commands.command_line import carry_out
from tests.glue.commands.goldens import DESCRIPTORS, SAMPLE
from tests.glue.suite import pytest as suite

STANDING = """\
schema = "release-topology/1"
name = "stands"
[standing]
service = "shop"
address = "127.0.0.1:9"
instances = 2
old = "1"
new = "2"
list = ["true"]
release = ["true"]
most_rate = 10
stop_after = 5
[workload]
routes = [{ name = "read", method = "GET", path = "/", weight = 1, expect = [200], write = false }]
"""


@pytest.fixture(autouse=True)
def _whole_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prerequisites, "missing", lambda *_, **__: iter(()))


def _section(out: str, title: str) -> str:
    behind = out.partition(f"\n{title}\n")[2]
    return behind.partition("\n\nWHAT ")[0]


def test_what_is_chosen_alone_is_released_and_judged_and_the_rest_is_told_as_left_out() -> None:
    done = carry_out("check", str(SAMPLE), "--platform", "embedded", "--release", "orders", "--release", "inventory")
    assert done.code == 0
    assert "3 services, 2 of them released" in done.out
    assert "not released: services.storefront: left out by --release orders --release inventory" in done.out
    released = _section(done.out, "WHAT A RELEASE DOES")
    assert "orders: v1 -> v2" in released
    assert "storefront: v1 -> v2" not in released


def test_a_program_that_only_a_service_left_out_needs_is_told_and_not_refused() -> None:
    gone = ("check", str(SAMPLE), "--platform", "embedded", "--set", 'services.orders.versions.v2.command=["gone"]')
    whole, without = carry_out(*gone), carry_out(*gone, "--release", "storefront")
    told = "services.orders.versions.v2.command[0] = 'gone': no such program on this machine's PATH"
    assert (whole.code, without.code) == (4, 0)
    assert told in whole.error
    assert told in without.out


@pytest.mark.parametrize(
    ("image", "remedy"),
    [
        ("release-conformance/python:26559ecd1fbf", "leave the tag off: release-conformance/python"),
        ("release-conformance/pythen", "it builds release-conformance/python, "),
    ],
)
def test_an_image_that_only_looks_like_the_suites_own_is_refused_before_anything_starts(
    image: str, remedy: str
) -> None:
    of_it = ("--platform", "docker", "--set", f'services.orders.versions.v2.image="{image}"')
    told = f'image = "{image}": the suite builds no image of this name; {remedy}'
    done, session = carry_out("check", str(SAMPLE), *of_it), suite("--services", str(SAMPLE), *of_it)
    assert (done.code, session.code) == (4, 4)
    assert told in done.error
    assert told in session.complaint


def test_on_both_registries_each_tells_what_is_carried_out_there() -> None:
    both = carry_out("check", str(SAMPLE), "--platform", "embedded", "--registry", "both")
    assert both.code == 0
    assert "registry nacos, then eureka, SLB" in both.out
    for name in ("nacos", "eureka"):
        alone = carry_out("check", str(SAMPLE), "--platform", "embedded", "--registry", name).out
        told = _section(both.out, f"WHAT A RELEASE DOES ON {name.upper()}")
        assert told == _section(alone, "WHAT A RELEASE DOES") != ""


def test_a_topology_without_a_registry_is_on_none_of_them() -> None:
    one = carry_out("check", str(DESCRIPTORS["single"]), "--platform", "embedded")
    assert carry_out("check", str(DESCRIPTORS["single"]), "--platform", "embedded", "--registry", "both") == one


def test_a_standing_system_releases_its_own_service_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "services.toml").write_text(STANDING)
    refused = "--release ghost: expected a service that is released: shop"
    assert carry_out("check", str(tmp_path), "--release", "shop").code == 0
    assert carry_out("check", str(tmp_path), "--release", "ghost").error == refused
    assert suite("--services", str(tmp_path), "--plan-only", "--release", "ghost").complaint == f"ERROR: {refused}"
