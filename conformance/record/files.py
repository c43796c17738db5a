"""The files of a run directory, by name."""

import msgspec

from conformance.record.schema import TABLES

CONTRACT = "contract.json"
PLAN = "plan.json"
PLAN_TEXT = "plan.txt"
EVENTS = "events.jsonl"
ENVIRONMENT = "environment.json"
LOAD = "load.json"
END = "end.json"
"""The end marker; see seal.py."""

REQUIRED = (CONTRACT, PLAN, PLAN_TEXT, EVENTS, ENVIRONMENT, LOAD, *(table.file for table in TABLES))
"""What every complete record holds, its end marker apart."""


UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises of a file that is no such JSON; of one that nests too deeply it is the last."""


class BrokenRecord(Exception):
    """A record that must not be believed; the message says why in one sentence."""


class NewerRecord(BrokenRecord):
    """A record that says things which this suite does not know: what it promises must not be passed over."""
