"""Linear: multinomial logistic regression as a member; of several copies it gives the mean of the probabilities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..data import Features, Split
from ._linear_columns import LinearColumns, Seen
from ._member import Saved, held_out_mean

_ROWS_AT_ONCE = 65_536


@dataclass(frozen=True, eq=False)
class Linear:
    """Logits that are linear in what the model sees, one set of weights a copy.

    Attributes:
        columns: What it sees of a row.
        weights: `(M, F + 1, O)` of M copies and F columns, the last row the bias; O is K, or 1 for two classes.
    """

    columns: LinearColumns
    weights: Tensor

    def log_probabilities(self, features: Features) -> Tensor:
        """`(n, K)` float64: the log of the mean of the copies' probabilities."""
        starts = range(0, max(len(features), 1), _ROWS_AT_ONCE)
        return torch.cat([self._logs(self.columns.see(features[start : start + _ROWS_AT_ONCE])) for start in starts])

    def _logs(self, seen: Seen) -> Tensor:
        logs = torch.stack([log_softmax(seen.logits(weights)) for weights in self.weights])
        return logs.logsumexp(dim=0) - math.log(len(logs))

    def held_out(self, features: Features, splits: Sequence[Split]) -> Tensor:
        """`(n, K)` float64 log probabilities of each row by the copies that have not seen it; NaN where all have."""
        made = [
            log_softmax(self.columns.see(features[split.validation]).logits(weights))
            for weights, split in zip(self.weights, splits, strict=True)
        ]
        return held_out_mean(made, splits, len(features))

    def save(self) -> Saved:
        """All of it as tensors."""
        return Saved({}, weights={"weights": self.weights, **self.columns.to_tensors()})

    @classmethod
    def load(cls, saved: Saved) -> Linear:
        """The member that was saved."""
        return cls(LinearColumns.from_tensors(saved.weights), saved.weights["weights"])


def log_softmax(logits: Tensor) -> Tensor:
    """`(n, K)` float64 log probabilities of `(n, K)` logits, or of `(n, 1)` for two classes."""
    values = logits.double()
    if values.shape[1] == 1:
        values = torch.cat([-values / 2, values / 2], dim=1)
    return values.log_softmax(dim=1)
