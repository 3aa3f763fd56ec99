"""Text to numbers, booleans and dates: null where a value does not parse.

Every function takes stripped text, as `stripped` returns it.
"""

from typing import Final

import polars as pl

MARKERS: Final = ("NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "?", "-", "#N/A", "<NA>")

ISO_FORMATS: Final = (
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%dT%H:%M:%S%.f%#z",
    "%Y-%m-%d %H:%M:%S%.f%#z",
)
_DAYS: Final = (
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y/%m/%d",
    "%d %b %Y",
    "%d-%b-%Y",
    "%b %d, %Y",
)
FORMATS: Final = (*ISO_FORMATS, *(day + time for day in _DAYS for time in ("", " %H:%M", " %H:%M:%S%.f")))


def stripped(text: pl.Series) -> pl.Series:
    """Return text without the blanks around it; what is then empty is missing."""
    bare = text.str.strip_chars()
    return bare.set(bare == "", None)


def numbers(text: pl.Series) -> pl.Series:
    """Return Int64 if every number is whole and fits, else Float64."""
    decimal = text.cast(pl.Float64, strict=False).fill_nan(None)
    whole = text.cast(pl.Int64, strict=False)
    return whole if whole.null_count() == decimal.null_count() else decimal


def booleans(text: pl.Series) -> pl.Series:
    """Return true for true and 1, false for false and 0, in any case of letters."""
    words = text.str.to_lowercase()
    truth = words.is_in(["true", "1"])
    return truth.set(~words.is_in(["true", "false", "1", "0"]), None)


def datetimes(text: pl.Series, *formats: str) -> pl.Series:
    """Return Datetime without time zone (UTC where text has an offset), by the first format that fits a value."""
    found = _datetimes(text, formats[0])
    for format in formats[1:]:
        if found.null_count() == text.null_count():
            return found
        found = found.zip_with(found.is_not_null(), _datetimes(text, format))
    return found


def _datetimes(text: pl.Series, format: str) -> pl.Series:
    found = text.str.to_datetime(format, strict=False, time_unit="us", exact=True)
    if "%#z" in format:
        found = found.dt.replace_time_zone(None)
    # %Y takes "20" for the year 20, which nobody means.
    return found.set(found.dt.year() < 1000, None)
