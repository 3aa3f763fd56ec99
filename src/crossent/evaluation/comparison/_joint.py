"""A histogram of two scores at once: how two models rank the same rows together, of fixed size.

Each axis is binned as `_histogram` bins one score: a bin is all scores whose numbers share their leading bits, at the
least level at which at most `limit` bins of that axis have rows. So it depends on which rows there are, not on how they
came.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..state._exact import Ints
from ..state._tally import summed

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Joint:
    """Rows by the scores of two models.

    levels: trailing bits left out, an axis each. keys: `(m, 2)` the leading bits of each pair of bins that has rows.
    counts: `(m, 2)` others, and rows of the class.
    """

    levels: tuple[int, int]
    keys: Ints
    counts: Ints


def joint(a: Ints, b: Ints, of_class: Bools, limit: int | None) -> Joint:
    """Count rows by the numbers of both scores; `limit` is the most bins of an axis, None for all different scores."""
    sides = np.stack([~of_class, of_class], axis=1).astype(np.int64)
    return merged_joints([Joint((0, 0), np.stack([a, b], axis=1), sides)], limit)


def merged_joints(parts: Sequence[Joint], limit: int | None) -> Joint:
    """The histogram of the rows of all parts."""
    counts = np.concatenate([part.counts for part in parts])
    levels: list[int] = []
    codes: list[Ints] = []
    bins: list[Ints] = []
    for axis in range(2):
        level = max(part.levels[axis] for part in parts)
        numbers = np.concatenate([part.keys[:, axis] >> (level - part.levels[axis]) for part in parts])
        ordered = np.sort(numbers)  # once: np.unique of each class's rows is most of the time of a comparison
        raised = _least_level(_distinct(ordered), limit)
        kept = _distinct(ordered >> raised)
        levels.append(level + raised)
        codes.append(np.searchsorted(kept, numbers >> raised))
        bins.append(kept)
    across = max(len(bins[1]), 1)
    places, counts = counted(codes[0] * across + codes[1], counts)
    first, second = np.divmod(places, across)
    return Joint((levels[0], levels[1]), np.stack([bins[0][first], bins[1][second]], axis=1), counts)


def counted(cells: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """The cells that occur, ascending, and the sums of what was counted in each."""
    order = np.argsort(cells, kind="stable")
    ordered = cells[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])
    if not len(starts):
        return cells, counts
    return ordered[starts], summed(counts[order], starts)


def _least_level(ordered: Ints, limit: int | None) -> int:
    """How many more bits must be left out so that at most `limit` different numbers remain."""
    if limit is None or len(ordered) <= limit:
        return 0
    return bisect_left(range(64), -limit, key=lambda level: -_different(ordered >> level))


def _distinct(ordered: Ints) -> Ints:
    return ordered[np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]]


def _different(ordered: Ints) -> int:
    return 1 + int(np.count_nonzero(np.diff(ordered)))
