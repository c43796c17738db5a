"""The settings of a session, as tests need them."""

from pathlib import Path
from typing import Any

from fixtures.glue.settings import SAMPLE, Settings


def made_settings(**changes: object) -> Settings:
    """Those of a session without options, and what is changed of them."""
    usual: dict[str, Any] = {
        "platform": "embedded",
        "registry": "nacos",
        "slb": "nginx",
        "services": SAMPLE,
        "profile": "core",
        "rate": None,
        "plan_only": False,
        "judge": (),
        "keep": False,
        "out": Path("out"),
    }
    return Settings(**usual | changes)
