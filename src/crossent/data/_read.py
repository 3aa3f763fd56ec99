"""Read: any table, as columns of known kinds."""

import sys
from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from .._errors import InputError
from . import _parse
from ._batches import batches
from ._column import Column, Kind, kind_of, named
from ._framed import framed
from ._infer import date_format, inferred, marker_note
from ._table import Table
from ._typed import typed


def read(source: object, *, kinds: Mapping[str, Kind] | None = None) -> Table:
    """Read a table and tell what each of its columns is, from all of its rows.

    Args:
        source: A path to a CSV, TSV, Parquet, Arrow or JSON lines file; a glob; a folder of such files; a list of
            those; a Polars, pandas or PyArrow table; a NumPy array or a tensor of two dimensions; a dict of columns.
        kinds: What some columns are, whatever they look like; set before any value is converted, so a category keeps
            its leading zeros.

    Returns:
        The table. Print it to see what every column was taken to be.

    Raises:
        InputError: when the source cannot be read; it says what must hold, what came and what to do.

    Example:
        >>> table = read({"age": [39, 50, 38], "job": ["clerk", "clerk", None]})
        >>> [(column.name, column.kind) for column in table.columns]
        [('age', 'number'), ('job', 'category')]
    """
    frame = _whole(source)
    asked = {named(name, frame.columns): kind_of(kind, f"column '{name}'") for name, kind in (kinds or {}).items()}
    columns = tuple(
        _asked(series, asked[series.name]) if series.name in asked else inferred(series) for series in frame
    )
    pairs = zip(frame, columns, strict=True)
    converted = [(typed(series, column), _noting_nan(series, column)) for series, column in pairs]
    return Table(framed([series for series, _ in converted]), tuple(column for _, column in converted))


def _whole(source: object) -> pl.DataFrame:
    frames = list(batches(source, rows=sys.maxsize >> 1))
    try:
        return pl.concat(frames, how="vertical_relaxed")
    except pl.exceptions.PolarsError as error:
        raise InputError(f"The parts of {source} do not fit together: {error}. Give each column one type.") from error


def _asked(series: pl.Series, kind: Kind) -> Column:
    column = Column(series.name, kind, "as asked")
    if series.dtype != pl.String:
        return column
    text = _parse.stripped(series)
    match kind:
        case "number":
            return _noting(column, marker_note(text, _parse.numbers(text)))
        case "boolean":
            return _noting(column, marker_note(text, _parse.booleans(text)))
        case "datetime" if found := date_format(text):
            format, doubt = found
            missing = marker_note(text, _parse.datetimes(text, format))
            return _noting(replace(column, format=format), f"as {format}", doubt, missing)
        case _:
            return column


def _noting_nan(series: pl.Series, column: Column) -> Column:
    count = series.is_nan().sum() if series.dtype.is_float() else 0
    return _noting(column, f"{count:,} NaN read as missing") if count else column


def _noting(column: Column, *notes: str) -> Column:
    return replace(column, note="; ".join(note for note in (column.note, *notes) if note))
