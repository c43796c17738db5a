"""Runs the examples as a stranger would, each copied out of this repository, and compares with its expected.toml.

``python -m docs.run_examples [NAME...]``; one line for each run; the exit code is 0 where all came out as expected.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fixtures.glue.settings import OUT_VARIABLE, out_folder

EXAMPLES = Path(__file__).parent / "examples"
EXPECTED = "expected.toml"
WITHIN_S = 1200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One session of an example, and what must come of it."""

    name: str
    folder: Path
    arguments: tuple[str, ...]
    exit_code: int
    scenarios: Mapping[str, str]
    """Verdict of each scenario by the last part of its name."""


def read(folder: Path) -> list[Example]:
    """The sessions that its expected.toml names."""
    told = tomllib.loads((folder / EXPECTED).read_text(encoding="utf-8"))
    return [
        Example(
            name=f"{folder.name}: {title}",
            folder=folder,
            arguments=tuple(run["arguments"]),
            exit_code=run["exit_code"],
            scenarios=run["scenarios"],
        )
        for title, run in told.items()
    ]


def differences(example: Example, exit_code: int, scenarios: Sequence[Mapping[str, object]]) -> Iterator[str]:
    """Each way in which what came differs from what was expected, in one line."""
    came = {str(one["name"]).rpartition("::")[2]: str(one["verdict"]) for one in scenarios}
    if exit_code != example.exit_code:
        yield f"exit code {exit_code}, expected {example.exit_code}"
    for name in sorted(came.keys() | example.scenarios.keys()):
        was, expected = came.get(name, "not carried out"), example.scenarios.get(name, "not carried out")
        if was != expected:
            yield f"{name}: {was}, expected {expected}"


def carry_out(example: Example, out: Path) -> list[str]:
    """Run it in a copy of its folder; the differences."""
    with tempfile.TemporaryDirectory(prefix="example-") as somewhere:
        copy = Path(somewhere) / example.folder.name
        shutil.copytree(example.folder, copy, ignore=shutil.ignore_patterns(EXPECTED, "target", "__pycache__"))
        out.mkdir(parents=True, exist_ok=True)
        with (out / "terminal.txt").open("w", encoding="utf-8") as terminal:
            code = subprocess.run(
                [sys.executable, "-m", "pytest", "--platform", "embedded", "--services", ".", *example.arguments],
                cwd=copy,
                env={**os.environ, OUT_VARIABLE: str(out)},
                stdout=terminal,
                stderr=terminal,
                timeout=WITHIN_S,
                check=False,
            ).returncode
    verdict = out / "verdict.json"
    if not verdict.is_file():
        return [f"exit code {code} and no verdict.json: see {out / 'terminal.txt'}"]
    return list(differences(example, code, json.loads(verdict.read_text(encoding="utf-8"))["scenarios"]))


def main(names: Sequence[str]) -> int:
    """Run those that are named, or all; the exit code."""
    folders = sorted(path.parent for path in EXAMPLES.glob(f"*/{EXPECTED}"))
    unknown = set(names) - {folder.name for folder in folders}
    if unknown:
        sys.stderr.write(f"{min(unknown)}: expected one of {', '.join(folder.name for folder in folders)}\n")
        return 4
    failed = 0
    for folder in folders:
        if names and folder.name not in names:
            continue
        for number, example in enumerate(read(folder)):
            began = time.monotonic()
            out = out_folder() / "examples" / f"{folder.name}-{number}"
            shutil.rmtree(out, ignore_errors=True)
            wrong = carry_out(example, out)
            failed += bool(wrong)
            told = "; ".join(wrong) or "as expected"
            sys.stdout.write(f"{example.name:42} {time.monotonic() - began:5.0f} s  {told}\n")
            sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
