"""Completes the result files that allure-pytest wrote: what a session knows only at its end, or from the record.

A scenario's file is known by a label with the number of its result, which is taken off again. Everything else that a
manager or an engineer reads of a scenario comes from its record: steps and their times, too, so that a run that is
judged again years later reads like one of today.
"""

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from conformance.judge.model import Verdict
from conformance.record.contract import USUAL_SLB, Contract
from conformance.record.partial_record import NOTHING, PartialRecord, remains
from reports.allure.attachments import Attachments, content
from reports.allure.description import description
from reports.allure.steps import steps_of
from reports.allure.wording import ARTICLE, CONTROLS, NOT_JUDGED, load_told, parts_cited, titles
from reports.files import files_of
from reports.known_issues import Known, KnownIssue, known_of
from reports.model import ScenarioResult, SessionResult

NUMBER_LABEL = "scenario-number"
"""On a result as allure-pytest wrote it: which of the session's results it belongs to."""

CUT_OFF = "INCONCLUSIVE: interrupted before anything was judged"
EPIC = "Lossless release"
KEPT_LABELS = frozenset({"tag"})
PREFIXES = ("NoGo: ", "Inconclusive: ")
"""What Python puts before the message of the suite's two exceptions."""

Result = dict[str, Any]
"""A result file's content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A session and, for each of its results, what goes with it."""

    session: SessionResult
    out: Path
    """The folder that the session writes to."""
    facts: tuple[PartialRecord, ...]
    known: tuple[Known, ...]
    null_facts: tuple[PartialRecord, ...] = ()
    """The same of its null releases."""

    @property
    def contracts(self) -> list[Contract]:
        """Those that could be read."""
        return [one.contract for one in self.facts if one.contract is not None]


def tell(session: SessionResult, out: Path, issues: Sequence[KnownIssue], today: date) -> Told:
    """Everything that the report tells, one of each for every result."""
    facts, null_facts = (
        tuple(remains(one.directory) if one.directory else NOTHING for one in of)
        for of in (session.results, session.null_releases)
    )
    known = tuple(known_of(one, issues, today) for one in session.results)
    return Told(session=session, out=out, facts=facts, known=known, null_facts=null_facts)


def complete(told: Told, folder: Path) -> None:
    """Rewrite the results in this folder. Raises OSError where it cannot be written."""
    results = told.session.results
    names = titles(results, told.facts)
    for path in folder.glob("*-container.json"):
        path.unlink()  # fixtures: nothing that a release manager or an engineer looks for
    for path in sorted(folder.glob("*-result.json")):
        raw: Result = json.loads(path.read_text(encoding="utf8"))
        number = _number(raw)
        if number is None or number >= len(results):
            _set_labels(raw, {"epic": [EPIC], "feature": [NOT_JUDGED]})
            raw["name"] = raw["name"].removeprefix("test_").replace("_", " ")
            if raw.get("status") == "passed":  # as allure-pytest has it of one that an interruption cut off
                raw |= {"status": "unknown", "statusDetails": {"message": CUT_OFF}}
        else:
            scenario = _Scenario(results[number], told.facts[number], told.known[number])
            raw["name"] = names[number]
            scenario.complete(raw, told.out, folder)
        path.write_text(json.dumps(raw, ensure_ascii=False), encoding="utf8")
    _add_null_releases(told, folder)


def _add_null_releases(told: Told, folder: Path) -> None:
    """Write a result for each null release: no test of pytest's, so that allure-pytest knows nothing of it."""
    nulls = told.session.null_releases
    for one, facts, name in zip(nulls, told.null_facts, titles(nulls, told.null_facts), strict=True):
        raw: Result = {
            "uuid": str(uuid.uuid4()),
            "name": name,
            "fullName": one.name,
            "historyId": hashlib.sha256(f"{one.name} {one.services}".encode()).hexdigest(),
            "status": "passed" if one.met else "broken",
            "start": 0,
            "stop": 0,
        }
        if not one.met:
            raw["statusDetails"] = {"message": f"{one.verdict.value}: {one.sentence}"}
        _Scenario(one, facts, Known()).complete(raw, told.out, folder)
        (folder / f"{raw['uuid']}-result.json").write_text(json.dumps(raw, ensure_ascii=False), encoding="utf8")


@dataclass(frozen=True, slots=True)
class _Scenario:
    result: ScenarioResult
    facts: PartialRecord
    known: Known

    def complete(self, raw: Result, out: Path, folder: Path) -> None:
        result, contract = self.result, self.facts.contract
        run = files_of(out, result.directory) if result.directory is not None else None
        _set_labels(raw, self._labels())
        raw["parameters"] = [*_others(raw, self._parameters()), *self._parameters()]
        raw["links"] = [*raw.get("links", []), *self._links()]
        raw.pop("description", None)
        picture = content(run.picture) if run is not None else b""
        raw["descriptionHtml"] = description(result, picture, contract.promise if contract else "", self.known.sentence)
        if "statusDetails" in raw:
            raw["statusDetails"] = _plain_details(raw["statusDetails"])
        if self.facts.events:
            findings = result.judgement.findings if result.judgement else ()
            wall_ns, first_ns, last_ns = self.facts.wall_ns, self.facts.events[0].at_ns, self.facts.events[-1].at_ns
            if wall_ns is not None:
                raw["start"] = (wall_ns + first_ns) // 1_000_000
            raw["stop"] = raw["start"] + (last_ns - first_ns) // 1_000_000
            raw["steps"] = steps_of(self.facts, findings, met=result.met, starts_ms=raw["start"])
        if run is not None:
            attachments = Attachments(folder)
            attachments.of_run(run, result.judgement)
            raw["attachments"] = attachments.made

    def _labels(self) -> dict[str, list[str]]:
        cited = [ARTICLE[part] for part in parts_cited(self.facts.contract)]
        if self.facts.contract is not None and self.facts.contract.release.nothing:
            cited = [CONTROLS]
        lossy = self.result.verdict is Verdict.NO_GO and not self.result.met
        tags = [self.result.verdict.value, self.result.registry, *(["known issue"] if self.known.issues else [])]
        return {
            "epic": [EPIC],
            "feature": cited[:1] or [NOT_JUDGED],
            "story": cited,
            "tag": tags,
            "severity": ["blocker" if lossy else "normal"],
        }

    def _parameters(self) -> list[dict[str, Any]]:
        """Those that are not part of the identity are left out of the history: the next release is the same test."""
        contract, judgement = self.facts.contract, self.result.judgement
        made = [_parameter("registry", self.result.registry), _parameter("services", self.result.services)]
        if self.result.slb != USUAL_SLB:
            made.append(_parameter("SLB", self.result.slb))
        if contract is None:
            return made
        made.append(_parameter("platform", contract.platform))
        made.append(_parameter("offline policy", " and ".join(dict.fromkeys(one.offline for one in contract.releases))))
        made.append(_parameter("rate", load_told(contract.load), history=False))
        versions = ", ".join(
            f"{one.service} {one.old}" + (f" → {one.new}" if one.new != one.old else "") for one in contract.releases
        )
        made.append(_parameter("versions", versions, history=False))
        if contract.server_settings:
            made.append(_parameter("server settings", contract.server_settings))
        if judgement is not None and judgement.expected.verdict != "GO":
            made.append(_parameter("expected", _expected(judgement.expected.verdict, judgement.expected.finding)))
        return made

    def _links(self) -> list[dict[str, str]]:
        return [
            {"type": "issue", "url": issue.link, "name": f"known until {issue.expires}: {issue.link}"}
            for issue in self.known.issues
        ]


def _expected(verdict: str, finding: str | tuple[str, ...] | None) -> str:
    kinds = finding if isinstance(finding, str) else " or ".join(finding or ())
    return f"{verdict}: {kinds}" if kinds else verdict


def _parameter(name: str, value: str, *, history: bool = True) -> dict[str, Any]:
    return {"name": name, "value": value} if history else {"name": name, "value": value, "excluded": True}


def _others(raw: Result, made: Sequence[Mapping[str, Any]]) -> list[Any]:
    """The test's own parameters, which tell it from its siblings, apart from those that are said better."""
    names = {one["name"] for one in made}
    return [one for one in raw.get("parameters", []) if one["name"] not in names]


def _number(raw: Result) -> int | None:
    numbers = [label["value"] for label in raw.get("labels", []) if label["name"] == NUMBER_LABEL]
    return int(numbers[0]) if numbers else None


def _set_labels(raw: Result, labels: Mapping[str, Sequence[str]]) -> None:
    """These labels, and of those that are there the ones that a scenario's author may have given."""
    kept = [label for label in raw.get("labels", []) if label["name"] in KEPT_LABELS]
    raw["labels"] = kept + [{"name": name, "value": value} for name, values in labels.items() for value in values]


def _plain_details(details: Mapping[str, Any]) -> dict[str, Any]:
    """The failure text once, in the suite's own words; a fault of the suite keeps its trace."""
    message: str = details.get("message") or ""
    for prefix in PREFIXES:
        if message.startswith(prefix):
            return {"message": message.removeprefix(prefix)}
    return dict(details)
