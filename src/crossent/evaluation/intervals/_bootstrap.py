"""Resampled rows without rows: their counts are one draw from a multinomial distribution."""

from __future__ import annotations

import numpy as np

from ..._task import Task
from ..figures._asked import Asked
from ..figures._curves import place_of
from ..figures._figure import of_matrices
from ..metrics._areas import AREAS
from ..metrics._ranking import Ranking
from ..state._exact import Floats, Ints
from ..state._histogram import Histogram, merged

DRAWS = 2000
_RANKING_DRAWS = 500
_RANKING_BINS = 1024
_CELLS_AT_A_TIME = 1 << 22


def drawn(counts: Ints, draws: int, draw: np.random.Generator) -> Ints:
    """Counts of resampled rows, `(draws, ...)`."""
    filled = np.flatnonzero(counts)
    shares = counts.ravel()[filled] / counts.sum()
    found = np.zeros((draws, counts.size), dtype=np.int64)
    found[:, filled] = draw.multinomial(int(counts.sum()), shares, size=draws)
    return found.reshape(draws, *counts.shape)


def drawn_figures(task: Task, counts: Ints, asked: Asked, draw: np.random.Generator) -> Floats:
    """A figure of decisions of each resample; of a multilabel task that of the one label asked for."""
    if task.kind == "multilabel":
        label = place_of(task, asked.label)
        task, counts = Task.multilabel([task.classes[label]]), counts[label : label + 1]
    at_a_time = max(1, min(DRAWS, _CELLS_AT_A_TIME // counts.size))
    blocks = [min(at_a_time, DRAWS - start) for start in range(0, DRAWS, at_a_time)]
    return np.concatenate([of_matrices(task, drawn(counts, block, draw), asked) for block in blocks])


def drawn_areas(bins: Histogram, side: int, asked: Asked, draw: np.random.Generator) -> tuple[Floats, float]:
    """A figure of the ranking of each resample, and of the rows themselves, in bins coarse enough to be quick.

    Args:
        bins: The histogram.
        side: Which of its sides is the class; the score of the other one is the lower the likelier it is.
        asked: The figure.
        draw: The generator.
    """
    coarse = merged([bins], _RANKING_BINS).tally.counts
    downwards = coarse[::-1] if side else coarse[:, ::-1]
    shares = (downwards / downwards.sum()).ravel()
    resampled = (draw.multinomial(downwards.sum(), shares).reshape(downwards.shape) for _ in range(_RANKING_DRAWS))
    return np.array([_area(each, asked) for each in resampled]), _area(downwards, asked)


def _area(counts: Ints, asked: Asked) -> float:
    true, false = np.cumsum(counts[:, 1]), np.cumsum(counts[:, 0])
    ranked = Ranking(np.zeros(0), np.zeros(0), true, false, counts[:, 1], counts[:, 0], weighted=False, exact=True)
    return AREAS[asked.name](ranked, asked.range)[0]
