"""Columns that hold more than one value a row."""

import polars as pl

from .._errors import InputError
from ._framed import framed

_SINGLE = (pl.String, pl.Boolean, pl.Categorical, pl.Enum, pl.Null)


def flattened(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with every array column of numbers spread over the columns name[0], name[1], ...

    Raises:
        InputError: for lists and structs, whose number of parts is not fixed or has names of its own.
    """
    if not any(_is_odd(dtype) for dtype in frame.dtypes):
        return frame
    return framed([part for column in frame for part in _parts(column)])


def _is_odd(dtype: pl.DataType) -> bool:
    return not (dtype.is_numeric() or dtype.is_temporal() or dtype in _SINGLE)


def _parts(column: pl.Series) -> list[pl.Series]:
    dtype = column.dtype
    if isinstance(dtype, pl.Array) and dtype.inner.is_numeric():
        return [column.arr.get(place).alias(f"{column.name}[{place}]") for place in range(dtype.size)]
    if not _is_odd(dtype):
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
