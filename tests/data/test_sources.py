"""One table, whatever it comes in."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch

from crossent import read
from crossent.data import batches

Message = Callable[[Callable[[], object]], str]

FRAME = pl.DataFrame({"age": [39, 50, None], "job": ["clerk", None, "cook"], "pay": [1.5, 2.25, 3.0]})


def write(frame: pl.DataFrame, path: Path) -> Path:
    match path.suffix:
        case ".csv":
            frame.write_csv(path)
        case ".tsv":
            frame.write_csv(path, separator="\t")
        case ".parquet":
            frame.write_parquet(path)
        case ".arrow" | ".feather":
            frame.write_ipc(path)
        case _:
            frame.write_ndjson(path)
    return path


@pytest.mark.parametrize(
    "name", ["t.csv", "t.tsv", "t.parquet", "t.arrow", "t.feather", "t.jsonl", "t.ndjson", "t.json"]
)
def test_every_file_format_gives_the_same_table(tmp_path: Path, name: str) -> None:
    path = write(FRAME, tmp_path / name)
    for source in (path, str(path)):
        table = read(source)
        assert table.frame.equals(FRAME)
        assert [column.kind for column in table.columns] == ["number", "category", "number"]


def test_an_arrow_stream_is_read_like_an_arrow_file(tmp_path: Path) -> None:
    FRAME.write_ipc_stream(tmp_path / "t.arrow")
    assert read(tmp_path / "t.arrow").frame.equals(FRAME)


@pytest.mark.parametrize(
    "source",
    [
        FRAME,
        FRAME.lazy(),
        FRAME.to_pandas(),
        FRAME.to_arrow(),
        FRAME.to_arrow().to_batches()[0],
        FRAME.to_dict(as_series=False),
        FRAME.to_dict(),
    ],
    ids=["polars", "lazy", "pandas", "pyarrow", "record batch", "dict", "dict of series"],
)
def test_every_table_in_memory_gives_the_same_table(source: object) -> None:
    wanted = FRAME.cast({"age": pl.Float64}) if isinstance(source, pd.DataFrame) else FRAME
    assert read(source).frame.equals(wanted)


def with_an_array(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(b=np.ones((2, 1)))


@pytest.mark.parametrize(
    "convert",
    [
        pl.DataFrame.clone,
        pl.DataFrame.lazy,
        pl.DataFrame.to_pandas,
        pl.DataFrame.to_arrow,
        pl.DataFrame.to_dict,
        with_an_array,
    ],
    ids=["polars", "lazy", "pandas", "pyarrow", "dict", "with an array"],
)
def test_a_column_without_a_name_keeps_it(convert: Callable[[pl.DataFrame], object]) -> None:
    table = read(convert(pl.DataFrame({"": [0, 1], "a": [2.5, 3.5]})))
    assert table.frame.columns[:2] == [column.name for column in table.columns][:2] == ["", "a"]


def test_arrays_and_tensors_have_columns_x0_x1_and_nan_is_missing() -> None:
    values = np.array([[1.0, 2.0], [3.0, np.nan], [5.0, 6.0]])
    wanted = pl.DataFrame({"x0": [1.0, 3.0, 5.0], "x1": [2.0, None, 6.0]})
    for source in (values, torch.tensor(values), torch.tensor(values, dtype=torch.bfloat16, requires_grad=True)):
        table = read(source)
        assert table.frame.equals(wanted)
        assert [column.note for column in table.columns] == ["", "1 NaN read as missing"]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([1, 2.5], [1.0, 2.5]),
        ((1, None, 2.5), [1.0, None, 2.5]),
        ([1, np.float64(2.5)], [1.0, 2.5]),
        ([1, Decimal("2.5")], [1.0, 2.5]),
        ([1, 2**70], [1.0, 2.0**70]),
    ],
)
def test_whole_numbers_and_decimals_in_one_list_are_numbers(values: list[object], wanted: list[float]) -> None:
    table = read({"a": values})
    assert (table.columns[0].kind, table.frame["a"].to_list()) == ("number", wanted)


def test_a_number_that_is_too_large_names_its_column(message: Message) -> None:
    wanted = "Column 'a' must hold numbers within 1.8e308, but one is larger. Correct it."
    assert message(lambda: read({"a": [1, 2.5, 10**400]})) == wanted


def test_a_structured_array_keeps_its_names() -> None:
    source = np.array([(1, "a"), (2, "b")], dtype=[("size", "i4"), ("name", "U5")])
    assert read(source).frame.to_dict(as_series=False) == {"size": [1, 2], "name": ["a", "b"]}


@pytest.mark.parametrize("values", [np.arange(6.0).reshape(3, 2), torch.arange(6.0).reshape(3, 2)])
def test_a_column_of_arrays_becomes_one_column_a_number(values: np.ndarray | torch.Tensor) -> None:
    table = read({"id": ["a", "b", "b"], "embedding": values})
    assert table.frame.columns == ["id", "embedding[0]", "embedding[1]"]
    assert table.frame["embedding[1]"].to_list() == [1.0, 3.0, 5.0]


@pytest.mark.parametrize("pattern", ["", "*.parquet", "part-?.parquet", "**/*.parquet"])
def test_a_folder_and_a_glob_are_one_table_in_the_order_of_names(tmp_path: Path, pattern: str) -> None:
    for number in (2, 0, 1):
        write(pl.DataFrame({"a": [number], "b": ["x"]}), tmp_path / f"part-{number}.parquet")
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / ".part-0.parquet.crc").touch()
    assert read(tmp_path / pattern).frame["a"].to_list() == [0, 1, 2]


def test_a_list_of_paths_is_one_table_in_the_order_of_the_list(tmp_path: Path) -> None:
    paths = [write(pl.DataFrame({"a": [number], "b": ["x"]}), tmp_path / f"{number}.csv") for number in range(3)]
    assert read([paths[2], str(paths[0])]).frame["a"].to_list() == [2, 0]
    assert read([tmp_path / "*.csv", paths[0]]).frame["a"].to_list() == [0, 1, 2, 0]


def test_the_files_of_a_folder_may_order_their_columns_in_different_ways(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,u\n")
    (tmp_path / "b.csv").write_text("y,x\nv,2\n")
    assert read(tmp_path).frame.rows() == [(1, "u"), (2, "v")]


def test_types_that_differ_between_files_are_joined(tmp_path: Path) -> None:
    write(pl.DataFrame({"a": pl.Series([1, 2], dtype=pl.Int32)}), tmp_path / "a.parquet")
    write(pl.DataFrame({"a": [0.5]}), tmp_path / "b.parquet")
    assert read(tmp_path).frame["a"].to_list() == [1.0, 2.0, 0.5]


@pytest.mark.parametrize("name", ["t.csv", "t.parquet", "t.arrow", "t.jsonl"])
def test_batches_keep_the_order_and_the_number_of_rows(tmp_path: Path, name: str) -> None:
    path = write(pl.DataFrame({"a": range(1000), "b": ["x"] * 1000}), tmp_path / name)
    frames = list(batches(path, rows=64))
    assert max(len(frame) for frame in frames) <= 64
    assert pl.concat(frames)["a"].cast(pl.Int64).to_list() == list(range(1000))


def test_reading_a_file_loads_neither_pandas_nor_pyarrow(tmp_path: Path) -> None:
    path = write(FRAME, tmp_path / "t.parquet")
    program = f"import sys, crossent; crossent.read({str(path)!r}); print({{'pandas', 'pyarrow'}} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", program], check=True, capture_output=True).stdout == b"set()\n"


def test_a_name_that_is_not_there_suggests_the_nearest_file(tmp_path: Path, message: Message) -> None:
    (tmp_path / "train.csv").touch()
    assert message(lambda: read(tmp_path / "trian.csv")) == (
        f"There is no file {tmp_path}/trian.csv. Did you mean 'train.csv'?"
    )
    assert message(lambda: read(tmp_path / "zzz")) == f"There is no file {tmp_path}/zzz."
    assert message(lambda: read(tmp_path / "no" / "t.csv")) == (
        f"There is no file {tmp_path}/no/t.csv. There is no folder {tmp_path}/no either."
    )


@pytest.mark.parametrize("sources", ["", [""], ["t.csv", ""]])
def test_an_empty_path_is_refused_and_not_taken_for_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, message: Message, sources: object
) -> None:
    write(FRAME, tmp_path / "t.csv")
    monkeypatch.chdir(tmp_path)
    assert message(lambda: read(sources)) == (
        "A path must name a file, a folder or a glob, but this one is empty. Is a variable not set?"
    )


@pytest.mark.parametrize("name", ["x" * 300 + ".csv", "x" * 300 + "*.csv"])
def test_a_name_that_is_too_long_is_one_clear_error(tmp_path: Path, message: Message, name: str) -> None:
    assert message(lambda: read(tmp_path / name)) == f"{tmp_path / name} cannot be read: File name too long."


def test_a_link_to_itself_is_one_clear_error(tmp_path: Path, message: Message) -> None:
    path = tmp_path / "t.csv"
    path.symlink_to(path)
    assert message(lambda: read(path)) == f"{path} cannot be read: Too many levels of symbolic links."


@pytest.mark.parametrize("call", ["stat", "iterdir", "is_file"])
def test_a_folder_that_may_not_be_read_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, message: Message, call: str
) -> None:
    write(FRAME, tmp_path / "t.csv")

    def denied(path: Path, **_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, call, denied)
    place = tmp_path / "t.csv" if call == "is_file" else tmp_path
    assert message(lambda: read(tmp_path)) == f"{place} cannot be read: Permission denied."


@pytest.mark.parametrize("name", ["t.csv", "t.parquet", "t.arrow", "t.jsonl"])
@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_one_clear_error(tmp_path: Path, message: Message, name: str) -> None:
    path = write(FRAME, tmp_path / name)
    path.chmod(0)
    assert message(lambda: read(path)) == f"{path} cannot be read: Permission denied."


def test_a_folder_whose_names_cannot_be_listed_is_not_said_to_be_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, message: Message
) -> None:
    def denied(path: Path) -> list[str]:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "listdir", denied)
    assert message(lambda: read(tmp_path / "t.csv")) == f"There is no file {tmp_path}/t.csv."


def test_an_unknown_format_lists_the_known_ones(tmp_path: Path, message: Message) -> None:
    endings = ".csv, .tsv, .tab, .parquet, .pq, .arrow, .ipc, .feather, .jsonl, .ndjson, .json or .csv.gz"
    for name in ("t.xlsx", "t.parquet.gz", "t"):
        (tmp_path / name).touch()
        assert message(lambda name=name: read(tmp_path / name)) == (
            f"{tmp_path}/{name}: the format is told by the end of the name, which must be one of {endings}."
        )


def test_folders_and_globs_say_what_is_wrong_with_them(tmp_path: Path, message: Message) -> None:
    assert (
        message(lambda: read(tmp_path)) == f"The folder {tmp_path} must hold the files of a table, but it holds none."
    )
    assert message(lambda: read(tmp_path / "*.csv")) == (
        f"No file matches {tmp_path}/*.csv. Check the pattern and the folder that it starts from."
    )
    (tmp_path / "a.csv").write_text("x,y\n1,u\n")
    (tmp_path / "b.csv").write_text("x,z,w\n1,u,v\n")
    assert message(lambda: read(tmp_path)) == (
        f"{tmp_path}/b.csv must have the columns of {tmp_path}/a.csv, but it lacks 'y' and it also has 'z', 'w'. Make "
        f"the files alike."
    )
    write(FRAME, tmp_path / "c.parquet")
    assert message(lambda: read(tmp_path)) == (
        f"All files of a table must have one format, but these differ: '{tmp_path}/c.parquet', '{tmp_path}/a.csv'. "
        f"Use a glob."
    )


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("t.parquet", b"garbage", "{path} cannot be read as Parquet ("),
        ("t.arrow", b"garbage", "{path} cannot be read as Arrow IPC, also called Feather V2 ("),
        ("t.arrow", b"ARROW1 garbage", "{path} cannot be read as Arrow IPC, also called Feather V2 ("),
        ("t.jsonl", b"\n", "{path} is empty. It must hold one JSON object a line."),
        ("t.json", b'[{"a": 1}]', "{path}, line 1: every line must be one JSON object, but this one is a list."),
        (
            "t.jsonl",
            b'{"a": 1}\n\n{"a": \n',
            "{path}, line 3: every line must be one JSON object, but this one is not JSON (Expecting value, column 7).",
        ),
        (
            "t.jsonl",
            b'{"a": "\xe9"}\n',
            "{path}, line 1: every line must be one JSON object, but this one is not UTF-8 (byte 8).",
        ),
        ("t.jsonl", b'{"a": 1}\n{"a": true}\n', "{path} cannot be read as JSON lines ("),
    ],
)
def test_a_damaged_file_is_one_clear_error(
    tmp_path: Path, message: Message, name: str, content: bytes, wanted: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    # What stands in parentheses is Polars's own reason, which changes with its version.
    assert message(lambda: read(path)).startswith(wanted.format(path=path))


def test_a_truncated_parquet_file_is_one_clear_error(tmp_path: Path, message: Message) -> None:
    path = write(pl.DataFrame({"a": range(1000)}), tmp_path / "t.parquet")
    path.write_bytes(path.read_bytes()[:-100])
    assert message(lambda: read(path)).startswith(f"{path} cannot be read as Parquet (")


@pytest.mark.parametrize(
    "source", [{}, {"a": []}, np.ones((0, 3)), np.ones((3, 0)), pl.DataFrame(), pl.LazyFrame({"a": []})]
)
def test_a_table_without_rows_or_columns_is_an_error(message: Message, source: object) -> None:
    assert message(lambda: read(source)) == "The table is empty. It must hold at least one column and one row."


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        (
            [1, 2],
            "A table must be a path or a list of paths, a Polars, pandas or PyArrow table, a NumPy array, a tensor, or "
            "a dict of columns, but this is a list.",
        ),
        (np.ones(3), "An array must have two dimensions, rows and columns, but this one is 3. Reshape it."),
        (
            torch.ones(2, 3, 4),
            "A tensor must have two dimensions, rows and columns, but this one is 2x3x4. Reshape it.",
        ),
        ({"a": 1}, "Column 'a' must be a list of values, but it is 1."),
        (
            {"a": [[1], [2, 3]]},
            "Column 'a' must hold one value a row, but its type is List(Int64). If every list has d numbers, make it "
            "an array in Polars first: pl.col('a').list.to_array(d).",
        ),
        (
            {"a": [{"b": 1}]},
            "Column 'a' must hold one value a row, but its type is Struct({'b': Int64}). Spread it in Polars first: "
            "frame.unnest('a').",
        ),
        (
            {"a": np.ones((2, 2, 2))},
            "Column 'a' must hold one value a row, but its type is Array(Float64, shape=(2, 2)). Make it flat in "
            "Polars first: pl.col('a').reshape((-1, d)).",
        ),
        (
            {"a": [b"x", b"y"]},
            "Column 'a' must hold one value a row, but its type is Binary. Convert it to numbers or strings first.",
        ),
        (
            {"a[0]": [1], "a": np.ones((1, 2))},
            "Every column must have its own name, but more than one is 'a[0]'. Rename them.",
        ),
        ({1: [1], "1": [2]}, "Every column must have its own name, but more than one is '1'. Rename them."),
        (
            pl.LazyFrame({"a": [1]}).select("b"),
            'The LazyFrame cannot be collected: unable to find column "b"; valid columns: ["a"].',
        ),
    ],
)
def test_what_is_no_table_is_one_clear_error(message: Message, source: object, wanted: str) -> None:
    assert message(lambda: read(source)) == wanted


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ({"a": [1, "x"]}, "Column 'a' must hold values of one type: "),
        ({"a": ["x", 1.5]}, "Column 'a' must hold values of one type: "),
        ({"a": [True, 1]}, "Column 'a' must hold values of one type: "),
        ({"a": [1, 2], "b": [1]}, "The dict cannot be read as a table: "),
        (pd.DataFrame({"a": [1, 2], "b": [1, "x"]}), "Column 'b' must hold values of one type: "),
        (pd.DataFrame({"a": [1, 2], 3: ["x", 1]}), "Column '3' must hold values of one type: "),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "The pandas.DataFrame cannot be read as a table: "),
        (pa.table([[1], [2]], names=["a", "a"]), "The pyarrow.lib.Table cannot be read as a table: "),
    ],
)
def test_what_polars_refuses_is_one_clear_error(message: Message, source: object, wanted: str) -> None:
    found = message(lambda: read(source))
    assert found.startswith(wanted)
    assert "\n" not in found


def test_a_batch_needs_a_row(message: Message) -> None:
    assert message(lambda: list(batches(FRAME, rows=0))) == "A batch must have at least one row, but rows is 0."


def test_dates_of_parquet_and_of_csv_are_one_kind(tmp_path: Path) -> None:
    frame = pl.DataFrame({"day": [date(2024, 1, 31), None, date(2024, 2, 1)]})
    tables = [read(write(frame, tmp_path / name)) for name in ("t.parquet", "t.csv", "t.jsonl")]
    assert tables[0].frame.equals(tables[1].frame)
    assert tables[0].frame.equals(tables[2].frame)
