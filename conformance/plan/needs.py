"""What a scenario needs that not every platform, or not every registry, can do."""

from typing import Literal

import pytest

Ability = Literal["address", "memory", "network", "process 1", "push", "self-preservation", "servers"]

ABILITIES: dict[Ability, str] = {
    "address": "take an instance's address away",
    "memory": "limit an instance's memory",
    "network": "cut an instance off the network",
    "process 1": "give an instance a process 1 of its own",
    "push": "tell its subscribers of a change by itself",
    "servers": "end the SLB or the database and start it anew where it was",
    "self-preservation": "stop evicting where too many fall silent at once",
}
"""What each is, as the end of a sentence that begins with *it can*."""


def needs(*abilities: Ability) -> pytest.MarkDecorator:
    """Mark a scenario that can be carried out only where platform and registry can do this; elsewhere it is skipped."""
    return pytest.mark.needs(*abilities)
