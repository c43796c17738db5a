"""What can be changed in a text of SQL, one small thing at a time.

A text may be a part: a condition, an expression, a query with gaps that code fills in. So it is not parsed, but read
word by word, as DuckDB's own tokenizer has it, and a change replaces one word and leaves all else as it is. Each change
is one that DuckDB still takes: a mutant that is refused for its grammar would be killed by any test, and prove nothing.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb

_SWAPS = {
    "<": "<=",
    "<=": "<",
    ">": ">=",
    ">=": ">",
    "=": "<>",
    "<>": "=",
    "AND": "OR",
    "OR": "AND",
    "TRUE": "false",
    "FALSE": "true",
    "MIN": "max",
    "MAX": "min",
    "ARG_MIN": "arg_max",
    "ARG_MAX": "arg_min",
    "BOOL_OR": "bool_and",
    "BOOL_AND": "bool_or",
}
_FUNCTIONS = {"MIN", "MAX", "ARG_MIN", "ARG_MAX", "BOOL_OR", "BOOL_AND"}
_ARITHMETIC = {"+": "-", "-": "+", "*": "//", "/": "*"}
_DROPPED = {"NOT": (), "LEFT": ("JOIN",), "DESC": (), "DISTINCT": ()}
"""What is left out, and before which words alone; before any where none is named."""
_BEFORE_A_CONDITION = {"WHERE", "HAVING", "ON", "AND", "OR", "WHEN", "FILTER ("}
_BEHIND_A_CONDITION = {"AND", "OR", ")", "THEN", "GROUP", "ORDER", "UNION", "LEFT", "JOIN", ";", ""}
_SPOKEN_ALIKE = re.compile(r"\b(SELECT|FROM|WHERE|JOIN|AND|OR|NOT|IS|CASE|FILTER|BETWEEN|HAVING)\b|^[<>=]+ |\w [<>=]+ ")
"""What no text has that is for people."""
_OPERATOR = re.compile(r"<>|<=|>=|:=|->|\|\||::|==|!=|.", re.DOTALL)
_GAP = "_"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a text: what stands from ``start`` to ``end`` is replaced."""

    start: int
    end: int
    instead: str

    def of(self, text: str) -> str:
        """The text with it."""
        return text[: self.start] + self.instead + text[self.end :]


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    text: str
    kind: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def upper(self) -> str:
        return self.text.upper()

    @property
    def is_operand(self) -> bool:
        return self.kind in {"identifier", "numeric_const", "string_const"} or self.text == ")"


NOTHING = _Word(0, "", "")


def is_sql(text: str) -> bool:
    """Whether this is a question to the database, or a part of one."""
    return bool(_SPOKEN_ALIKE.search(text))


def changes(text: str) -> Sequence[Change]:
    """Every change of this text, from its beginning to its end; none where it is no SQL.

    What code fills in must have been replaced by as many underscores, so that places stay what they are.
    """
    if not is_sql(text):
        return ()
    words = _words(text)
    return [change for index in range(len(words)) for change in _of_word(words, index)]


def _words(text: str) -> list[_Word]:
    """The words without comments; texts are ASCII, for DuckDB counts bytes."""
    starts = [(start, kind.name) for start, kind in duckdb.tokenize(text)]
    ends = [start for start, _ in starts[1:]] + [len(text)]
    words = []
    for (start, kind), end in zip(starts, ends, strict=True):
        piece = text[start:end].rstrip()
        is_sign = kind in {"operator", "numeric_const"} and not piece[:1].isdigit()  # a dot is a number to DuckDB
        if is_sign and (sign := _OPERATOR.match(piece)):
            words.append(_Word(start, sign[0], "operator"))
        elif kind != "comment" and piece:
            words.append(_Word(start, piece, kind))
    return words


def _of_word(words: Sequence[_Word], index: int) -> Iterator[Change]:
    word = words[index]
    before = words[index - 1] if index else NOTHING
    after = words[index + 1] if index + 1 < len(words) else NOTHING
    if word.kind == "string_const" or before.text in {".", "$"}:
        return
    if _is_swapped(words, index, after):
        yield Change(word.start, word.end, _SWAPS[word.upper])
    elif word.text in _ARITHMETIC and before.is_operand and (after.is_operand or after.text in {"(", "$"}):
        yield Change(word.start, word.end, _ARITHMETIC[word.text])
    elif word.kind == "numeric_const":
        yield Change(word.start, word.end, _one_more(word.text))
    elif word.upper in _DROPPED and before.upper != "IS" * (word.upper == "DISTINCT"):
        if not _DROPPED[word.upper] or after.upper in _DROPPED[word.upper]:
            yield Change(word.start, after.start or word.end, "")
    elif (word.upper, after.upper) == ("IS", "NULL"):
        yield Change(word.end, word.end, " NOT")
    elif word.upper == "IN" and before.upper != "NOT":
        yield Change(word.start, word.start, "NOT ")
    if _is_bare(words, index):
        yield Change(word.start, word.start, "NOT ")


def _is_swapped(words: Sequence[_Word], index: int, after: _Word) -> bool:
    word = words[index]
    if word.upper not in _SWAPS:
        return False
    if word.upper in _FUNCTIONS:
        return after.text == "("
    return not (word.upper == "AND" and _bounds(words, index))


def _bounds(words: Sequence[_Word], index: int) -> bool:
    """Whether this AND belongs to a BETWEEN: that is the last of the words AND, OR and BETWEEN before it."""
    said = [word.upper for word in words[:index] if word.upper in {"AND", "OR", "BETWEEN", "WHERE", "ON"}]
    return bool(said) and said[-1] == "BETWEEN"


def _is_bare(words: Sequence[_Word], index: int) -> bool:
    """Whether a condition begins here that is a column alone, such as ``starved`` or ``f.starved``."""
    if words[index].kind != "identifier":
        return False
    end = index + 1
    while end + 1 < len(words) and words[end].text == ".":
        end += 2
    behind = words[end].upper if end < len(words) else ""
    led = words[index - 1].upper if index else ""
    if led == "(" and index > 1 and words[index - 2].upper == "FILTER":
        led = "FILTER ("
    ends_a_range = led == "AND" and _bounds(words, index - 1)
    return led in _BEFORE_A_CONDITION and behind in _BEHIND_A_CONDITION and not ends_a_range


def _one_more(number: str) -> str:
    return str(int(number) + 1) if number.isdigit() else str(float(number) + 1)
