"""The cut points of one class that a page can hold: at each of them the counts are exact."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from .._labels import Label
from ..decisions import Cuts, cuts_of, figure_of
from ..evaluation import Evaluation, Metrics
from ._thin import Floats, thinned

Ints = npt.NDArray[np.int64]
FIGURES = (
    "precision",
    "recall",
    "specificity",
    "f1",
    "accuracy",
    "balanced_accuracy",
    "matthews_correlation",
    "alerts",
)
"""What is shown of a cut, by the names of `decisions.figure_of`."""


@dataclass(frozen=True, eq=False)
class ClassCuts:
    """Where a threshold can lie for one class against all others, from the highest threshold down.

    thresholds: `(m,)`, one for each cut. start: the cut at which the page opens. fitted: it is the one in use. of: how
    many cuts there are in all; fewer are kept where there are too many.
    """

    label: Label
    cuts: Cuts
    thresholds: Floats
    start: int
    fitted: bool
    of: int

    def __len__(self) -> int:
        """The number of cuts kept."""
        return len(self.thresholds)

    @property
    def complete(self) -> bool:
        """Every score of the rows is a cut, so that the counts of any threshold are known."""
        return self.cuts.exact and len(self) == self.of

    def figures(self) -> dict[str, Floats]:
        """The figures of every cut, by their names."""
        return {name: figure_of(self.cuts.cells, name) for name in FIGURES}


def class_cuts(evaluation: Evaluation, metrics: Metrics, place: int, most: int) -> ClassCuts:
    """The cuts of the class at this place: all, or about `most` where there are more than twice as many.

    Kept in any case: both ends, the one in use, the one of the highest F1, and the corners of the ROC curve's convex
    hull, of which one costs least whatever a false alarm and a miss cost (Provost and Fawcett, 2001).
    """
    label = metrics.task.classes[place]
    cuts = _without_a_second_start(cuts_of(evaluation, label))
    used = _threshold_in_use(metrics, place)
    best = int(figure_of(cuts.cells, "f1").argmax())
    start = best if used is None else _place_of(cuts, used)
    kept = _kept(cuts, most, [start, best])
    table = ClassCuts(
        label=label,
        cuts=_taken(cuts, kept),
        thresholds=np.array([cuts.threshold(each) for each in kept.tolist()]),
        start=int(np.searchsorted(kept, start)),
        fitted=False,
        of=len(cuts.scores),
    )
    if used is None:
        return table
    return _with_used(table, used, *_counts_in_use(metrics, place))


def _without_a_second_start(cuts: Cuts) -> Cuts:
    """Where a score is 1, no threshold leaves its rows out: the first cut is then the second one over again."""
    same = len(cuts.scores) > 1 and (cuts.hits[0], cuts.alarms[0]) == (cuts.hits[1], cuts.alarms[1])
    return _taken(cuts, np.arange(1, len(cuts.scores))) if same else cuts


def _taken(cuts: Cuts, kept: Ints) -> Cuts:
    return replace(cuts, scores=cuts.scores[kept], hits=cuts.hits[kept], alarms=cuts.alarms[kept])


def _threshold_in_use(metrics: Metrics, place: int) -> float | None:
    return metrics.threshold[place] if isinstance(metrics.threshold, tuple) else metrics.threshold


def _counts_in_use(metrics: Metrics, place: int) -> tuple[float, float]:
    """Hits and false alarms at the threshold in use, as they were counted."""
    matrix = metrics.confusion_matrix
    (_, alarms), (_, hits) = (matrix[place] if matrix.ndim == 3 else matrix).tolist()
    return float(hits), float(alarms)


def _place_of(cuts: Cuts, threshold: float) -> int:
    """The last cut at or above a threshold: the rows that it decides for the class."""
    return max(0, int(np.searchsorted(-cuts.scores, -threshold, side="right")) - 1)


def _kept(cuts: Cuts, most: int, wanted: list[int]) -> Ints:
    if len(cuts.scores) <= 2 * most:
        return np.arange(len(cuts.scores))
    recall, false = (each / max(each[-1], 1) for each in (cuts.hits, cuts.alarms))
    score = np.minimum(cuts.scores, 1.0)
    parts = (thinned(false, recall, most // 2), thinned(score, np.zeros_like(score), most // 2), _hull(cuts))
    return np.unique(np.concatenate([*parts, wanted])).astype(np.int64)


def _hull(cuts: Cuts) -> Ints:
    """The corners of the upper convex hull of hits against false alarms (Andrew's monotone chain)."""
    places = _above_their_neighbours(cuts.alarms, cuts.hits)
    x, y = cuts.alarms[places].tolist(), cuts.hits[places].tolist()
    chain: list[int] = []
    for place in range(len(x)):
        while len(chain) > 1 and not _turns_right(x, y, chain[-2], chain[-1], place):
            chain.pop()
        chain.append(place)
    return places[chain]


def _above_their_neighbours(x: Floats, y: Floats) -> Ints:
    """Points that a hull may turn at: one on or under the line between two others is none of its corners.

    So most go at once, all together, and few are left to be walked along.
    """
    left = np.flatnonzero(np.append(True, (np.diff(x) != 0) | (np.diff(y) != 0)))  # of equal points one
    while True:
        run, rise = np.diff(x[left]), np.diff(y[left])
        corner = np.append(np.append(True, rise[1:] * run[:-1] < rise[:-1] * run[1:]), True)
        if len(left) < 3 or corner.all():
            return left
        left = left[corner]


def _turns_right(x: list[float], y: list[float], a: int, b: int, c: int) -> bool:
    return (x[b] - x[a]) * (y[c] - y[a]) < (y[b] - y[a]) * (x[c] - x[a])


def _with_used(table: ClassCuts, used: float, hits: float, alarms: float) -> ClassCuts:
    """The table with the threshold in use among its own, and the counts that were made at it.

    They can differ from those of every cut: the threshold may lie within a bin.
    """
    cuts = table.cuts
    # Weights are summed in another order here and there, so that the same rows can differ by a rounding.
    near = 1e-12 * (cuts.hits[-1] + cuts.alarms[-1]) if cuts.weighted else 0.0
    same = np.flatnonzero((abs(cuts.hits - hits) <= near) & (abs(cuts.alarms - alarms) <= near))
    if len(same):
        thresholds = table.thresholds.copy()
        thresholds[same[0]] = used
        return replace(table, thresholds=thresholds, start=int(same[0]), fitted=True)
    at = int(np.searchsorted(cuts.hits + cuts.alarms, hits + alarms))
    values = ((cuts.scores, used), (cuts.hits, hits), (cuts.alarms, alarms))
    scores, all_hits, all_alarms = (np.insert(each, at, value) for each, value in values)
    return replace(
        table,
        cuts=replace(cuts, scores=scores, hits=all_hits, alarms=all_alarms),
        thresholds=np.insert(table.thresholds, at, used),
        start=at,
        fitted=True,
        of=table.of + 1,
    )
