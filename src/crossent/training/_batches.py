"""Batches of all copies in lockstep: each copy has rows of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ..data import Features, Split
from ._examples import Examples


def orders(splits: Sequence[Split], rows: int, generator: torch.Generator) -> Tensor:
    """Each split's training rows in an order of its own, `(M, rows)`; where there are fewer, the first come again."""
    return torch.stack(
        [wrapped(split.training[torch.randperm(len(split.training), generator=generator)], rows) for split in splits]
    )


def wrapped(rows: Tensor, count: int) -> Tensor:
    """The rows over again until there are so many; row 0 where there is none."""
    if not len(rows):
        return torch.zeros(count, dtype=torch.int64)
    return rows.repeat(math.ceil(count / len(rows)))[:count]


def features_of(features: Features, rows: Tensor) -> tuple[Tensor, Tensor]:
    """The numbers `(M, B, D)` and codes `(M, B, C)` of rows `(M, B)`."""
    flat = rows.flatten().to(features.numbers.device)
    numbers, codes = features.numbers.index_select(0, flat), features.codes.index_select(0, flat)
    return numbers.view(*rows.shape, -1), codes.view(*rows.shape, -1)


def targets_of(examples: Examples, rows: Tensor) -> tuple[Tensor, Tensor | None]:
    """The labels and weights of rows `(M, B)`, flat."""
    flat = rows.flatten().to(examples.labels.device)
    return examples.labels[flat], None if examples.weights is None else examples.weights[flat]


def masked(codes: Tensor, unseen: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """The codes with a share of them replaced by their columns' unseen codes, where these are not 0."""
    if not share or not unseen.any():
        return codes
    hidden = (torch.rand(codes.shape, generator=generator) < share) & (unseen > 0)
    return torch.where(hidden.to(codes.device), unseen.to(codes.device), codes)


def dropout(layers: int, rows: int, units: int, share: float, generator: torch.Generator) -> Tensor | None:
    """Factors `(layers, rows, units)` for all copies, a share of them 0: to draw for each took a fifth of a step."""
    if not share:
        return None
    drawn = torch.rand(layers, rows, units, generator=generator)
    return (drawn >= share).float() / (1 - share)
