"""One class against one other: how well each pair of classes is told apart by both of its scores."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..state._exact import Floats
from ..state._histogram import Histogram


def one_against_one(pairs: Sequence[Histogram], *, weighted: bool) -> tuple[float, float, list[int]]:
    """The mean ROC AUC of all pairs of classes, each the mean of both classes' scores (Hand and Till, 2001).

    Args:
        pairs: Of each class, its score by true class.
        weighted: Each pair counts by its rows.

    Returns:
        The value, its half-width, and the places of the classes that have no rows and are left out.
    """
    areas, halves, support = _areas(pairs)
    first, second = np.triu_indices(len(pairs), k=1)
    present = (support[first] > 0) & (support[second] > 0)
    absent = np.flatnonzero(support == 0).tolist()
    if not present.any():
        return float("nan"), 0.0, absent
    first, second = first[present], second[present]
    weights = support[first] + support[second] if weighted else np.ones(len(first))
    value, half = (
        float(np.average((each[first, second] + each[second, first]) / 2, weights=weights)) for each in (areas, halves)
    )
    return value, half, absent


def _areas(pairs: Sequence[Histogram]) -> tuple[Floats, Floats, Floats]:
    """The share of pairs of a row of class a and one of b in which the former has the higher score of a, `(K, K)`.

    With it the half-widths, half the share of pairs that fall into one bin; and the rows of each class.
    """
    size = len(pairs)
    areas, halves, support = np.zeros((size, size)), np.zeros((size, size)), np.zeros(size)
    for place, bins in enumerate(pairs):
        amounts = bins.tally.amounts.astype(np.float64)
        support = amounts.sum(axis=0)
        rows = np.where(support == 0, 1, support)  # a class without rows takes no part
        count = rows * rows[place]
        below = np.cumsum(amounts, axis=0) - amounts / 2
        areas[place] = amounts[:, place] @ below / count
        if not bins.exact:
            halves[place] = amounts[:, place] @ amounts / count / 2
    return areas, halves, support
