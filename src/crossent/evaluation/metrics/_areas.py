"""Figures of a whole ranking in one number: areas under curves, and the rate at which two kinds of errors are equal."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..state._exact import Floats
from ._ranking import Ranking, average_precision, roc_auc

Range = tuple[float, float]
Points = tuple[Floats, Floats]
"""False and true positive rates, both rising from 0 to 1."""

_UNDEFINED = float("nan"), 0.0


def partial_roc_auc(ranked: Ranking, over: Range) -> tuple[float, float]:
    """The area under the ROC curve between two false positive rates, moved and stretched so that a coin has 1/2.

    With A the area between rates l and h, 1/2 (1 + (A - m) / (M - m)), where m = (h^2 - l^2) / 2 is what a coin has and
    M = h - l the most that there can be (McClish, 1989).
    """
    if not ranked.positives * ranked.negatives:
        return _UNDEFINED
    low, high = over
    chance, most = (high**2 - low**2) / 2, high - low
    area, half = _certified(ranked, lambda points: _trapezoids(*_between(points, over)))
    return (1 + (area - chance) / (most - chance)) / 2, half / (most - chance) / 2


def log_auc(ranked: Ranking, over: Range) -> tuple[float, float]:
    """The mean true positive rate over the logarithm of the false positive rate (Mysinger and Shoichet, 2010).

    Between two points of the curve it is that of the straight line in the logarithm.
    """
    if not ranked.positives * ranked.negatives:
        return _UNDEFINED

    def area(points: Points) -> float:
        false, true = _between(points, over)
        return _trapezoids(np.log10(false), true) / float(np.log10(over[1]) - np.log10(over[0]))

    return _certified(ranked, area)


def equal_error_rate(ranked: Ranking, over: Range) -> tuple[float, float]:
    """The rate at which as large a share of the others is decided for the class as of the class is missed.

    Where the ROC curve, with straight lines between its points, meets the line on which both rates are equal.
    """
    if not ranked.positives * ranked.negatives:
        return _UNDEFINED
    return _certified(ranked, _equal_error)


def _equal_error(points: Points) -> float:
    false, true = points
    excess = false - (1 - true)  # rises from -1 to 1
    place = int(np.searchsorted(excess, 0.0))
    if excess[place] == 0:
        return float(false[place])
    share = -excess[place - 1] / (excess[place] - excess[place - 1])
    return float(false[place - 1] + share * (false[place] - false[place - 1]))


def _certified(ranked: Ranking, of: Callable[[Points], float]) -> tuple[float, float]:
    """The value of the curve; where bins hold several scores, the middle of the worst and the best order, and how far.

    The best has all of a bin's rows of the class above its others, the worst below them. No curve leaves these two.
    """
    true, false = np.append(0, ranked.true_positives), np.append(0, ranked.false_positives)
    if ranked.exact:
        value = of((false / ranked.negatives, true / ranked.positives))
        return value, 0.0
    best = np.repeat(false, 2)[:-1], np.repeat(true, 2)[1:]
    worst = np.repeat(false, 2)[1:], np.repeat(true, 2)[:-1]
    one, other = (of((each[0] / ranked.negatives, each[1] / ranked.positives)) for each in (best, worst))
    return (one + other) / 2, abs(one - other) / 2


def _between(points: Points, over: Range) -> Points:
    """The part of the curve between two false positive rates, with points at both ends."""
    false, true = points
    inside = (false >= over[0]) & (false <= over[1])
    low, high = (np.interp(rate, false, true) for rate in over)
    return np.concatenate([over[:1], false[inside], over[1:]]), np.concatenate([[low], true[inside], [high]])


def _trapezoids(across: Floats, up: Floats) -> float:
    return float(np.dot(np.diff(across), (up[1:] + up[:-1]) / 2))


AREAS: dict[str, Callable[[Ranking, Range], tuple[float, float]]] = {
    "roc_auc": lambda ranked, _: roc_auc(ranked),
    "average_precision": lambda ranked, _: average_precision(ranked),
    "partial_roc_auc": partial_roc_auc,
    "log_auc": log_auc,
    "equal_error_rate": equal_error_rate,
}
"""Each gives the value and its half-width; NaN and 0 where it is undefined."""
