"""The activation whose strength each unit learns."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import selu


class Bend(nn.Module):
    """x + a (selu(x) - x), with a of its own for each unit, 1 at first.

    Args:
        copies: M.
        units: Columns.

    References:
        Holzmueller, Grinsztajn, Steinwart 2024, arXiv 2407.04491, section 3 (parametric activation).
    """

    def __init__(self, copies: int, units: int) -> None:
        super().__init__()
        self.strength = nn.Parameter(torch.ones(copies, 1, units))

    def forward(self, rows: Tensor) -> Tensor:
        """Take `(M, B, units)` to as much."""
        rows = rows.to(self.strength.dtype)  # in fewer bits after a product under autocast, which has no lerp
        return torch.lerp(rows, selu(rows), self.strength)
