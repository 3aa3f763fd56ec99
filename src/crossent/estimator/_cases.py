"""Cases: rows that count, each once."""

from __future__ import annotations

import polars as pl

from ..data import coincide, copies_by_chance, keep_together

_CASE, _WEIGHT = "\x00case", "\x00weight"
_NEVER_BY_CHANCE = 1e-3


def cases(frame: pl.DataFrame, weights: pl.Series | None, *, label: str) -> tuple[pl.DataFrame, pl.Series | None]:
    """Return the rows that count, in an order that does not depend on how they came.

    Rows of weight 0 are left out. Rows that are equal in every column are copies of one case, unless chance would make
    them so or rows of equal features differ in their labels: they become one row with the sum of their weights. So a
    row of weight 3 teaches what the row three times would, and no row is judged by a copy of itself. Equal weights are
    none.

    Args:
        frame: `(n,)` rows of features, label and group.
        weights: `(n,)` from 0 on; None for 1 each.
        label: The column of the labels.
    """
    weights = pl.repeat(1.0, len(frame), eager=True) if weights is None else weights
    rows = frame.with_columns(weights.alias(_WEIGHT), keep_together(frame).alias(_CASE))
    rows = rows.filter(pl.col(_WEIGHT) > 0).sort(_CASE, _WEIGHT)
    first = rows.unique(_CASE, keep="first", maintain_order=True)
    if len(first) < len(rows) and _are_copies(rows.select(frame.columns), first.select(frame.columns), label):
        sums = rows.group_by(_CASE, maintain_order=True).agg(pl.col(_WEIGHT).sum())[_WEIGHT]
        rows = first.with_columns(sums)
    kept = rows[_WEIGHT]
    return rows.select(frame.columns), None if kept.min() == kept.max() else kept


def _are_copies(rows: pl.DataFrame, first: pl.DataFrame, label: str) -> bool:
    return copies_by_chance(first) < _NEVER_BY_CHANCE and not coincide(rows.drop(label), rows[label])
