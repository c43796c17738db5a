"""What a mistake is answered with is right itself: each example of a value is one that its key accepts."""

import re
import tomllib
from collections.abc import Iterator

import pytest
from jsonschema import Draft202012Validator

from fixtures.services import example_values
from fixtures.services.schema import schema

SCHEMA = schema()
TABLES = {"Descriptor": SCHEMA, **{name: one for name, one in SCHEMA["$defs"].items() if "properties" in one}}


def _accepts(shape: dict[str, object]) -> Iterator[str]:
    """The types of JSON that fit."""
    if "$ref" in shape:
        yield from _accepts(SCHEMA["$defs"][str(shape["$ref"]).rpartition("/")[2]])
    any_of = shape.get("anyOf", [])
    assert isinstance(any_of, list)
    for one in any_of:
        yield from _accepts(one)
    yield str(shape.get("type", ""))


KEYS = [
    (table, key)
    for table, shape in TABLES.items()
    for key, value in shape["properties"].items()
    if {"array", "object"} & set(_accepts(value))
]


def _fits(table: str, key: str, text: str) -> bool:
    shape = {"$ref": f"#/$defs/{table}"} if table != "Descriptor" else {"properties": SCHEMA["properties"]}
    validator = Draft202012Validator({**shape, "$defs": SCHEMA["$defs"]})
    value = tomllib.loads(f"value = {text}")["value"]
    return not [error for error in validator.iter_errors({key: value}) if list(error.path)[:1] == [key]]


def test_there_are_keys_whose_values_are_lists_and_tables() -> None:
    assert len(KEYS) > 50


@pytest.mark.parametrize(("table", "key"), KEYS)
def test_an_example_of_each_list_and_table_is_accepted(table: str, key: str) -> None:
    example = example_values.of_key(table, key, "orders")
    assert example
    head = re.match(r"(\[+)[a-z]+[\w.]*\]", example)
    if head is not None:
        assert ("array" if head[1] == "[[" else "object") in set(_accepts(TABLES[table]["properties"][key]))
        return
    for text in re.split(r" or |; ", example):
        value = text.partition(" for its")[0].partition(" where ")[0]
        assert _fits(table, key, value), text


def test_the_service_stands_where_its_name_does() -> None:
    assert example_values.of_key("Service", "admin", "orders").startswith("[services.orders.admin]")
    assert example_values.inside("services", "orders") == "a table, [services.orders]"
