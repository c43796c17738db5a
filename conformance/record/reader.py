"""Reading a record. Everything is verified before any row is believed."""

import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

import duckdb
import msgspec

from conformance.record import files, older
from conformance.record.contract import SCHEMA, Contract, Environment, PlanNode, RouteFacts
from conformance.record.events import Event
from conformance.record.files import BrokenRecord, NewerRecord
from conformance.record.load_end import LoadEnd
from conformance.record.request_headers import RequestIds
from conformance.record.schema import ANSWERS, REQUESTS
from conformance.record.seal import Verified, verify
from conformance.record.tables import load_tables, open_database

__all__ = ["BrokenRecord", "NewerRecord", "Record", "list_runs", "open_record"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Record:
    """A verified record. Close it, or use it as a context manager: its tables take memory."""

    directory: Path
    contract: Contract
    plan: tuple[PlanNode, ...]
    plan_text: str
    events: tuple[Event, ...]
    """In the order of their times."""
    environment: Environment
    load: LoadEnd
    never_asked: tuple[RouteFacts, ...]
    """Writes that are declared of a locustfile, and that none of its requests was."""
    db: duckdb.DuckDBPyConnection
    """The tables of schema.py; in place of a request's id they have its number, ``seq``: see tables.py."""
    _scratch: tempfile.TemporaryDirectory[str]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back what the tables take. Repeatable."""
        self.db.close()
        self._scratch.cleanup()


def open_record(directory: Path) -> Record:
    """Verify and read the record in this directory.

    Raises:
        BrokenRecord: The record is cut, changed, incomplete, or of a schema that is not known.
    """
    verified = verify(directory)
    contract, roles = _read(directory, files.CONTRACT, older.read_contract)
    if contract.schema != SCHEMA:
        raise BrokenRecord(f"{directory.name} has a {contract.schema} contract; this suite reads {SCHEMA}")
    load = _decode(directory, files.LOAD, LoadEnd)
    _agree(directory, load, verified)
    contract, never_asked = _with_routes(contract, load)
    plan = _read(directory, files.PLAN, older.read_plan)
    events = _read_events(directory)
    environment = _decode(directory, files.ENVIRONMENT, Environment)
    scratch = tempfile.TemporaryDirectory(prefix="release-record-")
    db = open_database(Path(scratch.name), sum(sealed.bytes for sealed in verified.marker.files.values()))
    try:
        _fill(db, directory, contract.ids, verified)
        if contract.joined_by:
            db.execute("UPDATE ledger SET seq = told.seq FROM told WHERE ledger.other_id = told.id")
        if roles:
            contract = older.rename_hops(db, contract, roles)
    except BaseException:
        db.close()
        scratch.cleanup()
        raise
    return Record(
        directory=directory,
        contract=contract,
        plan=plan,
        plan_text=(directory / files.PLAN_TEXT).read_text(encoding="utf-8", errors="replace"),
        events=events,
        environment=environment,
        load=load,
        never_asked=never_asked,
        db=db,
        _scratch=scratch,
    )


def _with_routes(contract: Contract, load: LoadEnd) -> tuple[Contract, tuple[RouteFacts, ...]]:
    """The same, with the kinds of request that only the load could tell: what a team's own locustfile asked for.

    Besides, the writes that the contract has and the load never asked for.
    """
    if load.tasks is None or contract.load.journeys:
        return contract, ()
    asked = {route.name for route in load.routes}
    never = tuple(route for route in contract.load.routes if route.name not in asked)
    return msgspec.structs.replace(contract, load=msgspec.structs.replace(contract.load, routes=load.routes)), never


def list_runs(folder: Path) -> Sequence[Path]:
    """The run directories at ``folder``: itself, or those directly in it, by name. Broken ones too; empty for none."""
    if _is_run(folder):
        return (folder,)
    if not folder.is_dir():
        return ()
    return tuple(sorted(path for path in folder.iterdir() if _is_run(path)))


def _is_run(directory: Path) -> bool:
    """Whether any file of a record is there: a damaged run is to be judged, not passed over."""
    return any((directory / name).is_file() for name in (*files.REQUIRED, files.END))


def _fill(db: duckdb.DuckDBPyConnection, directory: Path, ids: RequestIds, verified: Verified) -> None:
    for name, rows in load_tables(db, directory, ids).items():
        if name not in verified.marker.files:
            raise BrokenRecord(f"{name} of {directory.name} is there, and its end marker does not tell of it")
        sealed = verified.marker.files[name].rows
        if rows != sealed:
            raise BrokenRecord(f"{name} of {directory.name} reads as {rows} rows; {sealed} were sealed")
    twice = db.execute("SELECT answer FROM answers GROUP BY answer HAVING count(*) > 1 LIMIT 1").fetchone()
    if twice:  # whatever is joined to it would be there twice
        raise BrokenRecord(f"{ANSWERS.file} of {directory.name} has the answer {twice[0]} several times")


def _agree(directory: Path, load: LoadEnd, verified: Verified) -> None:
    """The load's own end marker must speak of the tables that are there."""
    requests, answers = verified.marker.files[REQUESTS.file], verified.marker.files[ANSWERS.file]
    if load.rows != requests.rows:
        raise BrokenRecord(f"{directory.name}: the load wrote {load.rows} requests, {requests.rows} are in the record")
    if load.crc32 != verified.digests[REQUESTS.file].crc32:
        raise BrokenRecord(f"{directory.name}: {REQUESTS.file} is not what the load wrote: its CRC-32 differs")
    if load.answers != answers.rows:
        raise BrokenRecord(f"{directory.name}: the load wrote {load.answers} answers, {answers.rows} are in the record")


def _read_events(directory: Path) -> tuple[Event, ...]:
    decoder = msgspec.json.Decoder[Event](Event)
    raw = (directory / files.EVENTS).read_bytes()
    try:
        events = decoder.decode_lines(raw)
    except files.UNREADABLE as error:
        raise _unreadable(directory, files.EVENTS, error) from None
    return tuple(sorted(events, key=lambda event: event.at_ns))


def _decode(directory: Path, name: str, kind: type[T]) -> T:
    return _read(directory, name, msgspec.json.Decoder(kind).decode)


def _read(directory: Path, name: str, decode: Callable[[bytes], T]) -> T:
    try:
        return decode((directory / name).read_bytes())
    except files.UNREADABLE as error:
        raise _unreadable(directory, name, error) from None


_UNKNOWN = re.compile(r"unknown field|^Invalid (enum )?value")
"""How msgspec says that a field, or a value where only certain ones may stand, is not one of those it was told of."""


def _unreadable(directory: Path, name: str, error: Exception) -> BrokenRecord:
    if _UNKNOWN.search(str(error)):
        told = f"{name} of {directory.name} says what this suite does not know ({error})"
        return NewerRecord(f"{told}: judge it with the version that made it, or a later one")
    return BrokenRecord(f"{name} of {directory.name} cannot be read: {error}")
