"""docs/descriptor.md shows every key of a workload in an example, and the examples are right."""

import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.services import tables
from fixtures.services.descriptor import Descriptor
from tests.services.test_workload import HEAD

DOCS = Path(__file__).parents[2] / "docs" / "descriptor.md"
TEXT = DOCS.read_text()
FENCED = re.findall(r"^```toml\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
WORKLOADS = [text for text in FENCED if "[[workload.routes]]" in text]
SHOWN_ELSEWHERE = {"locustfile", "users", "writes", "stream"}
"""In docs/locustfile.md, and in docs/examples/long, whose examples have tests of their own."""


def _keys(table: object) -> Iterator[str]:
    if isinstance(table, dict):
        for key, value in table.items():
            yield key
            yield from _keys(value)
    elif isinstance(table, list):
        for item in table:
            yield from _keys(item)


@pytest.mark.parametrize("text", WORKLOADS)
def test_an_example_is_one_that_the_suite_takes(tmp_path: Path, text: str) -> None:
    (tmp_path / "customers.csv").write_text("customer,password,article\nada,a,pen\n")
    (tmp_path / "sketch.txt").write_text("a sketch")
    for proto in (DOCS.parent / "examples").rglob("*.proto"):
        shutil.copy(proto, tmp_path)
    (tmp_path / "services.toml").write_text(f"{HEAD}\n{text}")
    assert Descriptor.read(tmp_path).workload.routes


def test_every_key_of_a_workload_stands_in_an_example() -> None:
    indented = [
        re.sub(r"^    ", "", block, flags=re.MULTILINE)
        for block in re.findall(r"(?:^    .*\n|^\n(?=    ))+", TEXT, re.MULTILINE)
    ]
    shown = set[str]()
    for text in (*FENCED, *indented):
        try:
            shown.update(_keys(tomllib.loads(text)))
        except tomllib.TOMLDecodeError:
            continue
    models = (tables.Workload, tables.Route, tables.Journey, tables.KeptSession, tables.Check, tables.Promise)
    keys = {name for model in models for name in model.model_fields} | {"renew_s", "header", "pattern", "pointer"}
    assert keys - shown == SHOWN_ELSEWHERE
