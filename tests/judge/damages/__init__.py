"""Semantic damages to real records, by kind."""

from tests.judge.damages import (
    contract,
    descriptor,
    gray,
    hidden,
    journeys,
    load,
    names,
    order,
    plan,
    reverse,
    samples,
    stops,
    strangers,
    times,
    twice,
)
from tests.judge.damages.case import DamageCase

_KINDS = (
    hidden,
    journeys,
    stops,
    order,
    strangers,
    plan,
    twice,
    gray,
    load,
    reverse,
    contract,
    names,
    times,
    samples,
    descriptor,
)
DAMAGES: tuple[DamageCase, ...] = tuple(case for module in _KINDS for case in module.CASES)

__all__ = ["DAMAGES", "DamageCase"]
