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
    names, found = names_of(columns), frame.columns
    missing, others = _without(names, found), _without(found, names)
    extra = _without(others, others if legal is None else legal)
    faults = [f"Column '{name}' is missing.{did_you_mean(name, others)}" for name in missing]
    faults += [f"Column '{name}' was not there in training." for name in extra]
    series = []
    for column in columns:
        if column.name in missing:
            continue
        try:
            series.append(typed(frame[column.name], column, first_row=first_row))
        except InputError as error:
            faults.append(str(error))
    if faults:
        raise InputError("\n".join(["The table must be like the training table:", *faults]))
    return series


def _without(names: Sequence[str], others: Collection[str]) -> list[str]:
    excluded = set(others)
    return [name for name in names if name not in excluded]


def names_of(columns: Sequence[Column]) -> list[str]:
    """Return the names of columns."""
    return [column.name for column in columns]
