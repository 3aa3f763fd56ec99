"""The rows that a calibrator is fitted on: logits, labels and weights that belong together, in float64."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .._errors import InputError
from .._task import IGNORED, Task

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LARGEST = 1e100
"""Where logits are cut off: e^-1e100 is 0 whatever is done to it, and squares and sums below it do not overflow."""


@dataclass(frozen=True, eq=False)
class Rows:
    """n rows: logits `(n,)` or `(n, K)`, labels of the same kind, and weights `(n,)` of mean 1."""

    logits: Floats
    labels: Ints
    weights: Floats

    def __len__(self) -> int:
        return len(self.logits)

    def taken(self, which: npt.NDArray[np.bool_]) -> Rows:
        """Some of these rows, with the weights that they have."""
        return Rows(self.logits[which], self.labels[which], self.weights[which])


def finite_logits(task: Task, logits: Tensor) -> Floats:
    """Checked logits in float64.

    Raises:
        InputError: They have not the task's shape, or are not finite numbers.
    """
    task.probabilities(logits[:0])  # checks the shape
    if not logits.is_floating_point():
        raise InputError(f"logits must be floating-point numbers; got {logits.dtype}")
    bad = int((~logits.isfinite()).sum())
    if bad:
        raise InputError(f"logits must be finite; {bad} of {logits.numel()} are NaN or infinite")
    return np.clip(logits.detach().cpu().double().numpy(), -LARGEST, LARGEST)


def rows_of(task: Task, logits: object, labels: object, weights: object) -> Rows:
    """Check what the user gave and put it side by side; rows with the ignored label or of weight 0 are left out."""
    scores = torch.as_tensor(logits)
    values = finite_logits(task, scores)
    encoded = labels if isinstance(labels, Tensor) else task.encode(labels)
    task.check_labels(encoded)
    if len(scores) != len(encoded):
        raise InputError(f"logits and labels must have as many rows; got {len(scores)} and {len(encoded)}")
    codes = encoded.detach().cpu().numpy().astype(np.int64)
    amounts = _weights(weights, len(codes))
    kept = amounts > 0
    if codes.ndim == 1:
        kept &= codes != IGNORED
    if not kept.any():
        raise InputError(f"calibration needs at least one labelled row of a weight above 0; got {len(codes)} rows")
    return Rows(values[kept], codes[kept], amounts[kept] / amounts[kept].mean())


def _weights(weights: object, rows: int) -> Floats:
    if weights is None:
        return np.ones(rows)
    values = np.asarray(weights.detach().cpu() if isinstance(weights, Tensor) else weights)
    if values.dtype.kind not in "fiub" or values.shape != (rows,):
        raise InputError(f"weights must be {rows} numbers, one a row; got {values.dtype} of shape {values.shape}")
    values = values.astype(np.float64)
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise InputError(f"weights must be finite and at least 0; got {values.min()} to {values.max()}")
    return values


def row_losses(logits: Floats, labels: Ints) -> Floats:
    """-log p of what was true, `(n,)`; of several labels a row the mean."""
    if logits.ndim == labels.ndim:
        losses = np.logaddexp(0.0, np.where(labels == 1, -logits, logits))
        return losses if losses.ndim == 1 else losses.mean(axis=1)
    return softmax_losses(logits, labels)


def softmax_losses(logits: Floats, labels: Ints) -> Floats:
    """log(sum of exp(z_j)) - z_y, `(n,)`, without overflow and exact where it is small."""
    relative = logits - np.take_along_axis(logits, labels[:, np.newaxis], axis=1)
    np.put_along_axis(relative, labels[:, np.newaxis], -np.inf, axis=1)  # what is left are the others: log(1 + sum)
    most = relative.max(axis=1)
    return np.logaddexp(0.0, most + np.log(np.exp(relative - most[:, np.newaxis]).sum(axis=1)))


def softmax(logits: Floats) -> Floats:
    """Probabilities of each row."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def sigmoid(logits: Floats) -> Floats:
    """1 / (1 + exp(-x)), without overflow."""
    power = np.exp(-np.abs(logits))
    return np.where(logits >= 0, 1.0, power) / (1.0 + power)
