"""Typed: a column's values as what its kind says, the same at fit time and at predict time."""

import math

import polars as pl

from .._errors import InputError
from . import _parse
from ._column import Column
from ._names import listed

_ARTICLE = {"number": "a number", "boolean": "true or false", "datetime": "a date or time"}


def typed(series: pl.Series, column: Column, *, first_row: int = 1) -> pl.Series:
    """Return a raw or an already typed series as `column.kind` says; typing twice changes nothing.

    Args:
        series: The values of the column.
        column: How they are to be read.
        first_row: The number of the first row, for the messages.

    Returns:
        number: Int64 or Float64. boolean: Boolean. datetime: Datetime in microseconds, UTC where a time zone was given.
        category, text: String; a whole number is written without a decimal point. identifier, constant: as they came.

    Raises:
        InputError: when values cannot be converted; it says which row holds what.
    """
    match column.kind:
        case "number":
            return _finite(_numbers(series, column, first_row), column, first_row)
        case "boolean":
            return _booleans(series, column, first_row)
        case "datetime":
            return _datetimes(series, column, first_row)
        case "category" | "text":
            return _strings(series)
        case _:
            return series


def _numbers(series: pl.Series, column: Column, first_row: int) -> pl.Series:
    dtype = series.dtype
    if dtype in (pl.Int64, pl.Null):
        return series.cast(pl.Int64)
    if dtype.is_float():
        numbers = series.cast(pl.Float64)
        return numbers if _all_finite(numbers) else numbers.fill_nan(None)
    if dtype == pl.Duration:
        return series.dt.total_microseconds(fractional=True) / 1e6
    if dtype == pl.Time:
        return series.to_physical() / 1e9
    if dtype.is_numeric() or dtype == pl.Boolean:
        whole = dtype.is_integer() or dtype == pl.Boolean
        return _whole(series) if whole else series.cast(pl.Float64)
    text = _parse.stripped(_strings(series))
    return _checked(text, _parse.numbers(text), column, first_row)


def _whole(series: pl.Series) -> pl.Series:
    integers = series.cast(pl.Int64, strict=False)
    return integers if integers.null_count() == series.null_count() else series.cast(pl.Float64)


def _finite(numbers: pl.Series, column: Column, first_row: int) -> pl.Series:
    if numbers.dtype != pl.Float64 or _all_finite(numbers):
        return numbers
    infinite = numbers.is_infinite()
    if not infinite.any():
        return numbers
    row = infinite.fill_null(False).arg_true()[0]
    raise InputError(
        f"Column '{column.name}' must hold finite numbers, but row {first_row + row:,} holds {numbers[row]} "
        f"({infinite.sum():,} in all). Leave the field empty if the value is missing, or write the largest "
        f"number it may be."
    )


def _all_finite(numbers: pl.Series) -> bool:
    # One NaN or infinity spoils the sum, which Polars takes twenty times as fast as it looks at each value: what counts
    # for one row of 2,000 columns.
    return math.isfinite(numbers.sum())


def _booleans(series: pl.Series, column: Column, first_row: int) -> pl.Series:
    if series.dtype in (pl.Boolean, pl.Null):
        return series.cast(pl.Boolean)
    text = _parse.stripped(_strings(series))
    return _checked(text, _parse.booleans(text), column, first_row)


def _datetimes(series: pl.Series, column: Column, first_row: int) -> pl.Series:
    if isinstance(series.dtype, pl.Datetime) and series.dtype.time_zone:
        series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    if series.dtype in (pl.Datetime, pl.Date, pl.Null):
        return series.cast(pl.Datetime("us"))
    text = _parse.stripped(_strings(series))
    formats = _parse.ISO_FORMATS if column.format is None else (column.format, *_parse.ISO_FORMATS)
    return _checked(text, _parse.datetimes(text, *formats), column, first_row)


def _strings(series: pl.Series) -> pl.Series:
    if series.dtype == pl.String:
        return _blank_as_missing(series)
    if series.dtype.is_float():
        return _decimals(series.cast(pl.Float64).fill_nan(None))
    if series.dtype.is_nested() or series.dtype in (pl.Object, pl.Binary):
        raise InputError(
            f"Column '{series.name}' must hold one value a row, but its type is {series.dtype}. Convert it."
        )
    return series.cast(pl.String)


def _blank_as_missing(text: pl.Series) -> pl.Series:
    blank = text.str.strip_chars() == ""
    return text.set(blank, None) if blank.any() else text


def _decimals(series: pl.Series) -> pl.Series:
    whole = series.cast(pl.Int64, strict=False)
    return whole.cast(pl.String).zip_with((whole == series).fill_null(False), series.cast(pl.String))


def _checked(text: pl.Series, parsed: pl.Series, column: Column, first_row: int) -> pl.Series:
    wrong = parsed.is_null() & text.is_not_null() & ~text.is_in(_parse.MARKERS) if parsed.null_count() else None
    if wrong is None or not wrong.any():
        return parsed
    row, values = wrong.arg_true()[0], text.filter(wrong)
    raise InputError(
        f"Column '{column.name}' must be {_ARTICLE[column.kind]}, but row {first_row + row:,} holds '{values[0]}' "
        f"({len(values):,} such: {listed(values.unique(maintain_order=True), limit=3)}). Correct them, leave the "
        f"fields empty if they are missing, or fit with another kind: kinds={{'{column.name}': 'category'}}."
    )
