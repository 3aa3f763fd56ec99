"""Cross entropy of yes or no, in torch operations: the definition."""

import torch
from torch import Tensor

from ._plain_parts import softplus, times, widened
from ._reduction import Reduction, reduce, reduce_kept

_EXP_MINUS_100 = 3.720075976020836e-44
_SLOPE_AT_0 = 1e12


def sigmoid_cross_entropy(
    logits: Tensor,
    target: Tensor,
    weight: Tensor | None,
    pos_weight: Tensor | None,
    ignore_index: int | None,
    label_smoothing: float,
    reduction: Reduction,
) -> Tensor:
    """w (pos_weight y softplus(-x) + (1 - y) softplus(x)); smoothed, y is (1 - s) y + s / 2.

    Two terms that are never negative, so neither side loses to the other; the usual
    factor, (pos_weight - 1) y + 1, does.
    """
    x, y, kept = kept_elements(logits, target, ignore_index)
    if label_smoothing:
        y = (1 - label_smoothing) * y + label_smoothing / 2
    positive = y if pos_weight is None else pos_weight.to(x.dtype) * y
    loss = times(positive, softplus(-x)) + times(1 - y, softplus(x))
    return weigh_and_reduce(loss, kept, weight, reduction)


def kept_elements(logits: Tensor, target: Tensor, ignore_index: int | None) -> tuple[Tensor, Tensor, Tensor | None]:
    """Return logits and targets in one type, zeros where the element does not count, and where it does (None: all)."""
    dtype = widened(logits, target)
    x, y = logits.to(dtype), target.to(dtype)
    if ignore_index is None:
        return x, y, None
    kept = y != ignore_index
    return torch.where(kept, x, 0.0), torch.where(kept, y, 0.0), kept


def binary_cross_entropy(probabilities: Tensor, target: Tensor, weight: Tensor | None, reduction: Reduction) -> Tensor:
    """-w (y log p + (1 - y) log(1 - p)), each logarithm at least -100 as torch has it."""
    dtype = widened(probabilities, target)
    p, y = probabilities.to(dtype), target.to(dtype)
    # 1 - p is exact from a half on; below, log1p is.
    log_not_p = torch.where(p < 0.5, torch.log1p(-p.clamp(max=0.5)), _bounded_log(1 - p))
    return weigh_and_reduce(-(y * _bounded_log(p) + (1 - y) * log_not_p), None, weight, reduction)


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


def weigh_and_reduce(loss: Tensor, kept: Tensor | None, weight: Tensor | None, reduction: Reduction) -> Tensor:
    """Give each element its weight, and reduce those that are kept; all of them, if `kept` is None."""
    if weight is not None:
        loss = times(weight.to(loss.dtype), loss)
    return reduce(loss, reduction) if kept is None else reduce_kept(loss, kept, None, reduction)
