"""Two verdict files compared: what became worse first, then what became better, then what came or went."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from conformance.judge.model import Verdict
from conformance.judge.wording import number
from reports.verdict import SCHEMA

VERDICT = "verdict.json"


@dataclass(frozen=True, slots=True)
class Noise:
    """How much a time differs between two runs of the same: beyond both figures it counts as another one."""

    factor: float
    least: float
    unit: str
    digits: int


P99 = Noise(1.5, 25.0, "ms", 0)
LAG = Noise(1.5, 0.25, "s", 2)

Kind = Literal["worse", "better", "came", "went"]
ORDER: tuple[Kind, ...] = ("worse", "better", "came", "went")
TITLES = {"worse": "REGRESSIONS", "better": "Improvements", "came": "New scenarios", "went": "Scenarios that are gone"}


class CannotCompare(Exception):
    """A file that is no verdict; the message says what to give instead, in one line."""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one scenario in one respect."""

    kind: Kind
    scenario: str
    what: str


@dataclass(frozen=True, slots=True)
class _Judged:
    """What is compared of one scenario; None for what was not counted or measured."""

    verdict: Verdict
    expected: str
    met: bool
    sentence: str
    failed: int | None
    partial_writes: int | None
    lag_s: float | None
    """The longest removal lag of those that said that they were going."""
    p99_ms: float | None

    @property
    def badness(self) -> tuple[int, int]:
        """How it stands to its expectation (met, not proved, lost something), then by verdict."""
        lossy = self.verdict is Verdict.NO_GO and self.expected == Verdict.GO
        return 0 if self.met else 2 if lossy else 1, self.verdict.weight

    @property
    def told(self) -> str:
        """``NO-GO (GO was expected)``."""
        return f"{self.verdict} ({'as expected' if self.met else f'{self.expected} was expected'})"


@dataclass(frozen=True, slots=True)
class _Session:
    verdict: Verdict
    headline: str
    scenarios: Mapping[str, _Judged]


def compare(old: Path, new: Path) -> tuple[Change, ...]:
    """All changes, in the order of ORDER and then of the new file.

    Args:
        old: A verdict file, or the folder that holds one.
        new: Likewise.

    Raises:
        CannotCompare: One of them is no verdict file of this schema.
    """
    was, now = _read(old), _read(new)
    found = list(_whole(was, now))
    found += [change for name, one in now.scenarios.items() for change in _changes(name, was.scenarios.get(name), one)]
    found += [
        Change("went", name, f"was {one.told}") for name, one in was.scenarios.items() if name not in now.scenarios
    ]
    return tuple(sorted(found, key=lambda change: ORDER.index(change.kind)))


def told(changes: tuple[Change, ...]) -> Iterator[str]:
    """The lines for a person."""
    for kind in ORDER:
        of_kind = [change for change in changes if change.kind == kind]
        if of_kind:
            yield f"{TITLES[kind]} ({len(of_kind)})"
        yield from (f"  {change.scenario}: {change.what}" for change in of_kind)
    if not any(change.kind == "worse" for change in changes):
        yield "no regression" if changes else "no difference"


def regressed(changes: tuple[Change, ...]) -> bool:
    """Whether anything became worse."""
    return any(change.kind == "worse" for change in changes)


def _read(path: Path) -> _Session:
    file = path / VERDICT if path.is_dir() else path
    remedy = _remedy(path)
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CannotCompare(f"{file}: {error.strerror}; {remedy}") from None
    except ValueError:
        raise CannotCompare(f"{file} is not JSON; {remedy}") from None
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != SCHEMA:
        raise CannotCompare(f"{file} has the schema {schema!r}, this suite reads {SCHEMA}; {remedy}")
    try:
        return _session(document)
    except KeyError as error:
        raise CannotCompare(f"{file} is no whole {SCHEMA} (it lacks {error}); {remedy}") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise CannotCompare(f"{file} is no whole {SCHEMA} ({error}); {remedy}") from None


def _remedy(path: Path) -> str:
    """What to give: where folders right below this one have a verdict, as one has that was judged again, those."""
    below = sorted(file.parent for file in path.glob(f"*/{VERDICT}")) if path.is_dir() else []
    near = f": {' or '.join(str(folder) for folder in below)}" if below else ""
    return f"give a {VERDICT} or the folder that holds one{near}"


def _session(document: Mapping[str, Any]) -> _Session:
    """Scenarios by title, with the registry where one title is there more than once."""
    every = document["scenarios"]
    titles = Counter(scenario["title"] for scenario in every)
    return _Session(
        Verdict(document["verdict"]),
        document["headline"],
        {
            f"{one['title']}, {one['registry']}" if titles[one["title"]] > 1 else one["title"]: _judged(one)
            for one in every
        },
    )


def _judged(scenario: Mapping[str, Any]) -> _Judged:
    lags = [one["lag_s"] for one in scenario["removals"] if one["marked_ns"] != one["stopped_ns"]]
    return _Judged(
        verdict=Verdict(scenario["verdict"]),
        expected=scenario["expected"],
        met=scenario["met"],
        sentence=scenario["sentence"],
        failed=scenario["counts"].get("failed"),
        partial_writes=scenario["counts"].get("partial_writes"),
        lag_s=max(lags, default=None),
        p99_ms=scenario["latency"].get("p99_ms"),
    )


def _whole(old: _Session, new: _Session) -> Iterator[Change]:
    """The session's own verdict: it may be worse without a scenario that is, where fewer were judged."""
    if old.verdict is not new.verdict:
        kind: Kind = "worse" if new.verdict.weight > old.verdict.weight else "better"
        yield Change(kind, "the whole session", f"{old.verdict} -> {new.headline}")


def _changes(name: str, old: _Judged | None, new: _Judged) -> Iterator[Change]:
    if old is None:
        yield Change("came", name, f"is {new.told}")
        return
    if old.badness != new.badness:
        kind: Kind = "worse" if new.badness > old.badness else "better"
        yield Change(kind, name, f"{old.told} -> {new.told}: {new.sentence}")
    if not old.expected == new.expected == Verdict.GO:
        return  # what must be lost, or is only measured, differs from run to run
    yield from _counted(name, "lost requests", old.failed, new.failed)
    yield from _counted(name, "partial writes", old.partial_writes, new.partial_writes)
    yield from _measured(name, "longest removal lag", (old.lag_s, new.lag_s), LAG)
    yield from _measured(name, "p99", (old.p99_ms, new.p99_ms), P99)


def _counted(name: str, what: str, old: int | None, new: int | None) -> Iterator[Change]:
    """Every single one counts; what was not counted on both sides cannot be compared."""
    if old is not None and new is not None and old != new:
        yield Change("worse" if new > old else "better", name, f"{what} {number(old)} -> {number(new)}")


def _measured(name: str, what: str, times: tuple[float | None, float | None], noise: Noise) -> Iterator[Change]:
    """Times differ from run to run: only what differs by a factor and by a least amount counts."""
    old, new = times
    if old is None or new is None:
        return
    said = f"{what} {old:,.{noise.digits}f} -> {new:,.{noise.digits}f} {noise.unit}"
    if new > max(old * noise.factor, old + noise.least):
        beyond = f"more than {noise.factor:g} times and {noise.least:g} {noise.unit}"
        yield Change("worse", name, f"{said} ({beyond})")
    elif old > max(new * noise.factor, new + noise.least):
        yield Change("better", name, said)
