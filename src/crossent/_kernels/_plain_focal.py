"""Focal loss, softmax and sigmoid, in torch operations: the definition."""

import torch
from torch import Tensor

from ._plain_binary import kept_elements
from ._plain_binary import weigh_and_reduce as weigh_elements
from ._plain_parts import softplus, times
from ._plain_softmax import kept_rows, odds_against, weigh_and_reduce
from ._reduction import Reduction

# sigmoid(z) is 1 to the last bit from here on; held there, an infinite z gives the gradient 1 and not 0 * inf.
_CERTAINLY_WRONG = 60.0


def focus(z: Tensor, gamma: float) -> Tensor:
    """(1 - p)^gamma = sigmoid(z)^gamma, where z is the log odds against.

    The power is taken of the logarithm: `pow` has an infinite slope at 0 for gamma < 1, which times a loss of 0 is NaN.
    """
    return torch.exp(-gamma * softplus(-z.clamp(max=_CERTAINLY_WRONG)))


def softmax_focal(
    logits: Tensor, label: Tensor, weight: Tensor | None, ignore_index: int, gamma: float, reduction: Reduction
) -> Tensor:
    """w_label (1 - p_label)^gamma (-log p_label)."""
    kept, label, logits = kept_rows(logits, label, ignore_index)
    odds = odds_against(logits, label)
    rows = focus(odds.log(), gamma) * odds.loss() if gamma else odds.loss()
    return weigh_and_reduce(rows, kept, label, weight, logits, reduction)


def sigmoid_focal(
    logits: Tensor, target: Tensor, alpha: float | None, ignore_index: int | None, gamma: float, reduction: Reduction
) -> Tensor:
    """alpha y focal(-x) + (1 - alpha) (1 - y) focal(x), focal(z) = focus(z) softplus(z); without alpha, no factors."""
    x, y, kept = kept_elements(logits, target, ignore_index)
    of_positive, of_negative = (1.0, 1.0) if alpha is None else (alpha, 1 - alpha)
    loss = times(of_positive * y, _focal(-x, gamma)) + times(of_negative * (1 - y), _focal(x, gamma))
    return weigh_elements(loss, kept, None, reduction)


def _focal(z: Tensor, gamma: float) -> Tensor:
    return focus(z, gamma) * softplus(z) if gamma else softplus(z)
