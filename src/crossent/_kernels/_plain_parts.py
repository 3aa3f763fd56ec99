"""The pieces that the plain kernels are written with."""

import torch
from torch import Tensor
from torch.nn import functional as F

# From 38 on log1p(exp(z)) is z to the last bit, even in float64; from 88 on exp(z) overflows in float32.
LINEAR_FROM = 40.0


def widened(*tensors: Tensor) -> torch.dtype:
    """Return the type to compute in: float64 if any tensor has it, else float32."""
    return torch.float64 if any(tensor.dtype == torch.float64 for tensor in tensors) else torch.float32


def softplus(z: Tensor) -> Tensor:
    """log(1 + exp(z)), exact in both tails, as is its gradient sigmoid(z).

    Not `-logsigmoid(-z)`: its second derivative is 0 where sigmoid rounds to 1, which is where the confident rows are.
    """
    return F.softplus(z, threshold=LINEAR_FROM)


def lost_by_rounding(a: Tensor, b: Tensor, difference: Tensor) -> Tensor:
    """(a - b) - difference, exactly, where difference is a - b rounded; 0 where that is not finite.

    A gap of 80 is rounded by up to 32 epsilons, and exp(gap) passes an absolute error on as a relative one.

    References:
        Knuth, "The Art of Computer Programming", volume 2, section 4.2.2, theorem B (TwoSum).
    """
    minus_b = difference - a
    lost = (a - (difference - minus_b)) - (b + minus_b)
    return lost.nan_to_num(0.0, 0.0, 0.0)


def times(weight: Tensor, loss: Tensor) -> Tensor:
    """weight * loss with 0 * inf = 0: a term that is weighed out is out, and so is its gradient."""
    return weight * torch.where((weight == 0) & (loss == torch.inf), 0.0, loss)


def pick(values: Tensor, label: Tensor) -> Tensor:
    """values[..., label]: the label's own entry of each row."""
    return values.gather(-1, label.unsqueeze(-1)).squeeze(-1)


def is_class(label: Tensor, classes: int) -> Tensor:
    """Return `(..., classes)`, True where the class is the row's label."""
    return torch.arange(classes, device=label.device) == label.unsqueeze(-1)
