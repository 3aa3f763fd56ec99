"""The standard error of ROC AUC and average precision: how much each row moves them."""

from __future__ import annotations

import math

import numpy as np

from ..metrics._ranking import Ranking
from ..state._exact import Amounts, Floats, Ints
from ._delta import error_of_sum
from ._squares import squares_in


def area_error(ranked: Ranking, squared: float | None) -> float:
    """Of the ROC AUC: DeLong's; with weights from the same shares of the other side that each row beats."""
    return delong_error(ranked) if squared is None else _error(ranked, *_area_gradient(ranked), squared)


def precision_error(ranked: Ranking, squared: float | None) -> float:
    """Of the average precision, by the delta method."""
    return _error(ranked, *_precision_gradient(ranked), squared)


def _error(ranked: Ranking, of_class: Floats, of_others: Floats, squared: float | None) -> float:
    positives, negatives = ranked.gained
    counts, amounts = np.concatenate([ranked.rows, ranked.others]), np.concatenate([positives, negatives])
    return error_of_sum(counts, np.concatenate([of_class, of_others]), squares_in(counts, amounts, squared))


def _shares(ranked: Ranking) -> tuple[Floats, Floats]:
    """The share of the others that a row of the class beats, and of the class that a row of the others loses to."""
    positives, negatives = ranked.gained
    return (
        1 - (ranked.false_positives - negatives / 2) / ranked.negatives,
        (ranked.true_positives - positives / 2) / ranked.positives,
    )


def _area_gradient(ranked: Ranking) -> tuple[Floats, Floats]:
    beaten, beating = _shares(ranked)
    area = float(np.dot(ranked.gained[0], beaten)) / ranked.positives
    return (beaten - area) / ranked.positives, (beating - area) / ranked.negatives


def _precision_gradient(ranked: Ranking) -> tuple[Floats, Floats]:
    """With T and D counted down to a bin of p rows of the class, A = 1 / P sum of p T / D.

    A row of the class at a bin adds its own T / D, and raises the precision of its bin and of those below by
    (D - T) / D^2; another lowers them by T / D^2.
    """
    positives, _ = ranked.gained
    true, decided = ranked.true_positives, (ranked.true_positives + ranked.false_positives).astype(np.float64)
    precision = true / decided
    value = float(np.dot(positives, precision)) / ranked.positives
    raised, lowered = (
        np.cumsum((positives * each / decided)[::-1])[::-1] / ranked.positives for each in (1 - precision, precision)
    )
    return (precision - value) / ranked.positives + raised, -lowered


def delong_error(ranked: Ranking) -> float:
    """The standard error of the ROC AUC: of each row the share of the other side that it beats, and their variances."""
    positives, negatives = ranked.gained
    if min(ranked.positives, ranked.negatives) < 2:
        return 0.0
    beaten, beating = _shares(ranked)
    area = float(np.dot(positives, beaten)) / ranked.positives
    variance = float(np.dot(positives, np.square(beaten - area))) / (ranked.positives - 1) / ranked.positives
    variance += float(np.dot(negatives, np.square(beating - area))) / (ranked.negatives - 1) / ranked.negatives
    return math.sqrt(variance)


def averaged_error(
    errors: Floats, values: Floats, counts: Ints, amounts: Amounts, average: str, squared: float | None
) -> float:
    """Of an average over classes: their errors added, which is the most that it can be, whatever goes with what.

    Of a weighted average the classes' shares of the rows vary too: a row of class k moves the average by its value less
    the average.
    """
    if average != "weighted":
        return float(errors.mean())
    shares = amounts / amounts.sum()
    moved = (values - float(np.dot(shares, values))) / amounts.sum()
    return float(np.dot(shares, errors)) + error_of_sum(counts, moved, squares_in(counts, amounts, squared))
