"""What is changed in a module of the judge: cosmic-ray's own operators as far as they tell something, and SQL's.

Of each comparison only its neighbour is tried (``<`` for ``<=``), and of each number the next: whoever tells these
apart tells the farther ones apart too, and each mutant costs a session of pytest. Arithmetic's ``|`` is left alone: it
joins types and dictionaries here. Decorators make dataclasses and caches, without which nothing runs, or all is slower.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from cosmic_ray import plugins
from cosmic_ray.operators.number_replacer import NumberReplacer
from cosmic_ray.operators.operator import Operator
from cosmic_ray.operators.provider import OperatorProvider
from parso.python.tree import Keyword, PythonNode, String
from parso.tree import NodeOrLeaf

from tests.mutants.sql_text import Change, changes

Span = tuple[tuple[int, int], tuple[int, int]]
_CORE = (
    *(f"ReplaceComparisonOperator_{pair}" for pair in ("Eq_NotEq", "NotEq_Eq", "Is_IsNot", "IsNot_Is")),
    *(f"ReplaceComparisonOperator_{pair}" for pair in ("Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt")),
    *("ReplaceUnaryOperator_Delete_Not", "ReplaceUnaryOperator_Delete_USub"),
    *("ReplaceAndWithOr", "ReplaceOrWithAnd", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue"),
    *("ReplaceBreakWithContinue", "ReplaceContinueWithBreak", "ExceptionReplacer", "ZeroIterationForLoop"),
)
_ARITHMETIC = tuple(
    f"ReplaceBinaryOperator_{pair}" for pair in ("Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "FloorDiv_Mul")
)


_SETTINGS = {"order", "strict", "frozen", "slots", "kw_only"}
"""Arguments that decide nothing of a judgement: a check's place in the report, what a class or ``zip`` refuses."""


def _only(core: Any, tells: Callable[[NodeOrLeaf], bool]) -> Any:  # noqa: ANN401 - cosmic-ray is untyped
    """An operator of cosmic-ray's where it tells something."""

    class Only(core):
        def mutation_positions(self, node: NodeOrLeaf) -> Iterator[Span]:
            if tells(node):
                yield from super().mutation_positions(node)

    return Only


def _is_between_two(node: NodeOrLeaf) -> bool:
    """Whether it stands in arithmetic: to cosmic-ray the star of ``*names`` and of keyword arguments does, too."""
    return node.parent is not None and node.parent.type in {"term", "arith_expr"}


def _is_no_setting(node: NodeOrLeaf) -> bool:
    argument = node.parent is not None and node.parent.type == "argument"
    return not (argument and node.parent.children[0].get_code(include_prefix=False) in _SETTINGS)


class OneMore(NumberReplacer):
    """The next number; of the one before cosmic-ray makes a second mutant."""

    def mutation_positions(self, node: NodeOrLeaf) -> Iterator[Span]:
        """A number's place, once."""
        yield from list(super().mutation_positions(node))[:1]


class Contrary(Operator):
    """The contrary of a condition; cosmic-ray's own leaves elif, comprehensions and brackets out."""

    def mutation_positions(self, node: NodeOrLeaf) -> Iterator[Span]:
        """Each condition's place."""
        for place in _conditions(node):
            yield node.children[place].start_pos, node.children[place].end_pos

    def mutate(self, node: PythonNode, index: int) -> PythonNode:
        """The condition in brackets behind ``not``."""
        place = list(_conditions(node))[index]
        condition = node.children[place]
        node.children[place] = _leaf(f"not ({condition.get_code(include_prefix=False)})", condition)
        return node

    @classmethod
    def examples(cls) -> Sequence[Any]:
        """None: tests/mutants has its own."""
        return ()


class NotIn(Operator):
    """``in`` for ``not in``, and the other way round."""

    def mutation_positions(self, node: NodeOrLeaf) -> Iterator[Span]:
        """The operator's place."""
        if node.type == "comparison":
            for child in node.children[1::2]:
                if _words_of(child) in {"in", "not in"}:
                    yield child.start_pos, child.end_pos

    def mutate(self, node: PythonNode, index: int) -> PythonNode:
        """The comparison with the other operator."""
        places = [at for at, child in enumerate(node.children) if _words_of(child) in {"in", "not in"}]
        old = node.children[places[index]]
        node.children[places[index]] = _leaf("not in" if _words_of(old) == "in" else "in", old)
        return node

    @classmethod
    def examples(cls) -> Sequence[Any]:
        """None: tests/mutants has its own."""
        return ()


class Sql(Operator):
    """Each change of a text that is SQL; a docstring is none, and what code fills in is changed where that code is."""

    def mutation_positions(self, node: NodeOrLeaf) -> Iterator[Span]:
        """The text's place, once for each change: a place within it would have to be counted anew."""
        for change in _changes(node):
            yield _at(node, change), node.end_pos

    def mutate(self, node: NodeOrLeaf, index: int) -> NodeOrLeaf:
        """The text with the change."""
        code = node.get_code(include_prefix=False)
        return _leaf(_changes(node)[index].of(code), node)

    @classmethod
    def examples(cls) -> Sequence[Any]:
        """None: tests/mutants has its own."""
        return ()


def _changes(node: NodeOrLeaf) -> Sequence[Change]:
    if node.type not in {"string", "fstring"} or node.parent.type == "simple_stmt":
        return ()
    return changes(_plain(node))


def _plain(node: NodeOrLeaf) -> str:
    """The text as long as it is, with spaces for its quotes and underscores for what code fills in."""
    code = str(node.get_code(include_prefix=False))
    if node.type == "string":
        begin = len(code) - len(code.lstrip("rRbBuU"))
        quotes = 3 if code[begin : begin + 3] in {'"""', "'''"} else 1
        inner = code[begin + quotes : -quotes]
        return " " * (begin + quotes) + inner + " " * quotes
    pieces = []
    for child in node.children:
        piece = child.get_code(include_prefix=child is not node.children[0])
        filler = {"fstring_start": " ", "fstring_end": " ", "fstring_expr": "_"}.get(child.type)
        pieces.append(piece.replace("{{", "  ").replace("}}", "  ") if filler is None else filler * len(piece))
    return "".join(pieces)


def _at(node: NodeOrLeaf, change: Change) -> tuple[int, int]:
    """Line and column."""
    before = node.get_code(include_prefix=False)[: change.start]
    line, column = node.start_pos
    below = before.count("\n")
    return (line + below, len(before.rpartition("\n")[2]) if below else column + len(before))


def _conditions(node: NodeOrLeaf) -> Iterator[int]:
    """Which of its children are conditions, but for those of a ``not``, which another operator leaves out."""
    places: Iterable[int] = ()
    if node.type in {"if_stmt", "while_stmt"}:
        places = (at + 1 for at, child in enumerate(node.children) if child in ("if", "elif", "while"))
    elif node.type in {"comp_if", "test"}:
        places = (1 if node.type == "comp_if" else 2,)
    return (at for at in places if node.children[at].type != "not_test")


def _words_of(node: NodeOrLeaf) -> str:
    return " ".join(str(node.get_code(include_prefix=False)).split()) if isinstance(node, PythonNode | Keyword) else ""


def _leaf(code: str, old: NodeOrLeaf) -> String:
    return String(code, old.start_pos, prefix=old.get_first_leaf().prefix)


OPERATORS: Final[Mapping[str, Any]] = {
    **{name: _only(OperatorProvider()[name], _is_no_setting) for name in _CORE},
    **{name: _only(OperatorProvider()[name], _is_between_two) for name in _ARITHMETIC},
    "OneMore": _only(OneMore, _is_no_setting),
    **{one.__name__: one for one in (Contrary, NotIn, Sql)},
}


def use() -> None:
    """Let cosmic-ray know these, and no others: it finds providers by entry points, which a test folder has none of."""
    plugins.OPERATOR_PROVIDERS.clear()
    plugins.OPERATOR_PROVIDERS["judge"] = OPERATORS
