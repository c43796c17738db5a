"""What a check is, and where the checks are found."""

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Self

from conformance.judge import checks
from conformance.judge.model import Finding
from conformance.judge.run_facts import RunFacts
from conformance.record.contract import Contract
from conformance.record.reader import Record

ON_A_REQUEST: Final = ("entry", "provider")
"""The positions of services that requests go through."""


def _no_gaps(_contract: Contract) -> Sequence[str]:
    return ()


def _something(_contract: Contract) -> str:
    return ""


def _every_run(_contract: Contract) -> bool:
    return True


def _all_seen(_record: Record, _facts: RunFacts) -> Sequence[str]:
    return ()


class Gap(str):
    """A gap that closes where a service declares an evidence: the sentence, and what it is made of."""

    __slots__ = ("evidence", "service", "what")

    service: str
    evidence: str
    what: str

    def __new__(cls, service: str, evidence: str, what: str = "") -> Self:
        """``orders does not declare hops: whether ...``."""
        made = super().__new__(cls, f"{service} does not declare {evidence}" + (f": {what}" if what else ""))
        made.service, made.evidence, made.what = service, evidence, what
        return made


def lacking(contract: Contract, service: str, evidence: str, what: str) -> tuple[Gap, ...]:
    """A gap, where nothing gives this evidence of this service and ``what`` can therefore not be judged."""
    return () if evidence in contract.shown(service) else (Gap(service, evidence, what),)


def unseen_hops(contract: Contract, what: str) -> tuple[Gap, ...]:
    """A gap for each service that calls others and does not declare X-Hops: ``what`` can then not be judged."""
    callers = [service.name for service in contract.services if service.calls and service.position in ON_A_REQUEST]
    return tuple(gap for name in callers for gap in lacking(contract, name, "hops", what))


def lacking_slb_lines(contract: Contract, what: str) -> tuple[str, ...]:
    """A gap, where the SLB does not tell of its requests and ``what`` can therefore not be judged."""
    return () if contract.slb_lines else (f"{contract.slb} does not tell of its requests: {what}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check that every run gets."""

    name: str
    """Its module's name."""
    title: str
    """What holds when it finds nothing, as a sentence."""
    order: int
    """Its place in the report."""
    judge: Callable[[Record, RunFacts], Sequence[Finding]]
    """Pure: the same record, the same findings."""
    needs: frozenset[str] = frozenset()
    """Evidence that the released service must declare, or there is nothing to judge by: the whole check is untested."""
    gaps: Callable[[Contract], Sequence[str]] = _no_gaps
    """Parts of it that nothing declared can show, one sentence each: they are untested, the rest is judged."""
    unseen: Callable[[Record, RunFacts], Sequence[str]] = _all_seen
    """Parts of it that did not come up in this run, one sentence each: they are untested, too."""
    idle: Callable[[Contract], str] = _something
    """Why there is nothing for it to judge in any run of this contract; empty where there is something."""
    concerns: Callable[[Contract], bool] = _every_run
    """Whether this run has what it is about, as a gray: of a run that has none nothing is untested."""
    of_releases_only: bool = False
    """Whether it is about what a release does to instances: there is nothing of it to judge in a null release."""


@cache
def all_checks() -> tuple[Check, ...]:
    """Every check in judge/checks, in the order of the report.

    Raises:
        TypeError: There is none, or a module has no ``CHECK``, or one by another name than its own.
    """
    found = []
    for module in pkgutil.iter_modules(checks.__path__):
        check = getattr(importlib.import_module(f"{checks.__name__}.{module.name}"), "CHECK", None)
        if not isinstance(check, Check) or check.name != module.name:
            raise TypeError(f"{checks.__name__}.{module.name} must have a CHECK named {module.name!r}")
        found.append(check)
    if not found:
        raise TypeError(f"{checks.__name__} has no checks: nothing would be judged")
    return tuple(sorted(found, key=lambda check: (check.order, check.name)))
