"""CSV as people write it: what can be read is read right, whatever the block size; what cannot is one clear error."""

import csv
import gzip
import io
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossent import InputError, read
from crossent.data import batches
from crossent.data._csv import csv_frames

Message = Callable[[Callable[[], object]], str]

nasty = st.lists(st.sampled_from([*"ab,;\t| '\\\n", '"', '""', "\r\n", "é", "日", "\u2028"]), max_size=12).map("".join)
fragments = st.lists(st.sampled_from(['"', '""', ",", "\n", "\r\n", "a", "b ", " ", "é"]), max_size=40).map("".join)


def rows_of(frames: list[pl.DataFrame]) -> list[list[str]]:
    return [[value or "" for value in row] for row in pl.concat(frames).rows()]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("csv") / "table.csv"


@given(
    rows=st.lists(st.tuples(nasty, nasty, st.just("x")), min_size=1, max_size=20),
    separator=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    block=st.sampled_from([3, 7, 50, 1 << 20]),
)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_what_the_csv_module_writes_reads_back_equal(
    path: Path, rows: list[tuple[str, str, str]], separator: str, end: str, quoting: int, block: int
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, lineterminator=end, quoting=csv.QUOTE_MINIMAL)
    if quoting == csv.QUOTE_ALL:
        writer = csv.writer(text, delimiter=separator, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([("first", "second", "third"), *rows])
    path.write_bytes(text.getvalue().encode())
    frames = list(csv_frames(path, block=block))
    assert frames[0].columns == ["first", "second", "third"]
    assert rows_of(frames) == [list(row) for row in rows]


@given(body=fragments, block=st.sampled_from([3, 7, 1 << 20]))
@settings(max_examples=500, deadline=None, derandomize=True)
def test_any_quotes_mean_what_the_csv_module_says_or_are_an_error(path: Path, body: str, block: int) -> None:
    text = "h\n" + body
    path.write_bytes(text.encode())
    wanted = [row or [""] for row in csv.reader(io.StringIO(text.rstrip("\r\n"), newline=""))][1:]
    rectangular = bool(wanted) and all(len(row) == 1 for row in wanted)
    try:
        found = rows_of(list(csv_frames(path, block=block)))
    except InputError as error:
        found = wanted if not rectangular or "Close" in str(error) else [[str(error)]]
    assert found == wanted


@pytest.mark.parametrize("block", [3, 8, 1 << 20])
def test_the_block_size_changes_neither_rows_nor_messages(tmp_path: Path, message: Message, block: int) -> None:
    path = tmp_path / "t.csv"
    path.write_text('a,b\n1,"x\ny"\n\n3,5" pipe\n4\n')
    frames = csv_frames(path, block=block)
    assert "line 6: every line must hold 2 fields" in message(lambda: list(frames))
    path.write_text('a,b\n1,"x\ny"\n\n3,5" pipe\n4,\n')
    assert rows_of(list(csv_frames(path, block=block))) == [["1", "x\ny"], ["3", '5" pipe'], ["4", ""]]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a;b\n1;x,y\n2;z\n", {"a": [1, 2], "b": ["x,y", "z"]}),
        ("\r\n\na;b\n1;x,y\n2;z\n", {"a": [1, 2], "b": ["x,y", "z"]}),
        ("a\tb\n1\tx\n2\tz\n", {"a": [1, 2], "b": ["x", "z"]}),
        ("a|b\n1|x\n2|z\n", {"a": [1, 2], "b": ["x", "z"]}),
        ('"a,x",b\n1,x\n2,z\n', {"a,x": [1, 2], "b": ["x", "z"]}),
        ('"a;x;y",b\n1,x\n2,z\n', {"a;x;y": [1, 2], "b": ["x", "z"]}),
        ("\ufeffa,b\r\n1,x\r\n2,z\r\n", {"a": [1, 2], "b": ["x", "z"]}),
        ("a,b\n1,x\n2,z", {"a": [1, 2], "b": ["x", "z"]}),
        ("\n\na,b\n\n1,x\n\r\n2,z\n\n\n", {"a": [1, 2], "b": ["x", "z"]}),
        (",b\n1,x\n2,z\n", {"index": [1, 2], "b": ["x", "z"]}),
        ("a, b ,\n1,x,\n2,z,\n", {"a": [1, 2], "b": ["x", "z"], "column_3": [None, None]}),
        ('a,b\n1,""\n2,\n3,  \n4,x\n', {"a": [1, 2, 3, 4], "b": [None, None, None, "x"]}),
        ("\na\nx\n\n\r\ny\n\n\n", {"a": ["x", None, None, "y"]}),
    ],
)
def test_common_dialects_are_understood(tmp_path: Path, text: str, wanted: dict[str, list[object]]) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode())
    assert read(path).frame.to_dict(as_series=False) == wanted


def test_a_tsv_needs_no_tab_in_its_header_and_keeps_commas(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text("a,b\n1,x\n1,y\n")
    assert read(path).frame.columns == ["a,b"]


def test_gzip_is_read_like_the_plain_file(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n1,x\n2,y\n"))
    assert read(path).frame.to_dict(as_series=False) == {"a": [1, 2], "b": ["x", "y"]}


def test_batches_of_csv_are_strings_of_at_most_the_rows_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "".join(f"{row},02134\n" for row in range(25)))
    frames = list(batches(path, rows=10))
    assert [len(frame) for frame in frames] == [10, 10, 5]
    assert pl.concat(frames)["a"].to_list() == [str(row) for row in range(25)]
    assert frames[0].schema == {"a": pl.String, "b": pl.String}


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b"", "{path} is empty. It must hold a line of column names, then one line a row."),
        (b"\n\r\n\n", "{path} is empty. It must hold a line of column names, then one line a row."),
        (b"\xef\xbb\xbf", "{path} is empty. It must hold a line of column names, then one line a row."),
        (b"a,b\n\n", "{path} holds column names but no rows. It must hold at least one row."),
        (
            b"a,b\n1,2\n3\n",
            "{path}, line 3: every line must hold 2 fields ('a', 'b'), but this one holds 1. Correct the line; a field "
            "that holds the separator ',' must stand in quotes.",
        ),
        (
            b"a;b\n1;2\n\n3;4;5\n",
            "{path}, line 4: every line must hold 2 fields ('a', 'b'), but this one holds 3. Correct the line; a field "
            "that holds the separator ';' must stand in quotes.",
        ),
        (
            b'a,b\n1,"x\n2,y\n3,"z"\n',
            "{path}, line 2: a quoted field begins here and runs to line 4, where text follows its quote. Close the "
            'quote, or write it twice ("") inside quotes if it is part of the text.',
        ),
        (
            b'a,b\n1,"x\n2,y\n3",z\n',
            "{path}, line 2: every line must hold 2 fields ('a', 'b'), but this one holds 3. The row runs over 3 "
            "lines: is a quote not closed? Correct the line; a field that holds the separator ',' must stand in "
            "quotes.",
        ),
        (
            b'a,b\n1,2\n3,"x\n4,5\n',
            '{path}, line 3: a quote opens a field here and is never closed. Close it, or write it twice ("") inside '
            "quotes if it is part of the text.",
        ),
        (
            b"a,b,a,c,c\n1,2,3,4,5\n",
            "{path}: every column must have its own name, but more than one is 'a', 'c'. Rename them.",
        ),
        (
            b"a,b\n1,x\n2,caf\xe9\n",
            "{path}, line 3: byte 6 of the line (0xE9) is not UTF-8. Save the file as UTF-8, for example: iconv -f "
            "WINDOWS-1252 -t UTF-8 t.csv > utf8.csv",
        ),
        (
            "a,b\n1,x\n".encode("utf-16"),
            "{path}, line 1: byte 1 of the line (0xFF) is not UTF-8. Save the file as UTF-8, for example: iconv -f "
            "UTF-16 -t UTF-8 t.csv > utf8.csv",
        ),
        (
            b"a,b\r1,2\r",
            "{path}: lines must end in a newline, but these end in a carriage return. Convert the file.",
        ),
    ],
)
def test_a_broken_file_is_one_clear_error(tmp_path: Path, message: Message, content: bytes, wanted: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    assert message(lambda: read(path)) == wanted.format(path=path)


def test_a_broken_gzip_file_is_one_clear_error(tmp_path: Path, message: Message) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n1,x\n2,y\n")[:-8])
    assert message(lambda: read(path)) == (
        f"{path} is not a complete gzip file (Compressed file ended before the end-of-stream marker was reached). "
        f"Copy or compress it again."
    )


def test_a_quote_that_is_never_closed_does_not_read_the_whole_file_into_memory(
    tmp_path: Path, message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crossent.data._csv.LONGEST_RECORD", 1 << 20)
    path = tmp_path / "t.csv"
    path.write_text('a,b\n1,"x\n' + "2,y\n" * 1_000_000)
    frames = csv_frames(path, block=1 << 18)
    assert "line 2: a quote opens a field here and is never closed" in message(lambda: next(frames))
    path.write_text("a,b\n1," + "x" * (3 << 20))
    assert message(lambda: list(csv_frames(path, block=1 << 18))) == (
        f"{path}, line 2 is longer than 1 MB. Is this a CSV file?"
    )


TABLE = pl.DataFrame({"a": range(1000), "b": ["é"] * 1000})


def parquet() -> bytes:
    TABLE.write_parquet(stream := io.BytesIO())
    return stream.getvalue()


def arrow() -> bytes:
    TABLE.write_ipc(stream := io.BytesIO())
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (parquet(), "looks like Parquet: name it .parquet."),
        (arrow(), "looks like Arrow IPC: name it .arrow."),
        (gzip.compress(b"a,b\n1,2\n"), "looks like gzip: name it .csv.gz."),
        (b"PK\x03\x04", "looks like a zip archive or an Excel workbook: unpack it, or save the sheet as CSV."),
        (
            "a,b\n1,2\n".encode("utf-16-le"),
            "looks like UTF-16: save it as UTF-8, for example: iconv -f UTF-16LE -t UTF-8.",
        ),
        (
            "a,b\n1,2\n".encode("utf-16-be"),
            "looks like UTF-16: save it as UTF-8, for example: iconv -f UTF-16BE -t UTF-8.",
        ),
        (b"a,b\n1,\0\n", "holds NUL bytes, so it is no text. Write it as CSV in UTF-8."),
        (b"a,b\n" + b"1,2\n" * 5000 + b"\xe9\0,2\n", "holds NUL bytes, so it is no text. Write it as CSV in UTF-8."),
    ],
    ids=["parquet", "arrow", "gzip", "zip", "utf-16-le", "utf-16-be", "nul", "nul later"],
)
def test_a_file_of_another_format_is_told_what_it_looks_like(
    tmp_path: Path, message: Message, content: bytes, wanted: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    assert message(lambda: list(csv_frames(path))) == f"{path} must be CSV, but it {wanted}"


def test_a_column_may_be_called_as_the_first_bytes_of_another_format(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("PAR1,ARROW1,PK\n1,2,3\n")
    assert rows_of(list(csv_frames(tmp_path / "t.csv"))) == [["1", "2", "3"]]
