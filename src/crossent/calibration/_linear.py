"""Calibrators of K logits by a linear map: temperature, vector, matrix, and the structured SVS and SMS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from scipy.optimize import minimize

from ._rows import LARGEST, Floats, Ints, softmax
from ._slope import best_slope

Structure = Literal["temperature", "vector", "matrix", "svs", "sms"]

_PULL = 0.01
"""The ridge of vector and matrix: a normal prior with a standard deviation of 10 logits, enough to stay finite."""


@dataclass(frozen=True)
class Linear:
    """With t = slope (z less its row's mean): the calibrated logits are t + scales t + mixing t + bias.

    scales, bias: `(K,)`. mixing: `(K, K)` with zeros on its diagonal; what class j's logit says about class k stands in
    row k. Each may be empty, and is then 0.
    """

    slope: float
    scales: tuple[float, ...] = ()
    bias: tuple[float, ...] = ()
    mixing: tuple[tuple[float, ...], ...] = ()

    def __call__(self, logits: Floats) -> Floats:
        """Calibrated logits, `(n, K)`."""
        t = self.slope * centred(logits)
        made = t
        if self.scales:
            made = t + t * np.array(self.scales) + np.array(self.bias)
        if self.mixing:
            # einsum, not @: a row's bits must not depend on how many rows stand beside it.
            made = made + np.einsum("nj,kj->nk", t, np.array(self.mixing))
        return np.clip(made, -LARGEST, LARGEST)

    def to_dict(self) -> dict[str, Any]:
        """A JSON-safe record."""
        return {
            "slope": self.slope,
            "scales": list(self.scales),
            "bias": list(self.bias),
            "mixing": [list(row) for row in self.mixing],
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Linear:
        """What `to_dict` recorded."""
        scales, bias = tuple(record["scales"]), tuple(record["bias"])
        return cls(record["slope"], scales, bias, tuple(tuple(row) for row in record["mixing"]))


def centred(logits: Floats) -> Floats:
    """Logits less their row's mean: softmax does not see the difference, and a linear map would."""
    return logits - logits.mean(axis=1, keepdims=True)


def fit_linear(structure: Structure, logits: Floats, labels: Ints, weights: Floats) -> Linear:
    """Fit by least log loss and a ridge on every change of the logits that temperature scaling has made.

    The ridge on the summed loss is K / 2 on scales and bias (svs), and K (K - 1) / 2 on the mixing (sms): the more
    parameters, the more rows it takes to move them. For vector and matrix it is there only to keep separable rows
    finite. Both steps start from a change of nothing, whose ridge is 0: the log loss on these rows is never above that
    of the logits as they are.

    Args:
        structure: Which.
        logits: `(n, K)`, finite.
        labels: `(n,)` codes.
        weights: `(n,)`.

    References:
        Guo et al., On calibration of modern neural networks, ICML 2017 (temperature, vector, matrix). Berta et al.,
        Structured matrix scaling for multi-class calibration, arXiv 2511.03685 (svs, sms; there with several
        penalties, here with their ridge).
    """
    z = centred(logits)
    classes = z.shape[1]
    # Class by class, for sums over a few numbers of each row take ten times as long.
    by_class = np.ascontiguousarray(z.T)

    def loss(s: float) -> float:
        return float((weights * _losses_and_slopes(s * by_class, labels)[0]).sum())

    def derivative(s: float) -> float:
        return float((weights * (_losses_and_slopes(s * by_class, labels)[1] * by_class).sum(axis=0)).sum())

    slope = best_slope(loss, derivative)
    if structure == "temperature":
        return Linear(slope)
    t = slope * z
    structured, mixed = structure in ("svs", "sms"), structure in ("matrix", "sms")
    size = 1.0 if structured else float(np.sqrt(np.square(t).mean())) or 1.0
    own, others = (float(classes), float(classes * (classes - 1))) if structured else (_PULL, _PULL)
    pull = np.repeat([own, others], [2 * classes, classes * classes if mixed else 0])
    total = weights.sum()
    # In units of their own curvature all parameters look alike to L-BFGS: a fifth of the steps.
    unit = 1 / np.sqrt(_curvature(t, weights, size, mixed=mixed) + pull)

    def parts(change: Floats) -> tuple[Floats, Floats, Floats]:
        mixing = change[2 * classes :].reshape(-1, classes) if mixed else np.zeros((0, classes))
        return change[:classes] / size, change[classes : 2 * classes], mixing / size

    columns = slope * by_class
    # By torch, which may be told to use one thread: NumPy's products start threads that wait for one another.
    of_rows = torch.from_numpy(t)

    def objective(steps: Floats) -> tuple[float, Floats]:
        change = steps * unit
        scales, bias, mixing = parts(change)
        made = columns + columns * scales[:, np.newaxis] + bias[:, np.newaxis]
        if mixed:
            made += (torch.from_numpy(mixing) @ of_rows.T).numpy()
        losses, wrong = _losses_and_slopes(made, labels)
        value = (weights * losses).sum() + pull @ np.square(change) / 2
        wrong *= weights
        gradient = [(wrong * columns).sum(axis=1) / size, wrong.sum(axis=1)]
        if mixed:
            off = (torch.from_numpy(wrong) @ of_rows).numpy() / size
            np.fill_diagonal(off, 0.0)
            gradient.append(off.ravel())
        return float(value / total), (np.concatenate(gradient) + pull * change) * unit / total

    start = np.zeros(len(pull))
    found = minimize(
        objective, start, jac=True, method="L-BFGS-B", options={"ftol": 1e-9, "gtol": 1e-7, "maxiter": 300}
    )
    scales, bias, mixing = parts(found.x * unit if found.fun <= objective(start)[0] else start)
    return Linear(slope, tuple(scales.tolist()), tuple(bias.tolist()), tuple(map(tuple, mixing.tolist())))


def _losses_and_slopes(logits: Floats, labels: Ints) -> tuple[Floats, Floats]:
    """The log loss of each column of `(K, n)` logits, `(n,)`, and its gradient, `(K, n)`, from one exp of each logit.

    The true class's gradient, p - 1, is less the sum of the others', so that it does not cancel where p is nearly 1.
    """
    at = np.arange(logits.shape[1])
    most = logits.max(axis=0)
    true = logits[labels, at] - most
    powers = np.exp(logits - most)
    powers[labels, at] = 0.0
    others = powers.sum(axis=0)
    with np.errstate(divide="ignore"):  # without any other class in reach the loss is 0
        losses = np.logaddexp(0.0, np.log(others) - true)
    powers /= others + np.exp(true)
    powers[labels, at] = -powers.sum(axis=0)
    return losses, powers


def _curvature(t: Floats, weights: Floats, size: float, *, mixed: bool) -> Floats:
    """The second derivative of the summed log loss by each parameter where nothing has changed yet."""
    p = softmax(t)
    spread, squares = weights[:, np.newaxis] * p * (1 - p), np.square(t / size)
    own = [(spread * squares).sum(axis=0), spread.sum(axis=0)]
    return np.concatenate([*own, (spread.T @ squares).ravel()] if mixed else own)
