"""Scores as people have them, seen as one tensor with the columns in class order."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ..._errors import InputError
from ..._task import Task


def as_scores(task: Task, values: object, name: str) -> Tensor:
    """Turn logits or probabilities of any usual type into a tensor.

    A frame's columns must stand in class order: where their names are the classes in another order, that is an error.
    """
    if isinstance(values, Tensor):
        return values
    columns = getattr(values, "columns", None)
    if columns is not None:
        _check_order(task, [str(column) for column in columns], name)
    to_numpy = getattr(values, "to_numpy", None)
    array = _numbers(values if to_numpy is None else to_numpy(), name)
    # A frame of one column is that column where the task takes one.
    return torch.from_numpy(
        array[:, 0] if columns is not None and task.kind == "binary" and array.shape[1] == 1 else array
    )


def _check_order(task: Task, columns: list[str], name: str) -> None:
    classes = [str(label) for label in task.classes]
    named = [column.removeprefix("probability_").removeprefix("logit_") for column in columns]
    if named != classes and sorted(named) == sorted(classes):
        ordered = [columns[named.index(label)] for label in classes]
        raise InputError(f"{name} must have their columns in class order; got {columns}: select {ordered}")


def _numbers(values: object, name: str) -> npt.NDArray[np.floating[Any]]:
    try:
        array = np.asarray(values)
    except ValueError:
        raise InputError(f"{name} must have as many columns in each row") from None
    if array.dtype.kind not in "fiu":
        raise InputError(f"{name} must be numbers; got {array.dtype}")
    return np.array(array, dtype=np.float32 if array.dtype.itemsize <= 4 and array.dtype.kind == "f" else np.float64)
