"""Allure results: title, labels, steps with their real times, and what can be read beside them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import allure


class StepFailed(Exception):
    """Marks a step as broken in Allure; never leaves this module."""


class AllureSteps:
    """The plan's steps as Allure steps, nested as they are numbered. Called in the test's own thread."""

    def __init__(self) -> None:
        self._open: list[Any] = []

    def began(self, number: str, title: str) -> None:
        """A step begins inside the one that is open."""
        step = allure.step(f"{number} {title}")
        step.__enter__()
        self._open.append(step)

    def ended(self, *, done: bool, saw: str) -> None:
        """The innermost open step ends."""
        step = self._open.pop()
        if done:
            step.__exit__(None, None, None)
            return
        failure = StepFailed(saw or "a step inside it failed")
        step.__exit__(StepFailed, failure, None)


def describe(title: str, promise: str, articles: Sequence[str]) -> None:
    """Title, description and the article's sections, as stories, of the running test."""
    allure.dynamic.title(title)
    allure.dynamic.description(promise)
    allure.dynamic.feature("Release conformance")
    for article in articles:
        allure.dynamic.story(article)


def attach(directory: Path, text: str) -> None:
    """The plan and the failure or verdict text."""
    plan = directory / "plan.txt"
    if plan.exists():
        allure.attach.file(str(plan), name="plan", attachment_type=allure.attachment_type.TEXT)
    allure.attach(text, name="verdict", attachment_type=allure.attachment_type.TEXT)
