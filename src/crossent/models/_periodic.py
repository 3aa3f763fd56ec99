"""Numbers as waves, so that a network can tell small differences apart."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

WAVES = 16
DIMENSIONS = 3


class Periodic(nn.Module):
    r"""Each number x as [x, V cos(2 pi w x + b) + c] with w, b of 16 and V of 3 x 16, for each copy and column its own.

    Args:
        copies: M.
        columns: D.
        frequencies: `(sigma,)`: w is drawn from N(0, sigma^2); `(low, high)`: w is spaced evenly in its logarithm.
        generator: Draws the weights.

    References:
        Gorishniy, Rubachev, Babenko 2022, "On embeddings for numerical features in tabular deep learning", section 3.2.
        Holzmueller, Grinsztajn, Steinwart 2024, arXiv 2407.04491, section 3 (PBLD).
    """

    def __init__(
        self, copies: int, columns: int, frequencies: tuple[float, ...], *, generator: torch.Generator
    ) -> None:
        super().__init__()

        def uniform(bound: float, *shape: int) -> nn.Parameter:
            return nn.Parameter(torch.empty(copies, columns, *shape).uniform_(-bound, bound, generator=generator))

        if len(frequencies) == 1:
            waves = frequencies[0] * torch.randn(copies, columns, 1, WAVES, generator=generator)
        else:
            low, high = frequencies
            spaced = torch.logspace(math.log10(low), math.log10(high), WAVES)
            waves = spaced.expand(copies, columns, 1, WAVES).clone()
        self.waves = nn.Parameter(2 * math.pi * waves)
        self.phases = uniform(math.pi, 1, WAVES)
        self.mix = uniform(0.25, WAVES, DIMENSIONS)
        self.shift = uniform(0.25, 1, DIMENSIONS)

    def forward(self, numbers: Tensor) -> Tensor:
        """Take `(M, B, D)` to `(M, B, 4 D)`."""
        copies, rows, columns = numbers.shape
        waves = torch.addcmul(self.phases, numbers.mT.contiguous().unsqueeze(3), self.waves).cos()
        mixed = torch.baddbmm(
            self.shift.flatten(0, 1), waves.view(copies * columns, rows, WAVES), self.mix.flatten(0, 1)
        )
        mixed = mixed.view(copies, columns, rows, DIMENSIONS).transpose(1, 2)
        return torch.cat([numbers.unsqueeze(3), mixed], dim=3).flatten(2)
