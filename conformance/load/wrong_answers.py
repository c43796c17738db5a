"""The texts of answers that were not what they had to be: a bounded number of them, and without secrets."""

from collections import Counter
from collections.abc import Iterable, Sequence

from conformance.load.request import Request
from conformance.record.load_end import WrongAnswer

WHOLE = 50
"""Texts of each kind of failure that a load keeps from its beginning, a kind being an error, a status and what was
expected. Of twice as many every one is kept, of the next twice as many every second one, and so on: later places and
times have theirs, and many of one kind take the place of none of another."""
MASK = "***"


class WrongAnswers:
    """Gathers them while a load goes on."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = secrets
        self._kept: list[WrongAnswer] = []
        self._of_kind: Counter[tuple[str, int, str]] = Counter()

    def add(self, request: Request) -> None:
        """A request has ended: keep what was seen of its answer, where that is why it failed."""
        expected, saw = request.saw
        if not expected:
            return
        kind = (request.error, request.status, expected)
        earlier, self._of_kind[kind] = self._of_kind[kind], self._of_kind[kind] + 1
        if earlier % (1 << max(0, (earlier // WHOLE).bit_length() - 1)) == 0:
            self._kept.append(WrongAnswer(seq=request.seq, expected=expected, saw=masked(saw, self._secrets)))

    def told(self) -> tuple[WrongAnswer, ...]:
        """All that were kept, in the order in which they ended."""
        return tuple(self._kept)


def of_all(parts: Iterable[Sequence[WrongAnswer]]) -> tuple[WrongAnswer, ...]:
    """Those of several workers, by number."""
    return tuple(sorted((wrong for part in parts for wrong in part), key=lambda wrong: wrong.seq))


def masked(text: str, secrets: Sequence[str]) -> str:
    """The same without secrets."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text
