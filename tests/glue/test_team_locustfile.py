"""A team's locustfile is looked at before anything starts: each mistake is one line, and pytest never imports it."""

import sys
from pathlib import Path

import pytest

from conformance.load.spec import TaskWrite
from fixtures.glue.commands import check
from fixtures.glue.load_routes import SaidOfVersions, load_requests
from fixtures.glue.team_locustfile import check_locustfile
from fixtures.services.descriptor import Descriptor, DescriptorError
from fixtures.services.effects import rules
from tests.glue.suite import pytest as suite

DESCRIPTOR = """
schema = "release-topology/1"
name = "shop"
[services.shop]
entry = true
version = "1"
ready = "GET /ready"
admin.health = "GET /health"
versions.1 = { command = ["true"] }
versions.2 = { command = ["true"] }
[workload]
"""
HEAD = "from locust import HttpUser, TaskSet, task\nfrom conformance.load.user import ReleaseUser\n"
USER = "class Shopper(ReleaseUser):\n    @task\n    def look(self):\n        self.client.get('/')\n"

MISTAKES = {
    "class Shopper(ReleaseUser):\n    @task\n    def look(self)\n        pass\n": r"line 5: expected ':'",
    "import no_such_module\n"
    + USER: r"ModuleNotFoundError: No module named 'no_such_module' \(locustfile.py, line 3\)",
    "print('hello')\nraise SystemExit(3)\n": r"cannot be imported: SystemExit: 3 \(locustfile.py, line 4\)",
    "PRICES = {}\nPRICES['a']\n" + USER: r"cannot be imported: KeyError: 'a' \(locustfile.py, line 4\)",
    "": r"it has no user class of the suite's; write a class with tasks",
    "class Old(HttpUser):\n    @task\n    def look(self): pass\n": r"change the base class of Old to ReleaseUser",
    "class Idle(ReleaseUser):\n    pass\n": r"Idle has no tasks: mark its methods with @task",
    "class Idle(ReleaseUser):\n    task = 1\n": r"an attribute task: is it to be tasks\?",
    "class Odd(ReleaseUser):\n    tasks = ['look']\n": r"the task 'look', which is neither a function nor",
    "class Empty(TaskSet):\n    pass\nclass Odd(ReleaseUser):\n    tasks = [Empty]\n": r"Empty, which has no tasks",
    USER + "    weight = 0\n": r"Shopper has the weight 0; it must be above 0",
}


def descriptor(folder: Path, source: str, workload: str = 'locustfile = "locustfile.py"') -> Descriptor:
    (folder / "services.toml").write_text(DESCRIPTOR + workload)
    (folder / "locustfile.py").write_text(source)
    return Descriptor.read(folder)


@pytest.mark.parametrize("source", MISTAKES, ids=range(len(MISTAKES)))
def test_a_mistake_is_one_line(tmp_path: Path, source: str) -> None:
    with pytest.raises(DescriptorError, match=MISTAKES[source]) as raised:
        check_locustfile(descriptor(tmp_path, HEAD + source), print)
    assert str(raised.value).startswith(f'{tmp_path}/services.toml: workload.locustfile = "locustfile.py": ')
    assert "\n" not in str(raised.value)


def test_users_that_workers_cannot_share_are_refused(tmp_path: Path) -> None:
    shop = descriptor(tmp_path, HEAD + USER + "    fixed_count = 4\n")
    check_locustfile(shop, print, workers=2)
    with pytest.raises(
        DescriptorError, match=r"Shopper.fixed_count is 4, which 3 workers cannot share; make it a mult"
    ):
        check_locustfile(shop, print, workers=3)


def test_one_that_can_be_used_is_told_what_is_not_used_and_is_not_imported_here(tmp_path: Path) -> None:
    source = f"""
from locust import LoadTestShape, between
print("loud")
{HEAD}{USER}
    host = "http://shop.example"
    wait_time = between(1, 2)
class Old(HttpUser):
    pass
class Wave(LoadTestShape):
    pass
"""
    said: list[str] = []
    check_locustfile(descriptor(tmp_path, source), said.append)
    assert said == [
        "locustfile.py: Shopper.host: the load goes to the release's SLB",
        "locustfile.py: Shopper.wait_time: the open schedule decides when a task is due",
        "locustfile.py: Old: no ReleaseUser, so it has no part in the load",
        "locustfile.py: Wave: the shape of the load is the release's",
    ]
    assert "locust" not in sys.modules
    assert "conformance_team_locustfile" not in sys.modules


ROUTE = '[[workload.routes]]\nname = "r"\nmethod = "GET"\npath = "/"\nweight = 1\nexpect = [200]\nwrite = false\n'


@pytest.mark.parametrize(
    ("workload", "told"),
    [
        ('locustfile = "no.py"', r"workload.locustfile = .no.py.: expected a file beside the descriptor"),
        ('locustfile = "services.toml"', r"expected a file that ends in .py"),
        ('locustfile = "locustfile.py"\n' + ROUTE, r"workload.routes = .*: expected none beside a locustfile"),
        ('locustfile = "locustfile.py"\ndata = "a.csv"', r"workload.data = .*: expected none beside a locustfile"),
        ("users = 3\n" + ROUTE, r"workload.users = 3: expected only with a locustfile"),
        ("rate = 3", r"workload.routes = \[\]: expected at least one \[\[workload.routes\]\], or locustfile"),
        ('locustfile = "locustfile.py"\nusers = 0', r"workload.users = 0"),
        (
            'locustfile = "locustfile.py"\nwrites = { "/orders" = ["a"] }',
            r'expected a method and a path, .* "POST /orders"',
        ),
        ('locustfile = "locustfile.py"\nwrites = ["POST /orders"]', r"expected a table: \{ .POST /orders. = "),
        (
            'locustfile = "locustfile.py"\nhost = "http://shop"',
            r"host = .*: unknown key; the load goes to the release's SLB",
        ),
        ('locustfile = "locustfile.py"\nspawn_rate = 5', r"spawn_rate = 5: unknown key; all users are there from"),
        ('locustfile = "locustfile.py"\nwrites = { "POST /orders" = ["a"] }', r"expected a table \[audit\]"),
        (
            'locustfile = "locustfile.py"\nwrites = { "POST /orders" = { "2xx" = [] } }',
            r"statuses as its keys",
        ),
        ('locustfile = "locustfile.py"\nwrites = { "POST /orders" = { 2010 = ["a"] } }', r"expected a status"),
    ],
)
def test_a_workload_that_does_not_fit_together_is_one_line(tmp_path: Path, workload: str, told: str) -> None:
    with pytest.raises(DescriptorError, match=told) as raised:
        descriptor(tmp_path, HEAD + USER, workload)
    assert "\n" not in str(raised.value)


def test_a_session_ends_with_the_line_before_anything_starts(tmp_path: Path) -> None:
    descriptor(tmp_path, HEAD + "class Idle(ReleaseUser):\n    pass\n")
    ended = suite("--services", str(tmp_path), CONFORMANCE_OUT=str(tmp_path / "out"))
    assert ended.code == 4
    assert "Idle has no tasks: mark its methods with @task" in ended.out
    assert not (tmp_path / "out").exists()


def test_check_says_it_too_and_what_the_load_does_not_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    descriptor(tmp_path, HEAD + USER + "    host = 'http://shop.example'\n")
    assert check.main([str(tmp_path)]) == 0
    assert "  locustfile.py: Shopper.host: the load goes to the release's SLB" in capsys.readouterr().out.splitlines()
    (tmp_path / "locustfile.py").write_text("import nothing_of_that_name\n")
    assert check.main([str(tmp_path)]) == 4
    assert "No module named 'nothing_of_that_name'" in capsys.readouterr().err


V2_MAILS = """
[services.shop.versions.2]
command = ["true"]
effects = { "POST /orders" = ["placed", "mailed"] }
"""
WRITES = 'locustfile = "locustfile.py"\nwrites = { "POST /orders" = { 201 = ["placed"], 409 = [] } }\n'
AUDIT = '[audit]\ncommand = ["count"]\n'


def _with_versions(folder: Path, more: str, writes: str = WRITES) -> Descriptor:
    text = DESCRIPTOR.replace('versions.2 = { command = ["true"] }\n', "")
    assert text != DESCRIPTOR
    before, workload, rest = text.partition("[workload]\n")
    (folder / "services.toml").write_text(f"{before}{more}{workload}{rest}{writes}{AUDIT}")
    (folder / "locustfile.py").write_text(HEAD + USER)
    return Descriptor.read(folder)


def test_what_a_version_leaves_reaches_the_load_by_the_name_of_the_write(tmp_path: Path) -> None:
    described = _with_versions(tmp_path, V2_MAILS)
    (by_status, none, by_version) = rules("POST /orders", described.workload.writes["POST /orders"], described.services)
    assert (by_status.statuses, by_status.effects) == ((201,), ("placed",))
    assert (none.statuses, none.effects) == ((409,), ())
    assert (by_version.service, by_version.version, by_version.effects) == ("shop", "2", ("placed", "mailed"))
    said = SaidOfVersions(effects={"POST /orders": (by_version,)})
    tasks = load_requests(described.workload, tmp_path, 100, said=said).tasks
    assert tasks is not None
    assert tasks.writes == (TaskWrite(name="POST /orders", effects=("placed",), rules=(by_version,)),)


@pytest.mark.parametrize(
    ("more", "writes", "told"),
    [
        (V2_MAILS.replace("orders", "order"), WRITES, "expected the name of a write of workload.writes: POST /orders"),
        (
            V2_MAILS,
            'locustfile = "locustfile.py"\nwrites = { "POST /orders" = [] }\n',
            "effects of the write itself, too",
        ),
    ],
)
def test_effects_of_a_version_that_no_write_has_are_one_line(tmp_path: Path, more: str, writes: str, told: str) -> None:
    with pytest.raises(DescriptorError, match=told) as raised:
        _with_versions(tmp_path, more, writes)
    assert "\n" not in str(raised.value)


def test_a_locustfile_is_refused_where_workers_run_in_pods(tmp_path: Path) -> None:
    """What it imports is here, and not there."""
    in_images = DESCRIPTOR.replace('command = ["true"]', 'image = "shop:1"')
    (tmp_path / "services.toml").write_text(in_images + 'locustfile = "locustfile.py"')
    (tmp_path / "locustfile.py").write_text(HEAD + USER)
    ended = suite("--services", str(tmp_path), "--platform", "kubernetes", "--workers", "2")
    assert ended.code == 4
    assert f"{tmp_path}/services.toml: workload.locustfile: 2 workers would run in pods" in ended.complaint
