"""From decisions to counts, and from counts to accuracy, precision, recall, F1 and their averages."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from torch import Tensor

from ..state._exact import Amounts, Floats


@dataclass(frozen=True, eq=False)
class Counts:
    """For each class: rows that are it and decided so (hits), decided so (decided), and that are it (support).

    Of rows with weights, the sums of these.
    """

    hits: Amounts
    decided: Amounts
    support: Amounts


def counts_of(confusion: Tensor) -> Counts:
    """The counts a class of a confusion matrix, `(K, K)` or `(K, 2, 2)`."""
    matrix = confusion.numpy()
    if matrix.ndim == 2:
        return Counts(matrix.diagonal().copy(), matrix.sum(axis=0), matrix.sum(axis=1))
    return Counts(matrix[:, 1, 1], matrix[:, :, 1].sum(axis=1), matrix[:, 1, :].sum(axis=1))


def ratio(numerator: npt.ArrayLike, denominator: npt.ArrayLike) -> Floats:
    """Divide; 0 where the denominator is 0."""
    below = np.asarray(denominator, dtype=np.float64)
    return np.asarray(numerator, dtype=np.float64) / np.where(below == 0, np.inf, below)


def precision_recall_f1(counts: Counts) -> tuple[Floats, Floats, Floats]:
    """precision = hits / decided, recall = hits / support, F1 = 2 hits / (decided + support)."""
    return (
        ratio(counts.hits, counts.decided),
        ratio(counts.hits, counts.support),
        ratio(2 * counts.hits, counts.decided + counts.support),
    )


def mean(values: Floats, weights: Amounts | None = None) -> float:
    """The mean, weighted if any weight is not 0."""
    if weights is None or not weights.any():
        return float(np.mean(values))
    return float(np.average(values, weights=weights))


def pooled(counts: Counts) -> Counts:
    """The counts of all classes added up, as the micro average takes them."""
    return Counts(*(np.atleast_1d(each.sum()) for each in (counts.hits, counts.decided, counts.support)))


def balanced_accuracy(counts: Counts) -> float:
    """The mean recall of the classes that have rows."""
    present = counts.support > 0
    return float(np.mean(counts.hits[present] / counts.support[present]))


def matthews_correlation(confusion: Tensor) -> float:
    """The correlation of labels and decisions (Gorodkin, 2004); 0 where one of them is constant.

    With s rows, c of them right, t_k of class k and p_k decided as k:
    (c s - sum t_k p_k) / sqrt((s^2 - sum p_k^2) (s^2 - sum t_k^2)), in whole numbers up to the root.
    """
    true, decided = confusion.sum(1).tolist(), confusion.sum(0).tolist()
    right, rows = confusion.trace().item(), sum(true)
    covariance = right * rows - sum(t * p for t, p in zip(true, decided, strict=True))
    spread = (rows**2 - sum(p * p for p in decided)) * (rows**2 - sum(t * t for t in true))
    # Weights are not whole numbers: what should be 0 may miss it by a rounding.
    return covariance / math.sqrt(spread) if spread > 0 else 0.0
