"""docs/checks.md tells of every fact of a record who witnesses it: what is new in a record needs its row there."""

import re
import typing
from pathlib import Path

import pytest

from conformance.record import events
from conformance.record.contract import Contract, Environment, PlanNode
from conformance.record.load_end import LoadEnd
from conformance.record.schema import OPTIONAL, TABLES
from conformance.vocabulary import FindingKind

DOCS = (Path(__file__).parent.parent.parent / "docs" / "checks.md").read_text()
TABLE = DOCS.split("## Cross-examination: who tells what\n")[1].split("\n## ")[0]
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in TABLE.splitlines() if line.startswith("|")][
    2:
]
COLUMNS = {f"{table.name}.{name}" for table in (*TABLES, *OPTIONAL) for name, _ in table.columns}
EVENTS = {kind.__name__ for kind in typing.get_args(events.Event)}
FIELDS = {
    f"{name}.{field}"
    for name, kind in (("load", LoadEnd), ("environment", Environment), ("plan", PlanNode), ("contract", Contract))
    for field in kind.__struct_fields__
}
TOLD = {token for _, witnesses, _ in ROWS for token in re.findall(r"`([^`]+)`", witnesses)}


def test_every_fact_has_a_witness_and_a_meaning() -> None:
    assert len(ROWS) > 20
    for fact, witnesses, meaning in ROWS:
        assert fact
        assert witnesses
        assert meaning or fact.startswith("For people"), fact


@pytest.mark.parametrize("what", [COLUMNS, EVENTS, FIELDS], ids=["columns", "events", "fields"])
def test_whatever_a_record_may_say_has_its_row(what: set[str]) -> None:
    assert sorted(what - TOLD) == []


def test_no_row_names_what_no_record_says() -> None:
    assert sorted(TOLD - COLUMNS - EVENTS - FIELDS) == []


def test_what_a_contradiction_means_is_a_finding() -> None:
    meant = {token for *_, meaning in ROWS for token in re.findall(r"`([^`]+)`", meaning)}
    assert sorted(meant - {kind.value for kind in FindingKind}) == []


def test_all_but_one_fact_have_more_than_one_witness_or_say_how_it_is_held_against_itself() -> None:
    alone = [fact for fact, witnesses, _ in ROWS if len(re.findall(r"`[^`]+`", witnesses)) < 2]
    assert alone == []
