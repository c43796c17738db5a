"""What stood in the answers of requests that failed by them: a few texts, some of each kind of failure."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from conformance.judge.sql import rows
from conformance.record.load_end import AN_EXPECTED_STATUS, WrongAnswer
from conformance.record.reader import Record

MOST_TEXTS = 5
"""Of one group of failed requests, unless it has more kinds of failures than that."""
MOST_KINDS = 10
_ID = re.compile(r"(?=[^\W_]*[_-]*\w*\d)[\w-]{5,}|\d{4,}")
"""What tells one request, one order or one moment from another: a word of five letters or more that holds a digit."""


class GroupKey(NamedTuple):
    """What a group of failed requests has in common, by the columns of ``failures``."""

    before: bool
    """Whether they failed before the release began."""
    step: str
    hop: str
    instance: str
    incarnation: str
    starved: bool
    """Whether they only came late, while the machine was CPU-starved."""


def answers_seen(record: Record, group: GroupKey) -> Sequence[str]:
    """What stood in the wrong answers of a group of failed requests, as lines.

    Failures are of one kind where the error, the status and what was expected are the same. Texts that differ by ids
    only count as one. Each kind has its first text before any has a second one; kinds come as they came first.

    Args:
        record: Whose load has kept a bounded number of texts.
        group: Which requests.
    """
    kept = {wrong.seq: wrong for wrong in record.load.wrong_answers}
    if not kept:
        return ()
    alike = " AND ".join(f"{column} = ${column}" for column in GroupKey._fields)
    question = f"""
        SELECT seq, failure, status FROM failures JOIN (SELECT unnest($seqs) AS seq) USING (seq)
        WHERE {alike} ORDER BY moment_ns, seq
        """  # noqa: S608 - names of our own
    found = rows(record.db, question, {"seqs": list(kept), **group._asdict()})
    return dealt(((failure, status), kept[seq]) for seq, failure, status in found)


def dealt(seen: Iterable[tuple[tuple[str, int], WrongAnswer]]) -> Sequence[str]:
    """The lines of these answers, each with how its request failed and with which status."""
    of_kind: dict[tuple[str, int, str], dict[str, str]] = {}
    for (failure, status), wrong in seen:
        said = f"{status} {wrong.saw}" if wrong.expected == AN_EXPECTED_STATUS else wrong.saw
        texts = of_kind.setdefault((failure, status, wrong.expected), {})
        texts.setdefault(_without_ids(said), f"{wrong.expected}: saw {said}")
    kinds = [list(texts.values()) for texts in of_kind.values()][:MOST_KINDS]
    rounds = max(map(len, kinds), default=0)
    lines = [texts[place] for place in range(rounds) for texts in kinds if place < len(texts)]
    return tuple(lines[: max(MOST_TEXTS, len(kinds))])


def _without_ids(text: str) -> str:
    return _ID.sub("#", text)
