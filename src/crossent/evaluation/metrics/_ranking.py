"""What the order of the scores says: rows at or above each threshold, ROC AUC and average precision.

Where a bin of the histogram holds several scores, the order within it is not known: a figure is then the middle of what
it can be, with half the distance between the ends beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..._task import Task
from ..state._exact import Amounts, Floats, Ints
from ..state._histogram import Histogram, merged
from ..state._order import Scale
from ..state._rows import sigmoid
from ..state._state import State

_SHARE_AT_END = 4096
"""A cut between bins of logits may count wrong the rows in so small a part of the bin beside it, and no others."""


@dataclass(frozen=True, eq=False)
class Ranking:
    """Rows at or above each threshold, from the highest down: how many are of the class, how many are not.

    thresholds: probabilities of the class; most: the highest that a row counted with each can have. rows, others: true
    rows of the class, and of others, between a threshold and the one above it.
    weighted: the other numbers are of weights. exact: the rows between two thresholds have one score. rounded: where
    not, a threshold may be compared with the rows' scores as the nearest float32, which can lie below it.
    """

    thresholds: Floats
    most: Floats
    true_positives: Amounts
    false_positives: Amounts
    rows: Ints
    others: Ints
    weighted: bool
    exact: bool
    rounded: bool = False

    @property
    def positives(self) -> int | float:
        """Rows of the class, or their weight."""
        return self.true_positives[-1].item()

    @property
    def negatives(self) -> int | float:
        """Rows of any other class, or their weight."""
        return self.false_positives[-1].item()

    @property
    def cuts(self) -> npt.NDArray[np.bool_]:
        """Which thresholds part the rows as they are counted: all rows above are so probable, and none below.

        Logits tell rows apart whose probabilities round to one number, such as 1; no threshold does.
        """
        below = np.maximum.accumulate(self.most[::-1])[::-1]
        least = np.minimum.accumulate(self.thresholds)
        if self.rounded and not self.exact:
            least = np.minimum(least, least.astype(np.float32))
        return least > np.append(below[1:], -np.inf)

    @property
    def gained(self) -> tuple[Floats, Floats]:
        """Rows of the class and of others between a threshold and the one above it."""
        return (
            np.diff(self.true_positives, prepend=0).astype(np.float64),
            np.diff(self.false_positives, prepend=0).astype(np.float64),
        )


def rankings(task: Task, state: State, scale: Scale) -> Iterator[Ranking]:
    """The ranking of the rows for each class, in class order."""
    for place in range(len(task)):
        yield class_ranking(task, state, scale, place)


def class_ranking(task: Task, state: State, scale: Scale, place: int) -> Ranking:
    """The ranking of the rows for the class at this place, against all others."""
    if task.kind == "binary":
        return _downwards(state.histograms[0], scale) if place else _upwards(state.histograms[0], scale)
    return _downwards(state.histograms[place], scale)


def pooled_ranking(state: State, scale: Scale, places: Sequence[int]) -> Ranking:
    """The ranking of all pairs of a row and one of these classes, as the micro average takes them."""
    return _downwards(merged([state.histograms[place] for place in places], None), scale)


def _downwards(bins: Histogram, scale: Scale) -> Ranking:
    lowest, highest = bins.lowest(scale)[::-1], _within(bins, bins.highest(scale), scale)[::-1]
    if scale == "logits":
        lowest, highest = sigmoid(lowest), sigmoid(highest)
    return _cumulated(bins, lowest, highest, 1, rounded=scale == "probabilities")


def _upwards(bins: Histogram, scale: Scale) -> Ranking:
    """For the negative class, whose rows score low."""
    lowest, highest = bins.highest(scale), _within(bins, bins.lowest(scale), scale)
    if scale == "logits":
        lowest, highest = sigmoid(-lowest), sigmoid(-highest)
    else:
        lowest, highest = 1 - lowest, 1 - highest
    return _cumulated(bins, lowest, highest, 0, rounded=scale == "probabilities")


def _within(bins: Histogram, ends: Floats, scale: Scale) -> Floats:
    """The ends of bins; of logits a little inside, since the very last one's probability rounds to the next bin's."""
    if bins.exact or scale == "probabilities":
        return ends
    lowest, highest = bins.lowest(scale), bins.highest(scale)
    others = np.where(ends == lowest, highest, lowest)
    return ends - ends / _SHARE_AT_END + others / _SHARE_AT_END  # of ends whose difference may be no number


def _cumulated(bins: Histogram, thresholds: Floats, most: Floats, side: int, *, rounded: bool) -> Ranking:
    step = -1 if side else 1
    counts, amounts = bins.tally.counts[::step], bins.tally.amounts[::step]
    # A score that only rows of weight 0 have is no threshold.
    kept = amounts.any(axis=1) if bins.tally.weights is not None else slice(None)
    return Ranking(
        thresholds=thresholds[kept],
        most=most[kept],
        true_positives=np.cumsum(amounts[kept, side]),
        false_positives=np.cumsum(amounts[kept, 1 - side]),
        rows=counts[kept, side],
        others=counts[kept, 1 - side],
        weighted=bins.tally.weights is not None,
        exact=bins.exact,
        rounded=rounded,
    )


def roc_auc(ranked: Ranking) -> tuple[float, float]:
    """The share of pairs of a row of the class and another in which the former scores higher; a tie is half a pair.

    Returns:
        The value, and the half-width: half the share of pairs that fall into one bin. NaN and 0 where there is no pair.
    """
    pairs = ranked.positives * ranked.negatives
    if not pairs:
        return float("nan"), 0.0
    above = np.append(0, ranked.true_positives[:-1]) + ranked.true_positives
    value = float(np.dot(np.diff(ranked.false_positives, prepend=0), above)) / (2 * pairs)
    positives, negatives = ranked.gained
    return value, 0.0 if ranked.exact else float(np.dot(positives, negatives)) / (2 * pairs)


def average_precision(ranked: Ranking) -> tuple[float, float]:
    """The mean precision over the rows of the class, each at its own score.

    Of a bin with p rows of the class and n others, above which T and F have been counted, the sum of the precisions is
    highest with all p first and tied, p (T + p) / (T + p + F), and lowest with all n first and the p one by one: the
    sum over j of f(j) = (T + j) / (T + j + F + n). It is f(1) where p is 1; otherwise, f being concave, at least its
    integral from 1/2 to p + 1/2, p - (F + n) log(1 + p / (T + 1/2 + F + n)); of unequal weights, from 0 to p.

    Returns:
        The value (the middle of the two), and the half-width. NaN and 0 where there is no row of the class.
    """
    if not ranked.positives:
        return float("nan"), 0.0
    decided = ranked.true_positives + ranked.false_positives
    gained, _ = ranked.gained
    if ranked.exact:
        return float(np.dot(gained, ranked.true_positives / _not_0(decided))) / ranked.positives, 0.0
    before, false = (np.append(0, each[:-1]) for each in (ranked.true_positives, ranked.false_positives))
    others = ranked.false_positives
    highest = gained * ranked.true_positives / _not_0(ranked.true_positives + false)
    start = before if ranked.weighted else before + 0.5
    one_by_one = gained - others * np.log1p(gained / _not_0(start + others))
    lowest = np.where(ranked.rows == 1, gained * ranked.true_positives / _not_0(decided), one_by_one)
    high, low = float(highest.sum()) / ranked.positives, float(lowest.sum()) / ranked.positives
    return (high + low) / 2, (high - low) / 2


def _not_0(below: npt.ArrayLike) -> Floats:
    # Where nothing has been counted there is nothing to divide either.
    return np.where(np.equal(below, 0), 1.0, below)
