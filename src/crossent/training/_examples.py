"""Rows to learn from, or to judge by."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .._errors import InputError
from ..data import Features, take


@dataclass(frozen=True)
class Examples:
    """Encoded features and labels, row by row, and how much each row counts: `(n,)` float32, or None for 1 each."""

    features: Features
    labels: Tensor
    weights: Tensor | None = None

    def __post_init__(self) -> None:
        """Check that they belong together."""
        if len(self.features) != len(self.labels):
            raise InputError(
                f"features and labels must have as many rows; got {len(self.features)} and {len(self.labels)}"
            )
        if self.weights is not None and len(self.weights) != len(self.labels):
            raise InputError(f"weights and labels must have as many rows; got {len(self.weights)} and {len(self)}")

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.labels)

    def __getitem__(self, rows: Tensor | slice) -> Examples:
        """The rows of a slice, a mask, or an index tensor."""
        weights = None if self.weights is None else take(self.weights, rows)
        return Examples(self.features[rows], take(self.labels, rows), weights)

    def to(self, device: torch.device) -> Examples:
        """The same rows on another device."""
        weights = None if self.weights is None else self.weights.to(device)
        return Examples(self.features.to(device), self.labels.to(device), weights)
