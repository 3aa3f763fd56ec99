"""The state of an evaluation: what is kept of rows, of fixed size, exact, and the same however the rows came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ..._task import Task
from ._batch import Batch, Plan
from ._exact import LARGEST_WEIGHT, Floats, Ints, as_float, exact_sum, limbs
from ._histogram import Histogram, histogram, merged
from ._order import Scale, keys_of
from ._ranked_probability import RANKED, ranked_probability_scores
from ._rows import Rows, brier_scores, log_losses, of_labels, rows_of
from ._samples import sample_scores
from ._tally import Tally, tally

MOST_IN_PAIRS = 64
"""Classes up to which pairs of them can be kept."""

_PAIR_COUNTS = 1 << 21
_FEWEST_DECIDED = 64
_MOST_WEIGHED = float(np.finfo(np.float64).max) / LARGEST_WEIGHT
LARGEST_SQUARED = 1e144
"""Bounds of a row's loss, so that its product with any weight, and the square of that, is a number."""
_BLOCK = 1 << 16


@dataclass(frozen=True, eq=False)
class State:
    """What figures are made of.

    rows, ignored: true numbers of rows. confusion: true class by decision `(K, K)`, or `(K, 2, 2)` for a multilabel
    task. histograms: of the positive class's score if binary, else one a class. top: multiclass: the score of the class
    decided for, right or wrong. decided: the same for each class decided for, in fewer bins. pairs: where asked for,
    each class's score by true class, `(m, K)`, in fewer bins. ranks: multiclass: `(K,)` rows by how many classes score
    higher than the true one. sums: exact sums over rows, in units of 2^-1074.
    """

    rows: int
    ignored: int
    confusion: Tally
    histograms: tuple[Histogram, ...]
    top: Histogram | None
    decided: tuple[Histogram, ...]
    pairs: tuple[Histogram, ...]
    ranks: Tally | None
    sums: Mapping[str, int]

    @property
    def weighted(self) -> bool:
        """Rows have weights."""
        return self.confusion.weights is not None

    @property
    def weight(self) -> float:
        """The sum of the weights; the number of rows where there are none."""
        return as_float(self.sums["weight"]) if self.weighted else float(self.rows)

    @property
    def bins(self) -> int:
        """How many bins are in use."""
        return sum(map(len, (*self.histograms, *self.decided, *self.pairs))) + (len(self.top) if self.top else 0)

    def mean(self, name: str) -> float:
        """The mean over rows of what was summed under this name, rounded once."""
        total = self.sums[name]
        below = self.sums["weight"] if self.weighted else self.rows << 1074
        try:
            return total / below
        except OverflowError:
            return float("inf")


def bins_of_decided(limit: int | None, classes: int) -> int | None:
    """The most bins of a histogram of one class decided for: all of them together about as many as of all rows."""
    return None if limit is None else min(limit, max(_FEWEST_DECIDED, limit // classes))


def bins_of_pairs(limit: int | None, classes: int) -> int | None:
    """The most bins of a histogram by true class, so that all of them together have a fixed number of counts."""
    return None if limit is None else min(limit, _PAIR_COUNTS // classes**2)


def state_of(plan: Plan, batch: Batch) -> State:
    """The state of a batch; rows without a label are counted, and take no part."""
    labelled, task, limit = batch.labelled(), plan.task, plan.bins
    rows = rows_of(task, labelled.labels, labelled.scores, plan.scale, plan.threshold, labelled.weights)
    weights = None if rows.weights is None else limbs(rows.weights)
    single = task.kind == "multiclass"
    tops = keys_of(of_labels(rows.decisions, rows.scores), rows.scale) if single else np.empty(0, dtype=np.int64)
    right = (rows.labels == rows.decisions).astype(np.int64)
    return State(
        rows=len(rows),
        ignored=len(batch) - len(labelled),
        confusion=_confusion(task, rows, weights),
        histograms=tuple(_histograms(task, rows, weights, limit)),
        top=histogram(tops, right, 2, weights, limit) if single else None,
        decided=tuple(_decided(rows, tops, right, weights, bins_of_decided(limit, len(task)))) if single else (),
        pairs=tuple(_pairs(rows, weights, bins_of_pairs(limit, len(task)))) if plan.pairs else (),
        ranks=tally(_ranks(rows), (len(task),), weights) if single else None,
        sums=_sums_of_all(task, rows),
    )


def _confusion(task: Task, rows: Rows, weights: Ints | None) -> Tally:
    size = len(task)
    if task.kind != "multilabel":
        return tally(rows.labels * size + rows.decisions, (size, size), weights)
    cells = 4 * np.arange(size)[:, np.newaxis] + 2 * rows.labels + rows.decisions
    return tally(cells.ravel(), (size, 2, 2), None if weights is None else np.tile(weights, (size, 1)))


def _histograms(task: Task, rows: Rows, weights: Ints | None, limit: int | None) -> Iterable[Histogram]:
    for place, scores in enumerate(rows.scores):
        match task.kind:
            case "binary":
                mine = rows.labels
            case "multiclass":
                mine = (rows.labels == place).astype(np.int64)
            case _:
                mine = rows.labels[place]
        yield histogram(keys_of(scores, rows.scale), mine, 2, weights, limit)


def _decided(rows: Rows, tops: Ints, right: Ints, weights: Ints | None, limit: int | None) -> Iterable[Histogram]:
    for place in range(len(rows.scores)):
        at = np.flatnonzero(rows.decisions == place)
        yield histogram(tops[at], right[at], 2, None if weights is None else weights[at], limit)


def _pairs(rows: Rows, weights: Ints | None, limit: int | None) -> Iterable[Histogram]:
    for scores in rows.scores:
        yield histogram(keys_of(scores, rows.scale), rows.labels, len(rows.scores), weights, limit)


def _ranks(rows: Rows) -> Ints:
    """How many classes score higher than the true one; of equal scores the class that stands first counts as higher."""
    true = of_labels(rows.labels, rows.scores)
    above = np.zeros(len(rows), dtype=np.int64)
    for place, scores in enumerate(rows.scores):
        above += (scores > true) | ((scores == true) & (place < rows.labels))
    return above


def _sums_of_all(task: Task, rows: Rows) -> dict[str, int]:
    """The sums, of so many rows at a time as stay in the cache."""
    sums = _sums(task, rows.taken(slice(0, _BLOCK)))
    for start in range(_BLOCK, len(rows), _BLOCK):
        for name, total in _sums(task, rows.taken(slice(start, start + _BLOCK))).items():
            sums[name] += total
    return sums


def _sums(task: Task, rows: Rows) -> dict[str, int]:
    weights = rows.weights
    sums: dict[str, int] = {}
    if weights is not None:
        sums["weight"], sums["weight_squared"] = exact_sum(weights), exact_sum(np.square(weights))
    for name, values in (("log_loss", log_losses(rows)), ("brier", brier_scores(rows))):
        sums.update(moments(name, values, weights))
    if task.ordered:
        sums.update(moments(RANKED, ranked_probability_scores(rows.labels, rows.probabilities), weights))
    if task.kind == "binary":
        sums.update({name: exact_sum(values) for name, values in _spiegelhalter(rows).items()})
    if rows.margins is not None:
        with np.errstate(over="ignore"):
            losses = np.minimum(np.maximum(0, 1 - rows.margins), np.finfo(np.float64).max)
        sums.update(moments("hinge_loss", losses, weights))
    if task.kind == "multilabel":
        for name, values in sample_scores(rows).items():
            # Rows without a label are counted as rows, whatever they weigh.
            sums.update({name: exact_sum(values)} if name.startswith("without") else moments(name, values, weights))
    return sums


def sum_names(task: Task, scale: Scale, *, weighted: bool) -> frozenset[str]:
    """What is summed over rows of such a task."""
    labels = torch.empty((0, len(task)) if task.kind == "multilabel" else 0, dtype=torch.int64)
    scores = torch.empty(0 if task.kind == "binary" else (0, len(task)), dtype=torch.float64)
    return frozenset(_sums(task, rows_of(task, labels, scores, scale, 0.5, np.empty(0) if weighted else None)))


def moments(name: str, values: Floats, weights: Floats | None) -> dict[str, int]:
    """Sums for the mean of a figure over rows, and for the error of that mean."""
    # A square that no float can hold would only widen an interval that is as wide as all numbers anyway.
    bounded = np.minimum(values, LARGEST_SQUARED)
    if weights is None:
        return {name: exact_sum(values), f"{name}_squared": exact_sum(np.square(bounded))}
    return {
        name: exact_sum(np.minimum(values, _MOST_WEIGHED) * weights),
        f"{name}_squared": exact_sum(np.square(bounded * weights)),
        f"{name}_weighted": exact_sum(bounded * np.square(weights)),
    }


def _spiegelhalter(rows: Rows) -> dict[str, Floats]:
    p = rows.probabilities[0]
    weights = 1.0 if rows.weights is None else rows.weights
    return {
        "spiegelhalter": weights * (rows.labels - p) * (1 - 2 * p),
        "spiegelhalter_variance": np.square(weights * (1 - 2 * p)) * p * (1 - p),
    }


def merged_states(states: Sequence[State], limit: int | None) -> State:
    """The state of all their rows; neither their order nor their grouping matters, to the last bit.

    What one of them does not keep, as one of an earlier version may not, is not kept.
    """
    first = states[0]
    if len(states) == 1:
        return first
    confusion, ranks = first.confusion, first.ranks
    for state in states[1:]:
        confusion = confusion.added(state.confusion)
        ranks = None if ranks is None or state.ranks is None else ranks.added(state.ranks)
    tops = [state.top for state in states if state.top is not None]
    size = len(first.histograms)
    return State(
        rows=sum(state.rows for state in states),
        ignored=sum(state.ignored for state in states),
        confusion=confusion,
        histograms=_merged_each([state.histograms for state in states], limit),
        top=merged(tops, limit) if tops else None,
        decided=_merged_each([state.decided for state in states], bins_of_decided(limit, size)),
        pairs=_merged_each([state.pairs for state in states], bins_of_pairs(limit, size)),
        ranks=ranks,
        sums={
            name: sum(state.sums[name] for state in states)
            for name in first.sums
            if all(name in state.sums for state in states)
        },
    )


def _merged_each(parts: Sequence[tuple[Histogram, ...]], limit: int | None) -> tuple[Histogram, ...]:
    return tuple(merged(each, limit) for each in zip(*parts, strict=True)) if all(parts) else ()


def appended(states: tuple[State, ...], more: tuple[State, ...], limit: int | None) -> tuple[State, ...]:
    """Append states; neighbours are merged so that each has at least twice as many bins as the next.

    A bin is then merged O(log n) times, however many batches there are, where merging all at each batch is quadratic.
    """
    for state in more:
        while states and states[-1].bins < 2 * state.bins:
            state = merged_states((states[-1], state), limit)
            states = states[:-1]
        states = (*states, state)
    return states
