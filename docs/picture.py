"""Draws the end of a real run for the README: ``python docs/picture.py LOG docs/verdict.svg``.

LOG is what ``make conformance`` printed. The SVG names no remote font: whoever shows it uses a font of their own.
"""

import re
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

WIDTH = 132
SUMMARY = re.compile(r"\d+ passed.* in [\d.]+s")
COLOURS = {"GO": "bold green", "NO-GO": "bold red", "INCONCLUSIVE": "bold yellow"}


def draw(log: str) -> str:
    """The VERDICT section and pytest's summary line, as an SVG."""
    section = log[log.index("VERDICT: ") :].splitlines()
    end = next(number for number, line in enumerate(section) if SUMMARY.search(line))
    lines = section[: end + 1]
    console = Console(record=True, width=WIDTH, force_terminal=True, file=Path("/dev/null").open("w"))  # noqa: SIM115
    console.print(Text("$ make conformance", "bold"))
    for line in lines:
        if line.startswith(("verdict: ", "junit: ")):  # paths of the machine that it ran on
            continue
        text = Text(line.strip("= ") if "VERDICT" in line or SUMMARY.search(line) else line)
        text.truncate(WIDTH, overflow="ellipsis")
        for word, style in COLOURS.items():
            text.highlight_regex(rf"(?<![\w-]){word}(?![\w-]) *", style)
        console.print(text)
    svg = console.export_svg(title="make conformance", theme=MONOKAI)
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(draw(Path(sys.argv[1]).read_text()))
