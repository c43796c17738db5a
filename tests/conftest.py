"""Which of the suite's own tests a session carries out: rare cases that need a release of their own are asked for.

They are marked like scenarios: ``profile("extended")``, and carried out by ``make matrix`` or ``--profile extended``.
"""

import pytest

from fixtures.glue.options import read_settings
from fixtures.glue.selection import contained


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    profile = read_settings(config).profile
    left = [item for item in items if item.get_closest_marker("profile") and not contained(item, profile)]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]
