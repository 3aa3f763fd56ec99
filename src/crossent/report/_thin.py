"""Fewer points that draw the same curve."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def thinned(x: Floats, y: Floats, most: int) -> npt.NDArray[np.int64]:
    """Choose at most so many points, evenly along the curve, with both ends.

    The way between two neighbours, |dx| + |dy|, is then at most the curve's length / (most - 1), or one step of the
    curve itself: a ROC curve of length 2 moves by less than a pixel.
    """
    if len(x) <= most:
        return np.arange(len(x))
    way = np.concatenate(([0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))))
    chosen = np.searchsorted(way, np.linspace(0.0, way[-1], most))
    return np.unique(np.append(np.minimum(chosen, len(x) - 1), [0, len(x) - 1]))
