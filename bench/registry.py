"""How long consumers go on hearing of an instance whose state was set by the registry's own API, or that deregistered.

Each sample is an instance and a consumer of a service of its own, by the suite's own sample clients, so that no two
share a moment of the server's or of a consumer's clock.
"""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from conformance.plan import OfflinePolicy, RegistryState, ServerSettings
from conformance.run.world import Registry, RegistryName
from fixtures.platforms.embedded import EmbeddedPlatform
from fixtures.registries.kinds import REGISTRIES
from fixtures.registries.timers import Timers
from fixtures.services.python.calls import Target
from fixtures.services.python.discovery.registry import Registries
from fixtures.services.python.flaws import Flaw
from fixtures.services.python.settings import Address, RegistryUrl, Settings

SAMPLES = 20
LISTED_WITHIN_S = 200.0
DEREGISTERED = OfflinePolicy(name="deregistered", leaves_first=True)
STATES: tuple[tuple[RegistryState, bool], ...] = (
    ("out of service", False),
    ("in service", True),
    (0, False),
    (1, True),
)
"""Each with whether its consumers list the instance then."""
SETTINGS = {
    "nacos gRPC": ("nacos", ServerSettings()),
    "nacos heart-beats": ("nacos", ServerSettings(client="heart-beats")),
    "eureka": ("eureka", ServerSettings()),
    "nacos heart-beats, default timers": ("nacos", ServerSettings(client="heart-beats", timers="default")),
    "eureka, default timers": ("eureka", ServerSettings(timers="default")),
}


@dataclass
class Pair:
    """One instance, and one consumer that lists it."""

    name: RegistryName
    port: int
    instance: Registries
    consumer: Registries
    listed: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def told(self, targets: Sequence[Target]) -> None:
        """What the consumer makes of a list."""
        self.listed = bool(targets)
        self.changed.set()

    async def until(self, *, listed: bool) -> float:
        """Wait until the consumer sees it so; returns when."""
        async with asyncio.timeout(LISTED_WITHIN_S):
            while self.listed != listed:
                self.changed.clear()
                await self.changed.wait()
        return time.monotonic()

    async def timed(
        self, act: Callable[[], Awaitable[object]], one_at_a_time: asyncio.Lock, *, listed: bool
    ) -> tuple[float, float]:
        """Seconds from the act's beginning until it returned, and until the consumer sees it."""
        began, seen = 0.0, asyncio.create_task(self.until(listed=listed))
        async with one_at_a_time:
            began = time.monotonic()
            await act()
            returned = time.monotonic() - began
        return returned, await seen - began


def _pair(number: int, url: RegistryUrl, scratch: Path) -> Pair:
    def client(role: str, port: int) -> Registries:
        return Registries.of(
            Settings(
                instance=role,
                incarnation=f"{role}.{number}",
                version="v1",
                listen=Address("127.0.0.1", port),
                admin=Address("127.0.0.1", port),
                registries=(url,),
                lane="",
                scratch=scratch / f"{role}{number}",
                flaw=Flaw(""),
                database="",
            )
        )

    port = 20_000 + number
    return Pair(RegistryName(f"sampled-{number}"), port, client("instance", port), client("consumer", port + 1_000))


async def _sample(
    pair: Pair, registry: Registry, timers: Timers, one_at_a_time: asyncio.Lock
) -> dict[str, tuple[float, float]]:
    found = {}
    address = f"127.0.0.1:{pair.port}"
    set_state = partial(registry.set_state, pair.name, address)
    await asyncio.sleep(random.uniform(0, timers.refresh_s))  # noqa: S311 - so that no two consumers ask at one moment
    await pair.instance.open()
    await pair.consumer.open()
    await pair.instance.register(pair.name.name)
    await pair.consumer.subscribe(pair.name.name, pair.told)
    await pair.until(listed=True)
    phase = timers.refresh_s + timers.cache_s + timers.push_s
    for state, listed in STATES:
        if isinstance(state, int) and "registry weights" not in REGISTRIES[registry.name].abilities:
            continue
        await asyncio.sleep(random.uniform(0, phase) + 0.6)  # noqa: S311 - any moment of the clocks
        name = state if isinstance(state, str) else f"weight {state}"
        act = partial(asyncio.to_thread, set_state, state)
        found[name] = await pair.timed(act, one_at_a_time, listed=listed)
    await asyncio.sleep(random.uniform(0, phase) + 0.6)  # noqa: S311 - likewise
    found["deregistration"] = await pair.timed(pair.instance.deregister, one_at_a_time, listed=False)
    for client in (pair.instance, pair.consumer):
        await client.close()
    return found


def _rows(registry: str, settings: ServerSettings) -> Iterator[str]:
    kind = REGISTRIES[registry]
    timers = kind.timers(settings)
    with EmbeddedPlatform() as platform, tempfile.TemporaryDirectory() as folder:
        server = kind.start(platform, "", timers, print)
        url = RegistryUrl(
            timers.client, server.address, timers.renew_s, timers.expire_s, timers.remove_s, timers.refresh_s
        )

        async def all_of_them() -> list[dict[str, tuple[float, float]]]:
            lock = asyncio.Lock()
            pairs = [_pair(number, url, Path(folder)) for number in range(SAMPLES)]
            return await asyncio.gather(*(_sample(pair, kind.read(server), timers, lock) for pair in pairs))

        samples = asyncio.run(all_of_them())
    chain = sum(delay.at_most_s or 0.0 for delay in kind.chain(DEREGISTERED, timers))
    for act in samples[0]:
        returned, told = zip(*(sample[act] for sample in samples), strict=True)
        yield (
            f"{act:16} {len(told):3} {statistics.median(told):7.2f} {max(told):7.2f} {chain:7.2f}"
            f" {statistics.median(returned):9.2f} {max(returned):7.2f}"
        )


def main(only: Sequence[str]) -> None:
    """Print a table for each setting, or for those that begin with a word of the command line."""
    for title, (registry, settings) in SETTINGS.items():
        if only and not title.startswith(tuple(only)):
            continue
        print(f"\n{title}\n{'act':16} {'n':>3} {'median':>7} {'max':>7} {'chain':>7} {'returned':>9} {'max':>7}  (s)")
        for row in _rows(registry, settings):
            print(row, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
