"""Logistic regression."""

from __future__ import annotations

from torch import Tensor, nn

from ..data import Features
from ._one_hot_linear import OneHotLinear


class Linear(nn.Module):
    """Logits that are linear in the numbers and in one-hot categories: logistic regression.

    Args:
        width: Number columns.
        codes: Code columns.
        levels: Rows of the table that the codes index.
        outputs: Logits a row; None for one logit a row, of shape `(n,)`, as a binary task has it.
    """

    def __init__(self, width: int, codes: int, levels: int, outputs: int | None) -> None:
        super().__init__()
        self.outputs = outputs
        self.input = OneHotLinear(width, codes, levels, outputs or 1)
        for weight in self.parameters():
            nn.init.zeros_(weight)  # the loss is convex, and 0 is nearer to every solution than chance is

    def forward(self, features: Features) -> Tensor:
        """Return logits, `(n, outputs)` or `(n,)`."""
        logits = self.input(features)
        return logits.squeeze(1) if self.outputs is None else logits
