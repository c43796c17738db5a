"""Records of real runs, to be damaged one thing at a time and sealed again.

``records/*.tar.xz`` are lossless runs on real servers, whole but for the logs: a gray release of ``orders`` of the
sample services, batches of ``stock`` of the shop, and batches of a stationer whose customers go on journeys, each kept
by the SLB where they began.
"""

import csv
import io
import json
import pickle
import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from conformance.judge.judge import judge
from conformance.judge.model import Judgement
from conformance.load.selftest import STALE
from conformance.record import schema
from conformance.record.seal import seal

RECORDS = Path(__file__).parent / "records"
TABLES = ("requests", "answers", "executions", "slb", "ledger", "states")
_COLUMNS = {table.name: [name for name, _ in table.columns] for table in (*schema.TABLES, *schema.OPTIONAL)}
Row = dict[str, str]
Json = dict[str, Any]


@dataclass
class RealRecord:
    """All that a run directory holds, as plain rows and JSON."""

    tables: dict[str, list[Row]]
    events: list[Json]
    files: dict[str, Any]
    """``contract``, ``plan``, ``load``, ``environment`` and ``load-order``."""
    plan_text: str

    @property
    def contract(self) -> Json:
        contract: Json = self.files["contract"]
        return contract

    @property
    def run(self) -> str:
        return str(self.contract["run"])

    @property
    def requests(self) -> list[Row]:
        return self.tables["requests"]

    @property
    def service(self) -> str:
        """Which is released."""
        return str(self.contract["release"]["service"])

    def told(self, event: str, **fields: object) -> Iterator[Json]:
        """The events of this kind with these values."""
        for one in self.events:
            if one["event"] == event and all(one.get(name) == value for name, value in fields.items()):
                yield one

    def first(self, event: str, **fields: object) -> Json:
        return next(self.told(event, **fields))

    def of_release(self, event: str) -> Json:
        """The first such event of the service that is released."""
        return self.first(event, service=self.service)

    def drop(self, event: str, **fields: object) -> None:
        gone = list(self.told(event, **fields))
        assert gone, event
        self.events = [one for one in self.events if one not in gone]

    @property
    def began_ns(self) -> int:
        """When the first batch began."""
        step = self.contract["release"]["batches"][0]["step"]
        return int(self.first("StepBegan", step=step)["at_ns"])

    @property
    def ended_ns(self) -> int:
        step = self.contract["release"]["batches"][-1]["step"]
        return int(self.first("StepEnded", step=step)["at_ns"])

    def since_release(self, *, write: bool | None = None) -> list[Row]:
        """Requests that were sent since the first batch began."""
        return [
            row
            for row in self.requests
            if int(row["sent_ns"]) > self.began_ns and write in (None, row["is_write"] == "true")
        ]

    def request_id(self, row: Row) -> str:
        return f"{self.run}-{int(row['seq']):08x}"

    def rows_of(self, table: str, request: Row, **fields: str) -> list[Row]:
        own = self.request_id(request)
        return [
            row
            for row in self.tables[table]
            if row["request_id"] == own and all(row[name] == value for name, value in fields.items())
        ]

    def answer_of(self, request: Row) -> Row:
        """The request's answer, as one of its own that may be changed."""
        answers = self.tables["answers"]
        own = dict(next(row for row in answers if row["answer"] == request["answer"]))
        own["answer"] = str(len(answers))
        request["answer"] = own["answer"]
        answers.append(own)
        return own

    def change_hop(self, request: Row, hop: str, **fields: object) -> None:
        """Let X-Hops tell otherwise of the calls over this hop."""
        answer = self.answer_of(request)
        hops = json.loads(answer["hops"])
        changed = [one for one in hops if one["hop"].endswith(f"->{hop}")]
        assert changed, hops
        for one in changed:
            one.update(fields)
        answer["hops"] = json.dumps(hops, separators=(",", ":"))

    def write(self, directory: Path) -> Path:
        """Write and seal it, as a run would have."""
        directory.mkdir()
        for name, rows in self.tables.items():
            text = io.StringIO()
            writer = csv.DictWriter(text, rows[0].keys() if rows else _COLUMNS[name], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
            (directory / f"{name}.csv").write_text(text.getvalue())
        load = self.files["load"]
        load |= {
            "rows": len(self.requests),
            "answers": len(self.tables["answers"]),
            "crc32": zlib.crc32((directory / "requests.csv").read_bytes()),
        }
        for name, value in self.files.items():
            (directory / f"{name}.json").write_text(json.dumps(value, indent=2) + "\n")
        (directory / "events.jsonl").write_text("".join(json.dumps(one) + "\n" for one in self.events))
        (directory / "plan.txt").write_text(self.plan_text)
        seal(directory)
        return directory

    def judged(self, directory: Path) -> Judgement:
        return judge(self.write(directory))


Damage = Callable[[RealRecord], None]


@cache
def _read(name: str) -> bytes:
    """One of records/, pickled: to read 17,000 rows from that takes an eighth of the time of copying them."""
    with tarfile.open(RECORDS / f"{name}.tar.xz") as archive:
        texts = {}
        for member in archive.getmembers():
            file = archive.extractfile(member)
            assert file is not None
            texts[member.name] = file.read().decode()
    files = {
        name: json.loads(texts[f"{name}.json"]) for name in ("contract", "plan", "load", "environment", "load-order")
    }
    # Made before an end marker said how each case was to be seen; all of them were seen so.
    wanted = {what: "any" if what.startswith(STALE.name) else seen for what, seen in files["load"]["self_test"].items()}
    files["load"].setdefault("self_test_wanted", wanted)
    record = RealRecord(
        tables={
            name: list(csv.DictReader(io.StringIO(texts[f"{name}.csv"]))) for name in _COLUMNS if f"{name}.csv" in texts
        },
        events=[json.loads(line) for line in texts["events.jsonl"].splitlines()],
        files=files,
        plan_text=texts["plan.txt"],
    )
    return pickle.dumps(record)


def real_record(name: str) -> RealRecord:
    """A fresh copy of one of records/."""
    record: RealRecord = pickle.loads(_read(name))  # noqa: S301 - of our own making
    return record
