"""What decisions cost, by a cost matrix."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..._errors import InputError
from ..._task import Task
from .._evaluation import Evaluation
from ..state._exact import Floats
from ._figure import Figure


def expected_cost(evaluation: Evaluation, costs: object) -> Figure:
    """The mean cost of a row under the decisions made.

    Args:
        evaluation: An evaluation with rows, of a binary or multiclass task.
        costs: `(K, K)` what a row costs, by true class (row) and decision (column), in the order of `task.classes`; or
            a mapping from (true class, decision) to the cost, 0 for pairs that it does not name.

    Raises:
        InputError: The costs are not of these classes.

    Example:
        >>> from crossent import Task, evaluate
        >>> task = Task.binary(["fine", "fraud"])
        >>> evaluation = evaluate(task, ["fine", "fraud", "fine", "fraud"], probabilities=[0.1, 0.4, 0.8, 0.9])
        >>> expected_cost(evaluation, {("fine", "fraud"): 5, ("fraud", "fine"): 200}).value
        51.25
    """
    matrix = cost_matrix(evaluation.task, costs)
    state = evaluation.state
    return Figure(float((state.confusion.amounts * matrix).sum() / state.weight))


def cost_matrix(task: Task, costs: object) -> Floats:
    """Costs by true class and decision, `(K, K)`."""
    size = len(task)
    if task.kind == "multilabel":
        raise InputError("costs are of one label a row; this task is multilabel")
    if isinstance(costs, Mapping):
        matrix = np.zeros((size, size))
        for pair, cost in costs.items():
            if not isinstance(pair, tuple) or len(pair) != 2 or not {*pair} <= {*task.classes}:
                raise InputError(f"costs must be of pairs (true class, decision) of the task's classes; got {pair!r}")
            matrix[task.classes.index(pair[0]), task.classes.index(pair[1])] = cost
        return matrix
    matrix = np.asarray(costs, dtype=np.float64)
    if matrix.shape != (size, size) or not np.isfinite(matrix).all():
        raise InputError(f"costs must be finite and have shape ({size}, {size}), true class by decision; got {matrix}")
    return matrix
