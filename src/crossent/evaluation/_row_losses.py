"""What each row costs, for looking at rows; an evaluation keeps only their sum."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import numpy as np
import torch
from torch import Tensor

from .._errors import InputError
from .._task import IGNORED, Task
from ._evaluation import Evaluation
from .state._order import Scale
from .state._ranked_probability import RANKED, ranked_probability_scores
from .state._rows import brier_scores, log_losses, rows_of
from .state._scores import as_scores

RowLoss: TypeAlias = Literal["log_loss", "brier", "ranked_probability_score", "error"]


def row_losses(
    task: Task,
    labels: object,
    *,
    probabilities: object = None,
    logits: object = None,
    loss: RowLoss = "log_loss",
    threshold: float = 0.5,
) -> Tensor:
    """The loss of each row, `(n,)`; their mean is the figure of that name.

    Args:
        task: What the labels and scores belong to.
        labels: Class names as `task.encode` takes them.
        probabilities: As in `evaluate`.
        logits: The same before sigmoid or softmax; exactly one of the two.
        loss: "log_loss", "brier", "ranked_probability_score" of ordered classes, or "error": 1 where the decision is
            wrong, of several labels a row any of them.
        threshold: Of the decisions, for "error".

    Returns:
        float64; NaN where the label is the ignored one.

    Raises:
        InputError: There is no such loss, or labels or scores do not belong to the task.

    Example:
        >>> from crossent import Task
        >>> row_losses(Task.binary(["no", "yes"]), ["no", "yes"], probabilities=[0.5, 0.9], loss="brier")
        tensor([0.2500, 0.0100], dtype=torch.float64)
    """
    _check_loss(task, loss)
    if (logits is None) == (probabilities is None):
        raise InputError("give exactly one of logits and probabilities")
    scale: Scale = "probabilities" if logits is None else "logits"
    scores = as_scores(task, probabilities if logits is None else logits, scale).detach().cpu()
    codes = task.encode(labels)
    # The checks are those of an evaluation.
    Evaluation.empty(task, threshold=threshold).update(codes, **{scale: scores})
    labelled = codes != IGNORED if codes.ndim == 1 else torch.ones(len(codes), dtype=torch.bool)
    rows = rows_of(task, codes[labelled], scores[labelled], scale, threshold, None)
    match loss:
        case "log_loss":
            values = log_losses(rows)
        case "brier":
            values = brier_scores(rows)
        case "ranked_probability_score":
            values = ranked_probability_scores(rows.labels, rows.probabilities)
        case _:
            values = np.logical_or.reduce(np.atleast_2d(rows.labels != rows.decisions)).astype(np.float64)
    of_all = torch.full((len(codes),), torch.nan, dtype=torch.float64)
    of_all[labelled] = torch.from_numpy(values)
    return of_all


def _check_loss(task: Task, loss: str) -> None:
    if loss == RANKED and not task.ordered:
        raise InputError(f"loss={RANKED!r} is of ordered classes: Task.multiclass(classes, ordered=True)")
    names = get_args(RowLoss)
    if loss not in names:
        raise InputError(f"loss must be {', '.join(map(repr, names[:-1]))} or {names[-1]!r}; got {loss!r}")
