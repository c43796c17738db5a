"""docs/release-topology-1.schema.json is what the models say, and says of every descriptor here that it is one."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from fixtures.services import schema
from fixtures.services.tables import ActTable, Service

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docs" / "release-topology-1.schema.json"
DESCRIPTORS = sorted(
    path
    for folder in ("fixtures", "docs", "tests")
    for path in (ROOT / folder).rglob("*.toml")
    if 'schema = "release-topology/1"' in path.read_text(encoding="utf-8")
)
SAMPLE = ROOT / "fixtures" / "services" / "python" / "services.toml"
READ: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))


def test_the_file_is_what_the_models_say() -> None:
    assert schema.text() == FILE.read_text(encoding="utf-8"), (
        "write it anew: python -m fixtures.services.schema > docs/release-topology-1.schema.json"
    )


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(READ)


@pytest.mark.parametrize("path", DESCRIPTORS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_descriptor_here_is_valid(path: Path) -> None:
    errors = Draft202012Validator(READ).iter_errors(tomllib.loads(path.read_text(encoding="utf-8")))
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


def test_it_explains_its_keys_by_the_docstrings_of_the_models() -> None:
    definitions = READ["$defs"]
    assert definitions["Service"]["description"] == Service.__doc__
    assert definitions["Service"]["properties"]["ready_s"]["description"] == (
        "How long a new incarnation has until it is ready."
    )
    tables = {"": READ, **definitions}
    keys = [(table, key, one) for table, found in tables.items() for key, one in found.get("properties", {}).items()]
    assert [f"{table}.{key}" for table, key, one in keys if not one.get("description")] == []
    assert len(keys) > len(Service.model_fields) + len(ActTable.model_fields)


def test_toml_knows_no_null() -> None:
    assert "null" not in FILE.read_text(encoding="utf-8")


def _set(*path: str, to: object) -> Callable[[dict[str, Any]], None]:
    def change(tree: dict[str, Any]) -> None:
        for key in path[:-1]:
            tree = tree.setdefault(key, {})
        tree[path[-1]] = to

    return change


ORDERS = ("services", "orders")
WRONG = {
    "another schema": _set("schema", to="release-topology/2"),
    "an unknown key": _set(*ORDERS, "role", to="middle"),
    "a name with capitals": _set("services", "Orders", to={}),
    "a hook without a method": _set(*ORDERS, "ready", to="/ready"),
    "a check that changes something": _set(*ORDERS, "ready", to="POST /ready"),
    "no instance": _set(*ORDERS, "instances", to=0),
    "a prefix without its end": _set("services", "storefront", "entry", to="/api"),
    "a state of no registry": _set(*ORDERS, "offline", to=[{"registry": "gone"}]),
    "a share of words": _set(*ORDERS, "release", "batches", to="a third"),
    "a signal that no act sends": _set(*ORDERS, "offline", to=[{"signal": "SIGHUP"}]),
    "a database that is not there": _set("database", "kind", to="oracle"),
    "a policy of no name": _set("expect", "slow_stop", to="GO"),
    "a verdict of no name": _set("expect", "graceful_stop", to="MAYBE"),
    "a route without weight": _set("workload", "routes", to=[{"name": "r", "method": "GET", "path": "/"}]),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_what_the_models_refuse_by_itself_the_schema_refuses(change: Callable[[dict[str, Any]], None]) -> None:
    tree = tomllib.loads(SAMPLE.read_text(encoding="utf-8"))
    change(tree)
    assert list(Draft202012Validator(READ).iter_errors(tree))


SHORT_FORMS = {
    "a table in the place of a hook": _set(*ORDERS, "ready", to={"tcp": True}),
    "not registered": _set(*ORDERS, "registry", to=False),
    "registered elsewhere": _set(*ORDERS, "registry", to={"name": "ORDERS", "group": "shop"}),
    "words that build": _set("build", to=["make", "jars"]),
    "quiet by a log": _set(*ORDERS, "offline", to=[{"quiet": {"log": "idle"}}, {"registry": "weight 0"}]),
    "a share": _set(*ORDERS, "release", "batches", to="30 %"),
    "sizes": _set(*ORDERS, "release", "batches", to=[2, 4, 4]),
}


@pytest.mark.parametrize("change", SHORT_FORMS.values(), ids=SHORT_FORMS)
def test_every_form_that_the_models_read_is_valid(change: Callable[[dict[str, Any]], None]) -> None:
    tree = tomllib.loads(SAMPLE.read_text(encoding="utf-8"))
    change(tree)
    assert [error.message for error in Draft202012Validator(READ).iter_errors(tree)] == []
