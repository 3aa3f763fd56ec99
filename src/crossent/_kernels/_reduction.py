"""From the losses of the rows to the loss that is returned."""

from typing import Literal

import torch
from torch import Tensor

Reduction = Literal["none", "mean", "sum"]


def reduce(rows: Tensor, reduction: Reduction) -> Tensor:
    """Return the rows, their sum, or their sum over their number."""
    if reduction == "none":
        return rows
    return rows.sum() if reduction == "sum" else rows.mean()


def reduce_kept(rows: Tensor, kept: Tensor, row_weight: Tensor | None, reduction: Reduction) -> Tensor:
    """Reduce the kept rows; the mean divides by the sum of their weights, so all ignored is 0 / 0 = NaN."""
    rows = torch.where(kept, rows, 0.0)
    if reduction != "mean":
        return reduce(rows, reduction)
    total = kept.sum() if row_weight is None else torch.where(kept, row_weight, 0.0).sum()
    return rows.sum() / total
