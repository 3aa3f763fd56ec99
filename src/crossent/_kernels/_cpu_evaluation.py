"""What an evaluation keeps of a batch of rows, by the compiled kernel: one sweep over labels and scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ._compiled import native
from ._cpu_parts import TYPES, address

Ints = npt.NDArray[np.int64]
Bins = tuple[int, Ints, Ints]
"""The level, the keys, and the cells `(m, sides, 1)` or with weights `(m, sides, 4)`: the count, and limbs."""

_LABELS = {torch.int64: 0, torch.int32: 1, torch.int16: 2, torch.int8: 3, torch.uint8: 4}
_NO_LIMIT = 1 << 62


@dataclass(frozen=True, eq=False)
class Swept:
    """Sums in units of 2^-1074, in the order that `csrc/evaluation.cpp` adds them; cells as of `Bins`.

    bins: of each class's score; for several classes also of the decided class, of all rows and by decision, and by
    true class if asked for.
    """

    sums: list[int]
    confusion: Ints
    ranks: Ints
    bins: list[Bins]


def sweep(
    labels: Tensor,
    scores: Tensor,
    weights: npt.NDArray[np.float64] | None,
    *,
    logits: bool,
    threshold: float,
    limits: tuple[int | None, int | None, int | None],
) -> Swept | None:
    """Sweep over rows, `(n,)` scores if binary, else `(n, K)`.

    Args:
        labels: `(n,)`, each of them a class.
        scores: Logits or probabilities.
        weights: `(n,)`, or None.
        logits: Scores are logits.
        threshold: Of a binary decision.
        limits: The most bins of a histogram of a class; of those of the decided class; of those by true class, 0 for
            none of these. None for as many as there are scores.

    Returns:
        None where there is no such kernel for these tensors, or a score is not finite, or no probability.
    """
    if native is None or labels.dtype not in _LABELS or scores.dtype not in TYPES or not len(labels):
        return None
    if labels.device.type != "cpu" or scores.device.type != "cpu" or len(labels) >= 1 << 32:
        return None
    binary = scores.ndim == 1
    classes = 1 if binary else scores.shape[1]
    given = None if weights is None else np.ascontiguousarray(weights)
    found = native.evaluation(
        address(scores),
        address(labels),
        0 if given is None else given.ctypes.data,
        TYPES[scores.dtype],
        _LABELS[labels.dtype],
        logits,
        binary,
        len(labels),
        classes,
        scores.stride(0),
        0 if binary else scores.stride(1),
        labels.stride(0),
        threshold,
        _number(limits[0]),
        _number(limits[1]),
        _number(limits[2]),
        torch.get_num_threads(),
    )
    if found is None:
        return None
    sums, confusion, ranks, bins = found
    sides = [2] * (1 if binary else 2 * classes + 1) + [classes] * classes
    width = 1 if weights is None else 4
    return Swept(
        [_whole(limbs) for limbs in sums],
        _cells(confusion, width),
        _cells(ranks, width),
        [
            (level, np.frombuffer(keys, dtype=np.int64), _cells(cells, width).reshape(-1, side, width))
            for (level, keys, cells), side in zip(bins, sides, strict=False)
        ],
    )


def _number(limit: int | None) -> int:
    return _NO_LIMIT if limit is None else limit


def _whole(limbs: bytes) -> int:
    """The whole number of signed limbs of 32 bits, which are not carried."""
    return sum(limb << (32 * place) for place, limb in enumerate(np.frombuffer(limbs, dtype=np.int64).tolist()) if limb)


def _cells(content: bytes, width: int) -> Ints:
    return np.frombuffer(bytearray(content), dtype=np.int64).reshape(-1, width)  # which may be written, as torch asks
