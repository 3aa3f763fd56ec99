"""Whether probabilities mean what they say: of the rows given 30 %, are 30 % of the class?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ..._errors import InputError
from ..._labels import Label
from .._evaluation import Evaluation
from ..figures._choice import check_choice
from ..intervals._wilson import normal_quantile, wilson
from ._outcomes import Strategy, outcomes, quantiles

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Reliability:
    """For each bin that has rows: the mean probability, the observed share and its 95 % Wilson interval.

    label: the class; None if the probabilities are of whatever was decided, or of all labels together.
    consistent_low, consistent_high: where the observed share would lie in 95 % of samples if the probabilities were
    true (normal; Brocker and Smith, 2007): a point outside is a fault, whatever its own interval.
    """

    label: Label | None
    mean_predicted: Tensor
    observed: Tensor
    low: Tensor
    high: Tensor
    count: Tensor
    consistent_low: Tensor
    consistent_high: Tensor


@dataclass(frozen=True, eq=False)
class ScoreHistogram:
    """How many rows of the class, and of others, were given a probability in each bin of equal width."""

    label: Label | None
    edges: Tensor
    positives: Tensor
    negatives: Tensor


def reliability(
    evaluation: Evaluation,
    *,
    label: Label | None = None,
    bins: int = 10,
    strategy: Strategy = "quantile",
) -> Reliability:
    """The points of a reliability diagram, as scikit-learn's `calibration_curve`, with counts and intervals.

    Without a label: of the positive class if binary; of the class decided for if multiclass (the confidence, against
    how often it is right); of all labels together if multilabel. Of an evaluation that is no longer exact, the edges
    fall between its own, much finer bins.

    Args:
        evaluation: An evaluation with rows.
        label: The class, against all others.
        bins: The number of bins; those without rows are left out.
        strategy: "quantile" puts about as many rows in each bin, "uniform" makes all bins equally wide.

    Raises:
        InputError: The label is not a class, there is not at least one bin, or no such strategy.

    References:
        Wilson, Probable inference, the law of succession, and statistical inference, JASA 1927.
    """
    if bins < 1:
        raise InputError(f"bins must be at least 1; got {bins}")
    check_choice("strategy", strategy, Strategy)
    of = outcomes(evaluation, label)
    places = np.linspace(0.0, 1.0, bins + 1)
    edges = places if strategy == "uniform" else quantiles(of, places)
    bin_of = np.searchsorted(edges[1:-1], of.middle)
    amount, predicted, observed = (
        np.bincount(bin_of, weights=each, minlength=bins) for each in (of.amount, of.amount * of.middle, of.happened)
    )
    count = np.bincount(bin_of, weights=of.count, minlength=bins).astype(np.int64)
    filled = amount > 0
    n, predicted, observed = count[filled], predicted[filled] / amount[filled], observed[filled] / amount[filled]
    low, high = wilson(observed, n)
    variance = np.bincount(bin_of, weights=of.count * of.middle * (1 - of.middle), minlength=bins)[filled]
    reach = normal_quantile(0.95) * np.sqrt(variance) / n
    band = (np.maximum(predicted - reach, 0.0), np.minimum(predicted + reach, 1.0))
    return Reliability(of.label, *(torch.from_numpy(x) for x in (predicted, observed, low, high, n, *band)))


def score_histogram(evaluation: Evaluation, *, label: Label | None = None, bins: int = 20) -> ScoreHistogram:
    """Count rows by their probability, those of the class and the others apart.

    Args:
        evaluation: An evaluation with rows.
        label: As in `reliability`.
        bins: The number of bins of equal width between 0 and 1.
    """
    of = outcomes(evaluation, label)
    # 1.0 belongs to the last bin.
    bin_of = np.minimum((of.middle * bins).astype(np.int64), bins - 1)
    positives, negatives = (
        torch.from_numpy(np.bincount(bin_of, weights=each, minlength=bins)) for each in (of.happened, of.missed)
    )
    edges = torch.linspace(0, 1, bins + 1, dtype=torch.float64)
    if not evaluation.weighted:
        positives, negatives = positives.long(), negatives.long()
    return ScoreHistogram(of.label, edges, positives, negatives)
