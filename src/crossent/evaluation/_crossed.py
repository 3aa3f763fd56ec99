"""Groups of several columns: one name for each crossing."""

from __future__ import annotations

import polars as pl

from .._errors import InputError


def crossed_groups(columns: pl.DataFrame) -> pl.Series:
    """One group a row from the columns of a frame: `north, woman`; a missing value is `missing`.

    Of several columns, a name that holds a comma or a quotation mark stands in quotation marks, as in a CSV file, so
    that no two crossings have one name.

    Args:
        columns: One column or more, of names, whole numbers, booleans or dates.

    Raises:
        InputError: A column is of numbers with a fraction.

    Example:
        >>> frame = pl.DataFrame({"region": ["north", "south, east"], "sex": ["woman", None]})
        >>> crossed_groups(frame).to_list()
        ['north, woman', '"south, east", missing']
    """
    for column in columns:
        if column.dtype.is_float():
            raise InputError(
                f"groups must be names; column {column.name!r} is {column.dtype}: cut it into ranges first"
            )
    named = columns.select(pl.all().cast(pl.String).fill_null("missing"))
    if named.width > 1:
        named = named.select(_quoted(pl.col(name)) for name in named.columns)
    return named.select(pl.concat_str(pl.all(), separator=", ").alias("group")).to_series()


def _quoted(name: pl.Expr) -> pl.Expr:
    quoted = pl.concat_str(pl.lit('"'), name.str.replace_all('"', '""', literal=True), pl.lit('"'))
    return pl.when(~name.str.contains(r'[,"]')).then(name).otherwise(quoted)
