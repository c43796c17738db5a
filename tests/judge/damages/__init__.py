"""Semantic damages to real records, by kind."""

from tests.judge.damages import contract, gray, hidden, load, order, plan, reverse, stops, strangers, twice
from tests.judge.damages.case import DamageCase

_KINDS = (hidden, stops, order, strangers, plan, twice, gray, load, reverse, contract)
DAMAGES: tuple[DamageCase, ...] = tuple(case for module in _KINDS for case in module.CASES)

__all__ = ["DAMAGES", "DamageCase"]
