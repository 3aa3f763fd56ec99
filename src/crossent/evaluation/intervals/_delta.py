"""The standard error of a figure of decisions by the delta method: its gradient, and the variance of the counts."""

from __future__ import annotations

import numpy as np

from ..._task import Task
from ..figures._asked import Asked
from ..figures._curves import place_of
from ..figures._figure import averaged, of_matrices
from ..metrics._cells import SHARES, Cells, class_cells, of_cells
from ..state._exact import Amounts, Floats, Ints
from ._squares import Squares

LARGEST_STEPPED = 64
"""Classes up to which the gradient of any figure is found by small steps."""
_STEP = 1e-5
_AT_A_TIME = 1 << 22


def error_of_sum(counts: Ints, gradient: Floats, squares: Squares | None = None) -> float:
    """The standard error of the sum of the gradient over rows in cells.

    Without weights the counts are multinomial. With them the variance is the sum of squared weights times the squared
    gradient; what is not known of where the squares lie is taken to lie where it does most harm, so that the error is
    never too small.
    """
    steep = np.square(gradient)
    if squares is None:
        return float(np.sqrt(max((counts * steep).sum() - (counts * gradient).sum() ** 2 / counts.sum(), 0.0)))
    rest = max(squares.total - float(squares.least.sum()), 0.0)
    return float(np.sqrt((squares.least * steep).sum() + rest * steep[counts > 0].max(initial=0.0)))


def decision_error(task: Task, counts: Ints, amounts: Amounts, asked: Asked, squares: Squares | None) -> float:
    """The standard error of a figure of decisions.

    Of several labels a row it is not kept how they go together; then their errors are added, which is the most that
    the error of the sum can be.
    """
    gradient = gradient_of(task, amounts, asked)
    if task.kind != "multilabel":
        return error_of_sum(counts, gradient, squares)
    each = [None] * len(task) if squares is None else [Squares(squares.total, least) for least in squares.least]
    return sum(error_of_sum(*of) for of in zip(counts, gradient, each, strict=True))


def gradient_of(task: Task, amounts: Amounts, asked: Asked) -> Floats:
    """By how much the figure rises with each count, in the matrix's shape."""
    if asked.name in SHARES:
        return _spread_out(task, _share_gradient(task, class_cells(task, amounts), asked))
    if asked.name == "hamming_loss" and task.kind == "multilabel":
        wrong = Asked("one_against_rest_accuracy", average="macro")
        return -_spread_out(task, _share_gradient(task, class_cells(task, amounts), wrong))
    return _stepped(task, amounts, asked)


def _share_gradient(task: Task, cells: Cells, asked: Asked) -> Floats:
    """Of an average of shares the derivative by the hits, alarms, misses and rest of each class, `(4, K)`.

    A share a.c / b.c has the derivative (a - f b) / b.c (Takahashi et al., 2022, for the averages of F1).
    """
    share = SHARES[asked.name][0]
    above, below = (np.asarray(each)[:, np.newaxis] for each in share(Cells(*np.eye(4)), asked.beta))
    denominators = share(cells, asked.beta)[1]
    values = of_cells(cells, asked.name, asked.beta)
    mine = np.zeros(len(task))
    mine[asked.places(task) if asked.average else place_of(task, asked.label)] = 1.0
    if asked.average == "micro":
        total = (mine * denominators).sum()
        pooled = (mine * values * denominators).sum() / total if total else 0.0
        return mine * (above - pooled * below) / (total or 1.0)
    weights = mine * cells.support if asked.average == "weighted" else mine
    if not weights.any():
        weights = mine
    each = np.where(denominators == 0, 0.0, (above - values * below) / np.where(denominators == 0, 1, denominators))
    found = each * weights / weights.sum()
    if asked.average == "weighted":  # the rows of a class count in its weight too
        at = asked.places(task)
        mean = averaged(values[at], cells.support[at], "weighted")
        found[[0, 2]] += mine * (values - mean) / weights.sum()
    return found


def _spread_out(task: Task, found: Floats) -> Floats:
    """A row that is i and decided as j is a miss of i, an alarm of j and among the rest of all others."""
    hits, alarms, misses, rest = found
    if task.kind == "multilabel":
        return np.moveaxis(np.array([[rest, alarms], [misses, hits]]), -1, 0)
    matrix = rest.sum() + (misses - rest)[:, np.newaxis] + (alarms - rest)
    np.fill_diagonal(matrix, rest.sum() - rest + hits)
    return matrix


def _stepped(task: Task, amounts: Amounts, asked: Asked) -> Floats:
    """Central differences, each count a little more and a little less."""
    gradient, whole = np.zeros(amounts.size), amounts.astype(np.float64)
    filled = np.flatnonzero(amounts)
    size = max(1, _AT_A_TIME // amounts.size)
    for start in range(0, len(filled), size):
        at = filled[start : start + size]
        step = _STEP * whole.ravel()[at]
        moved = np.tile(whole.ravel(), (2, len(at), 1))
        moved[0, np.arange(len(at)), at] += step
        moved[1, np.arange(len(at)), at] -= step
        high, low = of_matrices(task, moved.reshape(2, len(at), *amounts.shape), asked)
        gradient[at] = (high - low) / (2 * step)
    return gradient.reshape(amounts.shape)
