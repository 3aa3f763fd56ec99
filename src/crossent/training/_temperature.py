"""The one factor on the logits that suits them best."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..data import some_rows

_MOST_NUMBERS = 4_000_000
_STEPS = 40


def best_slope(logits: Tensor, labels: Tensor, weights: Tensor | None = None, *, spread: float = 1.0) -> float:
    r"""The s > 0 for which the log loss of the logits times s is least: 1 / s is the temperature.

    Newton's method in u = log s, with the prior (u / spread)^2 / 2 on the summed loss, so that s stays finite where the
    rows are told apart without a fault. Of many rows some are drawn.

    Args:
        logits: `(n, K)`.
        labels: `(n,)`, 0 to K-1.
        weights: `(n,)`, how much each row counts.
        spread: The standard deviation of u before any row is seen.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[2.0, 0.0], [2.0, 0.0], [2.0, 0.0], [2.0, 0.0]]).double()
        >>> round(best_slope(logits.repeat(1000, 1), torch.tensor([0, 0, 0, 1]).repeat(1000)), 2)
        0.55

    References:
        Guo, Pleiss, Sun, Weinberger 2017, "On calibration of modern neural networks", section 4.2.
    """
    some = some_rows(len(logits), _MOST_NUMBERS // logits.shape[1])
    z, y = logits[some].double(), labels[some].unsqueeze(1)
    w = torch.ones(len(z), dtype=torch.float64) if weights is None else weights[some].double()
    z = z - z.gather(1, y)
    lowest, highest = -6.0, 6.0
    u = 0.0
    for _ in range(_STEPS):
        s = math.exp(u)
        p = torch.softmax(s * z, dim=1)
        mean = (p * z).sum(1)
        slope = s * float(w @ mean) + u / spread**2
        if slope > 0:
            highest = u
        else:
            lowest = u
        curve = s * s * float(w @ ((p * z.square()).sum(1) - mean.square())) + s * float(w @ mean) + 1 / spread**2
        moved = u - slope / curve if curve > 0 else math.nan
        if not lowest < moved < highest:
            moved = (lowest + highest) / 2
        if abs(moved - u) < 1e-6:
            break
        u = moved
    return math.exp(u)
