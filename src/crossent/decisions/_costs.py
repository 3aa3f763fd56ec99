"""Decisions of least expected cost."""

from __future__ import annotations

import torch
from torch import Tensor

from .._errors import InputError
from .._task import Task
from ..evaluation import cost_matrix


def expected_costs(task: Task, probabilities: Tensor, costs: object) -> Tensor:
    """What each decision would cost on average: the sum over true classes k of p_k C_kj.

    Args:
        task: Binary or multiclass.
        probabilities: `(n,)` if binary, else `(n, K)`; the more they mean what they say, the better the decision.
        costs: `(K, K)` by true class (row) and decision (column), in the order of `task.classes`; or a mapping from
            (true class, decision) to the cost, 0 for pairs that it does not name.

    Returns:
        `(n, K)`, in float64.

    Raises:
        InputError: The costs are not of these classes, or the probabilities are not of this task.

    Example:
        >>> import torch
        >>> from crossent import Task
        >>> task = Task.binary(["fine", "fraud"])
        >>> expected_costs(task, torch.tensor([0.25]), {("fine", "fraud"): 4, ("fraud", "fine"): 100})
        tensor([[25.,  3.]], dtype=torch.float64)

    References:
        Elkan, The foundations of cost-sensitive learning, IJCAI 2001.
    """
    matrix = torch.from_numpy(cost_matrix(task, costs)).to(probabilities.device)
    task.check_probabilities(probabilities)
    exact = probabilities.double()
    both = torch.stack([1 - exact, exact], dim=1) if task.kind == "binary" else exact
    # Summed class by class, so that a row's bits do not depend on how many rows stand beside it.
    return sum((both[:, k : k + 1] * matrix[k] for k in range(len(task))), torch.zeros_like(both))


def decide_by_costs(task: Task, probabilities: Tensor, costs: object) -> Tensor:
    """The decision that costs least on average; of several, the more probable class; of these, the first.

    See `expected_costs` for the arguments.

    Returns:
        int64 `(n,)` codes.

    Example:
        >>> import torch
        >>> from crossent import Task
        >>> task = Task.multiclass(["walk", "wait", "run"])
        >>> costs = [[0, 1, 1], [9, 0, 9], [1, 1, 0]]
        >>> task.decode(decide_by_costs(task, torch.tensor([[0.6, 0.2, 0.2], [0.9, 0.05, 0.05]]), costs))
        ['wait', 'walk']
    """
    each = expected_costs(task, probabilities, costs)
    least = each == each.min(dim=1, keepdim=True).values
    exact = probabilities.double()
    both = torch.stack([1 - exact, exact], dim=1) if task.kind == "binary" else exact
    return both.masked_fill(~least, -1.0).argmax(dim=1)


def threshold_of_costs(task: Task, costs: object) -> float:
    """The probability of the positive class from which on deciding for it costs less: Elkan's equation 2.

    With C by true class and decision, (C_01 - C_00) / (C_01 - C_00 + C_10 - C_11). There is nothing to tune.

    Raises:
        InputError: A wrong decision costs no more than the right one.

    Example:
        >>> from crossent import Task
        >>> threshold_of_costs(Task.binary(["fine", "fraud"]), [[0, 1], [4, 0]])
        0.2
    """
    if task.kind != "binary":
        raise InputError(f"only a binary task's costs make one threshold; this task is {task.kind}: decide_by_costs")
    ((right_0, wrong_0), (wrong_1, right_1)) = cost_matrix(task, costs).tolist()
    alarm, miss = wrong_0 - right_0, wrong_1 - right_1
    if not (alarm > 0 and miss > 0):
        raise InputError(
            f"a wrong decision must cost more than the right one; for {task.classes[0]!r} it costs {alarm:g} more, "
            f"for {task.classes[1]!r} {miss:g} more: costs stand by true class (row) and decision (column)"
        )
    return alarm / (alarm + miss)
