"""What a scenario needs that not every platform, registry or SLB can do."""

from typing import Literal

import pytest

Ability = Literal[
    "active checks",
    "address",
    "lanes",
    "memory",
    "network",
    "process 1",
    "push",
    "self-preservation",
    "servers",
    "weights",
]

ABILITIES: dict[Ability, str] = {
    "active checks": "ask its members by itself how they are",
    "address": "take an instance's address away",
    "lanes": "choose whose requests meet the gray",
    "memory": "limit an instance's memory",
    "network": "cut an instance off the network",
    "process 1": "give an instance a process 1 of its own",
    "push": "tell its subscribers of a change by itself",
    "servers": "end the SLB or the database and start it anew where it was",
    "self-preservation": "stop evicting where too many fall silent at once",
    "weights": "share its requests by weights",
}
"""What each is, as the end of a sentence that begins with *it can*."""


def needs(*abilities: Ability) -> pytest.MarkDecorator:
    """Mark a scenario that can be carried out only where platform, registry and SLB can do this."""
    return pytest.mark.needs(*abilities)
