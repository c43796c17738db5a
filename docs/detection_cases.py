"""The rows of detection.toml: what goes wrong, how that is brought about, and what it must be found as."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from conformance.judge.model import Verdict
from conformance.plan import POLICIES, Release, Service, batches, gray
from conformance.vocabulary import FindingKind
from reports.detection_page import Expected

ROWS = Path(__file__).parent / "detection.toml"
FAULTY = Path(__file__).parent / "detection_service.py"


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fault."""

    fault: str
    """In words."""
    whose: str
    service: str = "orders"
    """Which is released."""
    offline: str = "lossless"
    before: str = ""
    """The variant of the service that runs before; empty for its usual version."""
    to: str = "v2"
    wrong: str = ""
    """What is wrong with the new version, of those that detection_service.py knows; then ``to`` does not matter."""
    gray: bool = False
    harness: str = ""
    """What happens besides, of those that detection_harness.py knows."""
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
    """in a step whose title begins so."""

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
        )

    def version(self, name: str) -> str:
        """The version that is released."""
        return f"v2-{name}" if self.wrong else self.to

    def release(self, name: str, service: Service) -> Release:
        """Of two instances, one after the other."""
        policy = next(one for one in POLICIES if one.name == self.offline)
        before = service.variant(self.before) if self.before else None
        if self.gray:
            return gray(service, to=self.version(name), first=1, then=1, before=before, offline=policy)
        return batches(service, to=self.version(name), batches=2, before=before, offline=policy)


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


def versions(rows: Mapping[str, Row]) -> dict[str, str]:
    """The versions that the sample does not have, by service, as its descriptor would say it."""
    found: dict[str, str] = {}
    for name, row in rows.items():
        if row.wrong:
            text = f'[services.{row.service}.versions."{row.version(name)}"]\n'
            text += f'command = ["{{python}}", "{FAULTY}", "{row.service}"]\nenv = {{ WRONG = "{row.wrong}" }}\n\n'
            found[row.service] = found.get(row.service, "") + text
    return found
