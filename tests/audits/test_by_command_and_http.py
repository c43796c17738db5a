"""Effects that a command prints and that a server answers: real processes, a real server."""

import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from conformance.run.world import Gone
from fixtures.audits.kinds import AUDITS, open_ledger
from fixtures.audits.place import AuditPlace
from fixtures.platforms.http_client import HttpClient
from fixtures.services.masking import Redaction
from fixtures.services.tables import Audit
from fixtures.services.tables.audit import KINDS

SECRET = "correct-horse-battery"  # noqa: S105 - of this test alone
BODY = '{"request_id": "run-00000001", "effect": "sent"}\n{"request_id": "other-00000001", "effect": "sent"}\n'


class _Books(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        known = {
            "/effects?of=run": (200, BODY),
            "/broken": (500, f"no rows: token {SECRET}"),
            "/html": (200, f"<p>{SECRET}</p>"),
            "/bytes": (200, "\udcff"),
        }
        status, text = known[self.path]
        if self.headers["X-Api-Key"] != SECRET:
            status, text = 403, "who asks?"
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode(errors="surrogateescape"))

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def books() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Books) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def place(tmp_path: Path) -> Callable[[str], AuditPlace]:
    def place(books: str) -> AuditPlace:
        values = {"books": books, "python": sys.executable}
        return AuditPlace(
            folder=tmp_path,
            client=HttpClient(),
            inside=values,
            outside=values,
            environment={},
            database=None,
            redaction=Redaction([SECRET]),
        )

    return place


def test_every_key_that_asks_for_a_kind_has_one() -> None:
    assert set(AUDITS) == set(KINDS)


def _command(script: str, *more: str, within_s: float = 15.0) -> Audit:
    return Audit(command=("{python}", "-c", script, *more), within_s=within_s)


def test_a_command_lists_the_effects_of_the_run_from_a_file_beside_the_descriptor(
    place: Callable[[str], AuditPlace], tmp_path: Path
) -> None:
    (tmp_path / "queue.jsonl").write_text(BODY)
    script = "import sys; sys.stderr.write('noise\\n'); print(open(sys.argv[1]).read())"
    (found,) = open_ledger(_command(script, "queue.jsonl"), place("")).effects("run")
    assert (found.request_id, found.effect, found.version) == ("run-00000001", "sent", "")


def test_a_command_is_told_the_run_and_the_address_of_a_server(place: Callable[[str], AuditPlace]) -> None:
    script = "import sys; print('request_id,effect'); print(sys.argv[1] + '-1,' + sys.argv[2])"
    (found,) = open_ledger(_command(script, "{run}", "{books}"), place("10.0.0.1:7")).effects("run")
    assert (found.request_id, found.effect) == ("run-1", "10.0.0.1:7")


FAILING = {
    f"import sys; print('partly'); sys.exit('no such queue, token {SECRET}')": (
        "exit 1\npartly\nno such queue, token ***"
    ),
    "import time; print('begun', flush=True); time.sleep(60)": "not within 0.5 s\nbegun",
    f"print('{SECRET} is no effect')": "line 1 is '*** is no effect': expected JSON, or a header of request_id, "
    "effect, instance, incarnation, version\n*** is no effect",
}


@pytest.mark.parametrize("script", FAILING)
def test_a_command_that_fails_is_told_with_its_last_output_masked(
    place: Callable[[str], AuditPlace], script: str
) -> None:
    with pytest.raises(Gone) as told:
        open_ledger(_command(script, within_s=0.5), place("")).effects("run")
    command = f"the ledger cannot be read: the audit's command {sys.executable}: "
    assert str(told.value).strip() == command + FAILING[script]


def test_a_command_that_does_not_exist_is_told(place: Callable[[str], AuditPlace]) -> None:
    with pytest.raises(Gone, match=r"no-such-tool: cannot be started: No such file or directory"):
        open_ledger(Audit(command=("no-such-tool",)), place("")).effects("run")


def _http(path: str, key: str = SECRET) -> Audit:
    return Audit.model_validate({"http": f"GET {path}", "address": "{books}", "headers": {"X-Api-Key": key}})


def test_a_server_answers_the_effects_of_the_run(place: Callable[[str], AuditPlace], books: str) -> None:
    (found,) = open_ledger(_http("/effects?of={run}"), place(books)).effects("run")
    assert (found.request_id, found.effect) == ("run-00000001", "sent")


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/broken", "GET /broken was answered with 500\nno rows: token ***"),
        ("/html", "GET /html was answered with what is no listing: line 1 is '<p>***</p>': expected JSON, or a header"),
        ("/bytes", "GET /bytes was answered with what is no listing: 'utf-8' codec can't decode"),
    ],
)
def test_a_server_that_answers_otherwise_is_told_with_its_answer_masked(
    place: Callable[[str], AuditPlace], books: str, path: str, told: str
) -> None:
    with pytest.raises(Gone) as gone:
        open_ledger(_http(path), place(books)).effects("run")
    assert str(gone.value).startswith(f"the ledger cannot be read: {told}")


def test_a_server_that_does_not_answer_is_told(place: Callable[[str], AuditPlace]) -> None:
    with pytest.raises(Gone, match=r"GET /effects was not answered: Connection refused"):
        open_ledger(_http("/effects"), place("127.0.0.1:1")).effects("run")
