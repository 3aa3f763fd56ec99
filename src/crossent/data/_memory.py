"""Tables that are in memory already, as Polars frames."""

import numbers
import sys
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray

from .._errors import InputError
from ._framed import framed
from ._reason import first_line

if TYPE_CHECKING:
    import pandas

_REFUSALS: Final = (pl.exceptions.PolarsError, TypeError, ValueError, OverflowError)


def frame_of(source: object) -> pl.DataFrame:
    """Return a table in memory as a Polars frame.

    Raises:
        InputError: when it is not a table, or cannot be converted.
    """
    try:
        return _converted(source)
    except InputError:
        raise
    except (*_REFUSALS, ImportError) as error:
        raise InputError(f"The {_type_name(source)} cannot be read as a table: {first_line(error)}.") from error


def _converted(source: object) -> pl.DataFrame:
    match source:
        case pl.DataFrame():
            return source
        case torch.Tensor():
            return _matrix(_array(source), "tensor")
        case np.ndarray():
            return pl.from_numpy(source) if source.dtype.names else _matrix(source, "array")
        case Mapping():
            return framed([_column(str(name), values) for name, values in source.items()])
    return _foreign(source)


def _foreign(source: object) -> pl.DataFrame:
    # A pandas frame or a PyArrow table can only be here if its package is loaded: it is not for us to load it.
    pandas, pyarrow = sys.modules.get("pandas"), sys.modules.get("pyarrow")
    if pandas is not None and isinstance(source, pandas.DataFrame):
        return _of_pandas(source)
    if pyarrow is not None and isinstance(source, pyarrow.Table | pyarrow.RecordBatch):
        frame = pl.DataFrame(pl.from_arrow(source))
        frame.columns = source.schema.names  # Polars has renamed the one without a name
        return frame
    raise InputError(
        f"A table must be a path or a list of paths, a Polars, pandas or PyArrow table, a NumPy array, a tensor, "
        f"or a dict of columns, but this is a {_type_name(source)}."
    )


def _of_pandas(source: "pandas.DataFrame") -> pl.DataFrame:
    try:
        return pl.from_pandas(source)
    except _REFUSALS:
        for place in range(source.shape[1]):
            _check_pandas_column(source.iloc[:, [place]])
        raise


def _check_pandas_column(column: "pandas.DataFrame") -> None:
    # What is said of a whole frame names no column: the first that fails alone is the one.
    try:
        pl.from_pandas(column)
    except _REFUSALS as error:
        raise _mixed(str(column.columns[0]), error) from error


def _matrix(values: NDArray[np.generic], what: str) -> pl.DataFrame:
    if values.ndim != 2:
        shape = "x".join(map(str, values.shape)) or "single value"
        raise InputError(
            f"An {what} must have two dimensions, rows and columns, but this one is {shape}. Reshape it.".replace(
                "An t", "A t"
            )
        )
    return pl.from_numpy(values, schema=[f"x{place}" for place in range(values.shape[1])])


def _column(name: str, values: object) -> pl.Series:
    if isinstance(values, torch.Tensor):
        values = _array(values)
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InputError(f"Column '{name}' must be a list of values, but it is {values!r}.")
    try:
        return pl.Series(name, values)
    except _REFUSALS as error:
        # Polars takes the type of the first value, so it refuses a float after an integer.
        if isinstance(values, Sequence) and all(value is None or _is_number(value) for value in values):
            return _floats(name, values)
        raise _mixed(name, error) from error


def _is_number(value: object) -> bool:
    return isinstance(value, numbers.Real | Decimal) and not isinstance(value, bool)


def _floats(name: str, values: Iterable[Any]) -> pl.Series:
    try:
        return pl.Series(name, [None if value is None else float(value) for value in values], pl.Float64)
    except OverflowError as error:
        raise InputError(f"Column '{name}' must hold numbers within 1.8e308, but one is larger. Correct it.") from error


def _mixed(name: str, error: Exception) -> InputError:
    return InputError(
        f"Column '{name}' must hold values of one type: {first_line(error)}. Make all of them numbers, or all strings."
    )


def _array(tensor: torch.Tensor) -> NDArray[np.generic]:
    # NumPy has no bfloat16.
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).detach().cpu().numpy()


def _type_name(source: object) -> str:
    return f"{type(source).__module__}.{type(source).__qualname__}".removeprefix("builtins.")
