"""verdict.json: what CI reads (schema ``release-verdict/1``)."""

import json
from pathlib import Path

import msgspec

from reports.model import ScenarioResult, SessionResult

SCHEMA = "release-verdict/1"


def write_verdict(session: SessionResult, path: Path) -> None:
    """Write it whole or not at all."""
    document = {
        "schema": SCHEMA,
        "verdict": session.verdict.value,
        "headline": session.headline,
        "exit_code": session.exit_code,
        "seconds": round(session.seconds, 1),
        "platform": session.platform,
        "registry": session.registry,
        "slb": session.slb,
        "complete": session.complete,
        "not_run": [{"name": one.name, "kind": one.kind.value, "reason": one.reason} for one in session.not_run],
        "not_released": [{"key": one.key, "reason": one.reason} for one in session.not_released],
        "measured": list(session.measured),
        "controls": {
            "null_releases": [_scenario(result) for result in session.null_releases],
            "losses": [{"name": one.name, "registry": one.registry, "seen": one.met} for one in _losses(session)],
            "lacking_on": list(session.uncontrolled),
        },
        "scenarios": [_scenario(result) for result in session.results],
    }
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf8")
    draft.replace(path)


def _losses(session: SessionResult) -> list[ScenarioResult]:
    """The scenarios about a loss that must be seen."""
    return [result for result in session.results if result.control]


def _scenario(result: ScenarioResult) -> dict[str, object]:
    judgement = result.judgement
    return {
        "name": result.name,
        "title": result.title,
        "verdict": result.verdict.value,
        "expected": result.expected,
        "met": result.met,
        "doubt": result.doubt.value,
        "sentence": result.sentence,
        "last_words": list(result.last_words),
        "registry": result.registry,
        "slb": result.slb,
        "services": result.services,
        "versions": list(result.versions) if result.versions else [],
        "seconds": round(result.seconds, 1),
        "run": str(result.directory) if result.directory else None,
        "counts": judgement.counts if judgement else {},
        "proved": msgspec.to_builtins(judgement.proof) if judgement else None,
        "load": judgement.load if judgement else {},
        "latency": judgement.latency if judgement else {},
        "removals": msgspec.to_builtins(judgement.removals) if judgement else [],
        "position": judgement.position if judgement else "",
        "offline": judgement.offline if judgement else "",
        "client": judgement.client if judgement else "",
        "timers": judgement.timers if judgement else {},
        "server_settings": judgement.server_settings if judgement else "",
        "chain": msgspec.to_builtins(judgement.chain) if judgement else [],
        "implied_s": judgement.implied_s if judgement else None,
        "pairs": msgspec.to_builtins(judgement.pairs) if judgement else [],
        "slow_starts": msgspec.to_builtins(judgement.slow_starts) if judgement else [],
        "refusal": msgspec.to_builtins(judgement.refusal) if judgement else None,
        "windows": msgspec.to_builtins(judgement.windows) if judgement else [],
        "error_window_ns": judgement.error_window_ns if judgement else None,
        "findings": msgspec.to_builtins(judgement.findings) if judgement else [],
        "passed": judgement.passed if judgement else [],
        "untested": judgement.untested if judgement else [],
        "loosened": judgement.loosened if judgement else [],
    }
