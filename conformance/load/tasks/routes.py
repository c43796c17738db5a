"""What tasks ask for, by name: ``POST /orders``. Tasks make their requests up as they go; the record needs kinds."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from conformance.load.spec import TaskWrite
from conformance.load.tasks.options import Effects
from conformance.record.contract import EffectRule, RouteFacts

MOST_UNNAMED = 200
"""Kinds of request that are told apart by their paths alone."""
MOST_KNOWN = 10_000
"""Paths whose kind need not be looked for again."""
READING = frozenset({"GET", "OPTIONS"})


class Left(NamedTuple):
    """What a write leaves."""

    effects: tuple[str, ...]
    """The most that it can be."""
    by_status: tuple[EffectRule, ...] = ()

    @classmethod
    def of(cls, effects: Effects) -> "Left":
        """As a task says it."""
        if not isinstance(effects, Mapping):
            return cls(tuple(effects), () if effects else (EffectRule(effects=()),))
        rules = tuple(EffectRule(effects=tuple(left), statuses=(status,)) for status, left in effects.items())
        return cls(max((rule.effects for rule in rules), key=len, default=()), rules)


@dataclass(slots=True)
class Kind:
    """One kind of request, as it came to be known."""

    number: int
    name: str
    method: str
    entry: str
    write: bool
    left: Left
    """By a write of any version that no other rule names."""
    by_version: tuple[EffectRule, ...] = ()
    expect: set[int] = field(default_factory=set)
    """Statuses that were right."""
    overruled: dict[int, int] = field(default_factory=dict)

    def facts(self) -> RouteFacts:
        """For the end marker."""
        return RouteFacts(
            name=self.name,
            method=self.method,
            weight=0.0,
            expect=tuple(sorted(self.expect)),
            write=self.write,
            effects=self.left.effects,
            rules=(*self.left.by_status, *self.by_version),
            entry=self.entry,
            overruled=self.overruled,
        )


class Kinds:
    """The kinds of request of one load."""

    def __init__(
        self,
        writes: Sequence[TaskWrite],
        entries: Sequence[tuple[str, str]],
        added: Callable[[Kind], None],
    ) -> None:
        """``writes`` and ``entries``: see spec.Tasks; ``added`` is told each kind when it is met first."""
        self._declared = [(_pattern(one.name), one) for one in writes]
        self._entries = entries
        self._added = added
        self._known: dict[tuple[str, str], Kind] = {}
        self._by_name: dict[str, Kind] = {}
        self.all: list[Kind] = []
        """By number."""
        self._unnamed = 0

    def of(self, method: str, path: str, name: str | None, write: bool | None, effects: Effects | None) -> Kind:
        """The kind of a request.

        Args:
            method: In capital letters.
            path: As asked for.
            name: As the task calls it; None: by its path without the query.
            write: As the task says; None: as the descriptor says, else by the method.
            effects: As the task says; None: as the descriptor says.

        Raises:
            ValueError: The task says now this of the same kind, now that.
        """
        key = (method, name or path)
        kind = self._known.get(key) or self._meet(method, path, name, write, effects)
        if name or len(self._known) < MOST_KNOWN:
            self._known[key] = kind
        says_write = kind.write if write is None else write
        left = kind.left if effects is None else Left.of(effects)
        if (says_write, left) != (kind.write, kind.left):
            told = "a write" if kind.write else "no write"
            raise ValueError(
                f"{kind.name} was {told} with the effects {list(kind.left.effects)} before; give it another name"
            )
        return kind

    def _meet(self, method: str, path: str, name: str | None, write: bool | None, effects: Effects | None) -> Kind:
        plain = f"{method} {name or path.partition('?')[0]}"
        declared = next((one for pattern, one in self._declared if pattern.fullmatch(plain)), None)
        said = plain if declared is None else declared.name
        if said not in self._by_name and name is None and declared is None:
            self._unnamed += 1
            if self._unnamed > MOST_UNNAMED:
                said = f"{method} other paths"
        kind = self._by_name.get(said)
        if kind is None:
            if write is None:
                write = bool(effects) or declared is not None or method not in READING
            known = TaskWrite(name=said) if declared is None else declared
            left = Left(known.effects, _by_status(known)) if effects is None else Left.of(effects)
            by_version = tuple(rule for rule in known.rules if rule.version)
            kind = Kind(len(self._by_name), said, method, self._entry_of(path), write, left, by_version)
            self._by_name[said] = kind
            self.all.append(kind)
            self._added(kind)
        return kind

    def _entry_of(self, path: str) -> str:
        fitting = [(len(prefix), name) for name, prefix in self._entries if path.startswith(prefix)]
        return max(fitting, default=(0, ""))[1]


def _by_status(write: TaskWrite) -> tuple[EffectRule, ...]:
    return tuple(rule for rule in write.rules if not rule.version)


def _pattern(name: str) -> re.Pattern[str]:
    """A name in which ``*`` stands for any piece of a path, a slash too."""
    return re.compile(".*".join(map(re.escape, name.split("*"))))
