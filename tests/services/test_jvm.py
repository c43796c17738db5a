"""What goes wrong with a JVM is told by the lines that say so, and never waited for longer than it may take."""

import shutil
from pathlib import Path

import pytest

from conformance.log_lines import last_telling, last_words
from conformance.run.start_instance import EndedAtStart, await_ready
from conformance.run.waiting import Unmet, until
from conformance.run.world import Platform
from fixtures.services.instance import DescribedInstance
from tests.services.plain import SCRIPT, described, group_of

LAUNCHER = (
    "import java.util.*; import java.net.*; public class Main { public static void main(String[] told) throws Exception"
)
PROGRAMS = {
    "out of memory": f"{LAUNCHER} {{ var all = new ArrayList<byte[]>(); while (true) all.add(new byte[1 << 20]); }} }}",
    "a taken port": f"""{LAUNCHER} {{
        InetAddress host = InetAddress.getByName("127.0.0.1");
        deep(40, new ServerSocket(0, 1, host).getLocalPort(), host);
    }}
    static void deep(int more, int port, InetAddress host) throws Exception {{
        if (more == 0) new ServerSocket(port, 1, host); else deep(more - 1, port, host);
    }} }}""",
    "a slow start": f'{LAUNCHER} {{ System.out.println("warming up"); Thread.sleep(60000); }} }}',
}
FLAGS = '"java", "-Xmx16m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError"'

needs_java = pytest.mark.skipif(shutil.which("javac") is None, reason="no JDK: apt-get install openjdk-17-jdk-headless")


def _started(platform: Platform, folder: Path, command: str) -> DescribedInstance:
    (folder / "no.jar").write_text("no jar\n")
    was = f'"1.8".command = ["{{python}}", "{SCRIPT}"]'
    return group_of(described(folder, (was, f'"1.8".command = [{command}]')), platform).start("shop-01", "1.8")


@needs_java
@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("out of memory", "Terminating due to java.lang.OutOfMemoryError: Java heap space"),
        ("a taken port", "java.net.BindException: Address already in use"),
    ],
)
def test_one_that_ends_at_its_start_is_told_by_its_own_words(
    platform: Platform, tmp_path: Path, program: str, says: str
) -> None:
    (tmp_path / "Main.java").write_text(PROGRAMS[program])
    instance = _started(platform, tmp_path, f'{FLAGS}, "Main.java"')
    with pytest.raises(EndedAtStart) as ended:
        await_ready(instance, within_s=30, every_s=0.1)
    assert str(ended.value).startswith("shop-01.1 ended at start: exit")
    assert says in str(ended.value)


@needs_java
def test_a_jar_that_is_no_jar(platform: Platform, tmp_path: Path) -> None:
    instance = _started(platform, tmp_path, f'{FLAGS}, "-jar", "no.jar"')
    with pytest.raises(EndedAtStart, match="Invalid or corrupt jarfile"):
        await_ready(instance, within_s=30, every_s=0.1)


@needs_java
def test_a_start_that_takes_too_long_is_given_up(platform: Platform, tmp_path: Path) -> None:
    (tmp_path / "Main.java").write_text(PROGRAMS["a slow start"])
    instance = _started(platform, tmp_path, f'{FLAGS}, "Main.java"')
    until("its first words", lambda: "warming up" in instance.log.read_text(), within_s=60)
    with pytest.raises(Unmet, match=r"shop-01\.1 to be ready") as unmet:
        await_ready(instance, within_s=1, every_s=0.1)
    assert "warming up" in str(unmet.value)
    instance.signal("SIGKILL")


def test_frames_hide_no_cause() -> None:
    frames = [f"\tat shop.Deep${n}.<init>(Deep.java:{n})" for n in range(30)]
    lines = ["begins", "Caused by: java.io.IOException: disk full", *frames, "\t... 12 more", ""]
    assert last_telling(lines) == ["begins", "Caused by: java.io.IOException: disk full"]
    assert last_telling(["at last it is up", "at (sic)"]) == ["at last it is up", "at (sic)"]
    assert last_telling([str(n) for n in range(30)], 2) == ["28", "29"]


def test_colours_are_none_of_what_a_log_tells() -> None:
    lines = ["\x1b[1;31mERROR\x1b[m no disk", "\x1b]0;a title\x07up", "\x1b[0m\x1b[0m", "\x1b[32m\tat shop.Main.main("]
    assert last_telling(lines) == ["ERROR no disk", "up"]


def test_of_a_long_log_only_its_end_is_read_and_of_none_nothing(tmp_path: Path) -> None:
    log = tmp_path / "long.log"
    assert last_words(log) == []
    log.write_text("begins\n" + "x" * (1 << 18) + "\nup\n")
    assert last_words(log) == ["up"]
