"""The lines of a log that tell something, for the message of an error.

A JVM ends with the frames of a stack trace, dozens of them, beneath the line that says what happened: a log's end alone
would show frames and no cause.
"""

import re
from collections.abc import Sequence

_FRAME = re.compile(r"\s*at [\w$.<>/@-]+\(|\s*\.\.\. \d+ (?:more|common frames omitted)")
"""``\\tat shop.Main.main(Main.java:9)``, ``\\t... 23 more``."""


def last_telling(lines: Sequence[str], count: int = 10) -> list[str]:
    """The last of these lines that are neither empty nor a frame of a stack trace."""
    return [line for line in lines if line.strip() and not _FRAME.match(line)][-count:]
