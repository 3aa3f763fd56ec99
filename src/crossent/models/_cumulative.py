"""One score a row, and ordered thresholds between the classes."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid, softplus


class Cumulative(nn.Module):
    r"""The log probabilities of ordered classes, where P(y <= k) = sigmoid(t_k - score): proportional odds.

    With a = t_k - score and b = t_(k-1) - score, log P(y = k) = log sigmoid(a) + log sigmoid(-b) + log(1 - exp(b - a)),
    which no probability near 0 can spoil.

    Args:
        copies: M.
        shares: `(K,)`, the share of each class, which places the first thresholds.

    References:
        McCullagh 1980, "Regression models for ordinal data", section 2.
    """

    def __init__(self, copies: int, shares: Tensor) -> None:
        super().__init__()
        thresholds = shares.cumsum(0)[:-1].logit(eps=1e-6)
        gaps = thresholds.diff().clamp(min=1e-3)
        self.first = nn.Parameter(thresholds[:1].expand(copies, 1, 1).clone())
        self.gaps = nn.Parameter(gaps.expm1().log().expand(copies, 1, -1).clone())

    def forward(self, scores: Tensor) -> Tensor:
        """Take scores `(M, B, 1)` to log probabilities `(M, B, K)`."""
        gaps = softplus(self.gaps) + 1e-6
        thresholds = torch.cat([self.first, self.first + gaps.cumsum(2)], dim=2)
        below = logsigmoid(thresholds - scores)
        above = logsigmoid(scores - thresholds)
        inner = below[..., 1:] + above[..., :-1] + (-(-gaps).expm1()).log()
        return torch.cat([below[..., :1], inner, above[..., -1:]], dim=2)
