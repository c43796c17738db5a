"""docs/README.md tells of every file and folder beside it."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "README.md").read_text()


def test_every_file_and_folder_is_told_of() -> None:
    named = {name.partition("/")[0] for name in re.findall(r"[\w-]+(?:\.\w+)+|\w+/", TEXT)}
    there = {one.name for one in DOCS.iterdir() if not one.name.startswith((".", "__", "README"))}
    assert sorted(there - named) == []


def test_what_is_linked_exists() -> None:
    links = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert links
    assert [link for link in links if not (DOCS / link).exists()] == []
