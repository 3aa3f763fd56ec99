"""Whether probabilities mean what they say: of the rows given 30 %, are 30 % of the class?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .._errors import InputError
from .._labels import Label
from ._curves import place_of
from ._evaluation import Evaluation

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_Z = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""


@dataclass(frozen=True, eq=False)
class Reliability:
    """For each bin that has rows: the mean probability, the observed share and its 95 % Wilson interval.

    label: the class; None if the probabilities are of whatever was decided, or of all labels together.
    """

    label: Label | None
    mean_predicted: Tensor
    observed: Tensor
    low: Tensor
    high: Tensor
    count: Tensor


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
    strategy: Literal["quantile", "uniform"] = "quantile",
) -> Reliability:
    """The points of a reliability diagram, as scikit-learn's `calibration_curve`, with counts and intervals.

    Without a label: of the positive class if binary; of the class decided for if multiclass (the confidence, against
    how often it is right); of all labels together if multilabel.

    Args:
        evaluation: An evaluation with rows.
        label: The class, against all others.
        bins: The number of bins; those without rows are left out.
        strategy: "quantile" puts about as many rows in each bin, "uniform" makes all bins equally wide.

    Raises:
        InputError: The label is not a class, or there is not at least one bin.

    References:
        Wilson, Probable inference, the law of succession, and statistical inference, JASA 1927.
    """
    if bins < 1:
        raise InputError(f"bins must be at least 1; got {bins}")
    probabilities, happened = _outcomes(evaluation, label)
    places = np.linspace(0.0, 1.0, bins + 1)
    edges = places if strategy == "uniform" else np.percentile(probabilities, places * 100)
    bin_of = np.searchsorted(edges[1:-1], probabilities)
    count = np.bincount(bin_of, minlength=bins)
    filled = count > 0
    n = count[filled]
    predicted = np.bincount(bin_of, weights=probabilities, minlength=bins)[filled] / n
    observed = np.bincount(bin_of[happened], minlength=bins)[filled] / n
    low, high = wilson(observed, n)
    return Reliability(_named(evaluation, label), *(torch.from_numpy(x) for x in (predicted, observed, low, high, n)))


def score_histogram(evaluation: Evaluation, *, label: Label | None = None, bins: int = 20) -> ScoreHistogram:
    """Count rows by their probability, those of the class and the others apart.

    Args:
        evaluation: An evaluation with rows.
        label: As in `reliability`.
        bins: The number of bins of equal width between 0 and 1.
    """
    probabilities, happened = _outcomes(evaluation, label)
    # 1.0 belongs to the last bin.
    bin_of = np.minimum((probabilities * bins).astype(np.int64), bins - 1)
    positives = np.bincount(bin_of[happened], minlength=bins)
    negatives = np.bincount(bin_of[~happened], minlength=bins)
    edges = torch.linspace(0, 1, bins + 1, dtype=torch.float64)
    return ScoreHistogram(_named(evaluation, label), edges, torch.from_numpy(positives), torch.from_numpy(negatives))


def wilson(share: Floats, count: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """The 95 % interval of a share observed in so many rows; it stays inside [0, 1] and never has width 0."""
    spread = _Z**2 / count
    centre = (share + spread / 2) / (1 + spread)
    half = _Z / (1 + spread) * np.sqrt(share * (1 - share) / count + spread / (4 * count))
    # At the ends the bound is 0 or 1 exactly; computed, it may miss by a rounding.
    return np.where(share == 0, 0.0, centre - half), np.where(share == 1, 1.0, centre + half)


def _outcomes(evaluation: Evaluation, label: Label | None) -> tuple[Floats, Bools]:
    """Probabilities of an event, and whether it happened."""
    task, rows = evaluation.task, evaluation.all_rows()
    probabilities = task.probabilities(rows.scores) if evaluation.source == "logits" else rows.scores
    if label is None and task.kind == "multiclass":
        given = probabilities.gather(1, rows.decisions.unsqueeze(1)).squeeze(1)
        return given.numpy(), (rows.decisions == rows.labels).numpy()
    if label is None and task.kind == "multilabel":
        return probabilities.flatten().numpy(), (rows.labels == 1).flatten().numpy()
    place = place_of(task, label)
    if task.kind == "binary":
        return (probabilities if place else 1 - probabilities).numpy(), (rows.labels == place).numpy()
    happened = rows.labels[:, place] == 1 if task.kind == "multilabel" else rows.labels == place
    return probabilities[:, place].numpy(), happened.numpy()


def _named(evaluation: Evaluation, label: Label | None) -> Label | None:
    return evaluation.task.positive if label is None and evaluation.task.kind == "binary" else label
