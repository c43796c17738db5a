"""The lines of a log that tell something, for the message of an error.

A JVM ends with the frames of a stack trace, dozens of them, beneath the line that says what happened: a log's end alone
would show frames and no cause. Colours and other escape sequences are for a terminal, and none of what it tells.
"""

import re
from collections.abc import Sequence
from pathlib import Path, PurePath

_FRAME = re.compile(r"\s*at [\w$.<>/@-]+\(|\s*\.\.\. \d+ (?:more|common frames omitted)")
"""``\\tat shop.Main.main(Main.java:9)``, ``\\t... 23 more``."""

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])")
"""A terminal's: ``ESC [ 1 ; 31 m``, a title (``ESC ] ... BEL``), ``ESC c``."""


NAMED = re.compile(r"\blast lines of (?P<log>/[^\n]*):$", re.MULTILINE)
"""How a message tells of a log by its path."""
_TAIL_BYTES = 1 << 18
"""Of a log that an instance wrote under load only the end is read."""


def plain(text: str) -> str:
    """The text without a terminal's escape sequences."""
    return _ESCAPE.sub("", text)


def last_telling(lines: Sequence[str], count: int = 10) -> list[str]:
    """The last of these lines that are neither empty nor a frame of a stack trace, without escape sequences."""
    return [line for line in map(plain, lines) if line.strip() and not _FRAME.match(line)][-count:]


def by_name(message: str) -> str:
    """The message, naming logs without their folder, which goes with the session; a run keeps copies in its logs/.

    >>> by_name("last lines of /tmp/session/logs/orders-01.1.log:")
    'last lines of orders-01.1.log:'
    """
    return NAMED.sub(lambda named: f"last lines of {PurePath(named['log']).name}:", message)


def last_words(log: Path, count: int = 10) -> list[str]:
    """The last telling lines of this log; none where there is no log."""
    if not log.exists():
        return []
    size = log.stat().st_size
    with log.open("rb") as lines:
        lines.seek(max(size - _TAIL_BYTES, 0))
        told = lines.read().decode(errors="replace").splitlines()
    return last_telling(told[1:] if size > _TAIL_BYTES else told, count)
