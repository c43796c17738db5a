"""``make mutants``: measures what the judge's own tests see of faults of the judge, and writes docs/mutants.md.

``python -m tests.mutants [--seconds N] [--page] [MODULE...]`` measures the modules that are named, or all that tests
are known of, the smallest first; it ends after so many seconds, and the next call goes on there. ``--page`` measures
nothing. The exit code is 1 where a mutant survives without a reason, or a module's tests fail by themselves.
"""

import argparse
import sys
import time
from collections.abc import Sequence

from fixtures.glue.settings import out_folder
from fixtures.platforms.locks import try_lock
from tests.mutants.modules import ROOT, concerning, modules
from tests.mutants.results import PAGE, keep, kept, page, reasons


def main(arguments: Sequence[str]) -> int:
    """Measure and write; the exit code."""
    asked = _asked(arguments)
    unknown = set(asked.modules) - set(modules())
    if unknown:
        sys.stderr.write(f"{min(unknown)}: expected one of {', '.join(modules())}\n")
        return 4
    failed = False if asked.page else _measure(asked.modules or _smallest_first(), time.monotonic() + asked.seconds)
    every, why = kept(), reasons()
    PAGE.write_text(page(every, why), encoding="utf-8")
    told = asked.modules or every
    bare = [
        (name, one) for name in told if name in every for one in every[name].survivors if one not in why.get(name, {})
    ]
    _say(f"{PAGE.relative_to(ROOT)} is written; {len(bare)} survivors have no reason in docs/mutants.toml")
    return 1 if failed or bare else 0


def _asked(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="of conformance/judge, by its file's name")
    parser.add_argument("--seconds", type=float, default=float("inf"), metavar="N", help="end after so many")
    parser.add_argument("--page", action="store_true", help="write the page alone")
    return parser.parse_args(arguments)


def _smallest_first() -> list[str]:
    return sorted(filter(concerning, modules()), key=lambda name: (ROOT / modules()[name]).stat().st_size)


def _measure(names: Sequence[str], until: float) -> bool:
    """Measure these; whether one cannot be measured."""
    from tests.mutants.operators import use  # noqa: PLC0415 - cosmic-ray is there only where mutants were asked for
    from tests.mutants.session import NotMeasured, measure  # noqa: PLC0415 - the same

    use()
    folder = out_folder() / "mutants"
    folder.mkdir(parents=True, exist_ok=True)
    if try_lock(folder / ".lock") is None:  # held until this process ends: tests beside it see that somebody is at work
        _say("mutants are being measured already")
        return True
    failed = False
    for name in names:
        if time.monotonic() > until:
            break
        _say(f"{name} ...")
        try:
            measured = measure(name, folder, until, lambda change: _say(f"    survives: {change}"))
        except NotMeasured as why:
            failed = True
            _say(f"{name}: not measured: {why}")
            continue
        if measured is None:
            _say(f"{name}: the time is over; the next call goes on here")
            break
        keep(name, measured)
        _say(f"{name}: {measured.killed} killed, {measured.refused} refused, {len(measured.survivors)} survive")
    return failed


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
