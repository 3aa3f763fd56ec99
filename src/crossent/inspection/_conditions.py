"""What can be said of one column's values: one of its categories, a range of its numbers, or that it is missing."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

from ..data import Column, Table

_SEARCHED = ("number", "category", "boolean", "datetime")


@dataclass(frozen=True, eq=False)
class Condition:
    """A condition on one column, in words and as an expression that chooses its rows."""

    words: str
    where: pl.Expr


@dataclass(frozen=True, eq=False)
class Conditions:
    """The conditions on one column, and which of them holds for each row: `codes` `(n,)`, -1 where none does."""

    column: str
    conditions: tuple[Condition, ...]
    codes: npt.NDArray[np.int64]


def conditions_of(table: Table, columns: list[str], *, bins: int, least_rows: int) -> list[Conditions]:
    """The conditions on each column that at least so many rows meet; columns without any are left out."""
    found = [_of_column(table.column(name), table.frame[name], bins) for name in columns]
    return [kept for each in found if (kept := _frequent(each, least_rows)).conditions]


def _of_column(column: Column, values: pl.Series, bins: int) -> Conditions:
    if values.dtype.is_float():
        values = values.fill_nan(None)
    codes: npt.NDArray[np.int64] = np.full(len(values), -1, dtype=np.int64)
    conditions: list[Condition] = []
    if column.kind in _SEARCHED:
        codes, conditions = _of_values(column, values, bins)
    missing = values.is_null().to_numpy()
    codes[missing] = len(conditions)
    lacks = pl.col(column.name).is_null()
    if values.dtype.is_float():
        lacks = lacks | pl.col(column.name).is_nan()
    return Conditions(column.name, (*conditions, Condition(f"{column.name} is missing", lacks)), codes)


def _of_values(column: Column, values: pl.Series, bins: int) -> tuple[npt.NDArray[np.int64], list[Condition]]:
    present = values.drop_nulls()
    ordered = column.kind in ("number", "datetime")
    if ordered and present.n_unique() > bins:
        return _ranges(column, values, _edges(present, bins))
    names = present.unique(maintain_order=True).sort()
    codes = values.replace_strict(names, list(range(len(names))), default=-1, return_dtype=pl.Int64)
    conditions = [Condition(f"{column.name} = {_shown(name)}", pl.col(column.name) == name) for name in names]
    return codes.fill_null(-1).to_numpy(writable=True), conditions


def _edges(present: pl.Series, bins: int) -> pl.Series:
    """Values that cut the rows into about equal parts; the last is below the largest value."""
    ordered = present.sort()
    places = [len(ordered) * cut // bins for cut in range(1, bins)]
    edges = ordered.gather([max(place - 1, 0) for place in places]).unique().sort()
    return edges.filter(edges < ordered[-1])


def _ranges(column: Column, values: pl.Series, edges: pl.Series) -> tuple[npt.NDArray[np.int64], list[Condition]]:
    codes = edges.search_sorted(values.fill_null(edges[0]), side="left").cast(pl.Int64).to_numpy(writable=True)
    cell, name = pl.col(column.name), column.name
    first, last = edges[0], edges[-1]
    conditions = [Condition(f"{name} <= {_shown(first)}", cell <= first)]
    for low, high in pairwise(edges):
        conditions.append(Condition(f"{_shown(low)} < {name} <= {_shown(high)}", (cell > low) & (cell <= high)))
    above = (cell > last) & cell.is_not_nan() if values.dtype.is_float() else cell > last
    return codes, [*conditions, Condition(f"{name} > {_shown(last)}", above)]


def _shown(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case float():
            return f"{value:.6g}"
        case _:
            return str(value)


def _frequent(of: Conditions, least_rows: int) -> Conditions:
    rows = np.bincount(of.codes + 1, minlength=len(of.conditions) + 1)[1:]
    kept = np.flatnonzero((rows >= least_rows) & (rows <= len(of.codes) - least_rows))
    codes = np.full(len(of.conditions) + 1, -1, dtype=np.int64)
    codes[kept] = np.arange(len(kept))  # the last place stays -1, for the rows that no condition holds for
    return Conditions(of.column, tuple(of.conditions[place] for place in kept), codes[of.codes])
