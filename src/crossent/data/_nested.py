"""Columns that hold more than one value a row."""

import polars as pl

from .._errors import InputError


def flattened(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with every array column of numbers spread over the columns name[0], name[1], ...

    Raises:
        InputError: for lists and structs, whose number of parts is not fixed or has names of its own.
    """
    if not any(dtype.is_nested() or dtype == pl.Object for dtype in frame.dtypes):
        return frame
    return pl.DataFrame([part for column in frame for part in _parts(column)])


def _parts(column: pl.Series) -> list[pl.Series]:
    dtype = column.dtype
    if isinstance(dtype, pl.Array) and dtype.inner.is_numeric():
        return [column.arr.get(place).alias(f"{column.name}[{place}]") for place in range(dtype.size)]
    if not dtype.is_nested() and dtype != pl.Object:
        return [column]
    raise InputError(f"Column '{column.name}' must hold one value a row, but its type is {dtype}. {_advice(column)}")


def _advice(column: pl.Series) -> str:
    name = column.name
    match column.dtype:
        case pl.Struct():
            return f"Spread it in Polars first: frame.unnest('{name}')."
        case pl.List():
            return f"If every list has d numbers, make it an array in Polars first: pl.col('{name}').list.to_array(d)."
        case pl.Array():
            return f"Make it flat in Polars first: pl.col('{name}').reshape((-1, d))."
        case _:
            return "Convert it to numbers or strings first."
