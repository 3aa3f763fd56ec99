"""An event's probabilities beside whether it happened, in bins from the lowest probability up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..._labels import Label
from .._evaluation import Evaluation
from ..figures._curves import place_of
from ..state._exact import Amounts, Floats, Ints
from ..state._histogram import Histogram, merged
from ..state._order import Scale
from ..state._rows import sigmoid

Strategy = Literal["uniform", "quantile"]
"""Bins of equal width, or of about as many rows each."""


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Bins that have rows, ascending.

    low, high: the lowest and highest probability of the bin; equal where the bin is one score. count: true rows.
    happened, missed: rows in which the event did, and did not, happen, or their weights.
    """

    label: Label | None
    low: Floats
    high: Floats
    count: Ints
    happened: Amounts
    missed: Amounts
    exact: bool

    @property
    def amount(self) -> Floats:
        """Rows of each bin, or their weight."""
        return (self.happened + self.missed).astype(np.float64)

    @property
    def middle(self) -> Floats:
        """What stands for the probabilities of a bin."""
        return self.low if self.exact else (self.low + self.high) / 2


def outcomes(evaluation: Evaluation, label: Label | None = None) -> Outcomes:
    """The event that a class is true; without a label as `reliability` says.

    Args:
        evaluation: An evaluation with rows.
        label: The class. None: the positive one if binary; that the decision is right if multiclass; of all labels
            together if multilabel.
    """
    task, state, scale = evaluation.task, evaluation.state, evaluation.scale
    if label is None and task.kind == "multiclass" and state.top is not None:
        return _outcomes(None, state.top, scale)
    if label is None and task.kind == "multilabel":
        return _outcomes(None, merged(state.histograms, evaluation.bins), scale)
    place = place_of(task, label)
    named = task.classes[place]
    if task.kind == "binary":
        found = _outcomes(named, state.histograms[0], scale)
        return found if place else _opposite(found)
    return _outcomes(named, state.histograms[place], scale)


def decided_outcomes(evaluation: Evaluation, place: int) -> Outcomes:
    """Of the rows of a multiclass task decided for this class: that it is true."""
    scale = evaluation.scale
    return _outcomes(evaluation.task.classes[place], evaluation.state.decided[place], scale)


def _outcomes(label: Label | None, bins: Histogram, scale: Scale) -> Outcomes:
    low, high = (sigmoid(x) if scale == "logits" else x for x in (bins.lowest(scale), bins.highest(scale)))
    amounts = bins.tally.amounts
    return Outcomes(label, low, high, bins.tally.counts.sum(axis=1), amounts[:, 1], amounts[:, 0], bins.exact)


def _opposite(of: Outcomes) -> Outcomes:
    return Outcomes(
        label=of.label,
        low=1 - of.high[::-1],
        high=1 - of.low[::-1],
        count=of.count[::-1],
        happened=of.missed[::-1],
        missed=of.happened[::-1],
        exact=of.exact,
    )


def quantiles(of: Outcomes, places: Floats) -> Floats:
    """The probabilities below which these shares of the rows lie, interpolated between rows as NumPy does."""
    last = np.cumsum(of.count)
    position = places * (last[-1] - 1)
    below = np.floor(position)
    low, high = (
        of.middle[np.searchsorted(last, row, side="right").clip(max=len(last) - 1)] for row in (below, below + 1)
    )
    return low + (high - low) * (position - below)
