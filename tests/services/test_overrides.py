"""What a command line puts in the place of a descriptor's keys."""

from pathlib import Path

import pytest

from fixtures.services.descriptor import Descriptor, DescriptorError
from fixtures.services.overrides import Override, OverrideError
from tests.services.mistakes import SMALL


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "services.toml"
    path.write_text(SMALL)
    return path


def _read(file: Path, *texts: str) -> Descriptor:
    return Descriptor.read(file, [Override.read(text) for text in texts])


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("name=shop", ("name",), "shop"),
        ("name = shop", ("name",), " shop"),
        ("workload.rate=250", ("workload", "rate"), 250),
        ("a.b=true", ("a", "b"), True),
        ("a.b=orders:2", ("a", "b"), "orders:2"),
        ('a="2"', ("a",), "2"),
        ("a=", ("a",), ""),
        ("a=x=y", ("a",), "x=y"),
        ("a=1\nb=2", ("a",), "1\nb=2"),
        ('services.shop.versions."1.1".image=shop:1.1', ("services", "shop", "versions", "1.1", "image"), "shop:1.1"),
        ('env."A=B"=["x", 1]', ("env", "A=B"), ["x", 1]),
    ],
)
def test_a_key_is_spelled_as_in_toml_and_a_value_that_is_none_is_a_text(
    text: str, path: tuple[str, ...], value: object
) -> None:
    override = Override.read(text)
    assert (override.path, override.value) == (path, value)


@pytest.mark.parametrize("text", ["name", "=x", "a b=x", "a..b=x"])
def test_what_has_no_key_is_refused(text: str) -> None:
    with pytest.raises(OverrideError, match=r"--set .*: expected KEY=VALUE, such as services\.orders"):
        Override.read(text)


@pytest.mark.parametrize("value", ["1.1", '"1.1"'])
def test_a_number_will_do_where_a_text_is_wanted(file: Path, value: str) -> None:
    descriptor = _read(file, f"services.shop.version={value}", "name=412", "workload.routes.0.name=2026-11-28")
    assert (descriptor.services["shop"].version, descriptor.name) == ("1.1", "412")
    assert descriptor.workload.routes[0].name == "2026-11-28"


def test_it_beats_what_the_descriptor_says_and_adds_what_it_does_not(file: Path) -> None:
    descriptor = _read(
        file,
        "services.shop.instances=3",
        'services.shop.versions."1.1".command=["run", "--new"]',
        "services.shop.env.MORE=yes",
        "workload.routes.0.weight=2",
        "release.batches=5",
        "services.shop.instances=4",
    )
    shop = descriptor.services["shop"]
    assert shop.instances == 4, "the last one counts"
    assert shop.versions["1.1"].command == ("run", "--new")
    assert (shop.env["MORE"], shop.env["PORT"]) == ("yes", "{port}")
    assert descriptor.workload.routes[0].weight == 2
    assert descriptor.topology.service("shop").release.batches == 5


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("services.shop.instnaces=3", "services.shop.instnaces = 3: unknown key; did you mean instances?"),
        ("services.shop.instances=many", 'services.shop.instances = "many": expected a whole number'),
        ("name.x=1", "--set name.x=1: name.x: expected a key of a table"),
        ("workload.routes.7.weight=1", "--set workload.routes.7.weight=1: workload.routes.7: expected an item below 1"),
    ],
)
def test_a_mistake_in_it_is_told_as_one_in_the_file(file: Path, text: str, says: str) -> None:
    with pytest.raises(DescriptorError) as refused:
        _read(file, text)
    assert str(refused.value) == f"{file}: {says}"
