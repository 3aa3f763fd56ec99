"""Every cut point of a ranking: where a threshold can lie, and the four cells of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .._labels import Label
from ..evaluation import Cells, Evaluation, Ranking, cells_figure, ranking
from ._goal import MAXIMISED

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Cuts:
    """Distinct probabilities, from the highest down, and what is at or above each; the first cut has no row above it.

    scores: `(m,)`, the first above 1, where nothing is decided as positive. hits, alarms: `(..., m)` rows of the class
    and others at or above each score, or their weight. exact: no score lies between two of these.
    """

    scores: Floats
    hits: Floats
    alarms: Floats
    exact: bool
    weighted: bool

    @property
    def cells(self) -> Cells:
        """The confusion matrix of each cut."""
        return Cells(self.hits, self.alarms, self.hits[..., -1:] - self.hits, self.alarms[..., -1:] - self.alarms)

    @property
    def between(self) -> Cells:
        """Of each bin the most hits and the fewest alarms that a cut inside it could have."""
        before = np.concatenate([self.alarms[..., :1], self.alarms[..., :-1]], axis=-1)
        return Cells(self.hits, before, self.hits[..., -1:] - self.hits, self.alarms[..., -1:] - before)

    def threshold(self, place: int) -> float:
        """A threshold that cuts here: the number of fewest digits that does."""
        if place == 0:
            return 1.0
        high = float(self.scores[place])
        low = float(self.scores[place + 1]) if place + 1 < len(self.scores) else 0.0
        if not self.exact or not low < high:
            return high
        return _shortest(low, high)


def _shortest(low: float, high: float) -> float:
    """The decimal of fewest digits above low and at most high, nearest to their middle."""
    for digits in range(1, 17):
        rounded = round((low + high) / 2, digits)
        if low < rounded <= high:
            return rounded
    return high


def cuts_of(evaluation: Evaluation, label: Label | None) -> Cuts:
    """Every cut point for a class against all others; by default the positive one of a binary task."""
    return _cuts(ranking(evaluation, label=label))


def _cuts(ranked: Ranking) -> Cuts:
    # Logits above 37 have one probability, 1: only the last of equal scores is a cut.
    last = np.append(np.diff(ranked.thresholds) != 0, True)
    if ranked.thresholds[0] >= 1:  # then "nothing" is out of reach: a threshold of 1 lets these rows through
        scores, none = ranked.thresholds[last], np.empty(0)
    else:
        scores, none = np.append(np.inf, ranked.thresholds[last]), np.zeros(1)
    hits, alarms = (
        np.append(none, each[last]).astype(np.float64) for each in (ranked.true_positives, ranked.false_positives)
    )
    if not len(none):  # keep the first cut a cut that nothing stands above, for the sake of one rule
        scores, hits, alarms = np.append(np.inf, scores), np.append(hits[:1], hits), np.append(alarms[:1], alarms)
    return Cuts(scores, hits, alarms, ranked.exact, ranked.weighted)


def figure_of(cells: Cells, name: str) -> Floats:
    """A goal's figure, of every cut; 0 where it is undefined."""
    if name == "alerts":
        return cells_figure(cells, "decided_share")
    known = MAXIMISED.get(name, name)
    return cells_figure(cells, known, beta=float(name.removeprefix("f")) if known == "f_score" else 1.0)
