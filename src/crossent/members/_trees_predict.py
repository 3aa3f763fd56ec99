"""What one ensemble of trees says of rows, some rounds at a time."""

from __future__ import annotations

import re
from threading import Lock

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ._trees_columns import Matrix

# LightGBM takes each row through all trees before the next row, so thousands of trees come from far memory again for
# each row. Of as many as stay in the nearest cache a leaf takes half the time; but each part copies the row anew.
_LEAVES_AT_ONCE = 700
_LEAVES_A_COLUMN = 15
_FEW_ROWS = 64
"""Up to so many the calls would cost more than the memory."""
LEAST_PROBABILITY = 1e-9
"""Of a class by a copy of trees: none is impossible, and no log infinite, also of a class that the copy has not met."""


class Ensemble:
    """Trees that answer for many rows at a time; any number of threads may ask.

    Args:
        text: The trees in LightGBM's text format.
        columns: Of a row.
    """

    def __init__(self, text: str, columns: int) -> None:
        from lightgbm import Booster  # a second of imports that a model without trees does not need

        self.booster = Booster(model_str=text)
        self._rounds = max(self.booster.current_iteration(), 1)
        leaves = sum(int(count) for count in re.findall(r"^num_leaves=(\d+)$", text, re.MULTILINE))
        most = max(_LEAVES_AT_ONCE, _LEAVES_A_COLUMN * columns)
        self._rounds_at_once = max(most * self._rounds // max(leaves, 1), 1)
        self._lock = Lock()

    def probabilities(self, matrix: Matrix) -> Tensor:
        """`(n, width)` rows to `(n, K)` float64, none below 1e-9."""
        step = self._rounds if len(matrix) <= _FEW_ROWS else self._rounds_at_once
        with self._lock:  # which rounds a call is of, the booster keeps where the next call finds it
            total = self._scores(matrix, 0, step)
            for start in range(step, self._rounds, step):
                total += self._scores(matrix, start, step)
        scores = torch.from_numpy(total)
        if scores.ndim == 2:
            return scores.softmax(1).clamp(min=LEAST_PROBABILITY)
        return torch.stack([(-scores).sigmoid(), scores.sigmoid()], 1).clamp(min=LEAST_PROBABILITY)

    def _scores(self, matrix: Matrix, start: int, rounds: int) -> NDArray[np.float64]:
        """What some rounds add to the scores, `(n, K)`, or for two classes to that of class 1, `(n,)`."""
        # One thread: LightGBM keeps the number for all else that the process does with it, training included.
        scores = self.booster.predict(
            matrix, raw_score=True, num_threads=1, start_iteration=start, num_iteration=rounds
        )
        return np.asarray(scores, np.float64)


def probabilities_of(predicted: NDArray[np.float64]) -> Tensor:
    """`(n, K)` from what LightGBM says of rows in training, for two classes `(n,)` of class 1; none below 1e-9."""
    values = predicted if predicted.ndim == 2 else np.stack([1 - predicted, predicted], axis=1)
    return torch.from_numpy(np.maximum(values, LEAST_PROBABILITY))
