"""From a run directory to a judgement.

The verdict is INCONCLUSIVE from the start, and only a judge that has come to its end lifts it: a record that cannot be
believed, a story that cannot be told and a check that raises all leave it there, by name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from conformance.judge import figures
from conformance.judge.binomial import CONFIDENCE, most_possible
from conformance.judge.check import Check, Gap, all_checks
from conformance.judge.failures import error_window, failed_requests
from conformance.judge.headline import bad_news, good_news, looser
from conformance.judge.loosened import loosened
from conformance.judge.losses import first_loss, losses
from conformance.judge.model import Finding, Judgement, Lack, Proof, StepSeen, Verdict
from conformance.judge.notes import notes, of_connections, of_sessions, told_of_instances
from conformance.judge.null_release import as_control
from conformance.judge.refusal import refusal
from conformance.judge.removals import removals
from conformance.judge.run_facts import RunFacts, analyse
from conformance.judge.slow_starts import slow_starts
from conformance.judge.timeline import Timeline
from conformance.judge.windows import windows
from conformance.record.contract import Contract, Expected, ReleaseFacts
from conformance.record.files import END
from conformance.record.partial_record import PartialRecord, remains
from conformance.record.reader import BrokenRecord, NewerRecord, Record, open_record
from conformance.vocabulary import FindingKind

MOST_SAID = 20
"""Lines that a run said of its troubles."""
MOST_LISTED = 1_000
"""Failed requests and partial writes that a judgement lists."""


def judge(directory: Path) -> Judgement:
    """Judge the record in this directory. Never raises because of what is in it."""
    try:
        record = open_record(directory)
    except NewerRecord as newer:
        return _inconclusive(directory, FindingKind.NEWER_RECORD, str(newer))
    except BrokenRecord as broken:
        return _inconclusive(directory, FindingKind.RECORD_BROKEN, str(broken))
    with record:
        try:
            return _judge(record, analyse(record))
        except Exception as error:  # noqa: BLE001 - what cannot be told is inconclusive, whatever the reason
            why = f"the record could not be judged: {_in_a_line(error)}"
            return _inconclusive(directory, FindingKind.NOT_JUDGED, why)


@dataclass(slots=True)
class _Results:
    """What the checks came to."""

    findings: list[Finding] = field(default_factory=list)
    untested: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    carried_out: set[str] = field(default_factory=set)
    lacks: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    """By service and evidence, each line of ``untested`` and what could be shown."""

    def add(self, check: Check, record: Record, facts: RunFacts) -> None:
        """Carry a check out, seen from one of the released services; what has been found from another is the same."""
        concerned = check.concerns(record.contract)
        missing = missing_evidence(check, record.contract) if concerned else ()
        for why in (*missing, *check.gaps(record.contract)) if concerned else ():
            line = f"{check.name}: {why}"
            if line not in self.untested:
                self.untested.append(line)
                if isinstance(why, Gap):
                    self.lacks.setdefault((why.service, why.evidence), {})[line] = why.what or check.title.lower()
        if missing:
            return
        self.carried_out.add(check.name)
        findings, unseen = _carry_out(check, record, facts)
        self.findings += [found for found in findings if found not in self.findings]
        self.untested += [why for why in unseen if why not in self.untested]


def _seen_from(record: Record, release: ReleaseFacts) -> Record:
    """The same record, with this release in the first place."""
    others = tuple(other for other in record.contract.releases if other is not release)
    return replace(record, contract=msgspec.structs.replace(record.contract, release=release, also=others))


def _judge(record: Record, facts: RunFacts) -> Judgement:
    results = _Results()
    views = [(_seen_from(record, release), facts.of(release.service)) for release in record.contract.releases]
    nothing = record.contract.release.nothing
    for check in (one for one in all_checks() if not (nothing and one.of_releases_only)):
        for record_of_one, story_of_one in views:
            results.add(check, record_of_one, story_of_one)
        if not any(found.check == check.name for found in results.findings) and check.name in results.carried_out:
            results.passed.append(check.name)
    results.findings.sort(key=lambda finding: (-finding.verdict.weight, finding.first_ns))
    if nothing:
        results.findings = as_control(results.findings)
    return _judgement(record, facts, results)


def missing_evidence(check: Check, contract: Contract) -> tuple[str, ...]:
    """Why a whole check cannot be carried out; empty where it can."""
    service = contract.release.service
    return tuple(Gap(service, evidence) for evidence in sorted(check.needs.difference(contract.shown(service))))


def _carry_out(check: Check, record: Record, facts: RunFacts) -> tuple[Sequence[Finding], Sequence[str]]:
    """The check's findings, and what it could not see; that it could not be carried out is a finding."""
    try:
        unseen = [f"{check.name}: {why}" for why in check.unseen(record, facts)]
        return check.judge(record, facts), unseen
    except Exception as error:  # noqa: BLE001 - a check that raises has proved nothing, whatever the reason
        message = f"check {check.name} could not be carried out: {_in_a_line(error)}"
        failed = Finding(
            check=check.name, finding=FindingKind.CHECK_FAILED, verdict=Verdict.INCONCLUSIVE, message=message
        )
        return (failed,), ()


def _judgement(record: Record, facts: RunFacts, results: _Results) -> Judgement:
    """What a judge that has come to its end says."""
    counts = figures.counts(record) | figures.stops(facts)
    held = dict.fromkeys(request for life in facts.lives.values() for request in life.held)
    return msgspec.structs.replace(
        _not_yet(record.directory, record.contract),
        verdict=results.findings[0].verdict if results.findings else Verdict.GO,
        headline=_headline(record, results, counts),
        findings=tuple(results.findings),
        untested=tuple(results.untested),
        lacks=tuple(
            Lack(service=service, evidence=evidence, shows=tuple(dict.fromkeys(told.values())), untested=tuple(told))
            for (service, evidence), told in results.lacks.items()
        ),
        passed=tuple(results.passed),
        loosened=loosened(record.contract),
        counts=counts,
        proof=None if any(one.verdict is Verdict.INCONCLUSIVE for one in results.findings) else _proof(counts),
        load=figures.load(record, facts),
        latency=figures.latency(record),
        failed_requests=failed_requests(record, MOST_LISTED),
        losses=losses(record),
        first_loss=first_loss(record, facts),
        steps=_steps(facts.timeline),
        notes=(
            *notes(record.events),
            *of_sessions(record.load, record.contract.load.routes),
            *of_connections(record.load),
        ),
        partial_writes=figures.partial_writes(record, MOST_LISTED),
        held_writes=tuple(held),
        removals=removals(record, facts),
        told=told_of_instances(record.events)[:MOST_LISTED],
        slow_starts=slow_starts(record, facts),
        pairs=figures.pairs(record),
        refusal=refusal(record, facts),
        windows=tuple(
            window
            for release in record.contract.releases
            for window in windows(_seen_from(record, release), facts.of(release.service))
        ),
        error_window_ns=error_window(record),
    )


def _proof(counts: Mapping[str, int]) -> Proof | None:
    """What the counts bound; None where no request ended since the release began."""
    requests, failed = counts["since_release"], counts["failed"]
    damaged = sum(counts[kind] for kind in ("partial_writes", "lost_writes", "duplicates", "phantoms"))
    clean = not failed and not damaged
    if not requests:
        return None
    return Proof(
        requests=requests,
        failed=failed,
        requests_at_most=most_possible(failed, requests),
        stops=counts["stops"],
        stops_amid_writes=counts["stops_amid_writes"],
        stops_at_most=most_possible(0, counts["stops"]) if clean and counts["stops"] else None,
        confidence=CONFIDENCE,
    )


def _steps(timeline: Timeline) -> tuple[StepSeen, ...]:
    return tuple(
        StepSeen(
            number=step.number,
            title=step.title,
            began_ns=step.began_ns,
            ended_ns=step.ended_ns,
            done=step.done,
            saw=step.saw,
            top=step.top,
            undo=step.undo,
        )
        for step in timeline.steps
    )


def _headline(record: Record, results: _Results, counts: Mapping[str, int]) -> str:
    if results.findings:
        return bad_news(results.findings, counts["requests"])
    judged = all(route.declares_effects for route in record.contract.load.routes if route.write)
    whole = counts["acknowledged_writes"] if judged else 0
    good = good_news(counts["requests"], whole, figures.answered_since(record), counts["stops"])
    return good + looser(loosened(record.contract))


def _inconclusive(directory: Path, finding: FindingKind, why: str) -> Judgement:
    """The judgement of a record that nothing can be said of."""
    left = remains(directory)  # labels for people; where there is no contract the folder's name must do
    said = tuple(line for words in left.last_words for line in words.splitlines())
    headline, detail = f"{why}: {said[0]}" if said else why, said[:MOST_SAID]
    if said and finding is FindingKind.RECORD_BROKEN and END in left.missing:
        # The run itself says why it has no end: that is the cause, and what is missing in the record its effect.
        finding, headline, detail = FindingKind.ENDED_EARLY, said[0], (*said[1:MOST_SAID], why)
    found = Finding(check="record", finding=finding, verdict=Verdict.INCONCLUSIVE, message=headline, detail=detail)
    return msgspec.structs.replace(
        _not_yet(directory, left.contract), headline=headline, findings=(found,), steps=_steps_left(left)
    )


def _steps_left(left: PartialRecord) -> tuple[StepSeen, ...]:
    """The steps of a record that is broken; none where its plan is nothing that steps could be told of."""
    try:
        return _steps(Timeline(left.plan, left.events))
    except Exception:  # noqa: BLE001 - they are for people: a verdict there is without them
        return ()


def _in_a_line(error: Exception) -> str:
    """``ConversionError: what was said first``."""
    said = str(error).splitlines()
    return f"{type(error).__name__}: {said[0] if said else ''}"


def _binding(contract: Contract) -> Expected:
    """What the contract expects; a release whose instances leave their callers first is never only measured."""
    lossless = contract.release.lossless and contract.expected.verdict == "ANY"
    return Expected() if lossless else contract.expected


def _not_yet(directory: Path, contract: Contract | None) -> Judgement:
    """What every judgement begins as."""
    judgement = Judgement(
        run=directory.name,
        scenario=directory.name,
        title=directory.name,
        verdict=Verdict.INCONCLUSIVE,
        headline="not judged yet",
        findings=(),
        untested=(),
        passed=(),
        counts={},
        load={},
        latency={},
        failed_requests=(),
        partial_writes=(),
        removals=(),
        error_window_ns=None,
    )
    if contract is None:
        return judgement
    return msgspec.structs.replace(
        judgement,
        run=contract.run,
        scenario=contract.scenario,
        title=contract.title,
        expected=_binding(contract),
        platform=contract.platform,
        registry=contract.registry,
        slb=contract.slb,
        descriptor=contract.descriptor,
        versions=(contract.release.old, contract.release.new),
        position=contract.release.position,
        services=contract.services,
        released=tuple(release.service for release in contract.releases),
        offline=contract.release.offline,
        null_release=contract.release.nothing,
        server_settings=contract.server_settings,
        client=contract.client,
        timers=contract.timers,
        chain=contract.chain,
        implied_s=contract.implied_s,
    )
