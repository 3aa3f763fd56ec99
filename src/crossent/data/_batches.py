"""Batches: any table as raw Polars frames, in order and in bounded memory."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from .._errors import InputError
from ._column import named
from ._csv import csv_frames
from ._json import json_fault
from ._memory import frame_of
from ._names import listed
from ._nested import flattened
from ._reason import first_line, reason
from ._sources import Format, Paths, files


def batches(source: object, *, columns: Sequence[str] = (), rows: int = 100_000) -> Iterator[pl.DataFrame]:
    """Read a table of any size, a part at a time, as it stands: from CSV every column is String.

    Args:
        source: What `read` takes.
        columns: Only these columns, in this order; of a Parquet file only they are read. By default all.
        rows: The most rows a frame may have; wide text files come in smaller ones.

    Yields:
        Frames with the same columns, in the order of the rows.

    Raises:
        InputError: when the source cannot be read, holds no rows, or lacks one of the columns.
    """
    if rows < 1:
        raise InputError(f"A batch must have at least one row, but rows is {rows}.")
    empty = True
    for frame in _frames(source, rows, columns):
        flat = flattened(frame)
        for part in _chosen(flat, columns).iter_slices(rows):
            empty = empty and not part.width
            yield part
    if empty:
        raise InputError(f"{_called(source)} is empty. It must hold at least one column and one row.")


def _chosen(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    return frame.select([named(name, frame.columns) for name in columns]) if columns else frame


def _frames(source: object, rows: int, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    if isinstance(source, pl.LazyFrame):
        yield from _collected(source, rows)
    elif paths := _paths(source):
        yield from _of_files(paths, rows, columns)
    else:
        yield frame_of(source)


def _paths(source: object) -> Paths:
    match source:
        case str() | os.PathLike():
            return [source]
        case list() | tuple():
            paths = [item for item in source if isinstance(item, (str, Path))]
            return paths if len(paths) == len(source) else []
        case _:
            return []


def _of_files(sources: Paths, rows: int, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    format, paths = files(sources)
    names: list[str] = []
    for path in paths:
        for frame in _of_file(format, path, rows, columns):
            names = names or frame.columns
            if set(frame.columns) != set(names):
                raise _disagreement(paths[0], names, path, frame.columns)
            yield frame.select(names)


def _of_file(format: Format, path: Path, rows: int, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    try:
        if format == "csv":
            frames = csv_frames(path)
            yield from (
                frame.select(columns) if {*columns} <= {*frame.columns} and columns else frame for frame in frames
            )
        else:
            lazy = _lazy(format, path)
            # A part of an array column, name[0], is none of the file's own columns.
            known = {*columns} <= {*lazy.collect_schema().names()}
            lazy = lazy.select(columns) if columns and known else lazy
            yield from lazy.collect_batches(chunk_size=rows, maintain_order=True)
    except pl.exceptions.PolarsError as error:
        raise _unreadable(format, path, error) from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {reason(error)}.") from error


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


def _unreadable(format: Format, path: Path, error: Exception) -> InputError:
    reason = first_line(error)
    match format:
        case "json":
            mixed = f"{path} cannot be read as JSON lines ({reason}). A name must keep one type on all lines."
            return json_fault(path) or InputError(mixed)
        case "arrow":
            return InputError(f"{path} cannot be read as Arrow IPC, also called Feather V2 ({reason}). Write it again.")
        case _:
            return InputError(f"{path} cannot be read as Parquet ({reason}). Copy or write it again.")


def _collected(frame: pl.LazyFrame, rows: int) -> Iterator[pl.DataFrame]:
    try:
        yield from frame.collect_batches(chunk_size=rows, maintain_order=True)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(f"The LazyFrame cannot be collected: {first_line(error)}.") from error


def _disagreement(first: Path, names: list[str], path: Path, found: list[str]) -> InputError:
    missing, extra = [name for name in names if name not in found], [name for name in found if name not in names]
    notes = [f"it lacks {listed(missing)}"] if missing else []
    notes += [f"it also has {listed(extra)}"] if extra else []
    return InputError(f"{path} must have the columns of {first}, but {' and '.join(notes)}. Make the files alike.")


def _called(source: object) -> str:
    return " and ".join(map(str, _paths(source))) or "The table"
