"""Venn-Abers: what isotonic regression says of a row if it were negative, and if it were positive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._rows import Floats, Ints


@dataclass(frozen=True)
class VennAbers:
    """Two rising step functions of the logit, p0 <= p1: the row's probability is that of one of them.

    scores: distinct logits, ascending. lower: p0 from this score on, and before it (one more, the first) 0.
    upper: p1 up to this score, and after the last one 1.
    """

    scores: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]

    def interval(self, logits: Floats) -> tuple[Floats, Floats]:
        """p0 and p1 of each row."""
        low, high = np.array((0.0, *self.lower)), np.array((*self.upper, 1.0))
        scores = np.array(self.scores)
        return low[np.searchsorted(scores, logits, side="right")], high[np.searchsorted(scores, logits, side="left")]

    def __call__(self, logits: Floats) -> Floats:
        """Calibrated logits, `(n,)`: of p1 / (1 - p0 + p1), which has the least regret in log loss."""
        p0, p1 = self.interval(logits)
        return np.log(p1) - np.log1p(-p0)

    def to_dict(self) -> dict[str, Any]:
        """A JSON-safe record."""
        return {"scores": list(self.scores), "lower": list(self.lower), "upper": list(self.upper)}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> VennAbers:
        """What `to_dict` recorded."""
        return cls(*(tuple(record[name]) for name in ("scores", "lower", "upper")))


def fit_venn_abers(logits: Floats, happened: Ints, weights: Floats) -> VennAbers:
    """Both functions at every distinct score, in O(n log n).

    Because the row itself counts as one of the rows, p1 is never 0 and p0 never 1: the log odds are finite.

    References:
        Vovk, Petej and Fedorova, Large-scale probabilistic predictors with and without guarantees of validity, NeurIPS
        2015, section 3 and algorithms 1 to 4. Vovk and Petej, Venn-Abers predictors, UAI 2014 (the merged probability).
    """
    scores, place = np.unique(logits, return_inverse=True)
    rows: Floats = np.bincount(place, weights=weights).astype(np.float64)
    hits: Floats = np.bincount(place, weights=weights * happened).astype(np.float64)
    upper = _if_positive(rows, hits)
    # A negative row among these rows is a positive one among their mirror images.
    lower = 1.0 - _if_positive(rows[::-1], (rows - hits)[::-1])[::-1]
    # Where neither function changes, a score says nothing: p0 holds from a score on, p1 up to it.
    kept = np.append(True, np.diff(lower) != 0) | np.append(np.diff(upper) != 0, True)
    return VennAbers(*(tuple(each[kept].tolist()) for each in (scores, lower, upper)))


def _if_positive(rows: Floats, hits: Floats) -> Floats:
    """Of each score, the rising fit's value there when a positive row of this score is added.

    Points are cumulated (rows, hits); the fit is the slope of the greatest convex minorant. To add a positive row at
    score i moves all points before i by (-1, -1): the minorant from there on is updated from one score to the next.
    """
    x, y = np.cumsum(rows).tolist(), np.cumsum(hits).tolist()
    points = [(-1.0, -1.0), (0.0, 0.0), *zip(x, y, strict=True)]
    corners: list[tuple[float, float]] = []
    for point in points:
        while len(corners) > 1 and _above(corners[-2], corners[-1], point):
            corners.pop()
        corners.append(point)
    corners.reverse()  # the leftmost is now on top, at the end: the stack of algorithm 2
    values = []
    for i in range(1, len(x) + 1):
        (left, low), (right, high) = corners[-1], corners[-2]
        values.append((high - low) / (right - left))
        # Score i now stands before the added row: its points move by (-1, -1).
        point = (points[i + 1][0] - 1.0, points[i + 1][1] - 1.0)
        if (point[1] - low) * (right - left) >= (high - low) * (point[0] - left):
            continue
        corners.pop()
        while len(corners) > 1 and _above(point, corners[-1], corners[-2]):
            corners.pop()
        corners.append(point)
    return np.array(values)


def _above(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    """Whether b lies on or above the line from a to c, and so is no corner."""
    return (b[0] - a[0]) * (c[1] - a[1]) <= (c[0] - a[0]) * (b[1] - a[1])
