"""The choice of a calibrator: by the size of the table and the number of classes, and only if it helps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from .._errors import InputError
from .._task import Task
from ._calibrator import Calibrator, Method, fitted, methods_of
from ._rows import Floats, Ints, Rows, row_losses, rows_of

_FEW = 1_000
_MOST_FOR_SMS = 50
_LEAST = 20


@dataclass(frozen=True)
class Trial:
    """A method, judged on rows that it has not seen.

    Attributes:
        method: Which.
        log_loss: The cross-fitted mean log loss: each row's by a calibrator that was fitted without it.
        gain: By how much that is below the log loss of the logits as they are.
        error: The standard error of the gain, from the rows' differences.
    """

    method: Method
    log_loss: float
    gain: float
    error: float


@dataclass(frozen=True)
class Calibration:
    """What `calibrate` found: a calibrator, or none, and why.

    Attributes:
        task: What the logits belong to.
        calibrator: Fitted on all rows; None if the logits stay as they are.
        reason: Why, in words.
        rows: How many rows it was fitted and judged on.
        log_loss: The mean log loss of the logits as they are.
        trials: Each method that was tried.
    """

    task: Task
    calibrator: Calibrator | None
    reason: str
    rows: int
    log_loss: float
    trials: tuple[Trial, ...]

    @property
    def method(self) -> Method | None:
        """The method in force; None if the logits stay as they are."""
        return None if self.calibrator is None else self.calibrator.method

    def __call__(self, logits: Tensor) -> Tensor:
        """Calibrated logits of the same shape, in float64; the logits as they are if there is no calibrator."""
        return logits if self.calibrator is None else self.calibrator(logits)

    def to_dict(self) -> dict[str, Any]:
        """A JSON-safe record."""
        return {
            "calibrator": None if self.calibrator is None else self.calibrator.to_dict(),
            "reason": self.reason,
            "rows": self.rows,
            "log_loss": self.log_loss,
            "trials": [vars(trial) for trial in self.trials],
        }

    @classmethod
    def from_dict(cls, task: Task, record: Mapping[str, Any]) -> Calibration:
        """What `to_dict` recorded, for this task.

        Raises:
            InputError: The record is not one of a calibration of this task.
        """
        try:
            found = record["calibrator"]
            calibrator = None if found is None else Calibrator.from_dict(task, found)
            trials = tuple(Trial(**trial) for trial in record["trials"])
            return cls(task, calibrator, record["reason"], record["rows"], record["log_loss"], trials)
        except (KeyError, TypeError) as error:
            raise InputError(f"this is no record of a calibration: {error}") from None


def calibrate(
    task: Task,
    logits: object,
    labels: object,
    *,
    method: Method | Literal["auto"] = "auto",
    weights: object = None,
    folds: int = 5,
    seed: int = 0,
) -> Calibration:
    """Make probabilities mean what they say, by rows that the model was not trained on.

    "auto" tries what has served best on tables of this size: for two classes and for labels temperature and Platt
    below 1,000 rows, and quadratic, beta and Platt from there on; for more classes temperature and SMS, with more than
    50 classes SVS in place of SMS. Each is judged by the log loss on rows that it has not seen (cross-fitting). The one
    of least loss is taken if it is better than the logits as they are by more than the standard error of the
    difference, and none if it is not: on most tables some calibrator makes things worse. A method that is named is
    fitted and applied in any case; its trial says what it does.

    Args:
        task: What logits and labels belong to.
        logits: `(n,)` if binary, else `(n, K)`: a tensor or array of floats.
        labels: Encoded labels, or class names as `task.encode` takes them; ignored ones take no part.
        method: "auto", or one that `fit_calibrator` lists.
        weights: `(n,)` how much each row counts, at least 0.
        folds: Into how many parts the rows are dealt, each class in proportion, to judge each by the others.
        seed: Decides which row is in which part.

    Returns:
        The calibration, which maps logits to calibrated logits.

    Raises:
        InputError: There is no such method for this task, the rows do not belong to it, or a method is named and the
            rows are all of one class.

    Example:
        >>> import torch
        >>> from crossent import Task, calibrate
        >>> task = Task.binary(["stayed", "churned"])
        >>> generator = torch.Generator().manual_seed(0)
        >>> logits = torch.randn(500, generator=generator)
        >>> labels = (torch.rand(500, generator=generator) < logits.sigmoid()).long()
        >>> calibrate(task, 4 * logits, labels).method
        'platt'
        >>> calibrate(task, logits, labels).reason
        'none: neither temperature nor platt lowers the held-out log loss by more than its standard error'

    References:
        Berta et al., CalArena, arXiv 2605.30188 (which method on which tables). Breiman et al., Classification and
        Regression Trees, 1984, section 3.4.3 (one standard error).
    """
    if not isinstance(seed, int) or seed < 0:
        raise InputError(f"seed must be a whole number from 0 on; got {seed!r}")
    if folds < 2:
        raise InputError(f"folds must be at least 2; got {folds}")
    if method != "auto" and method not in methods_of(task):
        raise InputError(
            f"the calibration method of a {task.kind} task must be auto or one of {', '.join(methods_of(task))}; "
            f"got {method!r}"
        )
    rows = rows_of(task, logits, labels, weights)
    plain = row_losses(rows.logits, rows.labels)
    before = float(rows.weights @ plain / rows.weights.sum())
    lacking = _lacking(task, rows)
    if method != "auto":
        calibrator = fitted(task, method, rows)
        trials = () if lacking else (_trial(task, method, rows, plain, folds, seed),)
        return Calibration(task, calibrator, f"{method}: asked for", len(rows), before, trials)
    if lacking:
        return Calibration(task, None, f"none: {lacking}", len(rows), before, ())
    trials = tuple(_trial(task, each, rows, plain, folds, seed) for each in candidates(task, len(rows)))
    best = min(trials, key=lambda trial: trial.log_loss)
    if best.gain <= best.error:
        return Calibration(task, None, f"none: {_refusal(trials)}", len(rows), before, trials)
    reason = f"{best.method}: lowers the held-out log loss by {best.gain:.4g} (standard error {best.error:.2g})"
    return Calibration(task, fitted(task, best.method, rows), reason, len(rows), before, trials)


def candidates(task: Task, rows: int) -> tuple[Method, ...]:
    """What "auto" tries."""
    if task.kind == "multiclass":
        return ("temperature", "sms" if len(task) <= _MOST_FOR_SMS else "svs")
    return ("temperature", "platt") if rows < _FEW else ("quadratic", "beta", "platt")


def _lacking(task: Task, rows: Rows) -> str:
    """What keeps these rows from saying anything about a calibrator, or ""."""
    if len(rows) < _LEAST:
        return f"{len(rows)} rows are too few to judge a calibrator by; it takes {_LEAST}"
    if rows.labels.min() == rows.labels.max():
        what = repr(task.classes[int(rows.labels[0])]) if rows.labels.ndim == 1 else "alike in every label"
        return f"all {len(rows)} rows are {what}"
    return ""


def _refusal(trials: tuple[Trial, ...]) -> str:
    names = [trial.method for trial in trials]
    who = f"neither {names[0]} nor {names[1]}" if len(names) == 2 else f"none of {', '.join(names)}"
    return f"{who} lowers the held-out log loss by more than its standard error"


def _trial(task: Task, method: Method, rows: Rows, plain: Floats, folds: int, seed: int) -> Trial:
    losses = cross_fitted(task, method, rows, folds, seed)
    weights = rows.weights / rows.weights.sum()
    saved = plain - losses
    gain = float(weights @ saved)
    # Of a weighted mean: the sum of the squared weighted deviations.
    error = math.sqrt(float(np.square(weights) @ np.square(saved - gain)))
    return Trial(method, float(weights @ losses), gain, error)


def cross_fitted(task: Task, method: Method, rows: Rows, folds: int, seed: int) -> Floats:
    """Each row's log loss by a calibrator fitted on the other parts, `(n,)`."""
    part = _parts(rows.labels, min(folds, len(rows)), seed)
    losses = np.empty(len(rows))
    for held in range(part.max() + 1):
        mine = part == held
        others = rows.taken(~mine)
        one_class = task.kind == "binary" and others.labels.min() == others.labels.max()
        made = rows.logits[mine]
        if not one_class:
            made = fitted(task, method, others)(torch.from_numpy(made)).numpy()
        losses[mine] = row_losses(made, rows.labels[mine])
    return losses


def _parts(labels: Ints, folds: int, seed: int) -> Ints:
    """Deal the rows out, class after class, in an order by chance."""
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    if labels.ndim == 1:
        shuffled = shuffled[np.argsort(labels[shuffled], kind="stable")]
    part = np.empty(len(labels), dtype=np.int64)
    part[shuffled] = np.arange(len(labels)) % folds
    return part
