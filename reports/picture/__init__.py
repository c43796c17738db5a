"""The picture of a run: one SVG that shows what happened when, to whom, and what it cost."""

from pathlib import Path

from conformance.judge.model import Judgement
from conformance.record.reader import BrokenRecord, open_record
from reports.picture.draw import render
from reports.picture.look import look_at, look_at_remains, nothing

__all__ = ["draw"]


def draw(directory: Path, judgement: Judgement) -> str:
    """Draw the record in this directory. Never raises because of what is in it.

    The SVG is self-contained, has no script, no style and no reference, and is as wide as what it is put into; it is
    made for 960 to 1,200 pixels. What cannot be read is said in it.
    """
    try:
        with open_record(directory) as record:
            return render(look_at(record, judgement))
    except BrokenRecord as broken:
        why = str(broken)
    except Exception as error:  # noqa: BLE001 - a report is made of any record, whatever is wrong with it
        why = f"the record cannot be drawn: {type(error).__name__}: {error}"
    try:
        return render(look_at_remains(directory, judgement, why))
    except Exception:  # noqa: BLE001 - the same
        return render(nothing(judgement, why))
