"""On whom a step failed: its own word, and the finding's message, name the first alone."""

from collections.abc import Sequence

from conformance.judge.wording import number
from conformance.record import events
from conformance.record.reader import Record

MOST_TOLD = 5
"""Instances that are told one by one besides the first."""


def others_failed(record: Record, step: str, said: str) -> Sequence[str]:
    """A line for each further instance on which this step failed, by its reason; the first few.

    Args:
        record: The run's.
        step: The number of the step.
        said: Why the step failed: what was said of the first.
    """
    failed = [one for one in record.events if isinstance(one, events.InstanceFailed) and one.step == step]
    others = dict.fromkeys(_reason(one) for one in failed if one.why != said)
    lines = [f"also {line}" for line in others][:MOST_TOLD]
    rest = len(others) - len(lines)
    return (*lines, f"and {number(rest)} more in this step") if rest else lines


def _reason(failed: events.InstanceFailed) -> str:
    """Its first line, with the instance's name where that does not have it."""
    line = failed.why.partition("\n")[0]
    return line if failed.instance in line else f"{failed.incarnation or failed.instance}: {line}"
