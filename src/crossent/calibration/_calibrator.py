"""Calibrator: a fitted map from logits to calibrated logits, as a small frozen value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import torch
from torch import Tensor

from .._errors import InputError
from .._task import Task
from ._isotonic import Isotonic, fit_isotonic
from ._linear import Linear, Structure, fit_linear
from ._monotone import Monotone, Shape, fit_monotone
from ._rows import Floats, Ints, Rows, finite_logits, rows_of
from ._venn_abers import VennAbers, fit_venn_abers

Method = Literal[
    "temperature", "platt", "beta", "quadratic", "isotonic", "venn_abers", "vector", "matrix", "svs", "sms"
]
Map = Monotone | Isotonic | VennAbers | Linear

_OF_ONE: dict[str, type[Isotonic] | type[VennAbers] | type[Monotone]] = {
    **dict.fromkeys(get_args(Shape), Monotone),
    "isotonic": Isotonic,
    "venn_abers": VennAbers,
}
_OF_ROWS = get_args(Structure)


@dataclass(frozen=True)
class Calibrator:
    """Logits in, calibrated logits of the same shape out; all that follows is as before.

    Attributes:
        task: What the logits belong to.
        method: How it was fitted.
        maps: One map of all K logits; or one of each logit, against all others if multiclass. None leaves a logit as it
            is: a label that is always or never true among the fitting rows.
    """

    task: Task
    method: Method
    maps: tuple[Map | None, ...]

    def __call__(self, logits: Tensor) -> Tensor:
        """Calibrated logits, finite, in float64, on the device of the logits.

        Args:
            logits: `(n,)` if binary, else `(n, K)`.

        Raises:
            InputError: They have not the task's shape, or are not finite.
        """
        values = finite_logits(self.task, logits)
        first = self.maps[0]
        if isinstance(first, Linear):
            made = first(values)
        elif self.task.kind == "binary":
            made = values if first is None else first(values)
        else:
            made = self._each(values)
        return torch.from_numpy(np.ascontiguousarray(made)).to(logits.device)

    def _each(self, values: Floats) -> Floats:
        multiclass = self.task.kind == "multiclass"
        columns = one_against_rest(values) if multiclass else values
        made = [each if map_ is None else map_(each) for map_, each in zip(self.maps, columns.T, strict=True)]
        # Softmax of the log probabilities makes their sum 1.
        return np.stack([-np.logaddexp(0.0, -each) if multiclass else each for each in made], axis=1)

    def to_dict(self) -> dict[str, Any]:
        """A JSON-safe record; `from_dict` gives back the same bits."""
        maps = [None if each is None else each.to_dict() for each in self.maps]
        return {"method": self.method, "maps": maps}

    @classmethod
    def from_dict(cls, task: Task, record: Mapping[str, Any]) -> Calibrator:
        """The calibrator of a task that `to_dict` recorded.

        Raises:
            InputError: The record is not one of a calibrator of this task.
        """
        try:
            method, maps = record["method"], record["maps"]
            _check_method(task, method)
            read = Linear if _is_linear(task, method) else _OF_ONE[method]
            wanted = len(task) if task.kind != "binary" and read is not Linear else 1
            if len(maps) != wanted:
                raise InputError(f"a calibrator of this task has {wanted} maps; the record has {len(maps)}")
            made = cls(task, method, tuple(None if each is None else read.from_dict(each) for each in maps))
            made(torch.zeros((1,) if task.kind == "binary" else (1, len(task)), dtype=torch.float64))
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise InputError(f"this is no record of a calibrator of this task: {error}") from None
        return made


def _is_linear(task: Task, method: str) -> bool:
    return task.kind == "multiclass" and method in _OF_ROWS


def methods_of(task: Task) -> tuple[Method, ...]:
    """The methods that there are for a task."""
    if task.kind == "multiclass":
        return ("temperature", "vector", "matrix", "svs", "sms", "isotonic", "venn_abers")
    return ("temperature", "platt", "beta", "quadratic", "isotonic", "venn_abers")


def _check_method(task: Task, method: object) -> None:
    if method not in methods_of(task):
        raise InputError(
            f"the calibration method of a {task.kind} task must be one of {', '.join(methods_of(task))}; got {method!r}"
        )


def one_against_rest(logits: Floats) -> Floats:
    """The log odds of each class of softmax, `(n, K)`: its logit less the log of the others' sum."""
    odds = np.empty_like(logits)
    for k in range(logits.shape[1]):
        others = np.delete(logits, k, axis=1)
        most = others.max(axis=1)
        odds[:, k] = logits[:, k] - most - np.log(np.exp(others - most[:, np.newaxis]).sum(axis=1))
    return odds


def fit_calibrator(task: Task, logits: object, labels: object, *, method: Method, weights: object = None) -> Calibrator:
    """Fit one calibrator on rows that the model was not trained on. `calibrate` also says whether it helps.

    Args:
        task: What logits and labels belong to.
        logits: `(n,)` if binary, else `(n, K)`: a tensor or array of floats.
        labels: Encoded labels, or class names as `task.encode` takes them; ignored ones take no part.
        method: Binary and, label by label, multilabel: "temperature", "platt", "beta", "quadratic", "isotonic" or
            "venn_abers". Multiclass: "temperature", "vector", "matrix", "svs" or "sms", or "isotonic" or "venn_abers"
            class by class.
        weights: `(n,)` how much each row counts beside the others, at least 0.

    Raises:
        InputError: There is no such method for this task, the rows do not belong to it, or a binary task's rows are all
            of one class.

    Example:
        >>> import torch
        >>> from crossent import Task
        >>> task = Task.binary(["stayed", "churned"])
        >>> logits, labels = torch.tensor([-8.0, -6.0, 7.0, 9.0, 8.0, -7.0]), torch.tensor([0, 0, 1, 1, 0, 1])
        >>> temperature = fit_calibrator(task, logits, labels, method="temperature")
        >>> temperature(torch.tensor([8.0])).sigmoid().round(decimals=2)
        tensor([0.8400], dtype=torch.float64)
    """
    _check_method(task, method)
    return fitted(task, method, rows_of(task, logits, labels, weights))


def fitted(task: Task, method: Method, rows: Rows) -> Calibrator:
    """Fit on checked rows."""
    if _is_linear(task, method):
        return Calibrator(task, method, (fit_linear(_structure(method), rows.logits, rows.labels, rows.weights),))
    if task.kind == "binary":
        if rows.labels.min() == rows.labels.max():
            raise InputError(
                f"calibration needs rows of both classes; all {len(rows)} are {task.classes[int(rows.labels[0])]!r}"
            )
        return Calibrator(task, method, (_fit_one(method, rows.logits, rows.labels, rows.weights),))
    columns = one_against_rest(rows.logits) if task.kind == "multiclass" else rows.logits
    happened = rows.labels
    if task.kind == "multiclass":
        happened = (rows.labels[:, np.newaxis] == np.arange(len(task))).astype(np.int64)
    maps = [
        None if of.min() == of.max() else _fit_one(method, each, of, rows.weights)
        for each, of in zip(columns.T, happened.T, strict=True)
    ]
    return Calibrator(task, method, tuple(maps))


_FITS: dict[str, Callable[[Floats, Ints, Floats], Map]] = {"isotonic": fit_isotonic, "venn_abers": fit_venn_abers}


def _fit_one(method: Method, logits: Floats, happened: Ints, weights: Floats) -> Map:
    if method in _FITS:
        return _FITS[method](logits, happened, weights)
    shape: Shape = next(each for each in get_args(Shape) if each == method)
    return fit_monotone(shape, logits, happened, weights)


def _structure(method: Method) -> Structure:
    return next(each for each in get_args(Structure) if each == method)
