"""What ``check`` says of three descriptors, whole: ``python -m tests.glue.commands.goldens`` writes the texts anew."""

from pathlib import Path
from unittest.mock import patch

from fixtures import prerequisites
from tests.glue.commands.command_line import carry_out

ROOT = Path(__file__).resolve().parents[3]
GOLDEN = Path(__file__).parent / "golden"
SAMPLE = ROOT / "fixtures" / "services" / "python" / "services.toml"
DESCRIPTORS = {"sample": SAMPLE, "single": GOLDEN / "single.toml", "fan": GOLDEN / "fan.toml"}


def said(name: str) -> str:
    """On a machine that lacks nothing."""
    with patch.object(prerequisites, "missing", return_value=()):
        done = carry_out("check", str(DESCRIPTORS[name]), "--platform", "embedded")
    assert (done.code, done.err) == (0, "")
    return done.out


def text(name: str) -> Path:
    return GOLDEN / f"{name}.txt"


if __name__ == "__main__":
    for each in DESCRIPTORS:
        text(each).write_text(said(each), encoding="utf-8")
