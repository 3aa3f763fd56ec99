"""Decisions that come with the rows, judged in place of those for the most probable class."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from torch import Tensor

from ..._errors import InputError
from ..._shapes import check_codes
from ..._task import Task
from ._batch import Batch
from ._exact import limbs
from ._state import State
from ._tally import tally


def checked_decisions(task: Task, decisions: Tensor, rows: int) -> Tensor:
    """Codes in the CPU's memory.

    Raises:
        InputError: The task takes none, or a row has none.
    """
    if task.kind != "multiclass":
        raise InputError(f"decisions are given for a multiclass task; a {task.kind} one decides by its threshold")
    codes = decisions.detach().cpu()
    check_codes(task.kind, len(task), codes, "decisions")
    if len(codes) != rows or bool((codes < 0).any()):
        raise InputError(f"each of the {rows} rows must have a decision; {int((codes >= 0).sum())} have one")
    return codes


def judged(state: State, batch: Batch) -> State:
    """The state with the confusion matrix of the decisions that were given; all else is of the scores."""
    rows = batch.labelled()
    if rows.decisions is None:
        return state
    size = len(state.confusion.counts)
    cells = (rows.labels.long() * size + rows.decisions).numpy()
    weights = None if rows.weights is None else limbs(rows.weights)
    return replace(state, confusion=tally(np.ascontiguousarray(cells), (size, size), weights))
