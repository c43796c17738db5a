"""The judge against a plain recount, on generated histories: healthy ones, and ones with any mixture of damages.

The recount knows nothing of SQL, hops or incarnations: it goes over the rows, one after the other, and counts. Which
histories there are is drawn from the commit: each tries others, and whoever repeats a commit repeats them.
"""

import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import msgspec
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from conformance.judge.model import Judgement, Verdict
from conformance.record import events
from tests.judge.handmade import Handmade, request_id
from tests.judge.healthy import WRITE, WRITES, made
from tests.turns import RARE, commit

USUAL = settings(max_examples=12, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
OF_THE_COMMIT = seed(int(commit()[:8] or "0", 16))

SINCE_RELEASE = range(3, 12)
"""Requests that end after the first batch has begun."""
EFFECTS = WRITE.effects
ERRORS = ("reset before answer", "timeout before answer", "eof in answer", "unexpected status", "connect refused")


@dataclass(frozen=True)
class History:
    """What goes wrong, and nothing else."""

    service: str
    failed: dict[int, str]
    """Request -> error."""
    effects: dict[int, tuple[int, int, int]]
    """Write -> how often it left each of its effects."""
    phantoms: int


histories = st.builds(
    History,
    service=st.sampled_from(["storefront", "orders", "inventory"]),
    failed=st.dictionaries(st.sampled_from(SINCE_RELEASE), st.sampled_from(ERRORS), max_size=4),
    effects=st.dictionaries(
        st.sampled_from([seq for seq in WRITES if seq in SINCE_RELEASE]),
        st.tuples(*[st.sampled_from([0, 1, 1, 1, 2, 3])] * 3),
        max_size=3,
    ),
    phantoms=st.integers(0, 2),
)


def _record(history: History) -> Handmade:
    record = made(history.service)
    for seq, error in history.failed.items():
        record.fail(seq, error=error, status=502 if error == "unexpected status" else 0)
        record.requests[seq]["first_ns"] = 0
    for seq, times in history.effects.items():
        for effect, often in zip(EFFECTS, times, strict=True):
            (own,) = [row for row in record.ledger if (row["request_id"], row["effect"]) == (request_id(seq), effect)]
            record.drop_effects(seq, effect)
            record.ledger += [dict(own) for _ in range(often)]
    record.ledger += [record.ledger[0] | {"request_id": request_id(500 + one)} for one in range(history.phantoms)]
    record.events = [
        msgspec.structs.replace(one, rows=len(record.ledger)) if isinstance(one, events.AuditRead) else one
        for one in record.events
    ]
    return record


def _recount(record: Handmade) -> Counter[str]:
    """Row by row, what was lost since the release began."""
    found: Counter[str] = Counter()
    left: dict[str, Counter[str]] = {}
    for row in record.ledger:
        left.setdefault(str(row["request_id"]), Counter())[str(row["effect"])] += 1
    known = set()
    for row in record.requests:
        own = request_id(int(row["seq"]))
        known.add(own)
        failed = bool(row["error"])
        found["failed"] += failed
        if not row["is_write"]:
            continue
        times = [left.get(own, Counter())[effect] for effect in EFFECTS]
        found["duplicates"] += max(times) > 1
        found["partial_writes"] += min(times) == 0 < max(times)
        found["lost_writes"] += max(times) == 0 and not failed
    found["phantoms"] = sum(sum(effects.values()) for own, effects in left.items() if own not in known)
    return +found


def _judged(record: Handmade) -> Judgement:
    with tempfile.TemporaryDirectory(prefix="history-") as folder:
        return record.judged(Path(folder) / "run")


def _agree(history: History) -> None:
    record = _record(history)
    judgement, recount = _judged(record), _recount(record)
    names = ("failed", "partial_writes", "lost_writes", "duplicates", "phantoms")
    assert +Counter({name: judgement.counts.get(name, 0) for name in names}) == recount
    blind = {finding.finding for finding in judgement.findings} & {"blind audit"}
    if recount:
        assert judgement.verdict is Verdict.NO_GO
    elif not blind:
        assert [finding.message for finding in judgement.findings] == []
        assert judgement.verdict is Verdict.GO


@OF_THE_COMMIT
@USUAL
@given(histories)
def test_the_judge_counts_what_a_plain_recount_counts(history: History) -> None:
    _agree(history)


@RARE
@OF_THE_COMMIT
@settings(USUAL, max_examples=6)
@given(histories)
def test_the_same_record_always_gets_the_same_answer(history: History) -> None:
    first, again = _judged(_record(history)), _judged(_record(history))
    assert msgspec.json.encode(first) == msgspec.json.encode(again)
