"""A Nacos whose image wants accounts for its administrators' API, as the official one does."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from conformance.plan import ServerSettings
from conformance.run.world import Gone, Launch, RegistryName
from fixtures.platforms.embedded import EmbeddedPlatform
from fixtures.platforms.embedded.process import LocalProcess
from fixtures.registries.kinds import REGISTRIES
from fixtures.registries.nacos.server import OPEN_TO_ADMINISTRATORS

CLOSED = """
nacos.core.auth.admin.enabled=true
nacos.core.auth.plugin.nacos.token.secret.key=bm90LXVzZWQtYXV0aGVudGljYXRpb24taXMtb2ZmLWhlcmU=
nacos.core.auth.server.identity.key=unused
nacos.core.auth.server.identity.value=unused
"""


class Closed(EmbeddedPlatform):
    """Its Nacos reads that file, and is started with these flags besides."""

    def __init__(self, flags: Sequence[str]) -> None:
        super().__init__()
        self._flags = flags

    def launch(self, launch: Launch) -> LocalProcess:
        """With both."""
        assert launch.cwd is not None
        with (launch.cwd / "application.properties").open("a") as properties:
            properties.write(CLOSED)
        java, *rest = launch.argv
        return super().launch(replace(launch, argv=(java, *self._flags, *rest)))


def _listed(*flags: str) -> tuple[object, ...]:
    kind = REGISTRIES["nacos"]
    with Closed(flags) as platform:
        server = kind.start(platform, "", kind.timers(ServerSettings()), print)
        return kind.read(server).registrations(RegistryName("orders"))


def test_what_its_container_is_started_with_opens_it() -> None:
    assert _listed(OPEN_TO_ADMINISTRATORS) == ()


@pytest.mark.profile("extended")
def test_without_it_the_refusal_is_one_line() -> None:
    with pytest.raises(Gone, match=r"^Nacos did not list orders: answered 403: [^\n]*$"):
        _listed()
