"""Logistic regression."""

from __future__ import annotations

from torch import Tensor, nn

from ..data import Features
from ._one_hot_linear import OneHotLinear


class Linear(nn.Module):
    """Logits that are linear in the numbers and in one-hot categories: logistic regression.

    Args:
        width: Number columns.
        levels: Rows of the table of codes, 0 where there are none.
        outputs: Logits a row; None for one logit a row, of shape `(n,)`, as a binary task has it.
    """

    def __init__(self, width: int, levels: int, outputs: int | None) -> None:
        super().__init__()
        self.outputs = outputs
        self.input = OneHotLinear(width, levels, outputs or 1)

    def forward(self, features: Features) -> Tensor:
        """Return logits, `(n, outputs)` or `(n,)`."""
        logits = self.input(features)
        return logits.squeeze(1) if self.outputs is None else logits
