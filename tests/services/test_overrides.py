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
        ("a={port}", ("a",), "{port}"),
        ('a={"id": 1}', ("a",), '{"id": 1}'),
        ("a=it's", ("a",), "it's"),
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
        ("name.x=1", "--set name.x: name: expected a table, which alone has keys"),
        ("workload.routes.7.weight=1", "--set workload.routes.7.weight: workload.routes.7: expected an item below 1"),
        (
            "workload.routes.buys.weight=1",
            "--set workload.routes.buys.weight: workload.routes.buys: expected an item's number, from 0 to 0; buy is 0",
        ),
        (
            "services.shop.online.0.wait_s=1",
            "--set services.shop.online.0.wait_s: services.shop.online.0: expected the whole list: it has no item yet",
        ),
    ],
)
def test_a_mistake_in_it_is_told_as_one_in_the_file(file: Path, text: str, says: str) -> None:
    with pytest.raises(DescriptorError) as refused:
        _read(file, text)
    assert str(refused.value) == f"{file}: {says}"


NO_VERSION = "there is no such version; expected one of 1.0, 1.1, or a new one as a whole"
NOT_THERE = {
    "services.shops.env.TOKEN=hunter2": (
        "--set services.shops.env.TOKEN: services.shops: there is no such service; expected one of shop, or a new one "
        "as a whole (services.shops={...})"
    ),
    'services.shop.versions."1.2".image=shop:1.2': (
        f'--set services.shop.versions."1.2".image: services.shop.versions."1.2": {NO_VERSION} '
        '(services.shop.versions."1.2"={...}); did you mean 1.1?'
    ),
    "services.shop.versions.1.1.image=shop:1.1": (
        f"--set services.shop.versions.1.1.image: services.shop.versions.1: {NO_VERSION} "
        '(services.shop.versions.1={...}); a name that holds a dot is written in quotes: "1.1"'
    ),
    "services.shop.versions.v9=shop:9": (
        f"--set services.shop.versions.v9: {NO_VERSION} (services.shop.versions.v9={{...}})"
    ),
    "servers.cache.port=1": (
        "--set servers.cache.port: servers.cache: there is no such server, and no other; expected a new one as a whole "
        "(servers.cache={...})"
    ),
    "workload.routes.0.take.order.pointer=/id": (
        "--set workload.routes.0.take.order.pointer: workload.routes.0.take.order: there is no such table, and no "
        "other; expected a new one as a whole (workload.routes.0.take.order={...})"
    ),
}


@pytest.mark.parametrize("text", NOT_THERE)
def test_a_key_below_a_name_that_is_not_there_names_those_that_are(file: Path, text: str) -> None:
    with pytest.raises(DescriptorError) as refused:
        _read(file, text)
    assert str(refused.value) == f"{file}: {NOT_THERE[text]}"


def test_a_whole_table_adds_what_is_not_there_and_may_then_be_changed(file: Path) -> None:
    descriptor = _read(
        file,
        'services.stub={ supporting = true, version = "1", versions."1".command = ["run"], ready.tcp = true }',
        'services.shop.versions.v9={ command = ["run"] }',
        "services.shop.versions.v9.env.FLAG=on",
        'servers.cache={ image = "redis:7" }',
        "services.shop.release.batches=2",
        "services.shop.versions.v9.variant=slow",
    )
    assert descriptor.services["stub"].supporting
    assert descriptor.services["shop"].versions["v9"].env["FLAG"] == "on"
    assert descriptor.servers["cache"].image == "redis:7"


IN_THE_SHELL = "in single quotes for the shell"
LIST = f"""a list is written as in --set 'services.shop.offline=["a", "b"]', {IN_THE_SHELL}"""
NOT_TOML = {
    'services.shop.offline=["java", "-jar"': f"services.shop.offline: not TOML: Unclosed array (at its end); {LIST}",
    "services.shop.offline=[java]": f"services.shop.offline: not TOML: Invalid value (at column 2); {LIST}",
    f"services.shop.offline={'[' * 3000}": (
        f"services.shop.offline: not TOML: lists or tables within each other without an end; {LIST}"
    ),
    'services.shop.env={ A = "hunter2"': (
        "services.shop.env: not TOML: Unclosed inline table (at its end); a table is written as in "
        f"""--set 'services.shop.env={{ a = "b" }}', {IN_THE_SHELL}"""
    ),
    'services.stub={ version = "1"': (
        "services.stub: not TOML: Unclosed inline table (at its end); a table is written as in "
        f"""--set 'services.stub={{ a = "b" }}', {IN_THE_SHELL}"""
    ),
}


@pytest.mark.parametrize("text", NOT_TOML)
def test_a_value_that_is_meant_as_toml_and_is_none_is_told_as_that(file: Path, text: str) -> None:
    with pytest.raises(DescriptorError) as refused:
        _read(file, text)
    assert str(refused.value) == f"{file}: --set {NOT_TOML[text]}"


@pytest.mark.parametrize(("text", "why"), [('"v2', "Unterminated string"), ("'v2", 'Expected "\'"')])
def test_a_text_in_quotes_that_does_not_end_is_refused(text: str, why: str) -> None:
    with pytest.raises(OverrideError) as refused:
        Override.read(f"name={text}")
    remedy = f"""a text is written as in --set 'name="a"', {IN_THE_SHELL}, or without quotes"""
    assert str(refused.value) == f"--set name: not TOML: {why} (at its end); {remedy}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('services.shop.ready={ http = "GET /x"', 'expected a method and a path, such as "GET /ready"; --set services'),
        ("services.shop.release.batches=[1, 2", "of '[1, 2'; a share above 0 % and up to 100 % is needed; --set serv"),
    ],
)
def test_where_a_text_might_do_both_are_told(file: Path, text: str, says: str) -> None:
    with pytest.raises(DescriptorError) as refused:
        _read(file, text)
    assert says in str(refused.value)
    assert ": not TOML: Unclosed " in str(refused.value)


def test_a_text_of_braces_that_does_not_do_is_told_as_a_text(file: Path) -> None:
    with pytest.raises(DescriptorError) as refused:
        _read(file, "services.shop.admin.address={host}")
    assert str(refused.value).endswith('= "{host}": expected host and port alone, such as "{host}:{port}"')
    assert _read(file, 'workload.routes.0.body={"id": "{id}"}').workload.routes[0].body == '{"id": "{id}"}'
