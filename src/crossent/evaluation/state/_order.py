"""Scores as whole numbers in the same order, whose leading bits are the bins of a histogram.

A logit's number is that of its float64, mirrored below 0. A probability's is mirrored at 1/2, so that scores near 1
are told apart as finely as those near 0. Both maps are exact and exactly undone: equal numbers are equal scores.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Scale: TypeAlias = Literal["logits", "probabilities"]

_INFINITY = 0x7FF0000000000000
_HALF = 0x3FE0000000000000
"""The bits of 0.5."""


def keys_of(scores: Floats, scale: Scale) -> Ints:
    """The number of each score; equal scores (0.0 and -0.0 too) have equal numbers, larger ones larger numbers."""
    if scale == "logits":
        bits = (scores + 0.0).view(np.int64)
        return np.where(bits < 0, -(bits & (2**63 - 1)), bits)
    # 1 - p is exact from 1/2 up.
    return np.where(scores > 0.5, 2 * _HALF - (1.0 - scores).view(np.int64), (scores + 0.0).view(np.int64))


def scores_of(keys: Ints, scale: Scale) -> Floats:
    """The scores that have these numbers; a number beyond the last score is taken for that one."""
    if scale == "logits":
        kept = np.clip(keys, -_INFINITY, _INFINITY)
        return np.where(kept < 0, -np.abs(kept).view(np.float64), np.abs(kept).view(np.float64))
    kept = np.clip(keys, 0, 2 * _HALF)
    low = np.minimum(kept, _HALF).view(np.float64)
    return np.where(kept > _HALF, 1.0 - (2 * _HALF - np.maximum(kept, _HALF)).view(np.float64), low)
