"""What a harness may run out of, each made on this machine for one row alone: its disk, its ports, its processors.

Each is a place of its own for as long as the row is carried out: a small file system, a network and a control group
that end with all that is in them. Where the machine does not let one be made, the row is left out, and says so.
"""

import ctypes
import errno
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NoReturn

from tests.end_to_end.small import Small

SIZE_KB: Final = 4096
FILLER: Final = "filler"
GROUPS: Final = Path("/sys/fs/cgroup/cpu")
PERIOD_US: Final = 100_000
SPENT_US: Final = 5_000
"""A twentieth of a processor..."""
SPENT_FOR_S: Final = 3.0
"""...for so long."""
PORTS: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
FEW_PORTS: Final = "60998 60999"
FEW_FOR_S: Final = 1.0
NEW_NETWORK: Final = 0x4000_0000
"""``CLONE_NEWNET``."""


class CannotHere(RuntimeError):
    """This machine does not let a row be carried out: what it lacks. Nothing is wrong, and nothing was measured."""


def _cannot(what: str, error: OSError | subprocess.CalledProcessError) -> NoReturn:
    said = error.stderr.decode().strip() if isinstance(error, subprocess.CalledProcessError) else str(error)
    raise CannotHere(f"{what}: {said}") from error


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True, timeout=10)


@contextmanager
def small_disk(small: Small) -> Iterator[None]:
    """Records lie on a small file system of their own meanwhile; it ends with all that is on it."""
    before, place = small.folder, small.folder / "disk"
    place.mkdir()
    try:
        _run("mount", "-t", "tmpfs", "-o", f"size={SIZE_KB}k", "tmpfs", str(place))
    except (OSError, subprocess.CalledProcessError) as error:
        _cannot("a file system of its own", error)
    small.folder = place
    try:
        yield
    finally:
        small.folder = before
        _run("umount", "--lazy", str(place))


def fill(small: Small) -> None:
    """Leave nothing free on the file system on which records lie."""
    with (small.folder / FILLER).open("wb", buffering=0) as filler:
        try:
            while filler.write(b"\0" * 4096):
                pass
        except OSError as error:
            if not is_full(error):
                raise


def is_full(error: OSError) -> bool:
    """Whether it is that the disk has no room left, and nothing else."""
    return error.errno == errno.ENOSPC


@contextmanager
def own_network(_small: Small) -> Iterator[None]:
    """All that is started meanwhile stands in a network of its own, in which there is loopback alone."""
    with Path("/proc/self/ns/net").open() as before:
        try:
            _call("unshare", NEW_NETWORK)
            _run("ip", "link", "set", "lo", "up")
        except (OSError, subprocess.CalledProcessError) as error:
            _cannot("a network of its own", error)
        try:
            yield
        finally:
            _call("setns", before.fileno(), NEW_NETWORK)


def _call(name: str, *arguments: int) -> None:
    """One of the C library's, which Python has only from 3.12 on."""
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def take_ports(_small: Small) -> None:
    """For a moment a new connection finds no port, where there are two to the same address."""
    before = PORTS.read_text()
    PORTS.write_text(FEW_PORTS)
    try:
        time.sleep(FEW_FOR_S)
    finally:
        PORTS.write_text(before)


@contextmanager
def own_group(_small: Small) -> Iterator[None]:
    """There is a control group meanwhile that has a quota of processors, and nobody in it so far."""
    group = _group()
    try:
        group.mkdir()
        (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
    except OSError as error:
        _cannot("a control group of its own (version 1)", error)
    try:
        yield
    finally:
        for pid in (group / "cgroup.procs").read_text().split():
            with suppress(ProcessLookupError):
                (GROUPS / "cgroup.procs").write_text(pid)
        group.rmdir()


def _group() -> Path:
    return GROUPS / f"release-conformance-detection-{os.getpid()}"


def spend_processors(small: Small) -> None:
    """The session and its load, without its real-time priority, have a twentieth of a processor for a while."""
    group = _group()
    os.sched_setscheduler(small.load_pid, os.SCHED_OTHER, os.sched_param(0))
    for pid in (small.load_pid, os.getpid()):
        (group / "cgroup.procs").write_text(str(pid))
    (group / "cpu.cfs_quota_us").write_text(str(SPENT_US))
    time.sleep(SPENT_FOR_S)
    (group / "cpu.cfs_quota_us").write_text("-1")


def hold(for_s: float, *whom: Callable[[Small], int]) -> Callable[[Small], None]:
    """Let processes stand still for so long, this one too where it is among them: another one lets them go on."""

    def held(small: Small) -> None:
        pids = [pid(small) for pid in whom]
        go_on = f"sleep {for_s}; kill -CONT {' '.join(map(str, pids))}"
        with subprocess.Popen(["sh", "-c", go_on], start_new_session=True):
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)

    return held
