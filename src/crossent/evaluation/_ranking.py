"""What the order of the scores says: counts at each threshold, ROC AUC and average precision."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ranking:
    """Rows at or above each distinct score, from the highest down: how many are of the class, how many are not."""

    thresholds: Floats
    true_positives: Ints
    false_positives: Ints

    @property
    def positives(self) -> int:
        """Rows of the class."""
        return int(self.true_positives[-1])

    @property
    def negatives(self) -> int:
        """Rows of any other class."""
        return int(self.false_positives[-1])

    def reversed(self) -> Ranking:
        """The ranking for the opposite class by the negative score."""
        false = self.positives - np.append(0, self.true_positives[:-1])[::-1]
        true = self.negatives - np.append(0, self.false_positives[:-1])[::-1]
        return Ranking(-self.thresholds[::-1], true, false)


def ranking(scores: Floats, positive: npt.NDArray[np.bool_]) -> Ranking:
    """Sort rows by score once; rows of equal score stand together."""
    order = np.argsort(scores)[::-1]
    descending = scores[order]
    last = np.append(np.flatnonzero(descending[1:] != descending[:-1]), len(scores) - 1)
    true_positives = np.cumsum(positive[order], dtype=np.int64)[last]
    return Ranking(descending[last], true_positives, last + 1 - true_positives)


def roc_auc(ranked: Ranking) -> float:
    """The share of pairs of a row of the class and another in which the former scores higher; a tie is half a pair.

    Counted in whole numbers; NaN where there is no pair.
    """
    pairs = ranked.positives * ranked.negatives
    if not pairs:
        return float("nan")
    above = np.append(0, ranked.true_positives[:-1]) + ranked.true_positives
    return float(np.dot(np.diff(ranked.false_positives, prepend=0), above)) / (2 * pairs)


def average_precision(ranked: Ranking) -> float:
    """The mean precision over the rows of the class, each at its own score; NaN where there is none."""
    if not ranked.positives:
        return float("nan")
    decided = ranked.true_positives + ranked.false_positives
    gained = np.diff(ranked.true_positives, prepend=0)
    return float(np.dot(gained, ranked.true_positives / decided)) / ranked.positives
