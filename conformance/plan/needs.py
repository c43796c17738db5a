"""What a scenario needs of the platform beyond starting and signalling processes."""

from typing import Literal

import pytest

Ability = Literal["address", "memory", "network", "process 1"]

ABILITIES: dict[Ability, str] = {
    "address": "take an instance's address away",
    "memory": "limit an instance's memory",
    "network": "cut an instance off the network",
    "process 1": "give an instance a process 1 of its own",
}
"""What each is, as the end of a sentence that begins with *it can*."""


def needs(*abilities: Ability) -> pytest.MarkDecorator:
    """Mark a scenario that can be carried out only where the platform can do this; elsewhere it is skipped, by name."""
    return pytest.mark.needs(*abilities)
