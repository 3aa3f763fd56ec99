"""From the losses of the rows to the loss that is returned."""

from typing import Literal, NamedTuple

import torch
from torch import Tensor


class Reduction(NamedTuple):
    """How the losses of the rows become the loss.

    A mean over class indices divides by the sum of the kept rows' weights, or by the number of all rows; any other by
    the number of rows, or of kept elements. Over nothing it is NaN, or 0.
    """

    how: Literal["none", "mean", "sum"]
    by_rows: bool = False
    zero_of_nothing: bool = False


def reduce(rows: Tensor, reduction: Reduction) -> Tensor:
    """Return the rows, their sum, or their sum over their number."""
    if reduction.how == "none":
        return rows
    if reduction.how == "sum" or (reduction.zero_of_nothing and rows.numel() == 0):
        return rows.sum()
    return rows.mean()


def reduce_kept(rows: Tensor, kept: Tensor, row_weight: Tensor | None, reduction: Reduction) -> Tensor:
    """Reduce the kept rows; the mean divides by the sum of their weights, so all ignored is 0 / 0 = NaN, or 0."""
    rows = torch.where(kept, rows, 0.0)
    if reduction.how != "mean" or reduction.by_rows:
        return reduce(rows, reduction)
    total = kept.sum() if row_weight is None else torch.where(kept, row_weight, 0.0).sum()
    return rows.sum() / (torch.where(total == 0, 1, total) if reduction.zero_of_nothing else total)
