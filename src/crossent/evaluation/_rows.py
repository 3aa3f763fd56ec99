"""A batch of rows, checked, with everything a figure is made of; columns first, so that each class is contiguous.

All of a row is worked out from that row alone, by operations that give the same bits wherever a row stands in its
batch. NumPy's do; torch's `sigmoid` and `logaddexp` do not: they end a batch with other instructions than they began.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .._task import IGNORED, Task
from ._exact import Floats, Ints
from ._order import Scale

_BLOCK = 1 << 13
_MOST = float(np.finfo(np.float64).max)
_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Rows:
    """n rows of K classes; C is 1 for a binary task, else K.

    labels, decisions: `(n,)`, or `(K, n)` of 0/1 for a multilabel task. given: decisions to be judged in place of those
    of the most probable class. scores: `(C, n)` what rows are ranked by: the
    logit, of softmax the log-odds of the class, or the probability as given. probabilities: `(C, n)`.
    """

    scale: Scale
    labels: Ints
    decisions: Ints
    scores: Floats
    probabilities: Floats
    weights: Floats | None = None
    given: Ints | None = None

    def __len__(self) -> int:
        return self.scores.shape[1]

    def taken(self, index: npt.NDArray[np.intp] | npt.NDArray[np.bool_] | slice) -> Rows:
        """Some of these rows."""
        return replace(
            self,
            labels=self.labels[..., index],
            decisions=self.decisions[..., index],
            scores=self.scores[:, index],
            probabilities=self.probabilities[:, index],
            weights=None if self.weights is None else self.weights[index],
            given=None if self.given is None else self.given[index],
        )


def rows_of(
    task: Task,
    labels: Tensor,
    scores: Tensor,
    scale: Scale,
    threshold: float | Tensor,
    weights: Floats | None,
    given: Tensor | None,
) -> Rows:
    """Put checked labels and scores on the CPU side by side; ignored rows are still among them."""
    columns = _columns(scores.to(torch.float64))
    if scale == "logits":
        columns = log_odds(columns) if task.kind == "multiclass" else columns
        probabilities = _in_blocks(sigmoid, columns)
        shaped = torch.from_numpy(probabilities[0] if task.kind == "binary" else np.ascontiguousarray(probabilities.T))
        # In the type that the scores came in, as a prediction is made, so that both agree.
        decisions = task.decide(shaped.to(scores.dtype), threshold)
    else:
        probabilities = columns
        decisions = task.decide(scores, threshold)
    judged = None if given is None else _codes(given)
    return Rows(scale, _codes(labels), _codes(decisions), columns, probabilities, weights, judged)


def _columns(scores: Tensor) -> Floats:
    return np.ascontiguousarray(np.atleast_2d(scores.numpy().T))


def _codes(codes: Tensor) -> Ints:
    return np.array(codes.numpy().T, dtype=np.int64, order="C")


def kept(rows: Rows) -> npt.NDArray[np.bool_]:
    """Which rows are labelled."""
    return rows.labels != IGNORED if rows.labels.ndim == 1 else np.ones(len(rows), dtype=np.bool_)


def sigmoid(logits: Floats) -> Floats:
    """1 / (1 + exp(-x)), without overflow, and as exact near 0 as a float can be."""
    power = np.exp(-np.abs(logits))
    return np.where(logits >= 0, 1.0, power) / (1.0 + power)


def log_odds(logits: Floats) -> Floats:
    """Log of p / (1 - p) for each class of softmax, `(K, n)`: z_k - log(sum of exp(z_j) over the others j).

    It orders rows as the probability of the class does, and still tells them apart where that has rounded to 1.
    """
    with np.errstate(over="ignore"):  # two logits may lie farther apart than the largest number
        return _in_blocks(_log_odds, logits)


def _in_blocks(function: Callable[[Floats], Floats], columns: Floats) -> Floats:
    """The function of so many rows at a time as stay in the cache."""
    made = np.empty_like(columns)
    for start in range(0, columns.shape[1], _BLOCK):
        at = slice(start, start + _BLOCK)
        made[:, at] = function(np.ascontiguousarray(columns[:, at]))
    return made


def _log_odds(logits: Floats) -> Floats:
    where = logits.argmax(axis=0)[np.newaxis]
    top = np.take_along_axis(logits, where, axis=0)
    without_top = logits.copy()
    np.put_along_axis(without_top, where, -np.inf, axis=0)
    second = without_top.max(axis=0, keepdims=True)
    # The log of the others' sum, relative to the top: for the top summed without it, for the rest the whole less
    # their part, which cannot cancel because the top's 1 stays in it.
    rest = np.log(np.exp(without_top - second).sum(axis=0, keepdims=True)) + (second - top)
    powers = np.exp(logits - top)
    np.put_along_axis(powers, where, 0.0, axis=0)
    others = np.log((1.0 + np.exp(rest)) - powers)
    np.put_along_axis(others, where, rest, axis=0)
    return np.clip(logits - top - others, -_MOST, _MOST)


def true_scores(rows: Rows, values: Floats) -> Floats:
    """Of each row the value of its true class."""
    return np.take_along_axis(values, rows.labels[np.newaxis], axis=0)[0]


def log_losses(rows: Rows) -> Floats:
    """-log p of what was true, `(n,)`; of several labels a row the mean.

    From log-odds log(1 + exp(-odds)), without overflow or cancellation; from probabilities with these clipped to
    [eps, 1 - eps] of float64, as scikit-learn does.
    """
    values = rows.scores
    if rows.labels.ndim == 1 and len(values) > 1:
        true = true_scores(rows, values)[np.newaxis]
    elif rows.scale == "logits":
        true = np.where(rows.labels == 1, values, -values)
    else:
        true = np.where(rows.labels == 1, values, 1 - values)
    if rows.scale == "logits":
        losses = np.maximum(-true, 0.0) + np.log1p(np.exp(-np.abs(true)))
    else:
        losses = -np.log(np.clip(true, _EPS, 1 - _EPS))
    return losses.sum(axis=0) / len(losses)


def brier_scores(rows: Rows) -> Floats:
    """(p - y)^2 of each row; of several labels the mean, of several classes the sum, halved where there are two."""
    p = rows.probabilities
    if rows.labels.ndim == 2 or len(p) == 1:
        return np.square(p - rows.labels).sum(axis=0) / len(p)
    hit = true_scores(rows, p)
    others = np.square(p)
    np.put_along_axis(others, rows.labels[np.newaxis], 0.0, axis=0)
    return (others.sum(axis=0) + np.square(1 - hit)) / (2 if len(p) == 2 else 1)
