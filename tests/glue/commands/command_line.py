"""``python -m conformance`` in this process: what it says, and its exit code."""

import contextlib
import io
from dataclasses import dataclass

from conformance.__main__ import main


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line of an error; what the machine lacks besides is another matter."""
        (line,) = [line for line in self.err.splitlines() if not line.startswith("INCONCLUSIVE: ")]
        assert line.startswith("ERROR: ")
        return line.removeprefix("ERROR: ")


def carry_out(*words: str) -> Done:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = _code(words)
    return Done(code, out.getvalue(), err.getvalue())


def _code(words: tuple[str, ...]) -> int:
    try:
        return main(list(words))
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else -1
