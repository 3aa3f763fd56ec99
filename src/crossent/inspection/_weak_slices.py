"""Slices of a table on which a model is worse than on the rest, beyond chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from operator import and_
from typing import Any

import numpy as np
import polars as pl
import torch

from .._errors import InputError
from ..data import Table, read
from ._conditions import Conditions, conditions_of
from ._excess import Floats, Sums, excess, excess_interval, holm, sums_by
from ._redundancy import Found, rows_of, without_redundant


@dataclass(frozen=True, eq=False)
class Slice:
    """Some rows of a table on which the loss is higher than on the rest.

    words: the condition that chooses them. where: the same as a Polars expression. rows: how many they are. inside,
    outside: the mean loss of these and of all other rows. low, high: the 95 % interval of the difference, of this slice
    by itself. p_value: adjusted for all slices that were searched.
    """

    words: str
    where: pl.Expr
    rows: int
    inside: float
    outside: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True, eq=False)
class WeakSlices:
    """The slices found, those that are surely worse by the most first.

    searched: how many slices were tested. rows: how many rows were looked at. mean: their mean loss.
    """

    slices: tuple[Slice, ...]
    searched: int
    rows: int
    mean: float

    def to_frame(self) -> pl.DataFrame:
        """A row for each slice: slice, rows, share, inside, outside, low, high, p_value."""
        names = ("slice", "rows", "share", "inside", "outside", "low", "high", "p_value")
        kinds = (pl.String, pl.Int64, *[pl.Float64] * 6)
        records = [
            (of.words, of.rows, of.rows / self.rows, of.inside, of.outside, of.low, of.high, of.p_value)
            for of in self.slices
        ]
        return pl.DataFrame(records, schema=dict(zip(names, kinds, strict=True)), orient="row")


def weak_slices(
    table: Any,
    losses: object,
    *,
    columns: Sequence[str] | None = None,
    crossed: bool = True,
    bins: int = 5,
    least_rows: int = 50,
    alpha: float = 0.05,
) -> WeakSlices:
    """Find the slices of a table whose loss is significantly above that of the rest.

    Every category, range of numbers or dates (between quantiles), and missing value of every column is a slice, and so
    is every crossing of two of different columns. Each is held against all other rows by Welch's one-sided test, and a
    crossing also against the rest of either of its parents: it is listed only if it is worse than both beyond chance.
    Variances are taken to be at least that of all rows, so that a few rows that happen to agree prove nothing.

    All rows are looked at, and p-values are adjusted by Holm's method for every slice searched, half of `alpha` for
    slices of one column and half for crossings: the chance that any slice at all is listed without cause is at most
    `alpha`. What is left is thinned: a slice that is no worse than the rest once the rows of others listed are taken
    away, is not listed.

    Args:
        table: Anything that `crossent.read` takes, or the `Table` that it returned; without the labels.
        losses: `(n,)` the loss of each row, as `row_losses` returns it; rows of NaN take no part.
        columns: The columns to search; by default all. Of texts and identifiers only whether they are missing counts.
        crossed: Search crossings of two columns too.
        bins: Into how many parts of equal size numbers and dates are cut.
        least_rows: The fewest rows of a slice.
        alpha: The chance of listing any slice without cause.

    Raises:
        InputError: The losses do not belong to the rows, or an option is out of range.

    Example:
        >>> import numpy as np
        >>> draw = np.random.default_rng(0)
        >>> table = {"age": draw.integers(18, 80, 4000), "region": draw.choice(["north", "south"], 4000)}
        >>> hard = (table["age"] <= 30) & (table["region"] == "north")
        >>> found = weak_slices(table, draw.exponential(np.where(hard, 0.6, 0.3)))
        >>> [each.words for each in found.slices]
        ['age <= 30 and region = north']

    References:
        Chung, Kraska, Polyzotis, Tae and Whang, Slice Finder, ICDE 2019. Sagadeeva and Boehm, SliceLine, SIGMOD 2021.
        Holm, Scandinavian Journal of Statistics 1979.
    """
    if not 0 < alpha < 1:
        raise InputError(f"alpha must be between 0 and 1; got {alpha}")
    if bins < 2 or least_rows < 2:
        raise InputError(f"bins and least_rows must be at least 2; got {bins} and {least_rows}")
    source = table if isinstance(table, Table) else read(table)
    values = _losses(losses, len(source))
    kept = ~np.isnan(values)
    source, values = Table(source.frame.filter(kept), source.columns), values[kept]
    if not len(values):
        raise InputError("slices are looked for among rows with a loss; got 0")
    names = [source.column(name).name for name in (source.frame.columns if columns is None else columns)]
    conditions = conditions_of(source, names, bins=bins, least_rows=least_rows)
    mean = float(values.mean())
    apart = values - mean  # so that no digits of the variance are lost
    single = _singles(conditions, apart)
    pairs = _crossings(conditions, apart, least_rows) if crossed else []
    families = 2 if crossed else 1
    found = [each for family in (single, pairs) for each in _significant(family, families, alpha)]
    worse = without_redundant(found, conditions, apart, alpha=alpha, least_rows=least_rows)
    slices = [_described(each, conditions, apart, mean) for each in worse]
    return WeakSlices(tuple(sorted(slices, key=lambda each: -each.low)), len(single) + len(pairs), len(values), mean)


def _losses(losses: object, rows: int) -> Floats:
    array = np.asarray(losses.detach().cpu() if isinstance(losses, torch.Tensor) else losses)
    if array.dtype.kind not in "fiub" or array.shape != (rows,):
        raise InputError(f"losses must be {rows} numbers, one a row; got {array.dtype} of shape {array.shape}")
    values = array.astype(np.float64)
    if np.isinf(values).any():
        raise InputError(f"losses must be finite; {int(np.isinf(values).sum())} of {rows} are infinite")
    return values


def _singles(conditions: Sequence[Conditions], values: Floats) -> list[Found]:
    """Each condition against all other rows."""
    whole = Sums.of(values)
    found: list[Found] = []
    for place, of in enumerate(conditions):
        inside = sums_by(of.codes, values, len(of.conditions))
        log_p = excess(inside, whole.less(inside), whole.variance)
        found += [Found(((place, code),), each) for code, each in enumerate(log_p.tolist())]
    return found


def _crossings(conditions: Sequence[Conditions], values: Floats, least_rows: int) -> list[Found]:
    """Each crossing of two columns' conditions, against all other rows and against the rest of both its parents."""
    whole = Sums.of(values)
    alone = [sums_by(of.codes, values, len(of.conditions)) for of in conditions]
    found: list[Found] = []
    for (a, first), (b, second) in combinations(enumerate(conditions), 2):
        across = len(second.conditions)
        codes = np.where((first.codes < 0) | (second.codes < 0), -1, first.codes * across + second.codes)
        inside = sums_by(codes, values, len(first.conditions) * across)
        tested = np.flatnonzero(inside.rows >= least_rows)
        inside = inside.taken(tested)
        rests = (
            whole.less(inside),
            alone[a].taken(tested // across).less(inside),
            alone[b].taken(tested % across).less(inside),
        )
        # The chance of being found worse than all three without cause is at most the largest of the three.
        log_p = np.max([excess(inside, rest, whole.variance) for rest in rests], axis=0)
        cells = zip(tested.tolist(), log_p.tolist(), strict=True)
        found += [Found(((a, cell // across), (b, cell % across)), each) for cell, each in cells]
    return found


def _significant(found: Sequence[Found], families: int, alpha: float) -> list[Found]:
    """Those whose adjusted p-value is at most alpha; each of so many families has its equal share of that."""
    adjusted = holm(np.array([each.log_p for each in found])) + np.log(families)
    return [Found(each.of, p) for each, p in zip(found, adjusted.tolist(), strict=True) if p <= np.log(alpha)]


def _described(found: Found, conditions: Sequence[Conditions], apart: Floats, mean: float) -> Slice:
    mine = rows_of(found, conditions)
    inside, outside, whole = (Sums.of(each) for each in (apart[mine], apart[~mine], apart))
    low, high = excess_interval(inside, outside, whole.variance)
    parts = [conditions[place].conditions[code] for place, code in found.of]
    return Slice(
        words=" and ".join(part.words for part in parts),
        where=reduce(and_, (part.where for part in parts)),
        rows=int(mine.sum()),
        inside=float(inside.mean[0]) + mean,
        outside=float(outside.mean[0]) + mean,
        low=float(low[0]),
        high=float(high[0]),
        p_value=float(np.exp(found.log_p)),
    )
