"""What is known of the sum of squared weights in each cell, though only that over all rows is kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._evaluation import Evaluation
from ..state._exact import Amounts, Floats, Ints, as_float
from ..state._histogram import Histogram
from ..state._order import Scale
from ..state._rows import sigmoid

_NEAR = 1e-5
"""So near to the threshold, scores of fewer bits may have been decided otherwise."""


@dataclass(frozen=True, eq=False)
class Squares:
    """total: the sum of all rows' squared weights. least: what each cell has of it at least."""

    total: float
    least: Floats


def squares_in(counts: Ints, amounts: Amounts, total: float | None) -> Squares | None:
    """n rows of weight W have squares of at least W^2 / n; None where rows have no weights."""
    return None if total is None else Squares(total, _least(counts, amounts))


def squared_weights(evaluation: Evaluation) -> float | None:
    """The sum of the squared weights; None where rows have none."""
    state = evaluation.state
    return as_float(state.sums["weight_squared"]) if state.weighted else None


def confusion_squares(evaluation: Evaluation) -> Squares | None:
    """Of the cells of the confusion matrix: of each bin of scores that lies in a cell as a whole, the same bound."""
    state, task, scale = evaluation.state, evaluation.task, evaluation.scale
    total = squared_weights(evaluation)
    if total is None:
        return None
    least = _least(state.confusion.counts, state.confusion.amounts)
    if task.kind == "multiclass":
        for place, bins in enumerate(state.decided):
            right = float(_least(bins.tally.counts, bins.tally.amounts)[:, 1].sum())
            least[place, place] = max(least[place, place], right)
        return Squares(total, least)
    shaped = least[np.newaxis] if task.kind == "binary" else least
    limits = np.broadcast_to(np.asarray(evaluation.threshold), (len(shaped),)).tolist()
    for cells, bins, threshold in zip(shaped, state.histograms, limits, strict=True):
        np.maximum(cells, _of_bins(bins, scale, threshold), out=cells)
    return Squares(total, least)


def _of_bins(bins: Histogram, scale: Scale, threshold: float) -> Floats:
    """True by decided, `(2, 2)`, from bins that lie on one side of the threshold."""
    low, high = (sigmoid(each) if scale == "logits" else each for each in (bins.lowest(scale), bins.highest(scale)))
    least = _least(bins.tally.counts, bins.tally.amounts)
    below, above = high < threshold - _NEAR, low > threshold + _NEAR
    return np.stack([least[below].sum(axis=0), least[above].sum(axis=0)], axis=1)


def _least(counts: Ints, amounts: Amounts) -> Floats:
    return np.square(amounts.astype(np.float64)) / np.where(counts == 0, 1, counts)
