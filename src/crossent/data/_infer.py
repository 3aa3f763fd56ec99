"""What kind a column is, from all of its values."""

import math
import re
from typing import Final

import polars as pl

from . import _parse
from ._column import Column
from ._names import listed

FEWEST_FOR_IDENTIFIER: Final = 20
FEWEST_FOR_CONSTANT: Final = 2
WORDS_OF_TEXT: Final = 3.0
_SAMPLE: Final = 1000
_LONGEST_STRAY: Final = 24
_SHORT_YEAR: Final = r"^(\d{1,2}[-/. ](\d{1,2}|[A-Za-z]{3})[-/. ]|[A-Za-z]{3} \d{1,2}, )\d{2}($|\s)"
_KEY = re.compile(
    r"(?i:(^|[^a-z])(id|key|uuid|guid|index|idx|row|rownum|number|num|no|nr))$|[a-z](Id|ID|Key|Index|Number|No)$"
)


def inferred(series: pl.Series) -> Column:
    """Return the column that a raw series is, by the rules of docs/reading.md."""
    if series.dtype == pl.String:
        return _from_text(series.name, _parse.stripped(series))
    if series.dtype.is_float():
        series = series.fill_nan(None)
    return _constant(series) or _from_values(series)


def inferred_labels(values: pl.Series) -> Column:
    """Return the column that labels are, from their different values: never one to be set aside, and never a text."""
    twice = pl.concat([values, values])  # labels repeat, so that none of them is a key
    if twice.dtype != pl.String:
        return _from_values(twice)
    text = _parse.stripped(twice)
    present = text.filter(~text.is_in(_parse.MARKERS)).drop_nulls()
    return _number(text, present) or _boolean(text, present) or _date(text, present) or Column(values.name, "category")


def date_format(text: pl.Series) -> tuple[str, str] | None:
    """Return the first format that every value has, and a note if day and month could be swapped."""
    values = text.filter(~text.is_in(_parse.MARKERS)).drop_nulls()
    fitting = [format for format in _parse.FORMATS if _fits(values.head(_SAMPLE), format) and _fits(values, format)]
    if not fitting:
        return None
    swapped = fitting[0].replace("%d", "%?").replace("%m", "%d").replace("%?", "%m")
    return fitting[0], "day first is a guess: month first fits as well" if swapped in fitting[1:] else ""


def marker_note(text: pl.Series, parsed: pl.Series) -> str:
    """Say which markers stand for missing in text (stripped) that was parsed."""
    marked = text.filter(parsed.is_null() & text.is_not_null()).rename("marker")
    counts = marked.value_counts(name="rows").sort("rows", "marker", descending=[True, False]).rows()
    return ", ".join(f"{count:,} '{marker}'" for marker, count in counts) + " read as missing" if counts else ""


def _fits(values: pl.Series, format: str) -> bool:
    return _parse.datetimes(values, format).null_count() == 0


def _constant(series: pl.Series) -> Column | None:
    if series.null_count() == len(series):
        return Column(series.name, "constant", "set aside: every value is missing")
    if len(series) < FEWEST_FOR_CONSTANT or series.null_count() or (series != series[0]).any():
        return None
    return Column(series.name, "constant", "set aside: every value is the same")


def _from_values(series: pl.Series) -> Column:
    name, dtype = series.name, series.dtype
    if dtype.is_integer():
        return _key(series) or Column(name, "number")
    if dtype.is_numeric():
        return Column(name, "number")
    if dtype == pl.Duration:
        return Column(name, "number", "in seconds")
    if dtype == pl.Time:
        return Column(name, "number", "in seconds since midnight")
    if dtype == pl.Boolean:
        return Column(name, "boolean")
    return Column(name, "datetime" if dtype.is_temporal() else "category")


def _from_text(name: str, text: pl.Series) -> Column:
    present = text.filter(~text.is_in(_parse.MARKERS)).drop_nulls()
    if present.is_empty():
        return Column(name, "constant", "set aside: every value is missing")
    return (
        _constant(text)
        or _number(text, present)
        or _boolean(text, present)
        or _date(text, present)
        or _words(text, present)
    )


def _number(text: pl.Series, present: pl.Series) -> Column | None:
    if _parse.numbers(present.head(_SAMPLE)).null_count() or (numbers := _parse.numbers(present)).null_count():
        return None
    if present.str.contains(r"^[+-]?0\d").any():  # 02134 is a code: as a number it would lose its zero
        return None
    note = marker_note(text, _parse.numbers(text))
    return (_key(numbers) if numbers.dtype == pl.Int64 else None) or Column(text.name, "number", note)


def _boolean(text: pl.Series, present: pl.Series) -> Column | None:
    if _parse.booleans(present.head(_SAMPLE)).null_count() or _parse.booleans(present).null_count():
        return None
    return Column(text.name, "boolean", marker_note(text, _parse.booleans(text)))


def _date(text: pl.Series, present: pl.Series) -> Column | None:
    if (found := date_format(present)) is None:
        return None
    format, doubt = found
    notes = [f"as {format}", doubt, marker_note(text, _parse.datetimes(text, format))]
    return Column(text.name, "datetime", "; ".join(filter(None, notes)), format)


def _words(text: pl.Series, present: pl.Series) -> Column:
    values = text.drop_nulls()
    distinct = values.n_unique()
    hint = _number_hint(present) or _date_hint(present)
    if 2 * distinct >= len(values) and _mean_words(values) >= WORDS_OF_TEXT:
        return Column(text.name, "text", hint)
    if distinct == len(values) >= FEWEST_FOR_IDENTIFIER:
        return Column(text.name, "identifier", "; ".join(filter(None, ["set aside: no two values are the same", hint])))
    return Column(text.name, "category", hint)


def _number_hint(present: pl.Series) -> str:
    # 1,5 and 1,500 and 12% and $3 are numbers to a reader; which number is not ours to guess.
    values = _spread(present)
    decorated = values.str.contains(r"[,%$€£ ]")
    bare = _parse.numbers(values.str.replace_all(r"[,%$€£ ]", "")).is_not_null()
    if (bare & decorated).any() and _most(bare):
        return "numbers? write them as 1234.5"
    if not _most(_parse.numbers(values).is_not_null()) or present.str.contains(r"^[+-]?0\d").any():
        return ""
    return _stray_hint(present, _parse.numbers(present), "numbers")


def _date_hint(present: pl.Series) -> str:
    values = _spread(present)
    if _most(values.str.contains(_SHORT_YEAR)):
        return "dates? write years with four digits"
    misses = {format: _parse.datetimes(values, format).null_count() for format in _parse.FORMATS}
    format = min(misses, key=misses.__getitem__)
    if 2 * misses[format] > len(values):
        return ""
    return _stray_hint(present, _parse.datetimes(present, format), f"dates as {format}")


def _stray_hint(present: pl.Series, parsed: pl.Series, what: str) -> str:
    """Say which values keep a column from being what most of its values are."""
    found, strays = parsed.is_not_null(), present.filter(parsed.is_null())
    if not _most(found):
        return ""
    named = listed((_short(value) for value in strays.unique(maintain_order=True)), limit=3)
    return (
        f"{found.sum():,} of {len(present):,} values are {what}, not {named}: if a mistake, correct it; if missing, "
        f"leave it empty"
    )


def _spread(values: pl.Series) -> pl.Series:
    """Return about a thousand of the values, from all parts of the column."""
    return values.gather_every(-(-len(values) // _SAMPLE))


def _most(found: pl.Series) -> bool:
    return 2 * found.sum() >= len(found)


def _short(value: str) -> str:
    return value if len(value) <= _LONGEST_STRAY else value[: _LONGEST_STRAY - 3] + "..."


def _mean_words(values: pl.Series) -> float:
    return float(values.str.count_matches(r"\S+").sum()) / len(values)


def _key(integers: pl.Series) -> Column | None:
    values = integers.drop_nulls()
    count = len(values)
    if count < FEWEST_FOR_IDENTIFIER or values.n_unique() < count:
        return None
    if _KEY.search(integers.name) or _collision_expected(values):
        return Column(integers.name, "identifier", "set aside: a whole number that never repeats")
    return None


def _collision_expected(values: pl.Series) -> bool:
    # Birthday bound: n values drawn from a span all differ with probability exp(-n^2 / (2 span)); we ask for under 1 %.
    low, high = values.min(), values.max()
    span = int(high) - int(low) + 1 if isinstance(low, int) and isinstance(high, int) else math.inf
    return len(values) ** 2 / (2 * span) > math.log(100)
