"""The rows of an evaluation: labels, scores and decisions side by side, appended without copying all each time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Rows:
    """n rows on the CPU.

    labels: int64, `(n,)` or `(n, K)`. scores: float64 logits or probabilities. decisions: int64, shaped as the labels.
    """

    labels: Tensor
    scores: Tensor
    decisions: Tensor

    def __len__(self) -> int:
        return len(self.labels)


Chunks: TypeAlias = tuple[Rows, ...]


def joined(chunks: Chunks) -> Rows:
    """All rows in one piece, in their order."""
    if len(chunks) == 1:
        return chunks[0]
    return Rows(
        torch.cat([chunk.labels for chunk in chunks]),
        torch.cat([chunk.scores for chunk in chunks]),
        torch.cat([chunk.decisions for chunk in chunks]),
    )


def appended(chunks: Chunks, more: Chunks) -> Chunks:
    """Append chunks; neighbours are joined so that each is at least twice as long as the next.

    A row is then copied O(log n) times, however many batches there are, where joining all at each batch is quadratic.
    """
    for chunk in more:
        while chunks and len(chunks[-1]) < 2 * len(chunk):
            chunk = joined((chunks[-1], chunk))
            chunks = chunks[:-1]
        chunks = (*chunks, chunk)
    return chunks
