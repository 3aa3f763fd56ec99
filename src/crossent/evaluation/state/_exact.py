"""Sums without rounding: whole numbers, so that adding in any order, on any number of machines, gives the same bits."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..._errors import InputError

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Amounts: TypeAlias = npt.NDArray[np.int64 | np.float64]
"""Counts of rows, or sums of their weights."""

LIMBS = 3
"""A weight is kept in three numbers of 32 bits: ones, 2^-32 and 2^-64."""

LARGEST_WEIGHT = 2.0**31

_UNIT = 2**1074
_BLOCK = 1 << 20
"""Rows at a time: the sum of so many numbers of 27 bits is exact in float64."""


def exact_sum(values: Floats) -> int:
    """The sum of finite numbers, in units of 2^-1074, of which every float64 is a whole number.

    Numbers of one exponent are added as whole numbers first (Kulisch's accumulator, one cell an exponent).
    """
    return sum(_sum_of_block(values[start : start + _BLOCK]) for start in range(0, len(values), _BLOCK))


def _sum_of_block(values: Floats) -> int:
    bits = np.ascontiguousarray(values, dtype=np.float64).view(np.int64)
    cell = (bits >> 52) & 0xFFF  # sign and exponent
    mantissa = (bits & (2**52 - 1)) | np.where(cell & 0x7FF, 2**52, 0)
    high = np.bincount(cell, weights=mantissa >> 26)
    low = np.bincount(cell, weights=mantissa & (2**26 - 1))
    total = 0
    for place in np.flatnonzero((high != 0) | (low != 0)).tolist():
        size = ((int(high[place]) << 26) + int(low[place])) << (max(place & 0x7FF, 1) - 1)
        total += size if place < 0x800 else -size
    return total


def as_float(total: int) -> float:
    """An exact sum as the nearest float64; infinite where it is beyond all of them."""
    try:
        return total / _UNIT
    except OverflowError:
        return float("inf") if total > 0 else float("-inf")


def mean(total: int, count: int) -> float:
    """An exact sum divided by a whole number, rounded once."""
    try:
        return total / (count * _UNIT)
    except OverflowError:
        return float("inf") if total > 0 else float("-inf")


def limbs(weights: Floats) -> Ints:
    """Weights `(n,)` from 0 to 2^31 as `(n, LIMBS)`, rounded to whole multiples of 2^-64.

    From 2^-12 up that is exact.
    """
    ones = np.floor(weights)
    middle = np.floor((weights - ones) * 2.0**32)
    last = np.rint(((weights - ones) * 2.0**32 - middle) * 2.0**32)
    return np.stack([ones, middle, last], axis=-1).astype(np.int64)


def carried(cells: Ints) -> Ints:
    """The same numbers with each limb below the first under 2^32: equal numbers have equal limbs."""
    ones, middle, last = (cells[..., place] for place in range(LIMBS))
    middle = middle + (last >> 32)
    return np.stack([ones + (middle >> 32), middle & (2**32 - 1), last & (2**32 - 1)], axis=-1)


def amounts(cells: Ints) -> Floats:
    """Limbs `(..., LIMBS)` as float64 `(...)`."""
    parts = cells.astype(np.float64)
    return parts[..., 0] + (parts[..., 1] + parts[..., 2] * 2.0**-32) * 2.0**-32


def check_weights(weights: Floats, rows: int) -> None:
    """Raise InputError unless these can be weights of so many rows."""
    if weights.shape != (rows,):
        raise InputError(f"weights must have shape ({rows},), one a row; got {weights.shape}")
    bad = ~((weights >= 0) & (weights < LARGEST_WEIGHT))
    if bad.any():
        where = int(bad.argmax())
        raise InputError(
            f"weights must be from 0 to 2^31; got {weights[where]:.6g} at row {where}: "
            "divide all of them by one number if they are larger"
        )
