"""Each commit has two scenarios of the extended profile carried out, and within some dozens all have had their turn."""

from tests import rotating


def test_each_commit_has_two_of_those_that_can_be_carried_out() -> None:
    every = list(rotating.applicable())
    assert len(set(every)) == len(every) > 50
    both = rotating.chosen("a commit")
    assert len(both) == rotating.COUNT
    assert set(both) <= set(every)
    assert rotating.chosen("a commit") == both
    assert rotating.chosen("another") != both


def test_a_scenario_among_both_registries_is_one_of_them() -> None:
    assert any("migration_from_one_registry" in name for name in rotating.applicable())
