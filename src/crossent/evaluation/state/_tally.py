"""A tally: true counts of rows in cells, and beside them the sums of their weights where rows have weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ._exact import LIMBS, Amounts, Ints, amounts, carried


@dataclass(frozen=True, eq=False)
class Tally:
    """Rows in cells of any shape.

    counts: int64. weights: exact sums as limbs, one axis more than the counts; None where every row counts as one.
    """

    counts: Ints
    weights: Ints | None = None

    @property
    def amounts(self) -> Amounts:
        """What figures are made of: the weights if there are any, else the counts."""
        return self.counts if self.weights is None else amounts(self.weights)

    def added(self, other: Tally) -> Tally:
        """Both, cell by cell."""
        both = None if self.weights is None or other.weights is None else carried(self.weights + other.weights)
        return Tally(self.counts + other.counts, both)


def tally(cell: Ints, shape: tuple[int, ...], weights: Ints | None) -> Tally:
    """Count rows by their cell, given by its place in the flattened shape; `weights` are limbs `(n, LIMBS)`."""
    size = int(np.prod(shape))
    counts = np.bincount(cell, minlength=size).astype(np.int64).reshape(shape)
    if weights is None:
        return Tally(counts)
    sums = np.zeros((size, LIMBS), dtype=np.int64)
    np.add.at(sums, cell, weights)
    return Tally(counts, carried(sums.reshape(*shape, LIMBS)))


def summed(parts: npt.ArrayLike, starts: npt.NDArray[np.intp]) -> Ints:
    """Sums of neighbouring rows, each run beginning at one of the starts."""
    return np.add.reduceat(np.asarray(parts, dtype=np.int64), starts, axis=0)
