"""The workload of a descriptor: what may stand in it, what is refused in one line, and what the load is told of it."""

from pathlib import Path

import pytest

from conformance.record.contract import EffectRule
from fixtures.glue.load_routes import BOUNDARY, SaidOfVersions, load_requests
from fixtures.services.descriptor import Descriptor, DescriptorError
from fixtures.services.effects import every_rule
from fixtures.services.statuses import in_any_version, rules

HEAD = """
schema = "release-topology/1"
name = "shop"
[services.shop]
entry = true
version = "1"
ready = "GET /ready"
admin.health = "GET /health"
versions.1 = { command = ["run"] }
versions.2 = { command = ["run"] }
"""
ROUTE = """
[[workload.routes]]
name = "read"
method = "GET"
path = "/"
weight = 1
expect = [200]
write = false
"""

V2 = 'versions.2 = { command = ["run"] }'


def read(tmp_path: Path, workload: str, route: str = "") -> Descriptor:
    file = tmp_path / "services.toml"
    file.write_text(f"{HEAD}\n{workload}\n{ROUTE}{route}")
    return Descriptor.read(file)


def test_everything_that_a_route_may_have_reaches_the_load(tmp_path: Path) -> None:
    (tmp_path / "skus.csv").write_text("sku,Count\ns-1,1\ns-2,2\n")
    (tmp_path / "cv.bin").write_bytes(b"\x00\x01")
    descriptor = read(
        tmp_path,
        """
[workload]
data = "skus.csv"
[workload.login]
method = "POST"
path = "/login"
form = { user = "a b", password = "p&q" }
expect = [200]
renew_s = 10
take = { token = { pointer = "/token" } }
""",
        """
headers = { Authorization = "Bearer {token}", X-Sku = "{data.sku}-{data.Count}", X-Place = "{place}" }
check = { pointer = "/code", equal = 0 }
within_ms = 200
timeout_s = 25
[[workload.routes]]
name = "upload"
method = "POST"
path = "/cv"
form = { who = "{id}" }
files = { cv = "cv.bin" }
weight = 1
expect = [201]
write = true
take = { place = { header = "Location" } }
""",
    )
    requests = load_requests(descriptor.workload, tmp_path, 100)
    plain, upload, login = requests.routes
    assert (requests.columns, requests.rows) == (("sku", "Count"), (("s-1", "1"), ("s-2", "2")))
    assert dict(plain.headers) == {
        "Authorization": "Bearer {token}",
        "X-Sku": "{data.sku}-{data.Count}",
        "X-Place": "{place}",
    }
    assert (plain.within_ms, plain.timeout_s, plain.checks[0].equal) == (200, 25, b"0")
    assert isinstance(upload.body, tuple)
    assert isinstance(login.body, tuple)
    assert upload.content_type == f"multipart/form-data; boundary={BOUNDARY}"
    body = b"".join(part.text.encode() + part.data for part in upload.body)
    assert body.count(f"--{BOUNDARY}".encode()) == 3
    assert b'name="who"\r\n\r\n{id}\r\n' in body
    assert b"\r\n\r\n\x00\x01\r\n" in body
    assert login.content_type == "application/x-www-form-urlencoded"
    assert login.body[0].text == "user=a+b&password=p%26q"
    whole = sum(route.weight for route in requests.routes)
    assert login.weight / whole * 100 * 10 == pytest.approx(2)
    assert descriptor.longest_answer_s == 25


WRONG = {
    "check = {}": "workload.routes[0].check[0]: expected one of pointer with equal or exists, pattern, length",
    "check = { equal = 1 }": "check[0].pointer: expected a pointer",
    'check = { pointer = "/a" }': "expected equal or exists, which say what must stand there",
    'check = { pointer = "a", exists = true }': "expected a JSON pointer",
    'check = { pattern = "(" }': "expected a regular expression; this one is broken",
    "check = { length = -1 }": "check[0].length = -1",
    'check = { pointr = "/a" }': "did you mean pointer?",
    "take = { token = {} }": "expected one of pointer, header, pattern; given: none",
    'take = { token = { pointer = "/a", header = "b" } }': "given: pointer, header",
    'take = { id = { header = "b" } }': "take.id: expected another name: the suite has this one",
    'headers = { Authorization = "Bearer {token}" }': 'headers.Authorization = "Bearer {token}": expected no {token}',
    'headers = { "a b" = "c" }': "headers",
    'body = "x"\nform = { a = "b" }': "expected a body, or a form with or without files: not both",
    'files = { a = "none.bin" }': "expected a file beside the descriptor",
    'files = { a = "services.toml" }\ncontent_type = "text/plain"': "expected none: files are sent as multipart",
    "within_ms = 0": "within_ms = 0",
    "within_ms = 2000\ntimeout_s = 1": "expected no more than its time-out, 1 s",
    "timeout_s = 0": "timeout_s = 0",
    'body = "{data.sku}"': "expected no {data.sku}",
    'body = "{written}"': "expected no {written}: no route writes",
    "effects = ['placed']": "expected none: a read leaves no effects",
    "long_share = 0.1": "neither path nor body names {work_ms}",
}


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_route_is_refused_in_one_line_of_its_own(tmp_path: Path, line: str) -> None:
    with pytest.raises(DescriptorError) as refused:
        read(tmp_path, "", line)
    assert WRONG[line] in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("workload", "said"),
    [
        ('[workload]\ndata = "none.csv"', 'workload.data = "none.csv": expected a CSV file beside the descriptor'),
        ('[workload]\ndata = "short.csv"', "it has no rows below the names of its columns"),
        ('[workload]\ndata = "uneven.csv"', "line 3 has 1 values for 2 columns"),
        ('[workload.login]\nmethod = "POST"\npath = "/"\nexpect = [200]', "expected what is taken of its answer"),
        (
            '[workload.login]\nmethod = "POST"\npath = "/"\nexpect = [200]\nrenew_s = 0\ntake.t.header = "a"',
            "workload.login.renew_s = 0",
        ),
    ],
)
def test_a_wrong_workload_is_refused_in_one_line_of_its_own(tmp_path: Path, workload: str, said: str) -> None:
    (tmp_path / "short.csv").write_text("a,b\n")
    (tmp_path / "uneven.csv").write_text("a,b\n1,2\n3\n")
    with pytest.raises(DescriptorError) as refused:
        read(tmp_path, workload)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_version_that_answers_otherwise_says_of_which_route(tmp_path: Path) -> None:
    file = tmp_path / "services.toml"
    file.write_text(f"{HEAD.replace(V2, V2.replace('] }', '], statuses.read = [202] }'))}{ROUTE}")
    descriptor = Descriptor.read(file)
    (read,) = descriptor.workload.routes
    (old, new) = rules(read, descriptor.services)
    assert ((old.version, old.expect), (new.version, new.expect)) == (("1", (200,)), ("2", (202,)))
    taken = in_any_version(descriptor.workload.routes, descriptor.services)
    said = SaidOfVersions(statuses=taken)
    assert load_requests(descriptor.workload, tmp_path, 100, said=said).routes[0].expect == (200, 202)
    file.write_text(f"{HEAD.replace(V2, V2.replace('] }', '], statuses.raed = [202] }'))}{ROUTE}")
    with pytest.raises(DescriptorError, match=r"versions\.2\.statuses\.raed: expected the name of a route: read"):
        Descriptor.read(file)


def test_a_version_that_answers_otherwise_says_what_is_left_then(tmp_path: Path) -> None:
    file = tmp_path / "services.toml"
    write = ROUTE.replace("false", "true").replace('"read"', '"buy"').replace('"GET"', '"POST"')
    route = f"{write}effects = {{ 200 = ['placed'] }}\n[audit]\ncommand = ['count']\n"

    def read_with(more: str) -> Descriptor:
        file.write_text(f"{HEAD.replace(V2, V2.replace('] }', f'], {more} }}'))}{route}")
        return Descriptor.read(file)

    with pytest.raises(DescriptorError) as refused:
        read_with("statuses.buy = [200, 202]")
    assert str(refused.value) == (
        f"{file}: services.shop.versions.2.statuses.buy = [200, 202]: expected what is left for 202, too:"
        " services.shop.versions.2.effects.buy = { 202 = [] } where nothing is"
    )
    assert read_with("statuses.buy = [200, 202], effects.buy = { 202 = ['placed', 'mailed'] }").workload.routes
    assert read_with("statuses.buy = [200, 202], effects.buy = ['placed']").workload.routes


def test_a_file_may_be_named_by_its_whole_path_where_it_lies_beside_the_descriptor(tmp_path: Path) -> None:
    (tmp_path / "cv.bin").write_bytes(b"x")
    assert read(tmp_path, "", f'files = {{ cv = "{tmp_path}/cv.bin" }}').workload.routes[0].files


@pytest.mark.parametrize(
    ("effects", "by_version", "leaves"),
    [
        ("", (), (201, 202, 409)),
        ("effects = ['placed']", (), (201, 202, 409)),
        ("effects = { 201 = ['placed'], 202 = ['placed'], 409 = [] }", (), (201, 202)),
        (
            "effects = { 201 = ['placed'], 202 = ['placed'], 409 = [] }",
            ({201: ("placed", "mailed")}, {202: ()}),
            (201,),
        ),
        ("effects = ['placed']", ({409: ()},), (201, 202)),
    ],
)
def test_which_statuses_of_a_write_say_that_it_left_something(
    tmp_path: Path, effects: str, by_version: tuple[dict[int, tuple[str, ...]], ...], leaves: tuple[int, ...]
) -> None:
    """Of every version, for the load does not know which one it has met."""
    write = ROUTE.replace("false", "true").replace("[200]", "[201, 202, 409]").replace('"read"', '"buy"')
    audit = "[audit]\ncommand = ['count']\n" if effects else ""
    descriptor = read(tmp_path, audit, f"{write}{effects}")
    rules = tuple(
        EffectRule(effects=left, statuses=(status,), service="shop", version="2")
        for one in by_version
        for status, left in one.items()
    )
    said = SaidOfVersions(effects={"buy": rules})
    plain, bought = load_requests(descriptor.workload, tmp_path, 100, said=said).routes
    assert (plain.leaves, bought.leaves) == (None, leaves)


def test_the_name_of_a_field_with_a_quote_is_written_as_browsers_do(tmp_path: Path) -> None:
    (tmp_path / 'a "b".txt').write_text("x")
    more = """
[[workload.routes]]
name = "upload"
method = "POST"
path = "/cv"
files = { 'the "cv"' = 'a "b".txt' }
weight = 1
expect = [201]
write = false
"""
    _, upload = load_requests(read(tmp_path, "", more).workload, tmp_path, 100).routes
    assert isinstance(upload.body, tuple)
    assert 'name="the %22cv%22"; filename="a %22b%22.txt"\r\n' in upload.body[0].text


@pytest.mark.parametrize(
    ("said", "looked_at"),
    [
        ("expect = [200]", False),
        ("expect = [200, 404]", False),
        ("expect = [200]\ntimeout_s = 30\nstream = true", False),
        ("expect = [204, 404]", True),
        ("expect = [302]", True),
        ("expect = [200]\ncheck = { length = 12 }", True),
        ('expect = [201]\ntake = { order = { header = "Location" } }\nheaders = { X-Last = "{order}" }', True),
        ('expect = [200]\nlast = "^total"', True),
        ('kind = "events"\nexpect = [200]\nmessages = { count = 3 }', True),
    ],
)
def test_whether_more_of_an_answer_is_looked_at_than_its_status(tmp_path: Path, said: str, looked_at: bool) -> None:
    route = f'[[workload.routes]]\nname = "more"\nmethod = "GET"\npath = "/m"\nweight = 1\nwrite = false\n{said}\n'
    more = load_requests(read(tmp_path, "", route).workload, tmp_path, 100).routes[-1]
    assert more.looked_at is looked_at


@pytest.mark.parametrize(("effects", "rules"), [("", ()), ("effects = []", (EffectRule(effects=()),))])
def test_a_write_that_is_said_to_leave_nothing_is_declared(
    tmp_path: Path, effects: str, rules: tuple[EffectRule, ...]
) -> None:
    """One of which nothing is said is not."""
    route = ROUTE.replace("false", "true").replace('"read"', '"log out"').replace('"GET"', '"POST"')
    (tmp_path / "services.toml").write_text(f"{HEAD}{route}{effects}")
    descriptor = Descriptor.read(tmp_path)
    assert every_rule(descriptor.workload, descriptor.services) == {"log out": rules}


def test_so_is_one_of_a_locustfile(tmp_path: Path) -> None:
    (tmp_path / "locustfile.py").write_text("")
    writes = '[workload]\nlocustfile = "locustfile.py"\nwrites = { "POST /log-out" = [], "POST /a" = { 200 = [] } }\n'
    (tmp_path / "services.toml").write_text(HEAD + writes)
    descriptor = Descriptor.read(tmp_path)
    assert every_rule(descriptor.workload, descriptor.services) == {
        "POST /log-out": (EffectRule(effects=()),),
        "POST /a": (EffectRule(effects=(), statuses=(200,)),),
    }
