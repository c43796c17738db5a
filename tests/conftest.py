"""Which of the suite's own tests a session carries out: rare cases that need a release of their own are asked for.

They are marked like scenarios: ``profile("extended")``, and carried out by ``make matrix`` or ``--profile extended``.
"""

import pytest

from fixtures.settings import PROFILES


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    asked = PROFILES.index(config.getoption("profile"))
    left = [
        item for item in items if (mark := item.get_closest_marker("profile")) and PROFILES.index(mark.args[0]) > asked
    ]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]
