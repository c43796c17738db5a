"""Reading a team's locustfile: what is wrong with it in one line, and its user classes.

Run as a script, ``python -m conformance.load.tasks.team_file FILE WORKERS``, it says on standard output what is
wrong with the file, in one line, and ends with exit code 1; without a fault with 0. So who asks never imports it.
"""

import ast
import importlib.util
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from locust import LoadTestShape, TaskSet, User

from conformance.load.user import ReleaseUser

MARK = "release-locustfile: "
"""Before each line that is meant for the asker: the file itself may print what it likes."""
NAME = "conformance_team_locustfile"


class Refused(ValueError):
    """The locustfile cannot be used; the message is one line."""


def read(file: Path) -> tuple[list[type[ReleaseUser]], list[str]]:
    """Its user classes, and what it has that the load does not use. Raises Refused."""
    module = _import(file)
    found = [one for one in vars(module).values() if isinstance(one, type) and issubclass(one, User)]
    own = list({one: None for one in found if issubclass(one, ReleaseUser) and not vars(one).get("abstract", False)})
    others = sorted({one.__name__ for one in found if not issubclass(one, ReleaseUser) and one.__module__ == NAME})
    if not own:
        remedy = f"change the base class of {others[0]} to ReleaseUser" if others else "write a class with tasks"
        raise Refused(
            f"{file}: it has no user class of the suite's; {remedy} (from conformance.load.user import ReleaseUser)"
        )
    for one in own:
        _check(file, one)
    return own, [*_not_used(own), *_left_out(module, others)]


def _import(file: Path) -> ModuleType:
    try:
        source = file.read_bytes()
    except OSError as error:
        raise Refused(f"{file}: the locustfile cannot be read: {error.strerror}") from None
    try:
        ast.parse(source, str(file))
    except SyntaxError as error:
        raise Refused(f"{file}, line {error.lineno}: {error.msg}") from None
    spec = importlib.util.spec_from_file_location(NAME, file)
    if spec is None or spec.loader is None:
        raise Refused(f"{file}: expected a file that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = module
    sys.path.insert(0, str(file.parent))
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a file of somebody else's
        remedy = f"; install it for {sys.executable}" if isinstance(error, ModuleNotFoundError) else ""
        raise Refused(f"{file}: it cannot be imported: {said(error, file)}{remedy}") from None
    return module


def said(error: BaseException, file: Path | None = None) -> str:
    """An exception in one line: its kind, its words and where it was raised, in this file if it came through it."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if file is not None and frame.filename == str(file)]
    at = (own or frames)[-1:]
    place = f" ({Path(at[0].filename).name}, line {at[0].lineno})" if at else ""
    words = " ".join(str(error).split())
    return f"{type(error).__name__}{': ' if words else ''}{words}{place}"


def _check(file: Path, one: type[ReleaseUser]) -> None:
    name = one.__name__
    if not one.tasks:
        hint = "; it has an attribute task: is it to be tasks?" if vars(one).get("task") is not None else ""
        raise Refused(f"{file}: {name} has no tasks: mark its methods with @task{hint}")
    for task in one.tasks:
        _check_task(file, name, task, ())
    if one.weight <= 0 and one.fixed_count <= 0:
        raise Refused(f"{file}: {name} has the weight {one.weight}; it must be above 0")


def _check_task(file: Path, owner: str, task: object, above: tuple[object, ...]) -> None:
    if isinstance(task, type) and issubclass(task, TaskSet):
        if task in above:
            return
        if not task.tasks and task.get_next_task is TaskSet.get_next_task:
            raise Refused(f"{file}: {owner} has the task set {task.__name__}, which has no tasks")
        for one in task.tasks:
            _check_task(file, task.__name__, one, (*above, task))
    elif isinstance(task, type) or not callable(task):
        raise Refused(f"{file}: {owner} has the task {task!r}, which is neither a function nor a TaskSet")


def _not_used(own: Sequence[type[ReleaseUser]]) -> list[str]:
    found = []
    for one in own:
        if one.host:
            found.append(f"{one.__name__}.host: the load goes to the release's SLB")
        if one.wait_time is not ReleaseUser.wait_time or one.min_wait is not None or one.max_wait is not None:
            found.append(f"{one.__name__}.wait_time: the open schedule decides when a task is due")
    return found


def _left_out(module: ModuleType, others: Sequence[str]) -> list[str]:
    found = [f"{name}: no ReleaseUser, so it has no part in the load" for name in others]
    found += [
        f"{name}: the shape of the load is the release's"
        for name, one in vars(module).items()
        if isinstance(one, type) and issubclass(one, LoadTestShape) and one is not LoadTestShape
    ]
    return found


def require_shareable(file: Path, own: Sequence[type[ReleaseUser]], workers: int) -> None:
    """Raise Refused where workers cannot have equal parts of a class's users."""
    for one in own:
        if one.fixed_count % workers:
            raise Refused(
                f"{file}: {one.__name__}.fixed_count is {one.fixed_count}, which {workers} workers cannot share;"
                " make it a multiple, give the class a weight, or run with --workers 1"
            )


def _main(file: Path, workers: int) -> int:
    try:
        own, notices = read(file)
        require_shareable(file, own, workers)
    except Refused as refused:
        print(f"{MARK}{refused}")  # noqa: T201 - its protocol
        return 1
    for notice in notices:
        print(f"{MARK}{file.name}: {notice}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(_main(Path(sys.argv[1]), int(sys.argv[2])))
