"""The rows of detection.toml: what goes wrong, how that is brought about, and what it must be found as."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from conformance.judge.model import Verdict
from conformance.plan import POLICIES, Release, Service, batches, gray, share_of_requests, share_of_users
from conformance.plan.exposure import Exposure, by_instances
from conformance.vocabulary import FailureCause, FindingKind
from reports.detection_page import Expected

ROWS = Path(__file__).parent / "detection.toml"
NEW_VERSION, OLD_VERSION = "new version", "old version"
EXPOSURES = {"requests": share_of_requests, "users": share_of_users}
"""By the last word of ``met_by``."""


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One fault."""

    fault: str
    """In words."""
    whose: str
    system: str = "sample"
    """What it is brought about in, of those that detection_systems.py knows."""
    service: str = "orders"
    """Which is released."""
    offline: str = "lossless"
    before: str = ""
    """The variant of the service that runs before; empty for its usual version."""
    to: str = "v2"
    wrong: str = ""
    """What is wrong, of what detection_service.py knows..."""
    wrong_in: str = NEW_VERSION
    """...with the new version, whose name then does not matter, with the old one, or with the service of this name."""
    batches: int = 2
    instances: int = 2
    gray: bool = False
    met_by: str = ""
    """Whom a gray is for: ``20 % of the requests``, ``25 % of the users``; empty: anybody."""
    settings: tuple[str, ...] = ()
    """``KEY=VALUE``: what is different in the system's descriptor, as ``--set`` says it."""
    slb: str = "nginx"
    rate: int = 150
    """Requests a second..."""
    workers: int = 1
    """...by so many processes."""
    batch_requests: int = 0
    """What a batch must see at least; 0: the usual of a small release."""
    harness: str = ""
    """What happens besides, of what detection_harness.py knows."""
    at: str = ""
    """At the beginning of which step."""
    verdicts: tuple[Verdict, ...] = (Verdict.NO_GO,)
    """One of these must come out."""
    findings: tuple[FindingKind, ...] = ()
    """One of these must be found..."""
    hop: str = ""
    """...over this hop, where it has one,"""
    instance: str = ""
    """at an instance whose name begins so, empty for one of the released service,"""
    step: str = ""
    """in a step whose title begins so,"""
    causes: tuple[FailureCause, ...] = ()
    """and of the failed requests most must be said to have failed for one of these, which are all that there were."""

    @property
    def expected(self) -> Expected:
        """What it must be found as."""
        of_release = self.whose in ("way down", "new version") and self.hop
        instance = self.instance or (f"{self.service}-" if of_release else "")
        return Expected(
            fault=self.fault,
            whose=self.whose,
            verdicts=self.verdicts,
            findings=self.findings,
            hop=self.hop,
            instance=instance,
            step=self.step,
            causes=self.causes,
        )

    @property
    def definition(self) -> dict[str, object]:
        """How it is brought about, without what is usual: figures that were measured by another one do not count.

        What it must be found as is no part of it: that is held against the figures each time when the page is written.
        """
        told = msgspec.json.decode(msgspec.json.encode(self), type=dict[str, object])  # as it is kept
        return {key: value for key, value in told.items() if key not in _EXPECTATION}

    def version(self, name: str) -> str:
        """The version that is released."""
        return f"v2-{name}" if self.wrong and self.wrong_in == NEW_VERSION else self.to

    def version_before(self, name: str, service: Service) -> str | None:
        """The version that runs before; None for the usual one."""
        if self.wrong and self.wrong_in == OLD_VERSION:
            return f"v1-{name}"
        return service.variant(self.before) if self.before else None

    def release(self, name: str, service: Service) -> Release:
        """Of its instances, in its batches."""
        policy = next(one for one in POLICIES if one.name == self.offline)
        before, to = self.version_before(name, service), self.version(name)
        if self.gray:
            met_by = self._met_by
            return gray(
                service, to=to, first=1, then=1, before=before, instances=self.instances, met_by=met_by, offline=policy
            )
        return batches(service, to=to, batches=self.batches, before=before, instances=self.instances, offline=policy)

    @property
    def _met_by(self) -> Exposure:
        share, _, of = self.met_by.partition(" of the ")
        return EXPOSURES[of](share) if of else by_instances


_EXPECTATION = ("fault", "whose", "verdicts", "findings", "hop", "instance", "step", "causes")


@dataclass(frozen=True, slots=True)
class Matrix:
    """All of the file."""

    rows: Mapping[str, Row]
    unmeasured: Mapping[str, str]
    """Fault -> why nobody has measured it."""


def read(path: Path = ROWS) -> Matrix:
    """The rows of a file, in its order."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    return Matrix(msgspec.convert(told["rows"], dict[str, Row]), told["unmeasured"])
