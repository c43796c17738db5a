"""``python -m conformance COMMAND``: what a person asks for besides a session."""

import sys
from argparse import REMAINDER
from importlib import import_module

from fixtures.glue.commands.usage import Parser

COMMANDS = {
    "init": "write a descriptor for your own services",
    "check": "say what a descriptor means: who calls whom, what a release does, what is judged, what to add next",
    "diff": "compare two verdict files, regressions first",
}


def main(arguments: list[str]) -> int:
    """Hand the words over to the command, and return its exit code."""
    told = "; ".join(f"{name}: {what}" for name, what in COMMANDS.items())
    parser = Parser(prog="python -m conformance", epilog=told)
    parser.add_argument("command", choices=COMMANDS, metavar="|".join(COMMANDS))
    parser.add_argument("words", nargs=REMAINDER, metavar="...", help="-h behind a command tells its own")
    asked = parser.parse_args(arguments)
    command = import_module(f"fixtures.glue.commands.{asked.command}")  # only what is asked for is loaded
    code: int = command.main(asked.words)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
