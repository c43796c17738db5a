"""What is changed in a module of the judge. Only where cosmic-ray is installed, which `make mutants` does."""

import ast

import pytest

REASON = "cosmic-ray is not installed: `make mutants` installs it"
mutating = pytest.importorskip("cosmic_ray.mutating", reason=REASON)
trees = pytest.importorskip("cosmic_ray.ast", reason=REASON)
operators = pytest.importorskip("tests.mutants.operators", reason=REASON)

from tests.mutants.modules import ROOT, modules  # noqa: E402 - what is skipped is skipped first


def _mutants(source: str) -> list[str]:
    tree = trees.get_ast(source)
    return [
        mutating.mutate_code(source, operator(), occurrence)
        for operator in operators.OPERATORS.values()
        for occurrence in range(sum(len(list(operator().mutation_positions(node))) for node in trees.ast_nodes(tree)))
    ]


@pytest.mark.parametrize(
    ("source", "mutants"),
    [
        ("[a for a in b if a and c]", ["[a for a in b if not (a and c)]", "[a for a in b if a or c]"]),
        ("if not (n := f()):\n    pass", ["(n := f()):\n    pass"]),
        ("x = 1 if a else b", ["x = 2 if a else b", "x = 1 if not (a) else b"]),
        ("if a:\n    pass\nelif b:\n    pass", ["if not (a):\n", "elif not (b):"]),
        ("a not in b", ["a in b"]),
        ("a in b", ["a not in b"]),
        ("def f(*, x):\n    return (*a, *b)", []),
        ("zip(a, b, strict=True)", []),
        ("Check(order=11)", []),
        ('"""WHERE a = 1"""\n', []),
        ('f(f"WHERE a = {b if c else d} AND d", 1)', 5 * [""]),
        ("db(\n    'SELECT x '\n    'WHERE NOT y'\n)", ["    'WHERE y'\n"]),
    ],
)
def test_a_module_is_changed_where_it_decides_something(source: str, mutants: list[str]) -> None:
    changed = _mutants(source)
    assert len(changed) == len(mutants), changed
    assert all(any(mutant in one for one in changed) for mutant in mutants), changed


def test_python_takes_every_mutant_of_a_check() -> None:
    source = (ROOT / modules()["steps"]).read_text(encoding="utf-8")
    mutants = _mutants(source)
    assert len(mutants) > 20
    for mutant in mutants:
        assert mutant != source
        ast.parse(mutant)
