"""The linear member as a module: numbers, their broken lines, and a weight for each code."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding_bag
from torch.nn.utils.rnn import pad_sequence

from ...data import Features
from ...members import Linear


class LinearLogits(nn.Module):
    """Features to logits of all copies, `(M, n, O)` float64; see `LinearColumns` for what they are linear in.

    Args:
        member: The copies.
    """

    def __init__(self, member: Linear) -> None:
        super().__init__()
        columns = member.columns
        width, lines = len(columns.center), len(columns.knots)
        copies, _, outputs = member.weights.shape
        table = member.weights.permute(1, 0, 2).flatten(1).contiguous()  # a column of the model a row
        self.shape = (copies, outputs)
        self.center, self.scale = columns.center, columns.scale
        self.dense, self.bias = table[:width].clone(), table[-1].clone()
        self.sparse = table[width:-1].clone()
        self.broken = columns.counts.nonzero().flatten()
        counts = columns.counts[self.broken]
        self.starts = counts.cumsum(0) - counts
        parts = columns.knots.split(counts.tolist())
        inner = [part[1:-1] for part in parts]
        self.inner = pad_sequence(inner, batch_first=True, padding_value=torch.inf) if inner else torch.empty(0, 0)
        self.knots, self.shares, self.lines = columns.knots, columns.shares, lines

    def forward(self, rows: Features) -> Tensor:
        """Add up."""
        logits = torch.addmm(self.bias, (rows.numbers - self.center) * self.scale, self.dense)
        places, shares = list[Tensor](), list[Tensor]()
        if len(self.broken):
            left, way = self._lines(rows.numbers.index_select(1, self.broken))
            places += [left, left + 1]
            shares += [1 - way, way]
        if rows.codes.shape[1]:
            codes = rows.codes.long()
            places.append(codes + self.lines)
            shares.append(self.shares.index_select(0, codes.flatten()).view(codes.shape))
        if places:
            at, by = torch.cat(places, 1), torch.cat(shares, 1)
            logits = logits + embedding_bag(at, self.sparse, mode="sum", per_sample_weights=by)
        return logits.double().unflatten(1, self.shape).transpose(0, 1)

    def _lines(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """Of each broken line the knot before the value, and how far the value is on its way to the next one."""
        left = torch.searchsorted(self.inner, values.T.contiguous(), right=True).T + self.starts
        low, high = (self.knots.index_select(0, each.flatten()).view(values.shape) for each in (left, left + 1))
        return left, ((values - low) / (high - low)).clamp(0, 1)
