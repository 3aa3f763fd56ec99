"""A multilayer perceptron."""

from __future__ import annotations

from torch import Tensor, nn

from ..data import Features
from ._one_hot_linear import OneHotLinear


class MLP(nn.Module):
    """Linear, ReLU, Linear.

    Args:
        width: Number columns.
        codes: Code columns.
        levels: Rows of the table that the codes index.
        outputs: Logits a row; None for one logit a row, of shape `(n,)`, as a binary task has it.
        hidden: Hidden units.
    """

    def __init__(self, width: int, codes: int, levels: int, outputs: int | None, hidden: int) -> None:
        super().__init__()
        self.outputs = outputs
        self.input = OneHotLinear(width, codes, levels, hidden)
        self.output = nn.Linear(hidden, outputs or 1)

    def forward(self, features: Features) -> Tensor:
        """Return logits, `(n, outputs)` or `(n,)`."""
        logits = self.output(self.input(features).relu())
        return logits.squeeze(1) if self.outputs is None else logits
