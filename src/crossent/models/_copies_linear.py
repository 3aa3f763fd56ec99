"""Linear layers, one a copy, side by side."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

_ROWS_OF_A_BIAS = 5


class CopiesLinear(nn.Module):
    r"""The linear layers of M copies, in the neural tangent parametrisation: y = W x / sqrt(inputs) + b.

    Args:
        copies: M.
        inputs: Columns that come in.
        outputs: Columns that go out.
        generator: Draws the weights, N(0, 1); the biases are 0.

    References:
        Jacot, Gabriel, Hongler 2018, "Neural tangent kernel", section 2.
        Holzmueller, Grinsztajn, Steinwart 2024, arXiv 2407.04491, section 3 (the initialisation).
    """

    def __init__(self, copies: int, inputs: int, outputs: int, *, generator: torch.Generator) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(copies, inputs, outputs, generator=generator))
        self.bias = nn.Parameter(torch.zeros(copies, 1, outputs))
        self.scale = 1 / math.sqrt(max(inputs, 1))

    def forward(self, rows: Tensor) -> Tensor:
        """Take `(M, B, inputs)` to `(M, B, outputs)`."""
        return torch.baddbmm(self.bias, rows, self.weight, alpha=self.scale)

    @torch.no_grad()
    def adapt(self, rows: Tensor, *, generator: torch.Generator) -> None:
        """Set the weights so that each output has standard deviation 1 on these rows, and biases amid its values.

        The bias of a unit is minus a random mean of its values in 5 rows: so each unit bends somewhere among the rows.

        Args:
            rows: `(M, B, inputs)`.
            generator: Draws the rows and their shares.
        """
        outputs = self(rows) - self.bias
        spread = outputs.std(1, keepdim=True, correction=0)
        spread = torch.where(spread > 1e-6, spread, 1.0)
        self.weight.div_(spread)
        copies, count, units = outputs.shape
        drawn = torch.randint(count, (copies, _ROWS_OF_A_BIAS, units), generator=generator).to(outputs.device)
        shares = torch.empty(drawn.shape).exponential_(generator=generator).to(outputs.device)
        values = (outputs / spread).gather(1, drawn)
        self.bias.copy_(-(shares / shares.sum(1, keepdim=True) * values).sum(1, keepdim=True))
