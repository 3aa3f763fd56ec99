"""Evaluation: what the rows seen so far say about a model, as a value that batches, files and machines can merge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from .._errors import InputError
from .._task import IGNORED, Task
from ._compute import metrics_of
from ._metrics import Metrics
from ._rows import Chunks, Rows, appended, joined
from ._scores import as_scores

Threshold = float | Sequence[float] | Tensor


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Labels beside what a model said of them: a frozen value that grows by `update` and `merge`.

    Updating in batches, in any split, and merging the parts in their order gives the same figures as one update with
    all rows. Rows whose label is the task's ignored one are counted and take no part.

    Example:
        >>> import torch
        >>> from crossent import Evaluation, Task
        >>> task = Task.binary(["no", "yes"])
        >>> evaluation = Evaluation.empty(task)
        >>> evaluation = evaluation.update(torch.tensor([0, 1]), probabilities=torch.tensor([0.2, 0.6]))
        >>> evaluation = evaluation.update(torch.tensor([0, 1]), probabilities=torch.tensor([0.7, 0.9]))
        >>> evaluation.rows, evaluation.compute().accuracy
        (4, 0.75)
    """

    task: Task
    threshold: float | tuple[float, ...]
    ignored: int = 0
    source: Literal["logits", "probabilities"] | None = None
    _chunks: Chunks = ()

    @classmethod
    def empty(cls, task: Task, *, threshold: Threshold = 0.5) -> Evaluation:
        """An evaluation of no rows.

        Args:
            task: What the labels and scores belong to.
            threshold: The probability from which on a row is decided for the class; a multilabel task also takes one a
                label. A multiclass task decides for the most probable class and takes none.

        Raises:
            InputError: The threshold is not from 0 to 1, or not one that the task takes.
        """
        limits = torch.as_tensor(threshold, dtype=torch.float64)
        shape = (0,) if task.kind == "binary" else (0, len(task))
        task.decide(torch.empty(shape, dtype=torch.float64), limits if limits.ndim else float(limits))
        return cls(task, tuple(limits.tolist()) if limits.ndim else float(limits))

    @property
    def rows(self) -> int:
        """The number of rows that take part."""
        return sum(len(chunk) for chunk in self._chunks)

    def update(
        self, labels: Tensor, *, logits: Tensor | None = None, probabilities: Tensor | None = None
    ) -> Evaluation:
        """Add rows; give the scores as logits or as probabilities, whichever the model returned.

        Logits are better where there are both: probabilities round to 1 while logits still tell rows apart.

        Args:
            labels: Encoded labels, as `task.encode` returns them.
            logits: `(n,)` if binary, else `(n, K)`.
            probabilities: `(n,)` if binary, else `(n, K)`.

        Returns:
            The evaluation of the rows so far and these; this one stays as it is.

        Raises:
            InputError: Not exactly one of logits and probabilities, or values that do not belong to the task.
        """
        if (logits is None) == (probabilities is None):
            raise InputError("give exactly one of logits and probabilities")
        source: Literal["logits", "probabilities"] = "probabilities" if logits is None else "logits"
        if self.source not in (None, source):
            raise InputError(
                f"an evaluation takes {self.source} or {source} throughout; this one began with {self.source}"
            )
        scores = probabilities if logits is None else logits
        if not isinstance(labels, Tensor) or not isinstance(scores, Tensor):
            raise InputError("labels and scores must be tensors here; crossent.evaluate takes anything else")
        rows, ignored = self._checked_rows(labels.detach().cpu(), scores.detach().cpu(), source)
        return replace(self, ignored=self.ignored + ignored, source=source, _chunks=appended(self._chunks, rows))

    def _checked_rows(self, labels: Tensor, scores: Tensor, source: str) -> tuple[Chunks, int]:
        task = self.task
        task.check_labels(labels)
        if len(labels) != len(scores):
            raise InputError(f"labels and {source} must have as many rows; got {len(labels)} and {len(scores)}")
        probabilities = task.probabilities(_finite(scores)) if source == "logits" else scores
        # Decided in the type that the scores came in, as a prediction is, so that both agree to the last row.
        decisions = task.decide(probabilities, self._limits())
        labels = labels.to(torch.int64, copy=True)
        scores = scores.to(torch.float64, copy=True)
        ignored = 0
        if task.kind == "multiclass" and bool((labels == IGNORED).any()):
            kept = labels != IGNORED
            ignored = int((~kept).sum())
            labels, scores, decisions = labels[kept], scores[kept], decisions[kept]
        return ((Rows(labels, scores, decisions),) if len(labels) else ()), ignored

    def _limits(self) -> float | Tensor:
        return torch.tensor(self.threshold) if isinstance(self.threshold, tuple) else self.threshold

    def merge(self, other: Evaluation) -> Evaluation:
        """The evaluation of the rows of both; this one's come first.

        Raises:
            InputError: They are of different tasks, thresholds, or kinds of scores.
        """
        if self.task != other.task:
            raise InputError("only evaluations of one task merge; these differ in kind, classes or their order")
        if self.threshold != other.threshold:
            raise InputError(f"only evaluations of one threshold merge; got {self.threshold} and {other.threshold}")
        if None not in (self.source, other.source) and self.source != other.source:
            raise InputError(f"only evaluations of one kind of scores merge; got {self.source} and {other.source}")
        return replace(
            self,
            ignored=self.ignored + other.ignored,
            source=self.source or other.source,
            _chunks=appended(self._chunks, other._chunks),
        )

    def compute(self) -> Metrics:
        """All figures of these rows.

        Raises:
            InputError: There are no rows.
        """
        return metrics_of(self.task, self.threshold, self.all_rows(), self.source == "logits", self.ignored)

    def all_rows(self) -> Rows:
        """Labels, scores and decisions of all rows, in the order in which they came."""
        if not self._chunks:
            aside = f"; all {self.ignored} were of the ignored label" if self.ignored else ""
            raise InputError(f"an evaluation needs at least one labelled row; got 0{aside}")
        return joined(self._chunks)


def evaluate(
    task: Task, labels: object, *, probabilities: object = None, logits: object = None, threshold: Threshold = 0.5
) -> Evaluation:
    """Evaluate raw labels and the scores of any model.

    Args:
        task: What the labels and scores belong to.
        labels: Class names as `task.encode` takes them.
        probabilities: `(n,)` of the positive class if binary, else `(n, K)` with a column a class in the order of
            `task.classes`: a tensor, NumPy array, nested list, or Polars or pandas series or frame.
        logits: The same before sigmoid or softmax. Exactly one of the two: which it is, is never guessed.
        threshold: As in `Evaluation.empty`.

    Raises:
        InputError: Labels are unknown or missing, or scores do not belong to the task; the message holds the cure.

    Example:
        >>> from crossent import Task, evaluate
        >>> task = Task.binary(["no", "yes"])
        >>> metrics = evaluate(task, ["no", "yes", "no", "yes"], probabilities=[0.1, 0.4, 0.3, 0.9]).compute()
        >>> metrics.accuracy, metrics.majority.accuracy
        (0.75, 0.5)
    """
    return Evaluation.empty(task, threshold=threshold).update(
        task.encode(labels),
        probabilities=None if probabilities is None else as_scores(task, probabilities, "probabilities"),
        logits=None if logits is None else as_scores(task, logits, "logits"),
    )


def _finite(logits: Tensor) -> Tensor:
    if not logits.is_floating_point():
        raise InputError(f"logits must be floating-point numbers; got {logits.dtype}")
    bad = int((~logits.isfinite()).sum())
    if bad:
        raise InputError(f"logits must be finite; {bad} of {logits.numel()} are NaN or infinite")
    return logits
