"""A histogram of scores that is exact while it can be and never larger than its limit.

A bin is all scores whose numbers (`_order`) share their leading bits; `level` is how many trailing bits are left out.
At level 0 a bin is a single score, and the histogram holds all that the rows' order says. The level is the least at
which at most `limit` bins have rows. More rows can only raise it, so it depends on which rows there are and not on how
they came: merging is associative and commutative to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ._exact import Floats, Ints, carried
from ._order import Scale, scores_of
from ._tally import Tally, summed, tally

_SAMPLE = 1 << 17
_DENSE = 1 << 21
_POWERS = np.array([1 << place for place in range(64)], dtype=np.uint64)


@dataclass(frozen=True, eq=False)
class Histogram:
    """Rows by score and side.

    keys: `(m,)` the leading bits of each bin that has rows, ascending. tally: `(m, S)` rows of each side: most often
    others, and rows of the class.
    """

    level: int
    keys: Ints
    tally: Tally

    def __len__(self) -> int:
        """The number of bins that have rows."""
        return len(self.keys)

    @property
    def exact(self) -> bool:
        """Each bin is one score."""
        return self.level == 0

    def lowest(self, scale: Scale) -> Floats:
        """The lowest score that each bin can hold."""
        return scores_of(self.keys << self.level, scale)

    def highest(self, scale: Scale) -> Floats:
        """The highest score that each bin can hold."""
        return scores_of((self.keys << self.level) | ((1 << self.level) - 1), scale)


def histogram(keys: Ints, side: Ints, sides: int, weights: Ints | None, limit: int | None) -> Histogram:
    """Count rows by the number of their score, and by their side.

    Args:
        keys: `(n,)` numbers of scores.
        side: `(n,)` from 0 to `sides` - 1.
        sides: How many there are.
        weights: Limbs `(n, LIMBS)`, or None.
        limit: The most bins; None for as many as there are different scores.
    """
    if not len(keys):
        return _side(keys, weights, 0, 0, sides)
    if limit is None or weights is not None or len(keys) < 2 * _SAMPLE:
        return merged(_parts(keys, side, sides, weights, 0), limit)
    # The level of some rows is at most that of all, so the rest can be counted at it, most often without a sort.
    first = merged(_parts(keys[:_SAMPLE], side[:_SAMPLE], sides, None, 0), limit)
    rest = keys[_SAMPLE:] >> first.level
    lowest = int(rest.min())
    span = int(rest.max()) - lowest + 1
    if span * sides > _DENSE:
        return merged([first, *_parts(rest, side[_SAMPLE:], sides, None, first.level)], limit)
    dense = tally(sides * (rest - lowest) + side[_SAMPLE:], (span, sides), None).counts
    filled = np.flatnonzero(dense.any(axis=1))
    return merged([first, Histogram(first.level, filled + lowest, Tally(dense[filled]))], limit)


def _parts(keys: Ints, side: Ints, sides: int, weights: Ints | None, level: int) -> list[Histogram]:
    mine = (side == place for place in range(sides))
    return [
        _side(keys[rows], None if weights is None else weights[rows], level, place, sides)
        for place, rows in enumerate(mine)
    ]


def _side(keys: Ints, weights: Ints | None, level: int, side: int, sides: int) -> Histogram:
    if weights is None:
        ordered, sums = np.sort(keys), None
    else:
        order = np.argsort(keys, kind="stable")
        ordered, sums = keys[order], weights[order]
    starts = _starts(ordered)
    counts = np.zeros((len(starts), sides), dtype=np.int64)
    if len(starts):
        counts[:-1, side] = starts[1:] - starts[:-1]
        counts[-1, side] = len(ordered) - starts[-1]
    if sums is None:
        return Histogram(level, ordered[starts], Tally(counts))
    cells = np.zeros((*counts.shape, sums.shape[1]), dtype=np.int64)
    if len(starts):
        cells[:, side] = carried(summed(sums, starts))
    return Histogram(level, ordered[starts], Tally(counts, cells))


def _starts(ordered: Ints) -> npt.NDArray[np.intp]:
    fresh = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=fresh[1:])
    return fresh.nonzero()[0]


def merged(parts: Sequence[Histogram], limit: int | None) -> Histogram:
    """The histogram of the rows of all parts."""
    # Of many classes most have no row in a small batch: those cost nothing. Without rows the level is 0.
    parts = [part for part in parts if len(part)] or parts[:1]
    if len(parts) == 1 and (limit is None or len(parts[0]) <= limit):
        return parts[0]
    level = max(part.level for part in parts)
    keys = np.concatenate([part.keys >> (level - part.level) for part in parts])
    weights = [part.tally.weights for part in parts if part.tally.weights is not None]
    counts = np.concatenate([part.tally.counts for part in parts])
    order = np.argsort(keys, kind="stable")  # quick on runs that are sorted already
    joined = _grouped(level, keys[order], counts[order], np.concatenate(weights)[order] if weights else None)
    higher = _level_within(joined, limit)
    if higher == level:
        return joined
    return _grouped(higher, joined.keys >> (higher - level), joined.tally.counts, joined.tally.weights)


def _grouped(level: int, ordered: Ints, counts: Ints, weights: Ints | None) -> Histogram:
    starts = _starts(ordered)
    if not len(starts):
        return Histogram(level, ordered, Tally(counts, weights))
    sums = None if weights is None else carried(summed(weights, starts))
    return Histogram(level, ordered[starts], Tally(summed(counts, starts), sums))


def _level_within(joined: Histogram, limit: int | None) -> int:
    if limit is None or len(joined) <= limit:
        return joined.level
    # Neighbours fall into one bin once all the bits in which they differ are left out.
    differ = (joined.keys[1:] ^ joined.keys[:-1]).view(np.uint64)
    bits = np.searchsorted(_POWERS, differ, side="right")
    apart = len(joined) - np.cumsum(np.bincount(bits, minlength=65))  # bins left when so many bits are left out
    return joined.level + int(np.argmax(apart <= limit))
