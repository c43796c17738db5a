"""What the judge's tests share."""

from collections.abc import Iterator

import pytest

from tests.judge import healthy


@pytest.fixture(scope="session", autouse=True)
def _nothing_outlives_the_session() -> Iterator[None]:
    """A msgspec struct whose class has methods, and that lives until Python ends, makes DuckDB tell of leaks."""
    yield
    healthy.forget()
