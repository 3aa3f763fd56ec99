"""A batch of rows, checked, with everything a figure is made of; columns first, so that each class is contiguous.

All of a row is worked out from that row alone, by operations in a fixed order that round alike everywhere
(`_elementary`), so that a row counts the same wherever it stands in its batch, and on any machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ..._task import Task
from ._elementary import exp, log, log1p
from ._exact import Floats, Ints
from ._order import Scale

_BLOCK = 1 << 13
_MOST = float(np.finfo(np.float64).max)
_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Rows:
    """n labelled rows of K classes; C is 1 for a binary task, else K.

    labels, decisions: `(n,)`, or `(K, n)` of 0/1 for a multilabel task. scores: `(C, n)` what rows are ranked by: the
    logit, of softmax the log-odds of the class, or the probability as given. probabilities: `(C, n)`. margins: `(n,)`
    how far the true class's logit lies above the best other one; None without logits, and for a multilabel task.
    """

    scale: Scale
    labels: Ints
    decisions: Ints
    scores: Floats
    probabilities: Floats
    margins: Floats | None = None
    weights: Floats | None = None

    def __len__(self) -> int:
        return self.scores.shape[1]

    def taken(self, at: slice) -> Rows:
        """Some of these rows."""
        return replace(
            self,
            labels=self.labels[..., at],
            decisions=self.decisions[..., at],
            scores=self.scores[:, at],
            probabilities=self.probabilities[:, at],
            margins=None if self.margins is None else self.margins[at],
            weights=None if self.weights is None else self.weights[at],
        )


def rows_of(
    task: Task, labels: Tensor, scores: Tensor, scale: Scale, threshold: float | Tensor, weights: Floats | None
) -> Rows:
    """Put checked labels, none of them the ignored one, and scores on the CPU side by side."""
    codes, columns = codes_of(labels), columns_of(scores)
    if scale == "probabilities":
        return Rows(scale, codes, codes_of(task.decide(scores, threshold)), columns, columns, weights=weights)
    margins = None if task.kind == "multilabel" else _margins(codes, columns)
    if task.kind == "multiclass":
        columns, probabilities = _in_blocks(odds_and_probabilities, columns)
    else:
        (probabilities,) = _in_blocks(lambda logits: (sigmoid(logits),), columns)
    shaped = torch.from_numpy(probabilities[0] if task.kind == "binary" else np.ascontiguousarray(probabilities.T))
    # Not rounded to the type of the logits: the order of the probabilities is that of the histograms.
    decisions = codes_of(task.decide(shaped, threshold))
    return Rows(scale, codes, decisions, columns, probabilities, margins, weights)


def columns_of(scores: Tensor) -> Floats:
    """Scores as float64 with a row a class."""
    return np.ascontiguousarray(np.atleast_2d(scores.to(torch.float64).numpy().T))


def codes_of(codes: Tensor) -> Ints:
    """Labels or decisions as int64, with a row a label where there are several."""
    return np.array(codes.numpy().T, dtype=np.int64, order="C")


def _margins(labels: Ints, logits: Floats) -> Floats:
    if len(logits) == 1:
        return (2 * labels - 1) * logits[0]
    others = logits.copy()
    np.put_along_axis(others, labels[np.newaxis], -np.inf, axis=0)
    with np.errstate(over="ignore"):  # two logits may lie farther apart than the largest number
        return of_labels(labels, logits) - others.max(axis=0)


def of_labels(labels: Ints, values: Floats) -> Floats:
    """Of each row the value of its true class."""
    return np.take_along_axis(values, labels[np.newaxis], axis=0)[0]


def in_order(values: Floats) -> Floats:
    """The sum over classes, from the first to the last; NumPy's own adds in pairs where there is but one row."""
    total = values[0].copy()
    for each in values[1:]:
        total += each
    return total


def _in_blocks(function: Callable[[Floats], tuple[Floats, ...]], columns: Floats) -> tuple[Floats, ...]:
    """What a function makes of the rows, of so many at a time as stay in the cache."""
    starts = range(0, max(columns.shape[1], 1), _BLOCK)
    made = [function(np.ascontiguousarray(columns[:, start : start + _BLOCK])) for start in starts]
    return tuple(np.concatenate(parts, axis=1) for parts in zip(*made, strict=True))


def sigmoid(logits: Floats) -> Floats:
    """1 / (1 + exp(-x)), without overflow, and as exact near 0 as a float can be."""
    power = exp(-np.abs(logits))
    return np.where(logits >= 0, 1.0, power) / (1.0 + power)


def odds_and_probabilities(logits: Floats) -> tuple[Floats, Floats]:
    """Of softmax over `(K, n)` logits: log of p / (1 - p) for each class, and p.

    The log-odds z_k - log(sum of exp(z_j) over the others j) order rows as the probability of the class does, and still
    tell them apart where that has rounded to 1.
    """
    with np.errstate(over="ignore"):  # two logits may lie farther apart than the largest number
        # The log of the others' sum, relative to the top: for the top summed without it, for the rest the whole less
        # their part, which cannot cancel because the top's 1 stays in it.
        where, top, powers, below = _powers(logits)
        total = 1.0 + below
        others = log(total - powers)
        np.put_along_axis(others, where, _log_of_rest(logits, where, top, below)[np.newaxis], axis=0)
        np.put_along_axis(powers, where, 1.0, axis=0)
        return np.clip(logits - top - others, -_MOST, _MOST), powers * (1.0 / total)


def softmax(logits: Floats) -> Floats:
    """Of `(K, n)` logits the probabilities, to the bits of `odds_and_probabilities`."""
    with np.errstate(over="ignore"):
        where, _, powers, below = _powers(logits)
    np.put_along_axis(powers, where, 1.0, axis=0)
    return powers * (1.0 / (1.0 + below))


def _powers(logits: Floats) -> tuple[npt.NDArray[np.intp], Floats, Floats, Floats]:
    """Where the top is, the top, exp(z - top) with 0 in its place, and the sum of these."""
    where = logits.argmax(axis=0)[np.newaxis]
    top = np.take_along_axis(logits, where, axis=0)
    powers = exp(logits - top)
    np.put_along_axis(powers, where, 0.0, axis=0)
    return where, top, powers, in_order(powers)


def _log_of_rest(logits: Floats, where: npt.NDArray[np.intp], top: Floats, below: Floats) -> Floats:
    """Log of the sum of exp(z - top) over all but the top, which is `below` where that has not vanished."""
    without_top = logits.copy()
    np.put_along_axis(without_top, where, -np.inf, axis=0)
    second = without_top.max(axis=0)
    gap = second - top[0]
    far = gap < -700
    rest = log(np.where(far, 1.0, below))
    if far.any():
        rest = np.where(far, log(in_order(exp(without_top - second))) + gap, rest)
    return rest


def log_losses(rows: Rows) -> Floats:
    """-log p of what was true, `(n,)`; of several labels a row the mean.

    From log-odds log(1 + exp(-odds)), without overflow or cancellation; from probabilities with these clipped to
    [eps, 1 - eps] of float64, as scikit-learn does.
    """
    values = rows.scores
    if rows.labels.ndim == 1 and len(values) > 1:
        true = of_labels(rows.labels, values)[np.newaxis]
    elif rows.scale == "logits":
        true = np.where(rows.labels == 1, values, -values)
    else:
        true = np.where(rows.labels == 1, values, 1 - values)
    if rows.scale == "logits":
        losses = np.maximum(-true, 0.0) + log1p(exp(-np.abs(true)))
    else:
        losses = -log(np.clip(true, _EPS, 1 - _EPS))
    with np.errstate(over="ignore"):  # the sum may be beyond all numbers where the mean is not
        mean = in_order(losses) / len(losses)
        return np.where(mean > _MOST, np.minimum(in_order(losses / len(losses)), _MOST), mean)


def brier_scores(rows: Rows) -> Floats:
    """(p - y)^2 of each row; of several labels the mean, of several classes the sum, halved where there are two."""
    p = rows.probabilities
    if rows.labels.ndim == 2 or len(p) == 1:
        return in_order(np.square(p - rows.labels)) / len(p)
    hit = of_labels(rows.labels, p)
    others = np.square(p)
    np.put_along_axis(others, rows.labels[np.newaxis], 0.0, axis=0)
    return (in_order(others) + np.square(1 - hit)) / (2 if len(p) == 2 else 1)
