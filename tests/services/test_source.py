"""What is said of a file that is no descriptor, in one line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.services.descriptor import Descriptor, DescriptorError
from tests.services.mistakes import SMALL

FILE = "services.toml"
CANNOT = {
    "nothing in the folder": (
        lambda _: None,
        (
            "cannot be read (No such file or directory); expected a descriptor; python -m conformance init FOLDER "
            "writes one"
        ),
    ),
    "another name": (
        lambda folder: (folder / "shop.toml").touch(),
        "cannot be read (No such file or directory); expected a descriptor; there: shop.toml",
    ),
    "a folder": (
        lambda folder: (folder / FILE).mkdir(),
        "cannot be read (Is a directory); expected a descriptor; python -m conformance init FOLDER writes one",
    ),
    "a link to itself": (
        lambda folder: (folder / FILE).symlink_to(FILE),
        (
            "cannot be read (Too many levels of symbolic links); expected a descriptor; python -m conformance init "
            "FOLDER writes one"
        ),
    ),
    "empty": (
        lambda folder: (folder / FILE).write_text("\n"),
        "is empty; python -m conformance init FOLDER writes a descriptor",
    ),
    "Latin-1": (
        lambda folder: (folder / FILE).write_bytes(SMALL.encode() + b"# \xe4\n"),
        f"not UTF-8: byte 0xe4 at position {len(SMALL) + 2}; save it as UTF-8",
    ),
    "UTF-16": (
        lambda folder: (folder / FILE).write_text(SMALL, encoding="utf-16"),
        "not UTF-8: byte 0xff at position 0; save it as UTF-8",
    ),
    "YAML": (
        lambda folder: (folder / FILE).write_text("services:\n  shop:\n"),
        "not TOML: Expected '=' after a key in a key/value pair (at line 1, column 9)",
    ),
    "a table twice": (
        lambda folder: (folder / FILE).write_text(SMALL + "[audit]\n"),
        f"not TOML: Cannot declare ('audit',) twice (at line {SMALL.count(chr(10)) + 1}, column 7)",
    ),
    "lists without an end": (
        lambda folder: (folder / FILE).write_text(f"a = {'[' * 5000}{']' * 5000}"),
        "not TOML: lists or tables within each other without an end",
    ),
}


@pytest.mark.parametrize(("make", "says"), CANNOT.values(), ids=CANNOT)
def test_what_is_no_descriptor_is_told_in_one_line(tmp_path: Path, make: Callable[[Path], object], says: str) -> None:
    make(tmp_path)
    with pytest.raises(DescriptorError) as refused:
        Descriptor.read(tmp_path)
    assert str(refused.value) == f"{tmp_path / FILE}: {says}"


@pytest.mark.parametrize("name", ["n" * 300, "a\0b", "services.toml/x", "nowhere"])
def test_a_path_that_leads_nowhere_is_told_in_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / FILE).write_text(SMALL)
    with pytest.raises(DescriptorError, match=r"cannot be read \(.*\); expected a descriptor") as refused:
        Descriptor.read(tmp_path / name)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("encoded", [SMALL.encode("utf-8-sig"), SMALL.replace("\n", "\r\n").encode()])
def test_files_of_other_editors_are_read(tmp_path: Path, encoded: bytes) -> None:
    (tmp_path / FILE).write_bytes(encoded)
    assert Descriptor.read(tmp_path).name == "small"


def test_a_path_with_a_space_and_a_letter_beyond_ascii_will_do(tmp_path: Path) -> None:
    folder = tmp_path / "my töpology = 1"
    folder.mkdir()
    (folder / FILE).write_text(SMALL)
    assert Descriptor.read(folder).file == folder / FILE


@pytest.mark.parametrize(
    ("file", "content", "key", "says"),
    [
        ("tables.sql", b"\xff", 'database.setup = "tables.sql"', "expected a text; not UTF-8: byte 0xff at position 0"),
        ("people.csv", b"a\n\xff\n", 'workload.data = "people.csv"', "expected a CSV file: not UTF-8: byte 0xff"),
        (
            "people.csv",
            b"a,a\n1,2\n",
            'workload.data = "people.csv"',
            "expected a CSV file: its column 'a'",
        ),
        (
            "people.csv",
            b"a b\n1\n",
            'workload.data = "people.csv"',
            "expected a CSV file: its column 'a b'",
        ),
    ],
)
def test_files_beside_it_are_looked_at(tmp_path: Path, file: str, content: bytes, key: str, says: str) -> None:
    (tmp_path / file).write_bytes(content)
    table, name = key.partition(" ")[0].split(".")
    (tmp_path / FILE).write_text(SMALL.replace(f"[{table}]", f'[{table}]\n{name} = "{file}"'))
    with pytest.raises(DescriptorError) as refused:
        Descriptor.read(tmp_path)
    assert str(refused.value).startswith(f"{tmp_path / FILE}: {key}: {says}")
