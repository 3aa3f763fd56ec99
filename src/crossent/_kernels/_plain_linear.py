"""Cross entropy of a linear layer's logits, in torch operations: the definition."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from . import _plain_softmax
from ._plain_parts import widened
from ._reduction import Reduction


class LinearRule(NamedTuple):
    """What a row of logits costs."""

    weight: Tensor | None
    ignore_index: int
    label_smoothing: float
    z_loss: float
    softcap: float | None
    reduction: Reduction


def linear_cross_entropy(
    features: Tensor, head: Tensor, bias: Tensor | None, target: Tensor, rule: LinearRule
) -> Tensor:
    """The linear layer, then the loss of its logits. Not even the features of an ignored row are read."""
    if not target.is_floating_point():
        features = torch.where((target != rule.ignore_index).unsqueeze(-1), features, 0.0)
    return of_logits(F.linear(features, head, bias), target, rule)


def of_logits(logits: Tensor, target: Tensor, rule: LinearRule) -> Tensor:
    """The loss of `(..., K)` logits against class indices, or against class probabilities if the target is floating."""
    logits = capped(logits, rule.softcap)
    if target.is_floating_point():
        return _plain_softmax.cross_entropy_probabilities(
            logits, target, rule.weight, None, rule.label_smoothing, rule.z_loss, rule.reduction
        )
    return _plain_softmax.cross_entropy_indices(
        logits, target, rule.weight, None, rule.ignore_index, rule.label_smoothing, rule.z_loss, rule.reduction
    )


def capped(logits: Tensor, softcap: float | None) -> Tensor:
    """softcap tanh(logits / softcap), in float32 at least."""
    return logits if softcap is None else softcap * (logits.to(widened(logits)) / softcap).tanh()
