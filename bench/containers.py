"""Containers: how long twenty take to start, bare and as pods, beside the SDK's own `run`; and what cached images cost.

``python -m bench.containers``; needs a Docker engine.
"""

import time
from collections.abc import Callable

import docker

from conformance.run.parallel import on_each
from conformance.run.waiting import until
from conformance.run.world import Launch
from fixtures.platforms.docker import engine
from fixtures.platforms.docker.images import Images
from fixtures.platforms.docker.platform import DockerPlatform
from fixtures.platforms.kinds import RECIPES
from fixtures.services.python.image import RECIPE

COUNT = 20
ARGV = ("python3", "-c", "import time; print('up', flush=True); time.sleep(60)")


def main() -> None:
    with DockerPlatform(RECIPES, print) as platform:
        platform.prepare([recipe.image for recipe in RECIPES])
        client = engine.connect()
        cached = _seconds(lambda: Images(client, RECIPES, print).prepare(recipe.image for recipe in RECIPES))
        image = Images(client, RECIPES, print).resolve(RECIPE.image)
        bare = _seconds(lambda: _run_bare(client, image, platform))
        alone = _seconds(lambda: _launch(platform, pods=False))
        pods = _seconds(lambda: _launch(platform, pods=True))
        client.close()
    print(f"all images from cache: {cached:.2f} s")
    print(f"{COUNT} containers by the SDK's run, until up: {bare:.2f} s")
    print(f"{COUNT} containers by the platform, until up:  {alone:.2f} s ({alone / bare:.2f} x)")
    print(f"{COUNT} pods (holder and process), until up:   {pods:.2f} s ({pods / bare:.2f} x)")


def _launch(platform: DockerPlatform, *, pods: bool) -> None:
    def one(number: int) -> None:
        host = platform.reserve()[0] if pods else ""
        order = Launch(name=f"bench-{pods}-{number}", argv=ARGV, env={}, image=RECIPE.image, host=host)
        process = platform.launch(order)
        until("it to be up", lambda: "up" in process.log.read_text(), within_s=60)

    on_each(range(COUNT), one)


def _run_bare(client: docker.DockerClient, image: str, platform: DockerPlatform) -> None:
    def one(_: int) -> None:
        labels = platform.labels.as_dict()
        container = client.containers.run(image, list(ARGV), detach=True, network_mode="none", labels=labels)
        until("it to be up", lambda: b"up" in container.logs(), within_s=60)

    on_each(range(COUNT), one)


def _seconds(act: Callable[[], None]) -> float:
    began = time.monotonic()
    act()
    return time.monotonic() - began


if __name__ == "__main__":
    main()
