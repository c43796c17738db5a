"""The recorder: exactly the schema, complete, never over another's record."""

import csv
import zlib
from pathlib import Path

import msgspec
import pytest

from conformance.load.recorder import Recorder, write_end
from conformance.load.request import Request
from conformance.load.schedule import Turn
from conformance.record import files
from conformance.record.load_end import LoadEnd
from conformance.record.schema import ANSWERS, REQUESTS
from tests.load.specs import WRITE, an_order

WHO = (b'a "peer", quoted', b"", b"orders-01.1", b"v1", b'[{"hop": "a->b"}]')


def _request(seq: int, due_ns: int, **facts: int | str) -> Request:
    request = Request(Turn(seq, 0, 250, fresh=False), f"run1-{seq:08x}".encode(), due_ns)
    for name, value in facts.items():
        setattr(request, name, value)
    return request


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_files_have_the_columns_of_the_schema_from_the_start(tmp_path: Path) -> None:
    Recorder(an_order(tmp_path))
    for table in (REQUESTS, ANSWERS):
        assert (tmp_path / table.file).read_text().splitlines()[0] == table.header


def test_a_request_comes_back_as_it_was(tmp_path: Path) -> None:
    spec = an_order(tmp_path, origin_ns=1_000)
    recorder = Recorder(spec)
    recorder.add(
        _request(
            3,
            due_ns=1_500,
            sent_ns=1_600,
            first_ns=1_700,
            done_ns=1_800,
            connection=4,
            connection_age_us=5,
            connection_uses=6,
            status=503,
            error="unexpected status",
            answer=recorder.identify(WHO),
        )
    )
    recorder.close()
    assert _rows(tmp_path / REQUESTS.file) == [
        {
            "seq": "3",
            "route": WRITE.name,
            "is_write": "true",
            "work_ms": "250",
            "due_ns": "500",
            "sent_ns": "600",
            "first_ns": "700",
            "done_ns": "800",
            "connection": "4",
            "connection_age_us": "5",
            "connection_uses": "6",
            "status": "503",
            "error": "unexpected status",
            "answer": "1",
        }
    ]


def test_what_did_not_happen_is_0_and_not_before_the_origin(tmp_path: Path) -> None:
    recorder = Recorder(an_order(tmp_path, origin_ns=1_000))
    recorder.add(_request(0, due_ns=1_500, done_ns=1_600, error="connect refused"))
    written = recorder.close()
    (row,) = _rows(tmp_path / REQUESTS.file)
    assert (row["sent_ns"], row["first_ns"], row["status"], row["answer"]) == ("0", "0", "0", "0")
    assert (written.rows, written.sent) == (1, 0)


def test_who_answered_is_numbered_once_and_quoted_only_where_needed(tmp_path: Path) -> None:
    recorder = Recorder(an_order(tmp_path))
    assert [recorder.identify(WHO), recorder.identify(WHO)] == [1, 1]
    assert recorder.identify((b"",) * 4 + (b"[]",)) == 2
    written = recorder.close()
    assert (tmp_path / ANSWERS.file).read_text().splitlines()[1:] == [
        "0,,,,,",
        '1,"a ""peer"", quoted",,orders-01.1,v1,"[{""hop"": ""a->b""}]"',
        "2,,,,,[]",
    ]
    assert written.answers == 3


def test_an_answer_is_on_disk_before_the_request_that_names_it(tmp_path: Path) -> None:
    recorder = Recorder(an_order(tmp_path))
    recorder.identify(WHO)
    assert len(_rows(tmp_path / ANSWERS.file)) == 2


@pytest.mark.parametrize("number", [0, 1, 63, 64, 65, 1_000])
def test_rows_and_checksum_are_those_of_the_file(tmp_path: Path, number: int) -> None:
    recorder = Recorder(an_order(tmp_path))
    for seq in range(number):
        recorder.add(_request(seq, due_ns=seq, sent_ns=seq + 1, done_ns=seq + 2))
    written = recorder.close()
    data = (tmp_path / REQUESTS.file).read_bytes()
    assert written.rows == written.sent == len(_rows(tmp_path / REQUESTS.file)) == number
    assert written.crc32 == zlib.crc32(data)


def test_rows_reach_the_file_while_the_load_runs(tmp_path: Path) -> None:
    recorder = Recorder(an_order(tmp_path))
    for seq in range(64):
        recorder.add(_request(seq, due_ns=0))
    assert len(_rows(tmp_path / REQUESTS.file)) == 64


@pytest.mark.parametrize("name", [REQUESTS.file, ANSWERS.file, files.LOAD])
def test_another_record_is_never_written_over(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("of another run")
    with pytest.raises(FileExistsError):
        Recorder(an_order(tmp_path))
    assert (tmp_path / name).read_text() == "of another run"


def test_the_end_marker_is_there_in_full_and_alone(tmp_path: Path) -> None:
    end = LoadEnd(
        planned=1,
        sent=1,
        rows=1,
        crc32=2,
        answers=1,
        started_ns=3,
        stopped_ns=4,
        realtime=False,
        timer="sleep",
        self_test={"no answer, GET": "timeout before answer"},
        self_test_passed=True,
    )
    write_end(tmp_path, end)
    assert [path.name for path in tmp_path.iterdir()] == [files.LOAD]
    assert msgspec.json.decode((tmp_path / files.LOAD).read_bytes(), type=LoadEnd) == end


def test_what_answers_told_of_writes_is_there_before_the_rows_that_acknowledge_them(tmp_path: Path) -> None:
    recorder = Recorder(an_order(tmp_path, joined_by="order"))
    for seq, told in enumerate((b"o-1", b"", b'o,"2"')):
        request = Request(Turn(seq, 0, 0, fresh=False), b"id-%d" % seq, 0)
        request.told = told
        recorder.add(request)
    assert (tmp_path / "told.csv").read_text() == 'seq,id\n0,o-1\n2,"o,""2"""\n'
    assert (tmp_path / "requests.csv").read_text().count("\n") == 1, "they wait for more"
    recorder.close()


def test_a_load_that_joins_nothing_has_no_such_table(tmp_path: Path) -> None:
    Recorder(an_order(tmp_path)).close()
    assert not (tmp_path / "told.csv").exists()
