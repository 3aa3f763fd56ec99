"""Columns, as one frame."""

from collections import Counter
from collections.abc import Sequence

import polars as pl

from .._errors import InputError
from ._names import listed


def framed(columns: Sequence[pl.Series]) -> pl.DataFrame:
    """Return the columns as a frame that has their names: also the empty one, as pandas writes its index.

    Raises:
        InputError: Two have one name.
    """
    twice = [name for name, count in Counter(column.name for column in columns).items() if count > 1]
    if twice:
        raise InputError(f"Every column must have its own name, but more than one is {listed(twice)}. Rename them.")
    return pl.DataFrame({column.name: column for column in columns})  # a list's "" would become column_0
