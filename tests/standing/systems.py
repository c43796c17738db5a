"""Starts a newsroom outside the suite's sessions, and describes it as its team would."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fixtures.services.descriptor import Descriptor
from fixtures.slb.nginx.program import nginx_binary

SCRIPT = Path(__file__).with_name("newsroom.py")


@dataclass(frozen=True)
class Newsroom:
    folder: Path
    address: str

    def command(self, *words: str) -> list[str]:
        return [sys.executable, str(SCRIPT), words[0], str(self.folder), *words[1:]]

    def describe(self, how: str = "careful", /, **changes: object) -> Path:
        """Write a descriptor whose release goes like this; ``changes`` take the places of keys of ``[standing]``."""
        keys: dict[str, object] = {
            "service": "desk",
            "address": self.address,
            "old": "7",
            "new": "8",
            "instances": 3,
            "at_least": 3,
            "list": self.command("list"),
            "release": self.command("deploy", "{new}", how),
            **changes,
        }
        file = self.folder / f"{how}.toml"
        lines = [f"{key} = {value!r}" for key, value in keys.items()]
        file.write_text(
            "\n".join(
                [
                    'schema = "release-topology/1"',
                    'name = "newsroom"',
                    "[standing]",
                    *lines,
                    "[workload]",
                    "warm_up_requests = 20",
                    "[[workload.routes]]",
                    'name = "news"',
                    "weight = 1",
                    'method = "GET"',
                    'path = "/news"',
                    "write = false",
                    "expect = [200]",
                    """check = { pointer = "/headline", equal = "Tide turns" }""",
                ]
            )
        )
        return file

    def descriptor(self, how: str = "careful", /, **changes: object) -> Descriptor:
        return Descriptor.read(self.describe(how, **changes))


@contextmanager
def newsroom(folder: Path) -> Iterator[Newsroom]:
    """One that stands; ended afterwards, whatever has become of it."""
    folder.mkdir()
    started = subprocess.run(
        [sys.executable, str(SCRIPT), "up", str(folder), str(nginx_binary())],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    room = Newsroom(folder, started.stdout.strip())
    try:
        yield room
    finally:
        subprocess.run(room.command("down"), check=True, timeout=60)
