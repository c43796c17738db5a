"""Records of a load by a team's own locustfile."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

from conformance.record.schema import TASKS
from tests.judge.handmade import Handmade, Row
from tests.judge.healthy import made


def by_tasks(
    change: Callable[[list[Row]], object] = lambda _: None,
    record: Handmade | None = None,
    told: Mapping[str, object] = MappingProxyType({}),
) -> Handmade:
    """A record, a healthy one by default, each of whose requests is that of one task execution."""
    record = made() if record is None else record
    rows: list[Row] = [
        {
            "task": row["seq"],
            "name": "buy",
            "user": 0,
            "due_ns": row["due_ns"],
            "started_ns": row["due_ns"],
            "ended_ns": row["done_ns"],
            "outcome": "ended",
            "requests": str(row["seq"]),
        }
        for row in record.requests
    ]
    change(rows)
    number = len(rows)
    facts: dict[str, object] = {
        "planned": number,
        "started": number,
        "ended": number,
        "raised": 0,
        "outlived": 0,
        "users": 1,
        "unused_ids": 0,
        "apart": 0,
    }
    record.load["tasks"] = facts | dict(told)
    record.load["routes"] = msgspec.to_builtins(record.contract.load.routes)
    record.load_facts(routes=())

    def write(directory: Path) -> None:
        lines = [",".join(str(row[name]) for name, _ in TASKS.columns) for row in rows]
        (directory / TASKS.file).write_text("\n".join([TASKS.header, *lines, ""]))

    record.rewrite = write
    return record
