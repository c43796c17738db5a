"""Reading a record: everything is verified before any row is believed."""

import json
from pathlib import Path

import msgspec
import pytest

from conformance.record import events
from conformance.record import seal as sealing
from conformance.record.reader import BrokenRecord, list_runs, open_record
from conformance.record.schema import TABLES, TASKS
from tests.judge.handmade import MS, request_id
from tests.judge.healthy import made


def _rows(directory: Path, question: str) -> list[tuple[object, ...]]:
    with open_record(directory) as record:
        return record.db.execute(question).fetchall()


def test_what_was_written_is_read(tmp_path: Path) -> None:
    made_up = made()
    with open_record(made_up.write(tmp_path)) as record:
        assert record.directory == tmp_path
        assert msgspec.structs.replace(record.contract, resolved={}) == made_up.contract
        assert list(record.plan) == made_up.plan
        assert record.plan_text == "the plan\n"
        assert record.environment == made_up.environment
        assert sorted(map(repr, record.events)) == sorted(map(repr, made_up.events))
        assert (record.load.planned, record.load.rows, record.load.self_test_passed) == (12, 12, True)


def test_events_come_in_the_order_of_their_times(tmp_path: Path) -> None:
    """A signal's time is taken before it is delivered, its event written after."""
    made_up = made()
    made_up.events.append(events.Trouble(at_ns=1, step="", what="early"))
    with open_record(made_up.write(tmp_path)) as record:
        times = [event.at_ns for event in record.events]
    assert times == sorted(times)


def test_tables_have_the_schemas_types(tmp_path: Path) -> None:
    directory = made().write(tmp_path)
    with open_record(directory) as record:
        for table in TABLES:
            described = record.db.execute(f"DESCRIBE {table.name}").fetchall()
            columns = {name: kind for name, kind in table.columns if name != "request_id"}
            assert {name: kind for name, kind, *_ in described}.items() >= columns.items()


def test_a_request_has_its_id_and_the_other_tables_its_number(tmp_path: Path) -> None:
    made_up = made()
    made_up.executions = [
        made_up.executions[0] | {"request_id": name}
        for name in (request_id(5), "r1-0000000a", "r1-0000000A", "r1-5", "r1-000000005", "r2-00000005", "r1-00000_05")
    ]
    directory = made_up.write(tmp_path)
    assert _rows(directory, "SELECT id_of(seq, NULL) FROM requests WHERE seq = 10") == [("r1-0000000a",)]
    assert _rows(directory, "SELECT id_of(seq, other_id) AS id, seq FROM executions ORDER BY seq NULLS LAST, id") == [
        ("r1-00000005", 5),
        ("r1-0000000a", 10),
        ("r1-000000005", None),
        ("r1-0000000A", None),
        ("r1-00000_05", None),
        ("r1-5", None),
        ("r2-00000005", None),
    ]


def test_a_run_whose_id_means_something_to_sql_is_read_all_the_same(tmp_path: Path) -> None:
    made_up = made()
    made_up.contract = msgspec.structs.replace(made_up.contract, run="r.'1")
    directory = made_up.write(tmp_path)
    assert _rows(directory, "SELECT count(*) FILTER (seq IS NULL), count(*) FROM ledger") == [(18, 18)]
    assert _rows(directory, "SELECT min(id_of(seq, NULL)) FROM requests") == [("r.'1-00000000",)]


@pytest.mark.parametrize("text", ["", "\\N", "NULL", 'a "quoted", one', "ä\U0001f600", " ", "'", "null"])
def test_every_text_comes_back_as_it_was(tmp_path: Path, text: str) -> None:
    made_up = made()
    for row in made_up.ledger:
        row["effect"] = text
    made_up.identities[5]["hops"] = text
    directory = made_up.write(tmp_path)
    assert _rows(directory, "SELECT DISTINCT effect FROM ledger") == [(text,)]
    (found,) = _rows(directory, "SELECT hops FROM answers JOIN requests USING (answer) WHERE seq = 5")
    assert found == (text,)


def test_what_the_tables_take_is_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    with open_record(made().write(tmp_path / "run")):
        assert list(scratch.iterdir()) != []
    assert list(scratch.iterdir()) == []


def test_a_run_that_was_cut_off_has_no_end_marker(tmp_path: Path) -> None:
    directory = made().write(tmp_path / "run")
    (directory / "end.json").unlink()
    with pytest.raises(BrokenRecord, match="run has no end marker: the run was cut off before its record was complete"):
        open_record(directory)


def test_what_is_no_directory_is_no_record(tmp_path: Path) -> None:
    with pytest.raises(BrokenRecord, match="is not a run directory"):
        open_record(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("claim", "sentence"),
    [
        ({"rows": 13}, "the load wrote 13 requests, 12 are in the record"),
        ({"crc32": 1}, r"requests\.csv is not what the load wrote"),
        ({"answers": 1}, "the load wrote 1 answers"),
    ],
)
def test_the_loads_end_marker_must_speak_of_the_tables_that_are_there(
    tmp_path: Path, claim: dict[str, object], sentence: str
) -> None:
    made_up = made()
    made_up.load |= claim
    with pytest.raises(BrokenRecord, match=sentence):
        open_record(made_up.write(tmp_path))


DAMAGE = {
    "an unknown contract": ("contract.json", '"release-record/1"', '"release-record/9"', "release-record/9 contract"),
    "a contract of nothing": ("contract.json", None, "{}", r"contract\.json of run cannot be read"),
    "a plan of numbers": ("plan.json", None, "[1]", r"plan\.json of run cannot be read"),
    "an unheard-of event": ("events.jsonl", "", '{"event":"Odd","at_ns":1,"step":""}\n', r"events\.jsonl of run"),
    "an unheard-of field of an event": (
        "events.jsonl",
        "",
        '{"event":"Ready","at_ns":1,"step":"","service":"s","instance":"i","incarnation":"i.1","sure":false}\n',
        "unknown field `sure`",
    ),
    "an unheard-of value": ("contract.json", '"verdict": "GO"', '"verdict": "BEST"', "'BEST'.*: judge it with"),
    "an unheard-of promise": (
        "contract.json",
        '"run":',
        '"strict":true,"run":',
        "does not know .*unknown field `strict`",
    ),
    "an unheard-of promise of a route": ("contract.json", '"write":', '"body":"x","write":', "unknown field `body`"),
    "an unheard-of threshold": ("contract.json", '"stall_ms":', '"stall_share":0.1,"stall_ms":', "`stall_share`"),
    "an unheard-of field of a step": ("plan.json", '"number":', '"odd":1,"number":', "unknown field `odd`"),
    "an unheard-of word of the load": ("load.json", '"planned":', '"retries":1,"planned":', "`retries`"),
    "an empty environment": ("environment.json", None, "", r"environment\.json of run cannot be read"),
    "no load": ("load.json", None, "null", r"load\.json of run cannot be read"),
    "another column": ("slb.csv", "request_id,", "request,", r"slb\.csv has another header"),
    "another line end": ("slb.csv", "answered\n", "answered\r\n", r"slb\.csv has another header"),
    "a text for a number": ("states.csv", "", "x,registry,orders,o,o.1,true\n", r"states\.csv cannot be read"),
    "nothing for a number": ("states.csv", "", ",registry,orders,o,o.1,true\n", r"states\.csv cannot be read"),
    "nothing for yes or no": ("states.csv", "", "1,registry,orders,o,o.1,\n", r"states\.csv cannot be read"),
    "too few values": ("states.csv", "", "1,registry,orders,o\n", r"states\.csv cannot be read"),
    "too many values": ("states.csv", "", "1,registry,orders,o,o.1,true,more\n", r"states\.csv cannot be read"),
    "a line break in a value": ("ledger.csv", "", '"a\nb",e,i,i.1,v\n', r"reads as 19 rows; 20 were sealed"),
    "a quote that never ends": ("ledger.csv", "", '"a,e,i,i.1,v\n', r"ledger\.csv"),
}
"""Name -> file, what is there, what comes in its place, what is said. For "" it is appended, for None it is all."""


@pytest.mark.parametrize(("name", "old", "new", "sentence"), DAMAGE.values(), ids=DAMAGE)
def test_what_is_not_as_the_schema_says_is_refused_even_under_a_seal(
    tmp_path: Path, name: str, old: str | None, new: str, sentence: str
) -> None:
    directory = made().write(tmp_path / "run")
    text = (directory / name).read_text()
    (directory / name).write_text(new if old is None else text.replace(old, new) if old else text + new)
    sealing.seal(directory)
    with pytest.raises(BrokenRecord, match=sentence):
        open_record(directory)


NGINX = {
    "127.0.0.1:1,200,0.000,0.004,0.005": (1, True, 200),
    "127.0.0.1:1,502,0.000,-,0.005": (1, True, 0),
    "127.0.0.1:1,504,-,-,2.000": (1, False, 0),
    ",,,,": (0, False, 0),
    '"127.0.0.1:1, 127.0.0.1:2","502, 200","0.000, 0.001","-, 0.002","0.001, 0.003"': (2, False, 0),
}
"""Address, upstream_status, connect_s, header_s, response_s -> attempt, connected, answered."""


def test_the_slb_s_table_of_an_older_record_is_read_as_today_s(tmp_path: Path) -> None:
    """Once it was one line of nginx's for each request."""
    directory = made().write(tmp_path / "run")
    header = "request_id,at_ns,status,peer,incarnation,address,upstream_status,connect_s,header_s,response_s\n"
    lines = [f"{request_id(number)},{number},200,s-01,s-01.1,{told}\n" for number, told in enumerate(NGINX)]
    (directory / "slb.csv").write_text(header + "".join(lines))
    sealing.seal(directory)
    with open_record(directory) as record:
        read = record.db.execute("SELECT attempt, connected, answered FROM slb ORDER BY seq").fetchall()
        assert read == list(NGINX.values())
        assert record.db.execute("SELECT DISTINCT peer, incarnation, status FROM slb").fetchall() == [
            ("s-01", "s-01.1", 200)
        ]


def test_a_record_of_another_schema_is_told_apart_from_a_broken_one(tmp_path: Path) -> None:
    directory = made().write(tmp_path / "run")
    marker = json.loads((directory / "end.json").read_text())
    files = msgspec.convert(marker["files"], dict[str, sealing.SealedFile])
    newer = sealing.EndMarker(
        schema="release-record/2", files=files, checksum=sealing._checksum("release-record/2", files)
    )
    (directory / "end.json").write_bytes(sealing._render(newer))
    with pytest.raises(BrokenRecord, match="run is a release-record/2 record; this suite reads release-record/1"):
        open_record(directory)


def test_a_marker_that_lists_too_little_is_refused(tmp_path: Path) -> None:
    """A table that nobody sealed is one that anybody may have changed."""
    directory = made().write(tmp_path / "run")
    whole = sealing.verify(directory).marker
    files = {name: sealed for name, sealed in whole.files.items() if name != "slb.csv"}
    fewer = sealing.EndMarker(schema=whole.schema, files=files, checksum=sealing._checksum(whole.schema, files))
    (directory / "end.json").write_bytes(sealing._render(fewer))
    with pytest.raises(BrokenRecord, match=r"the end marker of run does not list slb\.csv"):
        open_record(directory)


def test_a_table_that_came_later_is_refused(tmp_path: Path) -> None:
    directory = made().write(tmp_path / "run")
    (directory / TASKS.file).write_text(f"{TASKS.header}\n")
    with pytest.raises(BrokenRecord, match=r"^tasks\.csv of run is there, and its end marker does not tell of it$"):
        open_record(directory)


def test_what_others_put_beside_a_record_later_does_not_break_it(tmp_path: Path) -> None:
    """Reports are made into the same folder."""
    directory = made().write(tmp_path)
    (directory / "picture.svg").write_text("<svg/>")
    open_record(directory).close()


def test_a_folder_of_runs_is_its_runs_by_name_the_broken_ones_too(tmp_path: Path) -> None:
    made().write(tmp_path / "b")
    made().write(tmp_path / "a")
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / "events.jsonl").touch()
    (tmp_path / "other").mkdir()
    (tmp_path / "verdict.json").touch()
    assert [path.name for path in list_runs(tmp_path)] == ["a", "b", "cut"]
    assert list_runs(tmp_path / "a") == (tmp_path / "a",)
    assert list_runs(tmp_path / "other") == ()
    assert list_runs(tmp_path / "nowhere") == ()


def test_a_large_table_overflows_to_disk_instead_of_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.record.tables.MEMORY_LIMIT", "40MB")
    made_up = made()
    row = made_up.executions[0]
    names = list(row)
    directory = made_up.write(tmp_path)
    path = directory / "executions.csv"
    with path.open("a") as file:
        for number in range(150_000):
            cells = row | {
                "request_id": f"r1-{number:08x}",
                "start_ns": number * MS,
                "operation": f"op {number * 7919}",
            }
            file.write(",".join(str(cells[name]) for name in names) + "\n")
    sealing.seal(directory)
    assert _rows(directory, "SELECT count(*), count(DISTINCT operation) FROM executions") == [(150_030, 150_001)]


def test_an_answer_that_is_there_twice_breaks_the_record(tmp_path: Path) -> None:
    """Whatever a request's headers tell would count twice: a call as a repetition, a failure as two."""
    record = made()

    def double(directory: Path) -> None:
        answers, load = directory / "answers.csv", directory / "load.json"
        lines = answers.read_text().splitlines()
        answers.write_text("\n".join([*lines, lines[-1], ""]))
        told = msgspec.json.decode(load.read_bytes())
        load.write_bytes(msgspec.json.encode(told | {"answers": told["answers"] + 1}))

    record.rewrite = double
    with pytest.raises(BrokenRecord, match=r"^answers\.csv of .* has the answer \d+ several times$"):
        open_record(record.write(tmp_path))
