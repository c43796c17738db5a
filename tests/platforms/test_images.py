"""Images: built when their inputs change, reused when they don't, and told clearly when they can't be had."""

import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest

from fixtures.platforms import recipes
from fixtures.platforms.docker import base, engine
from fixtures.platforms.docker.images import Images, ImageUnavailable
from fixtures.platforms.recipes import Recipe
from tests.platforms.engines import needs_engine

pytestmark = needs_engine


@pytest.fixture
def client() -> Iterator[docker.DockerClient]:
    client = engine.connect()
    yield client
    client.close()


Build = Callable[[str], str]


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: docker.DockerClient) -> Iterator[Build]:
    """Builds an image of these Dockerfile lines, under a name of this test's own."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    folder = tmp_path / "compose" / name
    folder.mkdir(parents=True)
    (tmp_path / "compose" / "ca-certificates").mkdir()
    monkeypatch.setattr(recipes, "REPOSITORY", tmp_path)
    recipe = Recipe(name=name, takes="a second")

    def build(lines: str) -> str:
        (folder / "Dockerfile").write_text(f"ARG BASE_IMAGE\nFROM ${{BASE_IMAGE}}\n{lines}\n")
        return Images(client, [recipe], print).resolve(recipe.image)

    yield build
    for image in client.images.list(recipe.image):
        client.images.remove(str(image.id), force=True)


def _tags(client: docker.DockerClient, name: str) -> list[str]:
    return [tag for image in client.images.list(name.partition(":")[0]) for tag in image.tags]


def test_an_image_is_built_once_for_the_same_inputs(
    build: Build, client: docker.DockerClient, capsys: pytest.CaptureFixture[str]
) -> None:
    first = build("RUN echo one > /one")
    assert "docker: building" in capsys.readouterr().out
    assert build("RUN echo one > /one") == first
    assert capsys.readouterr().out == ""
    second = build("RUN echo two > /two")
    assert second != first
    assert set(_tags(client, first)) == {first, second}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("RUN echo last words; exit 3", r"could not be built: .*non-zero code: 3\n[\s\S]*last words"),
        ("RUN cat /dev/zero > /dev/full", r"could not be built: there is no space left on the engine's disk"),
        ("COPY nothing /", r"could not be built: .*nothing"),
    ],
)
def test_a_build_that_fails_says_why_and_leaves_no_tag(
    build: Build, client: docker.DockerClient, line: str, says: str
) -> None:
    with pytest.raises(ImageUnavailable, match=says) as failed:
        build(line)
    assert _tags(client, str(failed.value).partition(" ")[0]) == []


def test_somebody_elses_image_that_cannot_be_pulled(client: docker.DockerClient) -> None:
    with pytest.raises(ImageUnavailable, match=r"the image registry\.invalid/shop:1 is not here and cannot be pulled"):
        Images(client, [], print).resolve("registry.invalid/shop:1")


def test_an_own_image_of_no_recipe_is_told_from_those_that_there_are(client: docker.DockerClient) -> None:
    with pytest.raises(ImageUnavailable, match="the suite builds no image release-conformance/ghost; it builds"):
        Images(client, [Recipe(name="python", takes="")], print).resolve("release-conformance/ghost")


def test_an_image_of_what_is_not_built_yet_names_it_and_what_builds_it(client: docker.DockerClient) -> None:
    recipe = Recipe(name="ghost", takes="", inputs=("fixtures", "fixtures/services/ghost/target/app.jar"))
    assert recipe.missing == ("fixtures/services/ghost/target/app.jar",)
    with pytest.raises(ImageUnavailable, match=r"ghost is made of .*ghost/target/app\.jar, which is not there"):
        Images(client, [recipe], print).resolve(recipe.image)


def test_a_named_base_that_cannot_be_had(client: docker.DockerClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(base.BASE_VARIABLE, "registry.invalid/debian:12")
    with pytest.raises(base.NoBaseImage, match=r"registry\.invalid/debian:12 \(CONFORMANCE_BASE_IMAGE\) is not here"):
        base.find_base(client, print)


def test_without_a_registry_one_line_names_the_script(
    client: docker.DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OFFICIAL", "STAND_IN"):
        monkeypatch.setattr(base, name, f"registry.invalid/{name.lower()}:12")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(base.NoBaseImage, match=r"no registry answers: run compose/base\.sh as root"):
        base.find_base(client, print)
