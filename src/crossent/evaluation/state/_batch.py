"""A batch as it comes, and what is to be kept of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from ..._task import IGNORED, Task
from ._exact import Floats
from ._order import Scale


@dataclass(frozen=True, eq=False)
class Plan:
    """What is kept of rows: the same for all batches of an evaluation.

    bins: the most of one histogram; None to keep every score. pairs: keep scores by true class too.
    """

    task: Task
    scale: Scale
    threshold: float | Tensor
    bins: int | None
    pairs: bool


@dataclass(frozen=True, eq=False)
class Batch:
    """Checked labels, scores in the CPU's memory, weights, and decisions where they are given, of the same rows."""

    labels: Tensor
    scores: Tensor
    weights: Floats | None
    decisions: Tensor | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def taken(self, at: slice | Tensor) -> Batch:
        """Some of these rows, by their places."""
        places = at if isinstance(at, slice) else at.numpy()
        return Batch(
            self.labels[at],
            self.scores[at],
            None if self.weights is None else self.weights[places],
            None if self.decisions is None else self.decisions[at],
        )

    def labelled(self) -> Batch:
        """Those whose label is not the ignored one."""
        if self.labels.ndim > 1 or not len(self) or int(self.labels.amin()) != IGNORED:
            return self
        return self.taken((self.labels != IGNORED).nonzero()[:, 0])

    def blocks(self, scores: int) -> Iterator[Batch]:
        """In parts of about so many scores each."""
        step = max(1, scores // max(1, self.scores[:1].numel()))
        if len(self) <= step:
            yield self
        else:
            yield from (self.taken(slice(start, start + step)) for start in range(0, len(self), step))
