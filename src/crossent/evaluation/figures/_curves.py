"""ROC and precision-recall: what each possible threshold would give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ..._errors import InputError
from ..._labels import Label, shown_names
from ..._task import Task
from .._evaluation import Evaluation
from ..metrics._ranking import Ranking, average_precision, class_ranking, roc_auc
from ..state._exact import Amounts


@dataclass(frozen=True, eq=False)
class RocCurve:
    """The share of other rows decided for the class against the share of its own rows, from the highest threshold down.

    thresholds: probabilities; the first is infinite, where no row is decided for the class.
    area: the ROC AUC, whichever points are kept. half_width: how far at most the exact area lies from it. The points
    are exact in any case; with a half-width above 0 there are rows of several scores between two of them.
    """

    label: Label
    thresholds: Tensor
    false_positive_rate: Tensor
    true_positive_rate: Tensor
    area: float
    half_width: float


@dataclass(frozen=True, eq=False)
class PrecisionRecallCurve:
    """The precision and the recall at each threshold, from the lowest up; the last point, (1, 0), has no threshold.

    average_precision: whichever points are kept. half_width: how far at most the exact one lies from it. share: the
    share of rows of the class, a coin's precision.
    """

    label: Label
    thresholds: Tensor
    precision: Tensor
    recall: Tensor
    average_precision: float
    half_width: float
    share: float


def ranking(evaluation: Evaluation, *, label: Label | None = None) -> Ranking:
    """The rows at or above each threshold, for one class against all others: what curves and thresholds are made of.

    Args:
        evaluation: An evaluation with rows.
        label: The class; by default the positive one of a binary task.

    Raises:
        InputError: The label is not a class of the task, or it must be named and is not.

    Example:
        >>> from crossent import Task, evaluate
        >>> task = Task.binary(["no", "yes"])
        >>> found = ranking(evaluate(task, ["no", "yes", "yes"], probabilities=[0.1, 0.4, 0.9]))
        >>> found.thresholds.tolist(), found.true_positives.tolist(), found.false_positives.tolist()
        ([0.9, 0.4, 0.1], [1, 2, 2], [0, 0, 1])
    """
    return ranking_of(evaluation, place_of(evaluation.task, label))


def roc_curve(evaluation: Evaluation, *, label: Label | None = None, drop_intermediate: bool = True) -> RocCurve:
    """The receiver operating characteristic of one class against all others, as scikit-learn's `roc_curve`.

    Args:
        evaluation: An evaluation with rows.
        label: The class; by default the positive one of a binary task.
        drop_intermediate: Leave out points between two others on a straight line: the curve stays the same.

    Returns:
        float64 tensors of one length; the rates are NaN where there are no rows to take a share of.

    Raises:
        InputError: The label is not a class of the task, or it must be named and is not.

    Example:
        >>> from crossent import Task, evaluate
        >>> task = Task.binary(["no", "yes"])
        >>> curve = roc_curve(evaluate(task, ["no", "yes", "no", "yes"], probabilities=[0.1, 0.4, 0.5, 0.9]))
        >>> curve.true_positive_rate
        tensor([0.0000, 0.5000, 0.5000, 1.0000, 1.0000], dtype=torch.float64)
        >>> curve.area
        0.75
    """
    place, ranked = place_of(evaluation.task, label), ranking(evaluation, label=label)
    return _roc(evaluation, place, ranked, drop_intermediate=drop_intermediate)


def precision_recall_curve(
    evaluation: Evaluation, *, label: Label | None = None, drop_intermediate: bool = False
) -> PrecisionRecallCurve:
    """Precision against recall of one class at each threshold, as scikit-learn's `precision_recall_curve`.

    Args:
        evaluation: An evaluation with rows.
        label: The class; by default the positive one of a binary task.
        drop_intermediate: Leave out points between two others of the same recall.

    Returns:
        float64 tensors; `thresholds` is one shorter. The recall is NaN where no row is of the class.

    Raises:
        InputError: The label is not a class of the task, or it must be named and is not.
    """
    place, ranked = place_of(evaluation.task, label), ranking(evaluation, label=label)
    return _precision_recall(evaluation, place, ranked, drop_intermediate=drop_intermediate)


def class_curves(evaluation: Evaluation) -> Iterator[tuple[RocCurve, PrecisionRecallCurve]]:
    """Both curves of each class in class order, from class by class; of a binary task's positive class only.

    Args:
        evaluation: An evaluation with rows.
    """
    task = evaluation.task
    for place in (1,) if task.kind == "binary" else range(len(task)):
        ranked = ranking_of(evaluation, place)
        yield (
            _roc(evaluation, place, ranked, drop_intermediate=True),
            _precision_recall(evaluation, place, ranked, drop_intermediate=False),
        )


def place_of(task: Task, label: Label | None) -> int:
    """The place of the class that a curve is asked for."""
    if label is None:
        if task.kind != "binary":
            raise InputError(f"name the class that the curve is of: label=, one of {shown_names(task.classes)}")
        return 1
    if label not in task.classes:
        raise InputError(f"label must be one of the classes {shown_names(task.classes)}; got {label!r}")
    return task.classes.index(label)


def ranking_of(evaluation: Evaluation, place: int) -> Ranking:
    """The ranking of an evaluation's rows for the class at this place."""
    return class_ranking(evaluation.task, evaluation.state, evaluation.scale, place)


def _roc(evaluation: Evaluation, place: int, ranked: Ranking, *, drop_intermediate: bool) -> RocCurve:
    area, half_width = roc_auc(ranked)
    kept = _corners(ranked) if drop_intermediate else np.arange(len(ranked.thresholds))
    return RocCurve(
        label=evaluation.task.classes[place],
        thresholds=torch.from_numpy(np.append(np.inf, ranked.thresholds[kept])),
        false_positive_rate=share(np.append(0, ranked.false_positives[kept]), ranked.negatives),
        true_positive_rate=share(np.append(0, ranked.true_positives[kept]), ranked.positives),
        area=area,
        half_width=half_width,
    )


def _precision_recall(
    evaluation: Evaluation, place: int, ranked: Ranking, *, drop_intermediate: bool
) -> PrecisionRecallCurve:
    value, half_width = average_precision(ranked)
    kept = turns(ranked.true_positives) if drop_intermediate else np.arange(len(ranked.thresholds))
    true, false = ranked.true_positives[kept][::-1], ranked.false_positives[kept][::-1]
    return PrecisionRecallCurve(
        label=evaluation.task.classes[place],
        thresholds=torch.from_numpy(ranked.thresholds[kept][::-1].copy()),
        precision=torch.from_numpy(np.append(true / (true + false), 1.0)),
        recall=share(np.append(true, 0), ranked.positives),
        average_precision=value,
        half_width=half_width,
        share=ranked.positives / evaluation.state.weight,
    )


def turns(counts: Amounts) -> npt.NDArray[np.int64]:
    """Keep the ends and each point that differs from one beside it."""
    if len(counts) < 3:
        return np.arange(len(counts))
    changes = np.diff(counts) != 0
    return np.flatnonzero(np.concatenate(([True], changes[:-1] | changes[1:], [True])))


def share(counts: Amounts, of: float) -> Tensor:
    """Counts as shares; NaN where there is nothing to take a share of."""
    return torch.from_numpy(counts / of if of else np.full(len(counts), np.nan))


def _corners(ranked: Ranking) -> npt.NDArray[np.int64]:
    """Keep the ends and each point where a step differs from the one before it."""
    if len(ranked.thresholds) < 3:
        return np.arange(len(ranked.thresholds))
    turns = (np.diff(ranked.false_positives, 2) != 0) | (np.diff(ranked.true_positives, 2) != 0)
    return np.flatnonzero(np.concatenate(([True], turns, [True])))
