"""Folds by time: what came before teaches, what came after judges."""

from __future__ import annotations

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor

from .._errors import InputError
from ._folds import Split
from ._plain import plain

Numbers = NDArray[np.int64]


def time_folds(times: pl.Series, count: int) -> tuple[Split, ...]:
    """Cut the rows by time into blocks; each but the first validates what all blocks before it have taught.

    Blocks have about the same number of rows; rows of one time stay together. The first block never validates. Where
    there are too few times for `count` blocks to validate, there are as many splits as the times allow.

    Args:
        times: `(n,)` numbers, dates or dates with times, or text that is all numbers or dates; none missing.
        count: How many blocks validate, at least 1.

    Returns:
        One split for each block but the first, in the order of time. The training part of one may lack a class, see
        `taught_classes`.

    Raises:
        InputError: All rows have one time, a time is missing, or the column has no order in time.

    Example:
        >>> import polars as pl
        >>> [(split.training.tolist(), split.validation.tolist()) for split in time_folds(pl.Series([1, 2, 2, 3]), 2)]
        [([0], [1, 2]), ([0, 1, 2], [3])]
    """
    if count < 1:
        raise InputError(f"at least 1 block of time must validate; got {count}")
    places, before = _ordered(times)
    blocks = min(count + 1, len(before) + 1)
    cuts = _cuts(before, np.arange(1, blocks) * len(times) / blocks)
    block = torch.from_numpy(np.searchsorted(cuts, places, side="right"))
    return tuple(
        Split(torch.nonzero(block < held).flatten(), torch.nonzero(block == held).flatten())
        for held in range(1, blocks)
    )


def time_split(times: pl.Series, share: float) -> tuple[Tensor, Tensor]:
    """Hold the last rows out, by time: about a share of them, and rows of one time together.

    Args:
        times: `(n,)` numbers, dates or dates with times, or text that is all numbers or dates; none missing.
        share: The share of the rows to hold out, between 0 and 1.

    Returns:
        The numbers of the rows kept and of the rows held out, each in ascending order, neither empty.

    Raises:
        InputError: `share` is not between 0 and 1; and as `time_folds`.
    """
    if not 0 < share < 1:
        raise InputError(f"The share to hold out must lie between 0 and 1, both excluded, but it is {share}.")
    places, before = _ordered(times)
    held = torch.from_numpy(places >= _cuts(before, np.array([(1 - share) * len(times)]))[0])
    return torch.nonzero(~held).flatten(), torch.nonzero(held).flatten()


def _ordered(times: pl.Series) -> tuple[Numbers, Numbers]:
    """Return the place of each row's time among the distinct times, and how many rows lie before each but the first."""
    times = plain(times)
    if not (times.dtype.is_numeric() or times.dtype.is_temporal()):
        raise InputError(
            f"To order rows by time, column {times.name!r} must hold dates or numbers, but its type is {times.dtype}. "
            f"Say how it is read, with --kind {times.name}=number or {times.name}=datetime (kinds={{...}}), or name "
            f"another column."
        )
    times = times.fill_nan(None) if times.dtype.is_float() else times
    if times.null_count():
        row = int(times.is_null().arg_true()[0]) + 1
        raise InputError(
            f"To order rows by time, each must have one, but {times.null_count():,} of column {times.name!r} are "
            f"missing, the first in row {row:,}. Leave these rows out, or fill them in."
        )
    places = (times.rank("dense").cast(pl.Int64) - 1).to_numpy()
    before = np.cumsum(np.bincount(places))[:-1] if len(places) else np.empty(0, np.int64)
    if not len(before):
        raise InputError(
            f"To judge by what came later, the rows must differ in time, but all of column {times.name!r} is one time. "
            f"Name another column, or none."
        )
    return places, before


def _cuts(before: Numbers, wanted: NDArray[np.float64]) -> Numbers:
    """Return the first time of each block: the cut nearest to each wanted number of rows, every block with a time."""
    cuts = list[int]()
    for place, rows in enumerate(wanted):
        least = cuts[-1] if cuts else 0
        most = len(before) - (len(wanted) - place) + 1
        cuts.append(least + int(np.abs(before[least:most] - rows).argmin()) + 1)
    return np.array(cuts)
