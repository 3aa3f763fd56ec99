"""Calibrators of one logit by a few numbers: temperature, Platt, beta and quadratic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from ._newton import least
from ._rows import LARGEST, Floats, Ints, sigmoid
from ._slope import best_slope

Shape = Literal["temperature", "platt", "beta", "quadratic"]

_PULL = 0.01
"""The ridge on each part's mean square change of the logits: a normal prior with a standard deviation of 10 logits."""


@dataclass(frozen=True)
class Monotone:
    """With t = slope z, the calibrated logit is t + bias + sum of bends_j f_j(t); it never falls, as bends_j >= -1.

    With lo and hi the ends of the t that it was fitted on, the f_j are

    - temperature: none, and no bias;
    - platt: t;
    - beta: log sigmoid(t) and -log sigmoid(-t), whose sum is t;
    - quadratic: the integrals from lo of 1 - x and of x, where x goes from 0 at lo to 1 at hi and stays there: a
      parabola between the ends, and its tangents beyond them.
    """

    shape: Shape
    slope: float
    bias: float = 0.0
    bends: tuple[float, ...] = ()
    low: float = 0.0
    high: float = 0.0

    def __call__(self, logits: Floats) -> Floats:
        """Calibrated logits, `(n,)`."""
        t = _cut(self.slope * logits)
        parts = _parts(self.shape, t, self.low, self.high)
        return _cut(t + self.bias + sum((bend * part for bend, part in zip(self.bends, parts, strict=True)), 0.0))

    def to_dict(self) -> dict[str, Any]:
        """A JSON-safe record."""
        return asdict(self) | {"bends": list(self.bends)}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Monotone:
        """What `to_dict` recorded."""
        bends = tuple(float(bend) for bend in record["bends"])
        slope, bias, low, high = (float(record[name]) for name in ("slope", "bias", "low", "high"))
        return cls(record["shape"], slope, bias, bends, low, high)


def _cut(logits: Floats) -> Floats:
    return np.clip(logits, -LARGEST, LARGEST)


def _parts(shape: Shape, t: Floats, low: float, high: float) -> tuple[Floats, ...]:
    match shape:
        case "temperature":
            return ()
        case "platt":
            return (t,)
        case "beta":
            return -np.logaddexp(0.0, -t), np.logaddexp(0.0, t)
        case "quadratic":
            inside = np.clip(t, low, high) - low
            upper = inside * (inside / (2 * (high - low) or 1.0)) + np.maximum(t - high, 0.0)
            return (t - low) - upper, upper


def fit_monotone(shape: Shape, logits: Floats, happened: Ints, weights: Floats) -> Monotone:
    """Fit by least log loss and a pull towards the identity that some dozens of rows outweigh.

    Slope first, then the rest of the slope's logits. Both steps start from a change of nothing, whose pull is 0: the
    log loss on these rows is never above that of the logits as they are. As the pull has no end, all stays finite
    where the rows are separable.

    Args:
        shape: Which.
        logits: `(n,)`, finite.
        happened: `(n,)` of 0 and 1.
        weights: `(n,)`.

    References:
        Guo et al., On calibration of modern neural networks, ICML 2017 (temperature). Platt, Probabilistic outputs for
        support vector machines, 1999. Kull, Silva Filho and Flach, Beta calibration, AISTATS 2017. Berta et al.,
        CalArena, arXiv 2605.30188 (quadratic; here held to rise).
    """
    sign = np.where(happened == 1, 1.0, -1.0)
    margins = sign * logits

    def loss(s: float) -> float:
        return float((weights * np.logaddexp(0.0, -_cut(s * margins))).sum())

    def derivative(s: float) -> float:
        return -float((weights * margins * sigmoid(-_cut(s * margins))).sum())

    slope = best_slope(loss, derivative)
    if shape == "temperature":
        return Monotone(shape, slope)
    t = _cut(slope * logits)
    low, high = float(t.min()), float(t.max())
    parts = _parts(shape, t, low, high)
    scales = [float(np.sqrt(np.square(part).mean())) or 1.0 for part in parts]
    columns = [np.ones_like(t), *(part / scale for part, scale in zip(parts, scales, strict=True))]
    total = float(weights.sum())

    def value(change: Floats) -> float:
        return float((weights * np.logaddexp(0.0, -margin(change))).sum() + _PULL / 2 * np.square(change).sum()) / total

    def slopes(change: Floats) -> tuple[Floats, Floats]:
        wrong = sigmoid(-margin(change))
        pulls = weights * sign * wrong
        curves = weights * wrong * (1 - wrong)
        gradient = _PULL * change - np.array([(column * pulls).sum() for column in columns])
        hessian = np.array([[(one * curves * two).sum() for two in columns] for one in columns])
        return gradient / total, (hessian + _PULL * np.eye(len(columns))) / total

    def margin(change: Floats) -> Floats:
        # A sum, not @: BLAS would start threads for each of these small products, and wait for them.
        return sign * (t + sum((c * column for c, column in zip(change, columns, strict=True)), 0.0))

    floors = np.array([-np.inf, *(-scale for scale in scales)])
    change = least(value, slopes, np.zeros(len(columns)), floors)
    # Never below -1 by a rounding of the division, so that the calibrator never falls.
    bends = tuple(max(float(c) / scale, -1.0) for c, scale in zip(change[1:], scales, strict=True))
    return Monotone(shape, slope, float(change[0]), bends, low, high)
