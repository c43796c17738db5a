"""What the rows of detection.toml are carried out in: real servers, and services of which some have a thing wrong."""

import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec

from conformance.record.thresholds import Thresholds
from conformance.run.timings import Timings
from docs.detection_cases import NEW_VERSION, OLD_VERSION, Row
from fixtures.glue.session_topology import SessionTopology
from fixtures.glue.settings import SAMPLE
from fixtures.services.descriptor import Descriptor
from fixtures.services.overrides import Override
from tests.end_to_end.small import BAD_ACTORS, THRESHOLDS, TIMINGS, Small, small_descriptor

REPOSITORY = Path(__file__).parents[1]
"""What imports of detection_service.py begin at: services stand in folders of their own."""
RETRIES = Path(__file__).parent / "detection_retries.conf"
"""The sample's configuration of nginx-reload, with which its SLB sends again what has failed; nginx has its own."""
SINGLE = Path(__file__).parent / "detection_single.toml"
SHOP = SAMPLE.parents[1] / "shop" / "services.toml"
VERSION_THAT_STANDS = "v1"
"""Of a service that is not released."""


def _sample(folder: Path, overrides: Sequence[Override]) -> Descriptor:
    folder.mkdir()
    shutil.copy(RETRIES, folder / "retries.conf")
    return small_descriptor(folder, BAD_ACTORS, (Override.read('slb.config="retries.conf"'), *overrides))


def _shop(folder: Path, overrides: Sequence[Override]) -> Descriptor:
    folder.mkdir()
    for file in (SHOP, SHOP.with_name("schema.sql")):
        shutil.copy(file, folder)
    return Descriptor.read(folder, (Override.read("workload.warm_up_requests=40"), *overrides))


def _single(folder: Path, overrides: Sequence[Override]) -> Descriptor:
    folder.mkdir()
    shutil.copy(SINGLE, folder / "services.toml")
    return Descriptor.read(folder, (Override.read(f'services.front.env.PYTHONPATH="{REPOSITORY}"'), *overrides))


@dataclass(frozen=True, slots=True)
class System:
    """A descriptor, with what rows change in it."""

    descriptor: Callable[[Path, Sequence[Override]], Descriptor]
    """Written into this folder."""
    released: tuple[str, ...] = ()
    """The services that have the number of instances of a release; empty: all."""


SYSTEMS: Final[Mapping[str, System]] = {
    "sample": System(_sample),
    "shop": System(_shop, released=("mailer",)),
    "single": System(_single),
}
"""The sample, the shop of seven services with a worker, and one fast service that neither writes nor is registered."""


def faulty_versions(rows: Mapping[str, Row], system: str) -> tuple[Override, ...]:
    """The versions with something wrong that rows of this system release, or release from, as overrides."""
    found: list[str] = []
    for name, row in rows.items():
        if row.system == system and row.wrong and row.wrong_in in (NEW_VERSION, OLD_VERSION):
            old = row.wrong_in == OLD_VERSION
            version = f"v1-{name}" if old else row.version(name)
            start = ", ".join(_started(row.service, row.wrong))
            found.append(f"{_key(row.service, version)}={{ {start} }}")
    return tuple(Override.read(text) for text in found)


def changes_of(row: Row) -> tuple[str, ...]:
    """What this row alone changes: its settings, and what is wrong with a service that it does not release."""
    if row.wrong and row.wrong_in not in (NEW_VERSION, OLD_VERSION):
        key = _key(row.wrong_in, VERSION_THAT_STANDS)
        return (*row.settings, *(f"{key}.{part}" for part in _started(row.wrong_in, row.wrong)))
    return row.settings


def _key(service: str, version: str) -> str:
    return f'services.{service}.versions."{version}"'


def _started(service: str, wrong: str) -> Iterable[str]:
    """The keys of such a version."""
    yield f'command=["{{python}}", "-m", "docs.detection_service", "{service}"]'
    yield f'env={{ WRONG = "{wrong}", PYTHONPATH = "{REPOSITORY}" }}'


def thresholds_of(row: Row, usual: Thresholds = THRESHOLDS) -> Thresholds:
    """What a batch of this row must see."""
    return msgspec.structs.replace(usual, batch_requests=row.batch_requests) if row.batch_requests else usual


def timings_of(row: Row) -> Timings:
    """As long as a batch of this row needs for what it must see, twice over."""
    return replace(TIMINGS, enough_traffic=max(TIMINGS.enough_traffic, 2 * row.batch_requests / row.rate))


def descriptor_of(system: str, rows: Mapping[str, Row], changes: Iterable[str], folder: Path) -> Descriptor:
    """Of a system in which any of these rows of it can be carried out, with these changes; written into a folder."""
    overrides = (*faulty_versions(rows, system), *(Override.read(text) for text in changes))
    return SYSTEMS[system].descriptor(folder, overrides)


def place_of(row: Row) -> tuple[str, tuple[str, ...]]:
    """Rows of the same place can be carried out one after the other without anything being started anew."""
    return row.system, changes_of(row)


class Place:
    """Where rows are carried out: one topology for as long as the rows need no other one and none spoils it."""

    def __init__(self, rows: Mapping[str, Row], folder: Path) -> None:
        self._rows = rows
        self._folder = folder
        self._stands: tuple[str, tuple[str, ...]] | None = None
        self._small: Small | None = None

    def small(self, row: Row) -> Small:
        """What stands for this row, or is started now."""
        wanted = place_of(row)
        if self._small is None or self._stands != wanted:
            self.close()
            folder = self._folder / f"topology-{time.time_ns()}"
            folder.mkdir(parents=True)
            descriptor = descriptor_of(row.system, self._rows, wanted[1], folder / "descriptor")
            released = SYSTEMS[row.system].released
            self._small = Small(SessionTopology(descriptor, lambda _: None, released=released), folder)
            self._stands = wanted
        return self._small

    def close(self) -> None:
        """End everything. Repeatable."""
        if self._small is not None:
            self._small.session_topology.close()
        self._small = None
