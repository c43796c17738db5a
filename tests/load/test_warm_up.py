"""What is said of a warm-up that failed."""

from types import SimpleNamespace
from typing import cast

import pytest

from conformance.load.request import Request
from conformance.load.warm_up import failures


def _said(*texts: str) -> str:
    """Of requests that were answered these; ``{id}`` is each one's own."""
    failed = [cast("Request", SimpleNamespace(id=b"warm-%d" % number)) for number in range(len(texts))]
    answers = dict(zip((one.id for one in failed), texts, strict=True))
    return failures(failed, "30 warm-up requests", lambda one: answers[one.id].format(id=one.id.decode()))


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["status 503"] * 3, "3 of 30 warm-up requests failed; the first: status 503 (warm-0)"),
        (["saw tea for {id}"] * 3, "3 of 30 warm-up requests failed; the first: saw tea for {id} (warm-0)"),
        (["a", "b", "a"], "3 of 30 warm-up requests failed; the first: a (warm-0), 2 like it; 1 x b"),
        (
            ["a", "b", "c", "c", "d"],
            "5 of 30 warm-up requests failed; the first: a (warm-0), 1 like it; 2 x c; 1 x b; and 1 more way",
        ),
    ],
    ids=["one way", "its own id", "two ways", "more than are told"],
)
def test_each_way_is_told_once(texts: list[str], said: str) -> None:
    assert _said(*texts) == said
