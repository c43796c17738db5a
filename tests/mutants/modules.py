"""Which tests concern a module of the judge: those of its name, and those named here.

A mutant costs a session of these tests up to the first that fails; one that survives costs all of them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent.parent
JUDGE: Final = Path("conformance/judge")
TESTS: Final = Path("tests/judge")

_FURTHER: Final[Mapping[str, tuple[str, ...]]] = {
    "accounted": ("task_executions",),
    "binomial": ("gray_share",),
    "check": ("checks", "judge"),
    "clocks": ("clock", "clean_stops"),
    "contradictions": ("checks", "events_agree"),
    "derived": ("failed_requests", "statuses_by_version", "lanes"),
    "effect_cases": ("effects_by_case",),
    "failed_requests": ("failed_requests_starved",),
    "failures": ("failed_requests", "failed_requests_starved", "baseline"),
    "gray": ("gray_share", "gray_confirmed", "lanes"),
    "halts": ("events_agree",),
    "hop_calls": ("resend", "hidden_failures"),
    "incarnations": ("clean_stops", "events_agree", "replaced"),
    "judge.stops": ("stops", "clean_stops", "evidence"),
    "load": ("schedule", "load_agrees"),
    "load_order": ("load_agrees", "journeys_agree", "contract_agrees"),
    "loosened": ("contract_agrees",),
    "observers": ("samples_agree", "rotation"),
    "refusal": ("refused",),
    "removals": ("removal", "own_command"),
    "removal": ("own_command",),
    "release_writers": ("writes",),
    "resolved_descriptor": ("contract_agrees",),
    "run_facts": ("several_releases", "call_graph", "judge"),
    "slow_starts": ("promise",),
    "statuses": ("statuses_by_version",),
    "steps": ("own_command", "refused"),
    "stops": ("own_command",),
    "streams": ("sessions",),
    "versions_met": ("statuses_by_version", "effects_by_case"),
    "witnesses": ("clock", "told_of_each"),
    "write_outcomes": ("writes", "effects_by_case", "own_ids"),
    "writes": ("effects_by_case", "own_ids"),
}


def modules() -> Mapping[str, Path]:
    """Every module of the judge that has code: a check by its name, and so another, unless a check is called so."""
    paths = [path.relative_to(ROOT) for path in (ROOT / JUDGE).rglob("*.py") if path.stem != "__init__"]
    checks = {path.stem: path for path in paths if path.parent.name == "checks"}
    others = {path.stem: path for path in paths if path.parent.name != "checks"}
    named = {f"judge.{name}" if name in checks else name: path for name, path in others.items()} | checks
    return dict(sorted(named.items()))


def concerning(module: str) -> tuple[str, ...]:
    """The files with the tests that concern it, its own first; none where none is known."""
    names = (module, *_FURTHER.get(module, ()))
    files = [TESTS / f"test_{name}.py" for name in names]
    return tuple(str(file) for file in files if (ROOT / file).is_file())
