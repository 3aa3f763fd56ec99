"""Of slices that say the same of the same rows, one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ._conditions import Conditions
from ._excess import Floats, Sums, excess

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Found:
    """A slice: its one or two conditions, each a place among the columns and a code, and the log of its p-value."""

    of: tuple[tuple[int, int], ...]
    log_p: float


def rows_of(found: Found, conditions: Sequence[Conditions]) -> Bools:
    """Which rows are in a slice."""
    return np.logical_and.reduce([conditions[place].codes == code for place, code in found.of])


def without_redundant(
    found: Sequence[Found], conditions: Sequence[Conditions], values: Floats, *, alpha: float, least_rows: int
) -> list[Found]:
    """Those that are still worse once the rows of the others listed are taken away.

    From the surest on a slice is taken if it is; then from the least sure on one is dropped again that the others have
    made redundant, such as a category all of whose weakness lies in its crossing with another.
    """
    taken: list[tuple[Found, Bools]] = []
    limit = np.log(alpha / max(len(found), 1))

    def adds(each: Found, rows: Bools, others: Sequence[tuple[Found, Bools]]) -> bool:
        left = np.ones(len(values), dtype=np.bool_)
        for other, theirs in others:
            if not {*other.of} < {*each.of}:  # a crossing shares all its rows with its parents
                left &= ~theirs
        # As in the search: a crossing must be worse than the rest of either parent, too.
        rests = [~rows, *(rows_of(Found((part,), 0.0), conditions) & ~rows for part in each.of if len(each.of) > 1)]
        own = Sums.of(values[rows & left])
        log_p = [excess(own, Sums.of(values[rest & left]), whole.variance)[0] for rest in rests]
        return bool(own.rows[0] >= least_rows and max(log_p) <= limit)

    whole = Sums.of(values)
    for each in sorted(found, key=lambda found: (found.log_p, found.of)):
        rows = rows_of(each, conditions)
        if adds(each, rows, taken):
            taken.append((each, rows))
    for each, rows in reversed(list(taken)):
        others = [other for other in taken if other[0] is not each]
        if not adds(each, rows, others):
            taken = others
    return [each for each, _ in taken]
