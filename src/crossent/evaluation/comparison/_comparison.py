"""Comparison: two models on the same rows, as a value of fixed size that merges to the last bit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from torch import Tensor

from ..._errors import InputError
from ..._labels import Label
from ..._task import Task
from .._evaluation import Evaluation, Threshold
from ..figures._asked import Asked, AverageName, checked
from ..state._batch import Batch
from ..state._ranked_probability import RANKED
from ..state._rows import Rows, rows_of
from ..state._scores import as_scores
from ._difference import Difference, difference_of
from ._paired_rows import Pairs, bins_of, merged_pairs, pairs_of

_ROWS = 1 << 17

MAIN_FIGURES = {
    "binary": ("log_loss", "brier", "roc_auc", "average_precision", "accuracy", "recall", "precision", "f_score"),
    "multiclass": ("log_loss", "brier", "accuracy", "balanced_accuracy", "matthews_correlation", "f_score"),
    "multilabel": ("log_loss", "brier", "accuracy"),
}
"""The figures that are shown where none are named, by the kind of task."""

_OF_ORDERED = ("log_loss", RANKED, "brier", "accuracy", "quadratic_kappa", "matthews_correlation", "f_score")


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two models, a and b, that have scored the same rows: a frozen value that grows by `update` and `merge`.

    It holds the evaluation of each, and how the two go together: rows by true class and both decisions, exact sums of
    squared differences of the rows' losses, and a histogram of both scores at once. From these comes the difference of
    any figure with its interval. That is far narrower than two intervals side by side suggest, because both models find
    the same rows hard. What is kept does not grow with the rows.

    Attributes:
        a: The evaluation of the first model.
        b: The evaluation of the second.

    Example:
        >>> import torch
        >>> from crossent import Comparison, Task
        >>> comparison = Comparison.empty(Task.binary(["no", "yes"]))
        >>> labels, old = torch.tensor([0, 1, 1, 0]), torch.tensor([0.4, 0.4, 0.9, 0.6])
        >>> comparison = comparison.update(labels, probabilities_a=old, logits_b=torch.tensor([-2.0, 1.0, 3.0, -1.0]))
        >>> comparison.rows, comparison.difference("accuracy").difference
        (4, 0.5)
    """

    a: Evaluation
    b: Evaluation
    exact: bool = False
    _pairs: Pairs | None = None

    @classmethod
    def empty(
        cls, task: Task, *, threshold: Threshold = 0.5, threshold_b: Threshold | None = None, exact: bool = False
    ) -> Comparison:
        """A comparison of no rows.

        Args:
            task: What the labels and both models' scores belong to.
            threshold: As in `Evaluation.empty`.
            threshold_b: The second model's threshold, where it has its own.
            exact: Keep every different pair of scores; otherwise at most 512 bins a model, or so many fewer for many
                classes that the classes together take about as much.

        Raises:
            InputError: A threshold is not one that the task takes.
        """
        a = Evaluation.empty(task, threshold=threshold, exact=exact)
        b = a if threshold_b is None else Evaluation.empty(task, threshold=threshold_b, exact=exact)
        return cls(a, b, exact)

    @property
    def task(self) -> Task:
        """What the labels and scores belong to."""
        return self.a.task

    @property
    def rows(self) -> int:
        """The number of rows that take part."""
        return self.a.rows

    def update(
        self,
        labels: Tensor,
        *,
        logits_a: Tensor | None = None,
        probabilities_a: Tensor | None = None,
        logits_b: Tensor | None = None,
        probabilities_b: Tensor | None = None,
        decisions_a: Tensor | None = None,
        decisions_b: Tensor | None = None,
    ) -> Comparison:
        """Add rows with the scores of both models; one may give logits and the other probabilities.

        Args:
            labels: Encoded labels, as `task.encode` returns them.
            logits_a: `(n,)` if binary, else `(n, K)`, of the first model.
            probabilities_a: The same after sigmoid or softmax; exactly one of the two.
            logits_b: Of the second model.
            probabilities_b: Of the second model; exactly one of the two.
            decisions_a: `(n,)` codes of a multiclass task, judged in place of the first model's most probable class, as
                in `Evaluation.update`; with all rows or with none.
            decisions_b: Of the second model; either model may have them without the other.

        Raises:
            InputError: Not exactly one kind of scores of each model, or values that do not belong to the task.
        """
        scores_a, scores_b = _one("a", logits_a, probabilities_a), _one("b", logits_b, probabilities_b)
        a = self.a.update(labels, logits=logits_a, probabilities=probabilities_a, decisions=decisions_a)
        b = self.b.update(labels, logits=logits_b, probabilities=probabilities_b, decisions=decisions_b)
        parts: list[Pairs] = [] if self._pairs is None else [self._pairs]
        for at in _blocks(len(labels)):
            mine = _rows_of(a, labels[at], scores_a[at], None if decisions_a is None else decisions_a[at])
            theirs = _rows_of(b, labels[at], scores_b[at], None if decisions_b is None else decisions_b[at])
            parts = [merged_pairs([*parts, pairs_of(self.task, mine, theirs, self._limit())], self._limit())]
        return replace(self, a=a, b=b, _pairs=parts[0])

    def merge(self, other: Comparison) -> Comparison:
        """The comparison of the rows of both.

        Raises:
            InputError: They are of different tasks, thresholds or kinds of scores, or only one is exact.
        """
        if self.exact != other.exact:
            raise InputError("only comparisons of one fineness merge; one of these is exact and the other is not")
        a, b = self.a.merge(other.a), self.b.merge(other.b)
        parts = [each._pairs for each in (self, other) if each._pairs is not None]
        return replace(self, a=a, b=b, _pairs=merged_pairs(parts, self._limit()) if parts else None)

    def difference(
        self,
        name: str,
        *,
        label: Label | None = None,
        average: AverageName | None = None,
        beta: float = 1.0,
        k: int = 1,
        confidence: float = 0.95,
        seed: int = 0,
    ) -> Difference:
        """A figure of both models, how much b's is above a's, and how far off that could be.

        - Means over rows (log loss, Brier score, ...): the normal interval of the rows' own differences.
        - Shares of rows that are the same for both (accuracy, recall, specificity, ...): Bonett and Price's interval,
          and the exact test of McNemar.
        - ROC AUC of a class: DeLong's, with the covariance of the two models' ranks from the histogram of both scores:
          exact up to 512 different scores a model, or with `exact=True`. Otherwise its
          standard error came within 0.1 % of the exact one, and 3 % above it where the scores correlate by 0.999.
        - All else that is made of decisions: quantiles of 2,000 resamples of the rows by true class and both decisions;
          of average precision of 500 resamples of the histogram of both scores.

        Args:
            name: The figure; this and the next four are those of `figure`.
            label: The class.
            average: The average.
            beta: Of the f_score.
            k: Of top_k_accuracy.
            confidence: Of the interval, between 0 and 1.
            seed: Of the resamples.

        Raises:
            InputError: There is no such figure, or there are no rows.

        Example:
            >>> from crossent import Task, compare
            >>> truth, old, new = ["no", "yes"] * 50, [0.4, 0.6, 0.6, 0.4] * 25, [0.2, 0.8, 0.2, 0.4] * 25
            >>> comparison = compare(Task.binary(["no", "yes"]), truth, probabilities_a=old, probabilities_b=new)
            >>> found = comparison.difference("accuracy")
            >>> f"{found.a} to {found.b}: {found.low:+.3f} to {found.high:+.3f}, p = {found.p_value:.1g}"
            '0.5 to 0.75: +0.157 to +0.333, p = 6e-08'

        References:
            Bonett and Price, Journal of Educational and Behavioral Statistics 2012. McNemar, Psychometrika 1947.
            DeLong, DeLong and Clarke-Pearson, Biometrics 1988. Efron and Tibshirani, An Introduction to the Bootstrap,
            1993.
        """
        if self._pairs is None:
            raise InputError("a comparison needs at least one labelled row; got 0")
        asked = checked(self.task, Asked(name, label, average, None, beta, k))
        return difference_of(self.a, self.b, self._pairs, asked, confidence=confidence, seed=seed)

    def differences(self, figures: Sequence[str] | None = None, *, confidence: float = 0.95) -> tuple[Difference, ...]:
        """The differences of several figures; where there are more than two classes, of their macro average.

        Args:
            figures: Names as `figure` has them; by default the main figures of the kind of task.
            confidence: Of each interval.
        """
        main = _OF_ORDERED if self.task.ordered else MAIN_FIGURES[self.task.kind]
        names = main if figures is None else figures
        return tuple(self.difference(each, average=averaged(self.task, each), confidence=confidence) for each in names)

    def to_frame(self, figures: Sequence[str] | None = None, *, confidence: float = 0.95) -> pl.DataFrame:
        """`differences` as a frame: figure, a, b, difference, low, high, p_value, method, better."""
        return pl.DataFrame([each.to_dict() for each in self.differences(figures, confidence=confidence)])

    def _limit(self) -> int | None:
        return bins_of(self.task, exact=self.exact)


def compare(
    task: Task,
    labels: object,
    *,
    probabilities_a: object = None,
    logits_a: object = None,
    probabilities_b: object = None,
    logits_b: object = None,
    threshold: Threshold = 0.5,
    exact: bool = False,
) -> Comparison:
    """Compare the scores that two models gave to the same rows.

    Args:
        task: What the labels and scores belong to.
        labels: Class names as `task.encode` takes them.
        probabilities_a: Of the first model, in any type that `evaluate` takes.
        logits_a: The same before sigmoid or softmax; exactly one of the two.
        probabilities_b: Of the second model, row by row beside the first's.
        logits_b: The same before sigmoid or softmax; exactly one of the two.
        threshold: As in `Evaluation.empty`, of both.
        exact: As in `Comparison.empty`.

    Raises:
        InputError: Labels are unknown or missing, or scores do not belong to the task.

    Example:
        >>> from crossent import Task, compare
        >>> task, labels = Task.binary(["no", "yes"]), ["no", "yes", "no", "yes"]
        >>> old, new = [0.1, 0.4, 0.3, 0.9], [0.1, 0.6, 0.2, 0.9]
        >>> found = compare(task, labels, probabilities_a=old, probabilities_b=new).difference("log_loss")
        >>> f"{found.a:.3f} to {found.b:.3f}"
        '0.371 to 0.236'
    """
    given = {
        "logits_a": logits_a,
        "probabilities_a": probabilities_a,
        "logits_b": logits_b,
        "probabilities_b": probabilities_b,
    }
    scores = {name: None if each is None else as_scores(task, each, name) for name, each in given.items()}
    return Comparison.empty(task, threshold=threshold, exact=exact).update(task.encode(labels), **scores)


def averaged(task: Task, name: str) -> AverageName | None:
    """The average of a figure that is of one class, where no class is the obvious one."""
    return "macro" if task.kind != "binary" and Asked(name).of_class else None


def _one(model: str, logits: Tensor | None, probabilities: Tensor | None) -> Tensor:
    given = [scores for scores in (logits, probabilities) if scores is not None]
    if len(given) != 1:
        raise InputError(f"give exactly one of logits_{model} and probabilities_{model}; got {len(given)} of them")
    return given[0]


def _blocks(rows: int) -> Iterator[slice]:
    for start in range(0, max(rows, 1), _ROWS):
        yield slice(start, start + _ROWS)


def _rows_of(evaluation: Evaluation, labels: Tensor, scores: Tensor, decisions: Tensor | None) -> Rows:
    """The labelled ones of some rows."""
    batch = Batch(labels.detach().cpu(), scores.detach().cpu(), None, decisions).labelled()
    rows = rows_of(evaluation.task, batch.labels, batch.scores, evaluation.scale, evaluation.limits, None)
    if batch.decisions is None:
        return rows
    return replace(rows, decisions=batch.decisions.detach().cpu().numpy().astype(np.int64))
