"""Log loss and Brier score: what probabilities cost where they are wrong; least for the true ones."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

_EPS = float(np.finfo(np.float64).eps)


def log_odds(logits: Tensor) -> Tensor:
    """Log of p / (1 - p) for each class of softmax, `(n, K)`: z_k - log(sum of exp(z_j) over the others j).

    It orders rows as the probability of the class does, and still tells them apart where that has rounded to 1.
    """
    top, where = logits.max(dim=1, keepdim=True)
    without_top = logits.scatter(1, where, -torch.inf)
    second = without_top.max(dim=1, keepdim=True).values
    # The log of the others' sum, relative to the top: for the top summed without it, for the rest the whole less
    # their part, which cannot cancel because the top's 1 stays in it.
    rest = _row_sum((without_top - second).exp()).log() + (second - top)
    powers = (logits - top).exp()
    others = ((1.0 + rest.exp()) - powers).log().scatter(1, where, rest)
    return logits - top - others


def _row_sum(values: Tensor) -> Tensor:
    # Column by column, so that equal rows give equal bits wherever they stand: ties must stay ties.
    total = values[:, :1].clone()
    for column in range(1, values.shape[1]):
        total += values[:, column : column + 1]
    return total


def log_loss_from_odds(odds: Tensor) -> Tensor:
    """-log p of the outcome with these log-odds: log(1 + exp(-odds)), without overflow or cancellation."""
    return torch.logaddexp(torch.zeros_like(odds), -odds)


def log_loss_from_probabilities(probabilities: Tensor) -> Tensor:
    """-log p of the outcome's probability, clipped to [eps, 1 - eps] of float64 as scikit-learn does."""
    return -probabilities.clamp(_EPS, 1 - _EPS).log()


def brier(probabilities: Tensor, labels: Tensor) -> float:
    """Mean squared distance between probabilities and what happened.

    Binary: mean of (p - y)^2. Multiclass: the squares of a row are summed over the classes (0 to 2), and halved if
    there are two, so that it is the binary score. Multilabel: mean over rows and labels.
    """
    if probabilities.shape == labels.shape:
        return float((probabilities - labels).square().mean())
    hit = probabilities.gather(1, labels.unsqueeze(1)).squeeze(1)
    # sum over k of (p_k - y_k)^2 = sum of p_k^2 - p_y^2 + (1 - p_y)^2
    total = probabilities.square().scatter(1, labels.unsqueeze(1), 0.0).sum(dim=1) + (1 - hit).square()
    return float(total.mean()) / (2 if probabilities.shape[1] == 2 else 1)
