"""``python -m conformance diff OLD NEW``: what became worse between two sessions."""

import argparse
import sys
from pathlib import Path

from reports.diff import CannotCompare, compare, regressed, told

NO_REGRESSION, REGRESSION, USAGE = 0, 1, 4
"""Exit codes, like those of a session."""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, with the suite's exit code for usage."""

    def error(self, message: str) -> None:  # type: ignore[override]  # exits
        self.exit(USAGE, f"ERROR: {message}; {self.format_usage().strip()}\n")


def main(arguments: list[str]) -> int:
    """Compare, print, and return the exit code: 0 no regression, 1 a regression, 4 usage."""
    parser = _Parser(prog="python -m conformance")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    diff = commands.add_parser("diff", help="compare two verdict files, regressions first")
    diff.add_argument("old", type=Path, metavar="OLD", help="verdict.json, or the folder that holds it")
    diff.add_argument("new", type=Path, metavar="NEW", help="likewise")
    asked = parser.parse_args(arguments)
    try:
        changes = compare(asked.old, asked.new)
    except CannotCompare as error:
        sys.stderr.write(f"ERROR: {error}\n")
        return USAGE
    sys.stdout.writelines(f"{line}\n" for line in told(changes))
    return REGRESSION if regressed(changes) else NO_REGRESSION


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
