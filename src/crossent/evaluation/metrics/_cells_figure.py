"""Figures of one class against all others, straight from the counts."""

from __future__ import annotations

import numpy as np

from ..._errors import InputError
from ..._nearest import nearest
from ..state._exact import Floats
from ._agreement import AGREEMENT
from ._cells import CLASS_FIGURES, Cells, of_cells


def cells_figure(cells: Cells, name: str, *, beta: float = 1.0) -> Floats:
    """A figure of decisions for each of many counts, such as those of every threshold.

    Args:
        cells: Hits, false alarms, misses and the rest, each `(...)`.
        name: A figure of `figure` that is of a class or of a whole confusion matrix.
        beta: How much recall counts against precision in the f_score.

    Returns:
        `(...)`; 0 (ratios: NaN) where it is undefined.

    Raises:
        InputError: There is no such figure of decisions.

    Example:
        >>> import numpy as np
        >>> at_two_thresholds = Cells(*(np.array(each, dtype=float) for each in ([8, 4], [4, 0], [0, 4], [8, 12])))
        >>> cells_figure(at_two_thresholds, "precision").round(2).tolist()
        [0.67, 1.0]
        >>> cells_figure(at_two_thresholds, "accuracy").tolist()
        [0.8, 0.8]
    """
    if name in AGREEMENT:
        rows = [np.stack([cells.rest, cells.alarms], axis=-1), np.stack([cells.misses, cells.hits], axis=-1)]
        return AGREEMENT[name](np.stack(rows, axis=-2))
    if name not in CLASS_FIGURES:
        close = nearest(name, (*AGREEMENT, *CLASS_FIGURES))
        raise InputError(f"there is no figure of decisions {name!r}" + (f": did you mean {close!r}?" if close else ""))
    return of_cells(cells, name, beta)
