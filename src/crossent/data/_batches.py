"""Batches: any table as raw Polars frames, in order and in bounded memory."""

import os
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from .._errors import InputError
from ._csv import csv_frames
from ._memory import frame_of
from ._names import listed
from ._nested import flattened
from ._sources import Format, files


def batches(source: object, *, rows: int = 100_000) -> Iterator[pl.DataFrame]:
    """Read a table of any size, a part at a time, as it stands: from CSV every column is String.

    Args:
        source: What `read` takes.
        rows: The most rows a frame may have; wide text files come in smaller ones.

    Yields:
        Frames with the same columns, in the order of the rows.

    Raises:
        InputError: when the source cannot be read, or holds no rows.
    """
    if rows < 1:
        raise InputError(f"A batch must have at least one row, but rows is {rows}.")
    empty = True
    for frame in _frames(source, rows):
        for part in flattened(frame).iter_slices(rows):
            empty = False
            yield part
    if empty:
        raise InputError(f"{_called(source)} holds no rows. It must hold at least one row.")


def _frames(source: object, rows: int) -> Iterator[pl.DataFrame]:
    match source:
        case str() | os.PathLike():
            yield from _of_files(Path(source), rows)
        case pl.LazyFrame():
            yield from source.collect_batches(chunk_size=rows, maintain_order=True)
        case _:
            yield frame_of(source)


def _of_files(source: Path, rows: int) -> Iterator[pl.DataFrame]:
    format, paths = files(source)
    names: list[str] = []
    for path in paths:
        for frame in _of_file(format, path, rows):
            names = names or frame.columns
            if set(frame.columns) != set(names):
                raise _disagreement(paths[0], names, path, frame.columns)
            yield frame.select(names)


def _of_file(format: Format, path: Path, rows: int) -> Iterator[pl.DataFrame]:
    try:
        if format == "csv":
            yield from csv_frames(path)
        else:
            yield from _lazy(format, path).collect_batches(chunk_size=rows, maintain_order=True)
    except pl.exceptions.PolarsError as error:
        raise InputError(
            f"{path} cannot be read as {_TITLES[format]} ({_first_line(error)}). {_ADVICE[format]}"
        ) from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from error


_TITLES = {"csv": "CSV", "parquet": "Parquet", "arrow": "Arrow IPC", "json": "JSON lines"}
_ADVICE = {
    "csv": "Is it a CSV file?",
    "parquet": "Copy or write it again.",
    "arrow": "Copy or write it again, as a file in Arrow IPC (Feather V2).",
    "json": 'Every line must be one object, such as {"age": 39}, and a name must keep one type.',
}


def _lazy(format: Format, path: Path) -> pl.LazyFrame:
    match format:
        case "parquet":
            return pl.scan_parquet(path, glob=False)
        case "arrow":
            return pl.scan_ipc(path) if _is_arrow_file(path) else pl.read_ipc_stream(path).lazy()
        case _:
            return pl.scan_ndjson(path, infer_schema_length=None)


def _is_arrow_file(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(6) == b"ARROW1"


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _disagreement(first: Path, names: list[str], path: Path, found: list[str]) -> InputError:
    missing, extra = [name for name in names if name not in found], [name for name in found if name not in names]
    notes = [f"it lacks {listed(missing)}"] if missing else []
    notes += [f"it also has {listed(extra)}"] if extra else []
    return InputError(f"{path} must have the columns of {first}, but {' and '.join(notes)}. Make the files alike.")


def _called(source: object) -> str:
    match source:
        case str() | os.PathLike():
            return str(source)
        case _:
            return "The table"
