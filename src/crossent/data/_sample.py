"""Fewer rows, where as many say as much."""

from __future__ import annotations

import torch
from torch import Tensor


def some_rows(rows: int, most: int, *, seed: int = 0) -> Tensor:
    """At most so many of the places 0 to rows - 1, in ascending order, each as likely as any other.

    Every second or third would be as many, but tables have rhythms: of hours, of labels that alternate.

    Args:
        rows: How many there are.
        most: How many are wanted; all of them where there are no more.
        seed: Decides which.

    Example:
        >>> some_rows(3, 5)
        tensor([0, 1, 2])
        >>> len(some_rows(1_000, 5).unique())
        5
    """
    if rows <= most:
        return torch.arange(rows)
    return torch.randperm(rows, generator=torch.Generator().manual_seed(seed))[:most].sort().values
