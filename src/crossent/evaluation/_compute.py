"""From rows to Metrics: each figure by its own short function, put together here."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from .._task import Task
from . import _proper
from ._confusion import (
    Counts,
    Floats,
    balanced_accuracy,
    confusion_matrix,
    counts_of,
    matthews_correlation,
    mean,
    pooled,
    precision_recall_f1,
    ratio,
)
from ._metrics import Average, ClassScores, Majority, Metrics
from ._ranking import Ranking, average_precision, ranking, roc_auc
from ._reasons import reasons_of
from ._rows import Rows


def metrics_of(
    task: Task, threshold: float | tuple[float, ...], rows: Rows, from_logits: bool, ignored: int
) -> Metrics:
    """All figures of these rows."""
    odds = rank_scores(task, rows.scores, from_logits)
    confusion = confusion_matrix(rows.labels, rows.decisions, len(task))
    counts = counts_of(confusion)
    ranked = [(roc_auc(each), average_precision(each)) for each in rankings(task, rows.labels, odds)]
    auc, precision = (np.array(column) for column in zip(*ranked, strict=True))
    single = task.kind != "multilabel"
    samples = None if single else _samples(rows)
    macro = _average(counts, auc, precision, weights=None)
    return Metrics(
        task=task,
        rows=len(rows),
        ignored=ignored,
        threshold=None if task.kind == "multiclass" else threshold,
        log_loss=_log_loss(task, rows, odds if from_logits else None),
        brier=_proper.brier(task.probabilities(rows.scores) if from_logits else rows.scores, rows.labels),
        accuracy=_accuracy(rows),
        balanced_accuracy=balanced_accuracy(counts) if single else float("nan"),
        matthews_correlation=matthews_correlation(confusion) if single else float("nan"),
        roc_auc=float(auc[1]) if task.kind == "binary" else _defined_mean(auc),
        average_precision=float(precision[1]) if task.kind == "binary" else _defined_mean(precision),
        per_class=_per_class(task, counts, auc, precision),
        macro=macro,
        micro=_micro(counts),
        weighted=_average(counts, auc, precision, weights=counts.support),
        samples=samples,
        confusion_matrix=confusion,
        majority=_majority(task, counts) if single else None,
        reasons=reasons_of(task, counts, confusion, rows),
    )


def rank_scores(task: Task, scores: Tensor, from_logits: bool) -> Tensor:
    """What rows are ranked by: probabilities as given, or the log-odds of logits, which do not round to 1."""
    return _proper.log_odds(scores) if from_logits and task.kind == "multiclass" else scores


def rankings(task: Task, labels: Tensor, odds: Tensor) -> Iterator[Ranking]:
    """The ranking of the rows for each class, in class order."""
    if task.kind == "binary":
        positive = ranking(odds.numpy(), labels.numpy() == 1)
        yield from (positive.reversed(), positive)
        return
    for place in range(len(task)):
        yield class_ranking(task, labels, odds, place)


def class_ranking(task: Task, labels: Tensor, odds: Tensor, place: int) -> Ranking:
    """The ranking of the rows for the class at this place, against all others."""
    if task.kind == "binary":
        positive = ranking(odds.numpy(), labels.numpy() == 1)
        return positive if place == 1 else positive.reversed()
    mine = labels[:, place] == 1 if task.kind == "multilabel" else labels == place
    return ranking(np.ascontiguousarray(odds[:, place].numpy()), mine.numpy())


def _log_loss(task: Task, rows: Rows, odds: Tensor | None) -> float:
    if odds is None:
        if task.kind == "multiclass":
            given = rows.scores.gather(1, rows.labels.unsqueeze(1))
        else:
            given = torch.where(rows.labels == 1, rows.scores, 1 - rows.scores)
        losses = _proper.log_loss_from_probabilities(given)
    else:
        if task.kind == "multiclass":
            true = odds.gather(1, rows.labels.unsqueeze(1))
        else:
            true = torch.where(rows.labels == 1, odds, -odds)
        losses = _proper.log_loss_from_odds(true)
    return float(losses.mean())


def _accuracy(rows: Rows) -> float:
    right = rows.labels == rows.decisions
    return int((right.all(dim=1) if right.ndim == 2 else right).sum()) / len(rows)


def _per_class(task: Task, counts: Counts, auc: Floats, precision: Floats) -> tuple[ClassScores, ...]:
    columns = (*precision_recall_f1(counts), counts.support, auc, precision)
    return tuple(
        ClassScores(label, float(p), float(r), float(f1), int(n), float(area), float(average))
        for label, p, r, f1, n, area, average in zip(task.classes, *columns, strict=True)
    )


def _average(counts: Counts, auc: Floats, precision: Floats, weights: np.ndarray | None) -> Average:
    p, r, f1 = (mean(values, weights) for values in precision_recall_f1(counts))
    rows = int(counts.support.sum())
    return Average(p, r, f1, rows, _defined_mean(auc, weights), _defined_mean(precision, weights))


def _micro(counts: Counts) -> Average:
    p, r, f1 = (float(values[0]) for values in precision_recall_f1(pooled(counts)))
    return Average(p, r, f1, int(counts.support.sum()))


def _samples(rows: Rows) -> Average:
    hits, decided, support = (
        (each).sum(dim=1).numpy() for each in (rows.labels * rows.decisions, rows.decisions, rows.labels)
    )
    p, r, f1 = (float(values.mean()) for values in precision_recall_f1(Counts(hits, decided, support)))
    return Average(p, r, f1, int(support.sum()))


def _defined_mean(values: Floats, weights: np.ndarray | None = None) -> float:
    """The mean over the classes for which the figure is defined; NaN if there is none."""
    defined = ~np.isnan(values)
    if not defined.any():
        return float("nan")
    return mean(values[defined], None if weights is None else weights[defined])


def _majority(task: Task, counts: Counts) -> Majority:
    """Score the majority class as the decision of all rows, and the classes' shares as the probabilities of all."""
    rows = int(counts.support.sum())
    place = int(counts.support.argmax())
    hits, decided = np.zeros_like(counts.support), np.zeros_like(counts.support)
    hits[place], decided[place] = counts.support[place], rows
    constant = Counts(hits, decided, counts.support)
    shares = ratio(counts.support, rows)
    present = shares[shares > 0]
    gini = 1 - float(np.square(shares).sum())
    p, r, f1 = (mean(values) for values in precision_recall_f1(constant))
    return Majority(
        label=task.classes[place],
        accuracy=float(shares[place]),
        balanced_accuracy=balanced_accuracy(constant),
        log_loss=-float((present * np.log(present)).sum()) + 0.0,
        brier=gini / 2 if len(task) == 2 else gini,
        macro=Average(p, r, f1, rows),
    )
