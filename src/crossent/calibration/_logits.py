"""Probabilities -> logits, for models that give nothing else."""

from __future__ import annotations

import torch
from torch import Tensor

from .._task import Task

_LEAST = torch.finfo(torch.float64).eps


def logits_of(task: Task, probabilities: Tensor) -> Tensor:
    """Logits whose sigmoid or softmax are these probabilities.

    Binary and multilabel: log(p / (1 - p)); multiclass: log p, which softmax takes back, for a row's sum is 1. A
    probability nearer to 0 or 1 than 2.2e-16 is taken for that, as the log loss of an evaluation takes it. What a model
    has rounded to 1 stays so: give its logits where there are any.

    Args:
        task: What the probabilities belong to.
        probabilities: `(n,)` if binary, else `(n, K)`.

    Returns:
        float64, of the same shape.

    Raises:
        InputError: They are not probabilities of this task.

    Example:
        >>> logits_of(Task.binary(["no", "yes"]), torch.tensor([0.5, 0.9], dtype=torch.float64))
        tensor([0.0000, 2.1972], dtype=torch.float64)
    """
    task.check_probabilities(probabilities)
    exact = probabilities.detach().double()
    if task.kind == "multiclass":
        return exact.clamp(min=_LEAST).log()
    inside = exact.clamp(_LEAST, 1 - _LEAST)
    return inside.log() - (-inside).log1p()
