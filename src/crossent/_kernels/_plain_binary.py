"""Cross entropy of yes or no, in torch operations: the definition."""

import torch
from torch import Tensor

from ._plain_parts import softplus, times, widened
from ._reduction import Reduction, reduce

_EXP_MINUS_100 = 3.720075976020836e-44
_SLOPE_AT_0 = 1e12


def sigmoid_cross_entropy(
    logits: Tensor, target: Tensor, weight: Tensor | None, pos_weight: Tensor | None, reduction: Reduction
) -> Tensor:
    """w (pos_weight y softplus(-x) + (1 - y) softplus(x)).

    Two terms that are never negative, so neither side loses to the other; the usual
    factor, (pos_weight - 1) y + 1, does.
    """
    dtype = widened(logits, target)
    x, y = logits.to(dtype), target.to(dtype)
    positive = y if pos_weight is None else pos_weight.to(dtype) * y
    loss = times(positive, softplus(-x)) + times(1 - y, softplus(x))
    return _weigh_and_reduce(loss, weight, reduction)


def binary_cross_entropy(probabilities: Tensor, target: Tensor, weight: Tensor | None, reduction: Reduction) -> Tensor:
    """-w (y log p + (1 - y) log(1 - p)), each logarithm at least -100 as torch has it."""
    dtype = widened(probabilities, target)
    p, y = probabilities.to(dtype), target.to(dtype)
    # 1 - p is exact from a half on; below, log1p is.
    log_not_p = torch.where(p < 0.5, torch.log1p(-p.clamp(max=0.5)), _bounded_log(1 - p))
    return _weigh_and_reduce(-(y * _bounded_log(p) + (1 - y) * log_not_p), weight, reduction)


def _bounded_log(p: Tensor) -> Tensor:
    """log(p) and its slope 1 / p; where these run out of range, max(log(p), -100) and a slope that is finite.

    At p = 0 the slope is torch's 1e12: large enough to move p away, small enough that an optimizer can square it.
    """
    least = max(torch.finfo(p.dtype).tiny, _EXP_MINUS_100)
    inside = ~(p <= least)  # a NaN is inside, and stays one
    outside = p.detach()
    slope = torch.full_like(p, 1 / least).masked_fill(outside == 0, _SLOPE_AT_0)
    line = outside.log().clamp(min=-100.0) + slope * (p - outside)
    return torch.where(inside, torch.where(inside, p, 1.0).log(), line)


def _weigh_and_reduce(loss: Tensor, weight: Tensor | None, reduction: Reduction) -> Tensor:
    return reduce(loss if weight is None else times(weight.to(loss.dtype), loss), reduction)
