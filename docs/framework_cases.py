"""The cases of frameworks.toml: what is released, how it goes down, and the command that does so."""

import shlex
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.frameworks_page import About

CASES = Path(__file__).parent / "frameworks.toml"
SERVICE = "orders"
"""The one that is released: it has callers, and calls others."""
RATE = 60
"""Requests a second, whatever a sample's own load is: the page compares them."""
SCENARIOS = "conformance/scenarios"
OWN_WAY = "test_ways_down.py::test_a_provider_that_tells_its_callers_and_serves_on_loses_nothing"
"""Takes each instance down by the acts that the descriptor declares, one of two at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row of the page."""

    name: str
    framework: str
    """Its key."""
    title: str
    """Of the framework, with its versions."""
    services: str
    registry: str
    way_down: str
    ends: str
    scenario: str = OWN_WAY
    """``test_file.py::test_name``."""
    offline: str = ""
    """The way down as a descriptor has it, in TOML; empty leaves the descriptor's own."""
    series: str = ""
    """The series that it is a part of."""
    line: str = ""
    """What the series is called in a picture."""
    wait_s: float | None = None
    """How long it waits before the stop; of a series."""
    set: tuple[str, ...] = ()

    @property
    def about(self) -> About:
        """What its record does not tell."""
        return About(
            name=self.name,
            framework=self.framework,
            title=self.title,
            registry=self.registry,
            way_down=self.way_down,
            ends=self.ends,
            scenario=self.node,
            command=f"pytest {shlex.join(self.arguments)}",
            series=self.series,
            line=self.line,
            wait_s=self.wait_s,
        )

    @property
    def definition(self) -> dict[str, str]:
        """What its figures are figures of."""
        return {"framework": self.title, "command": self.about.command}

    @property
    def node(self) -> str:
        """Its scenario, as pytest is asked for it."""
        return f"{SCENARIOS}/{self.scenario}"

    @property
    def arguments(self) -> tuple[str, ...]:
        """Of pytest."""
        return (*self.session, self.node)

    @property
    def session(self) -> tuple[str, ...]:
        """All of them but the scenario: cases that have these in common are carried out in one session."""
        offline = (f"services.{SERVICE}.offline={self.offline}",) if self.offline else ()
        changes = (word for change in (*self.set, *offline) for word in ("--set", change))
        chosen = ("--services", self.services, "--registry", self.registry, "--release", SERVICE)
        return (*chosen, "--platform", "embedded", "--profile", "extended", "--rate", str(RATE), *changes)


def cases(path: Path = CASES) -> list[Case]:
    """Those of a file, in its order; a series is one for each of its waits."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    return [
        *(_case(told, name, case) for name, case in told["cases"].items()),
        *(case for name, series in told["series"].items() for case in _of_series(told, name, series)),
    ]


def _case(told: Mapping[str, Any], name: str, case: Mapping[str, Any]) -> Case:
    framework = told["frameworks"][case["framework"]]
    own = {**case, "set": (*framework.get("set", ()), *case.get("set", ()))}
    return Case(**{**framework, **own, "name": name})


def _of_series(told: Mapping[str, Any], name: str, series: Mapping[str, Any]) -> Iterator[Case]:
    """One for each wait, shortest first."""
    shared = {key: value for key, value in series.items() if key not in {"leaves", "waits_s"}}
    for wait_s in series["waits_s"]:
        wait = f"{{ wait_s = {float(wait_s):g} }}, " if wait_s else ""
        own = {
            "way_down": f"{series['way_down']}, {wait_s:g} s, SIGTERM",
            "offline": f'[{series["leaves"]}, {wait}{{ signal = "SIGTERM" }}]',
            "series": name,
            "wait_s": float(wait_s),
        }
        yield _case(told, f"{name}-{wait_s:g}s", {**shared, **own})
