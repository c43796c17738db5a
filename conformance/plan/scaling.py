"""Scaling in the middle of a release: while it pauses, more instances of the new version come, and go again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scaling:
    """Out by so many instances of the service that is released, and in again, before the release goes on."""

    by: int


def scaling(by: int) -> Scaling:
    """Out by ``by`` instances and in again."""
    return Scaling(by)
