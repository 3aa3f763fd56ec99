"""The optimisers by name."""

from __future__ import annotations

from typing import Literal

import torch
from torch import nn

OptimizerName = Literal["adamw", "sgd"]


def make_optimizer(
    name: OptimizerName, network: nn.Module, *, learning_rate: float, weight_decay: float
) -> torch.optim.Optimizer:
    """AdamW, or SGD with Nesterov momentum 0.9, over all of a network's weights.

    Decay is decoupled in AdamW (Loshchilov and Hutter 2019) and part of the gradient in SGD.
    """
    weights = network.parameters()
    match name:
        case "adamw":
            return torch.optim.AdamW(weights, lr=learning_rate, weight_decay=weight_decay, fused=True)
        case "sgd":
            return torch.optim.SGD(
                weights, lr=learning_rate, weight_decay=weight_decay, momentum=0.9, nesterov=True, fused=True
            )
