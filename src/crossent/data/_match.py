"""The columns that a frame must have, found and typed; all that is wrong in one message."""

from collections.abc import Collection, Sequence

import polars as pl

from .._errors import InputError
from ._column import Column
from ._names import did_you_mean
from ._typed import typed


def matched(
    frame: pl.DataFrame, columns: Sequence[Column], *, legal: Collection[str] | None, first_row: int = 1
) -> list[pl.Series]:
    """Return the typed series of `columns`, in their order.

    Args:
        frame: Rows, raw or typed.
        columns: The columns that must be there.
        legal: Other names that may be there; None if any may.
        first_row: The number of the first row, for the messages.

    Raises:
        InputError: lists every missing column, every extra one, and every value that cannot be typed.
    """
    names = {column.name for column in columns}
    extra = [name for name in frame.columns if name not in names and legal is not None and name not in legal]
    unused = [name for name in frame.columns if name not in names]
    faults = [
        f"Column '{name}' is missing.{did_you_mean(name, unused)}"
        for name in names_of(columns)
        if name not in frame.columns
    ]
    faults += [f"Column '{name}' was not there in training." for name in extra]
    series = []
    for column in columns:
        if column.name in frame.columns:
            try:
                series.append(typed(frame[column.name], column, first_row=first_row))
            except InputError as error:
                faults.append(str(error))
    if faults:
        raise InputError("\n".join(["The table must be like the training table:", *faults]))
    return series


def names_of(columns: Sequence[Column]) -> list[str]:
    """Return the names of columns."""
    return [column.name for column in columns]
