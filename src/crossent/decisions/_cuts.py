"""Every cut point of a ranking: where a threshold can lie, and the four cells of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from .._labels import Label
from ..evaluation import Cells, Evaluation, cells_figure, ranking
from ._goal import MAXIMISED

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Cuts:
    """Distinct probabilities, from the highest down, and what is at or above each; the first cut has no row above it.

    scores: `(m,)`, the first above 1, where nothing is decided as positive; a threshold of at most the score and above
    `below` cuts there. rows: `(2, m)` rows of the class and others, whatever they weigh, between a score and the one
    above it. hits, alarms: `(..., m)` rows of the class and others at or above each score, or their weight. exact: no
    score lies between two of these.
    """

    scores: Floats
    below: Floats
    rows: Floats
    hits: Floats
    alarms: Floats
    exact: bool
    weighted: bool

    @property
    def cells(self) -> Cells:
        """The confusion matrix of each cut."""
        # Sums of weights are rounded, each in its own order: what is left of them may be less than nothing.
        misses, rest = (np.maximum(each[..., -1:] - each, 0.0) for each in (self.hits, self.alarms))
        return Cells(self.hits, self.alarms, misses, rest)

    @property
    def between(self) -> Cells:
        """Of each bin the most hits and the fewest alarms that a cut inside it could have."""
        before = np.concatenate([self.alarms[..., :1], self.alarms[..., :-1]], axis=-1)
        return Cells(self.hits, before, self.hits[..., -1:] - self.hits, self.alarms[..., -1:] - before)

    def threshold(self, place: int) -> float:
        """A threshold that cuts here: the number of fewest digits that does."""
        if place == 0 and self.below[0] < 1:
            return 1.0
        place = max(place, int(self.below[0] >= 1))  # no threshold shuts out a probability of 1
        high = float(self.scores[place])
        return _shortest(float(self.below[place]), high) if self.exact else high


def _shortest(low: float, high: float) -> float:
    """The decimal of fewest digits above low and at most high, nearest to their middle."""
    for digits in range(1, 17):
        rounded = round((low + high) / 2, digits)
        if low < rounded <= high and _parts(low, rounded):
            return rounded
    return high


def _parts(low: float, threshold: float) -> bool:
    """Whether it stays above the lower score in every type that this may have come in: it is compared rounded to it."""
    both = torch.tensor([low, threshold], dtype=torch.float64)
    narrow = [both.to(kind).double().tolist() for kind in (torch.float16, torch.bfloat16, torch.float32)]
    return all(held != low or rounded > low for held, rounded in narrow)


def cuts_of(evaluation: Evaluation, label: Label | None) -> Cuts:
    """Every cut point for a class against all others; by default the positive one of a binary task."""
    ranked = ranking(evaluation, label=label)
    cuts = np.flatnonzero(ranked.cuts)
    scores = np.minimum.accumulate(ranked.thresholds)[cuts]
    below = np.append(np.maximum.accumulate(ranked.most[::-1])[::-1], 0.0)[cuts + 1]
    hits, alarms = (each[cuts].astype(np.float64) for each in (ranked.true_positives, ranked.false_positives))
    # Where a row's probability is 1, "nothing" is out of reach: a threshold of 1 lets these rows through.
    top = 0.0 if ranked.most[0] < 1 else 1.0
    counts = np.cumsum([ranked.rows, ranked.others], axis=1)[:, cuts].astype(np.float64)
    return Cuts(
        scores=np.append(np.inf, scores),
        below=np.append(ranked.most[0], below),
        rows=np.diff(np.column_stack([top * counts[:, 0], counts]), prepend=0.0),
        hits=np.append(top * hits[0], hits),
        alarms=np.append(top * alarms[0], alarms),
        exact=ranked.exact,
        weighted=ranked.weighted,
    )


def figure_of(cells: Cells, name: str) -> Floats:
    """A goal's figure, of every cut; 0 where it is undefined."""
    if name == "alerts":
        return cells_figure(cells, "decided_share")
    known = MAXIMISED.get(name, name)
    return cells_figure(cells, known, beta=float(name.removeprefix("f")) if known == "f_score" else 1.0)
