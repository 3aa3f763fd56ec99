"""The ranked probability score: what probabilities of ordered classes cost, less the nearer they lie to the truth."""

from __future__ import annotations

import numpy as np

from ._exact import Floats, Ints

RANKED = "ranked_probability_score"
"""The name of the figure, and of its sum."""


def ranked_probability_scores(labels: Ints, probabilities: Floats) -> Floats:
    """Of each row the mean over k < K of (P(y <= k) - [true <= k])^2, `(n,)`.

    The mean, so that the worst forecast costs 1 however many classes there are, and of two classes it is the Brier
    score. (Others take the sum, which goes to K - 1.) Below the true class P(y <= k) is summed from the first class up,
    from there on 1 - P(y <= k) from the last one down: no difference of numbers near 1 is taken.

    Args:
        labels: `(n,)` places of the true classes.
        probabilities: `(K, n)`, the classes from low to high.

    References:
        Epstein, Journal of Applied Meteorology 1969. Murphy, Journal of Applied Meteorology 1971. Gneiting and Raftery,
        Strictly proper scoring rules, JASA 2007, section 4.2.
    """
    most = len(probabilities) - 1
    total = np.zeros(len(labels))
    below, above = np.zeros(len(labels)), np.zeros(len(labels))
    for place in range(most):
        below += probabilities[place]
        total += np.where(place < labels, np.square(below), 0.0)
    for place in range(most, 0, -1):
        above += probabilities[place]
        total += np.where(place > labels, np.square(above), 0.0)
    return total / most


def ranked_score_of_shares(shares: Floats) -> float:
    """What the classes' shares of the rows score, given to every row as its probabilities."""
    below = np.cumsum(shares)[:-1]
    return float((below * (1 - below)).mean())


def ranked_score_moved(shares: Floats) -> Floats:
    """By how much that rises with a row of each class, `(K,)`: its derivative by the shares, less its mean."""
    below = np.cumsum(shares)[:-1]
    # A row of class j raises P(y <= k) for the k from j on, and lowers it for those below.
    at_most = np.arange(len(shares))[:, np.newaxis] <= np.arange(len(below))
    return ((1 - 2 * below) * (at_most - below)).mean(axis=1)
