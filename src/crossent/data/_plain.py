"""Text as the numbers or the dates that all of it is."""

import polars as pl

from . import _parse
from ._infer import date_format


def plain(column: pl.Series) -> pl.Series:
    """Return text as numbers or else as dates where all of it is, for what is not learned from; else as it came.

    Reading leaves text alone that is set aside, such as row numbers, which never repeat. Dates whose day and month
    could be swapped stay text.
    """
    if column.dtype != pl.String:
        return column
    text = _parse.stripped(column)
    missing = (text.is_null() | text.is_in(_parse.MARKERS)).sum()
    numbers = _parse.numbers(text)
    if numbers.null_count() == missing:
        return numbers
    match date_format(text):
        case format, "":
            return _parse.datetimes(text, format)
        case _:
            return column
