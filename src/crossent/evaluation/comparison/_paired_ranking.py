"""How two models rank the same rows: the error of the difference of their areas, and resampled precisions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from ..._task import Task
from .._evaluation import Evaluation
from ..state._exact import Floats, Ints
from ..state._histogram import Histogram
from ._joint import Joint

_PRECISION_DRAWS = 500
_PRECISION_BINS = 96


def area_error(a: Evaluation, b: Evaluation, joints: tuple[Joint, ...], place: int) -> tuple[float, bool]:
    """The standard error of the difference of two ROC AUCs, and whether no bin has hidden a part of it.

    DeLong's: each row of the class is worth the share of the others that it beats, each other row the share of the
    class that beats it; the error is that of the mean difference of the two models' worths. A bin of the joint
    histogram stands for the mean worth of its rows, which the finer histogram of each model gives exactly, and so does
    it give how much the worths scatter within the bins: that is added, as if the scatter by a had nothing to do with
    that by b.
    """
    which = 0 if a.task.kind == "binary" else place
    cells = joints[which]
    sides = [
        _worths(each.state.histograms[which], cells.levels[axis], cells.keys[:, axis])
        for axis, each in enumerate((a, b))
    ]
    variance, exact = 0.0, True
    for side in range(2):
        counts = cells.counts[:, side].astype(np.float64)
        rows = counts.sum()
        if rows < 2:
            return math.nan, True
        apart = sides[0].means[side] - sides[1].means[side]
        scatter = sides[0].scatter[side] + sides[1].scatter[side]
        between = float(np.dot(counts, np.square(apart - np.dot(counts, apart) / rows)))
        variance += (between + scatter) / (rows - 1) / rows
        exact = exact and scatter == 0
    # What is 0 may miss it by roundings of 2^-53 a row.
    return (math.sqrt(variance) if variance > 1e-28 else 0.0), exact


@dataclass(frozen=True, eq=False)
class _Worths:
    """Of both sides, the others first: mean worth at each cell, and the sum of squared deviations within the bins."""

    means: list[Floats]
    scatter: list[float]


def _worths(fine: Histogram, level: int, keys: Ints) -> _Worths:
    counts = fine.tally.counts.astype(np.float64)
    below = np.cumsum(counts, axis=0) - counts / 2
    # Of the class: how many of the others score lower. Of the others: how many of the class score lower.
    worth = below[:, ::-1] / np.maximum(counts.sum(axis=0)[::-1], 1)
    coarse = fine.keys >> (level - fine.level)
    kept, code = np.unique(coarse, return_inverse=True)
    means: list[Floats] = []
    scatter: list[float] = []
    for side in range(2):
        rows = np.bincount(code, weights=counts[:, side], minlength=len(kept))
        mean = np.bincount(code, weights=counts[:, side] * worth[:, side]) / np.maximum(rows, 1)
        deviations = np.dot(counts[:, side], np.square(worth[:, side] - mean[code]))
        means.append(mean[np.searchsorted(kept, keys)])
        scatter.append(float(deviations) if len(kept) < len(coarse) else 0.0)
    return _Worths(means, scatter)


def resampled_precisions(task: Task, joints: tuple[Joint, ...], place: int, draw: np.random.Generator) -> Floats:
    """The difference of the average precisions, first of the rows themselves in these bins, then in resamples."""
    cells = joints[0 if task.kind == "binary" else place]
    counts, keys = cells.counts, cells.keys
    if task.kind == "binary" and place == 0:  # the rows of the negative class score low
        counts, keys = counts[:, ::-1], -keys
    filled = counts > 0
    flat = counts[filled]
    drawn = np.vstack([flat, draw.multinomial(flat.sum(), flat / flat.sum(), size=_PRECISION_DRAWS)])
    side = np.broadcast_to(np.arange(2), counts.shape)[filled]
    values = []
    for axis in range(2):
        bins = np.broadcast_to(_coarse(keys[:, axis], counts[:, 1])[:, np.newaxis], counts.shape)[filled]
        values.append(_precisions(_summed(drawn, bins, side, 0), _summed(drawn, bins, side, 1)))
    return values[1] - values[0]


def _coarse(keys: Ints, positives: Ints) -> Ints:
    """Bins of about as many rows of the class each, the highest scores first."""
    kept, code = np.unique(-keys, return_inverse=True)
    rows = np.bincount(code, weights=positives, minlength=len(kept))
    before = np.cumsum(rows) - rows
    return np.floor(_PRECISION_BINS * before / max(float(rows.sum()), 1.0)).astype(np.int64)[code]


def _summed(drawn: Ints, bins: Ints, side: Ints, which: int) -> Floats:
    mine = np.flatnonzero(side == which)
    to = csr_array((np.ones(len(mine)), (mine, bins[mine])), shape=(drawn.shape[1], _PRECISION_BINS + 1))
    return np.asarray(drawn @ to)


def _precisions(others: Floats, positives: Floats) -> Floats:
    """Average precision of each draw, with the rows of one bin tied."""
    true, false = np.cumsum(positives, axis=1), np.cumsum(others, axis=1)
    decided = true + false
    worth = positives * true / np.where(decided == 0, 1, decided)
    total = true[:, -1]
    return np.where(total == 0, np.nan, worth.sum(axis=1) / np.where(total == 0, 1, total))
