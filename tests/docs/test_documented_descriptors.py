"""What docs/descriptor.md and the samples' instructions show can be copied, and the waits are long enough."""

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from zipfile import ZipFile

import pytest

from conformance.plan import OfflinePolicy, ServerSettings
from fixtures import prerequisites
from fixtures.registries.kinds import REGISTRIES
from fixtures.services.descriptor import Descriptor
from fixtures.services.overrides import Override
from tests.glue.commands.command_line import carry_out

ROOT = Path(__file__).parents[2]
SERVICES = ROOT / "fixtures" / "services"
SPRING = SERVICES / "spring_cloud"
TEXT = (ROOT / "docs" / "descriptor.md").read_text()
DEREGISTERED = OfflinePolicy(name="deregistered", leaves_first=True)
KEPT_S = {"spring_cloud": 35.0, "ribbon": 30.0}
"""How long their load balancers keep a list where nothing is said."""


def _indented(text: str) -> Iterator[str]:
    """Its indented blocks, without what they are indented by."""
    for block in re.findall(r"(?:^    .*\n|^\n(?=    ))+", text, re.MULTILINE):
        yield re.sub(r"^    ", "", block, flags=re.MULTILINE)


def _ways_down(sample: str) -> list[str]:
    """Those that its instructions show, each as the value of ``offline``."""
    blocks = _indented((SERVICES / sample / "README.md").read_text())
    return [way for block in blocks for way in re.split(r"^offline = ", block, flags=re.MULTILINE)[1:]]


WAYS_DOWN = [(sample, way) for sample in ("spring_cloud", "ribbon", "dubbo") for way in _ways_down(sample)]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shop of two Java services, on a machine that has all of it."""
    (example,) = list(_indented(TEXT.partition("## An example: a shop of two Java services")[2]))
    java = tmp_path / "bin" / "java"
    for path in (java, tmp_path / "tables.sql"):
        path.parent.mkdir(exist_ok=True)
        path.touch(mode=0o755)
    (tmp_path / "build").mkdir()
    for word in re.findall(r"build/[\w.-]+\.jar", example):
        ZipFile(tmp_path / word, "w").close()
    (tmp_path / "services.toml").write_text(example)
    monkeypatch.setenv("PATH", str(java.parent))
    monkeypatch.setattr(prerequisites, "missing", lambda *_, **__: iter(()))
    return tmp_path


def test_the_shop_of_two_java_services_can_be_used_and_nothing_will_not_work(shop: Path) -> None:
    done = carry_out("check", str(shop), "--platform", "embedded")
    assert (done.code, done.err) == (0, "")
    assert "ON THIS MACHINE" not in done.out


def test_each_of_its_services_registers_where_it_serves(shop: Path) -> None:
    services = Descriptor.read(shop).services.values()
    assert {one.env["SPRING_CLOUD_NACOS_DISCOVERY_IP"] for one in services} == {"{host}"}


def test_each_sample_shows_more_than_one_way_down() -> None:
    assert {sample for sample, _ in WAYS_DOWN if len(_ways_down(sample)) > 1} == {"spring_cloud", "ribbon", "dubbo"}


@pytest.mark.parametrize(("sample", "way"), WAYS_DOWN)
def test_a_way_down_of_a_samples_instructions_is_one_that_its_descriptor_takes(sample: str, way: str) -> None:
    service = Descriptor.read(SERVICES / sample, [Override.read(f"services.orders.offline={way}")]).services["orders"]
    assert service.offline
    assert service.offline[-1].signal == "SIGTERM"


def test_spring_cloud_as_it_is_goes_down_by_nothing_of_the_notify_module() -> None:
    head = (SPRING / "services.toml").read_text().partition("\nschema = ")[0]
    command = re.sub(r"^# ?", "", head.partition("as it is")[2], flags=re.MULTILINE).partition("    pytest ")[2]
    changes = [Override.read(value) for option, value in pairwise(shlex.split(command)) if option == "--set"]
    services = Descriptor.read(SPRING, changes).services.values()
    assert [one.env["LOSSLESS_NOTIFY_ENABLED"] for one in services] == ["false"] * 3
    assert [act.http for one in services for act in one.offline or () if act.http] == []


@pytest.mark.parametrize(
    ("sample", "registry", "wait_s"),
    [("spring_cloud", "nacos", 40), ("spring_cloud", "eureka", 100), ("ribbon", "eureka", 95)],
)
def test_a_wait_that_is_advised_is_as_long_as_the_makers_defaults_ask(sample: str, registry: str, wait_s: int) -> None:
    kind = REGISTRIES[registry]
    chain = kind.chain(DEREGISTERED, kind.timers(ServerSettings(timers="default")))
    needed_s = KEPT_S[sample] + sum(delay.at_most_s or 0.0 for delay in chain)
    assert wait_s - 5 <= needed_s < wait_s
    assert any(f"wait_s = {wait_s} " in way for way in _ways_down(sample))
