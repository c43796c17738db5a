"""Check plan_agrees: the plan is whole, and it is the contract's."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import Verdict
from conformance.record.contract import PlanNode
from conformance.vocabulary import StepKind
from tests.judge.handmade import Handmade
from tests.judge.healthy import made


def _messages(record: Handmade, tmp_path: Path) -> list[str]:
    found = record.findings("plan_agrees", tmp_path)
    assert {one.verdict for one in found} <= {Verdict.INCONCLUSIVE}
    return [one.message for one in found]


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
def test_passes_where_plan_and_contract_are_of_one_release(tmp_path: Path, service: str) -> None:
    assert _messages(made(service), tmp_path) == []


def test_fails_on_a_plan_of_another_release(tmp_path: Path) -> None:
    record = made()
    record.plan = [
        msgspec.structs.replace(node, title="Restart") if node.number == "2" else node for node in record.plan
    ]
    assert any("'Restart' by the plan" in message for message in _messages(record, tmp_path))


def test_fails_on_a_plan_without_its_last_look(tmp_path: Path) -> None:
    record = made()
    kinds = {"1": StepKind.BASELINE, "2": StepKind.BATCH, "3": StepKind.BATCH}
    record.plan = [msgspec.structs.replace(node, kind=kinds.get(node.number, StepKind.OTHER)) for node in record.plan]
    assert _messages(record, tmp_path) == ["the plan lacks the step verify, which every such release has"]


def test_lacks_evidence_where_an_older_record_does_not_say_what_a_step_is_for(tmp_path: Path) -> None:
    record = made()
    assert all(node.kind is StepKind.OTHER for node in record.plan)
    assert _messages(record, tmp_path) == []
    record.plan = []
    assert _messages(record, tmp_path / "none") == []
    assert "the record has no plan" in [one.message for one in record.findings("steps", tmp_path / "steps")]


def _change(record: Handmade, part: str, **changes: object) -> None:
    """Change this step of the plan."""

    def changed(node: PlanNode) -> PlanNode:
        node = msgspec.structs.replace(node, children=tuple(changed(one) for one in node.children))
        return msgspec.structs.replace(node, **changes) if node.number == part else node

    record.plan = [changed(node) for node in record.plan]


def test_who_was_to_be_started_by_a_step_that_was_never_begun_is_known_to_nobody(tmp_path: Path) -> None:
    record = made()
    further = PlanNode(number="9", title="Scale out", instances=("orders-11",))
    record.plan = [*record.plan, further]
    assert not [one for one in _messages(record, tmp_path) if "orders-11" in one]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"instances": ("orders-02",)}, "by the plan 2.3 is for orders-02 and 2 for orders-01"),
        ({"instances": ("orders-07",)}, "the plan names orders-07, of whom neither contract nor events tell"),
        ({"undo": True}, "by the plan only one of 2 and its part 2.3 is of the rollback"),
        ({"number": ""}, "part 3 of the plan's step 2 is numbered nothing"),
        ({"number": "2.2"}, "the plan has several steps 2.2"),
    ],
)
def test_fails_on_a_part_that_is_not_of_its_step(tmp_path: Path, changes: dict[str, object], says: str) -> None:
    record = made()
    _change(record, "2.3", **changes)
    assert says in _messages(record, tmp_path)
