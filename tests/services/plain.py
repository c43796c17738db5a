"""Small topologies of plain services, and groups of their instances."""

from collections.abc import Sequence
from pathlib import Path

from conformance.run.waiting import until
from conformance.run.world import Gone, Platform, Registry
from fixtures.services.addresses import KeptAddresses, NewAddresses
from fixtures.services.descriptor import Descriptor
from fixtures.services.group import DescribedGroup
from fixtures.services.instance import DescribedInstance

SCRIPT = Path(__file__).with_name("plain_service.py")

PLAIN = f"""\
schema = "release-topology/1"
name = "plain"
[services.shop]
entry = true
version = "1.8"
versions."1.8".command = ["{{python}}", "{SCRIPT}"]
versions."1.9" = {{ command = ["{{python}}", "{SCRIPT}"], env.DELAY_S = "1", ready_s = 90.0 }}
env.LISTEN = "{{host}}:{{port}}"
admin = {{ address = "{{host}}:{{port}}", health = "GET /" }}
ready = "GET /"
[workload]
routes = [{{ name = "read", method = "GET", path = "/", weight = 1, expect = [200], write = false }}]
"""


def described(folder: Path, *changes: tuple[str, str]) -> Descriptor:
    """The plain topology with texts replaced."""
    text = PLAIN
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    (folder / "services.toml").write_text(text)
    return Descriptor.read(folder)


def group_of(descriptor: Descriptor, platform: Platform, registries: Sequence[Registry] = ()) -> DescribedGroup:
    """Of its shop."""
    new = NewAddresses(platform)
    addresses = KeptAddresses(new) if descriptor.services["shop"].is_kept else new
    group = DescribedGroup(descriptor, "shop", platform, addresses)
    group.tell({}, registries)
    return group


def started(group: DescribedGroup, version: str = "1.8") -> DescribedInstance:
    """An instance that is ready."""
    instance = group.start("shop-01", version)
    until(f"{instance.incarnation} to be ready", lambda: instance.status().ready, within_s=10, transient=(Gone,))
    return instance


def ended(instance: DescribedInstance) -> None:
    """Ended when this returns."""
    instance.signal("SIGKILL")
    until(f"{instance.incarnation} to end", instance.exit_status, within_s=30)
