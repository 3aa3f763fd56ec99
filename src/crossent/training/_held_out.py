"""What copies say of the rows that they have not seen, and how well that fits."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import log_softmax

from ..data import Features, Split
from ..models import Copies
from ._batches import features_of, wrapped
from ._examples import Examples
from ._temperature import best_slope

_MOST_NUMBERS = 16_000_000
"""In the widest layer of a batch where no gradient is wanted: 64 MB."""


def sweep(network: Copies) -> int:
    """Rows of a batch of all copies where no gradient is wanted."""
    return max(_MOST_NUMBERS // (network.copies * network.widest), 1)


def held_out_logits(network: Copies, features: Features, splits: Sequence[Split]) -> tuple[Tensor, ...]:
    """For each split the logits of its validation rows by its copy, `(v, K)`."""
    most = max(len(split.validation) for split in splits)
    rows = torch.stack([wrapped(split.validation, most) for split in splits])
    network.eval()
    with torch.no_grad():
        parts = [network(*features_of(features, part)) for part in rows.split(sweep(network), dim=1)]
    logits = torch.cat(parts, dim=1).cpu()
    return tuple(each[: len(split.validation)] for each, split in zip(logits, splits, strict=True))


def pooled_loss(held_out: Sequence[Tensor], examples: Examples, splits: Sequence[Split]) -> tuple[float, float]:
    """The one slope for the logits of all validation rows, and their mean log loss after it."""
    rows = torch.cat([split.validation for split in splits])
    labels = examples.labels.cpu()
    if not all(logits.isfinite().all() for logits in held_out):
        return 1.0, math.nan
    weights = torch.ones(len(rows)) if examples.weights is None else examples.weights.cpu()[rows]
    slope = best_slope(torch.cat(list(held_out)), labels[rows], weights)
    total, counted = 0.0, weights.double().sum()
    for logits, split in zip(held_out, splits, strict=True):  # one at a time, for in float64 they may be large
        losses = -log_softmax(slope * logits.double(), dim=1).gather(1, labels[split.validation, None])
        total += float(losses[:, 0] @ weights[: len(losses)].double())
        weights = weights[len(losses) :]
    return slope, total / float(counted)
