"""Any one figure of an evaluation by its name: the value, how far off it can be, and why it is not as usual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from .._errors import InputError
from .._labels import Label
from .._nearest import nearest
from .._task import Task
from ._agreement import AGREEMENT
from ._cells import CLASS_FIGURES, Cells, cells_of, empty_reason, label_cells_of, of_cells
from ._compute import metrics_of
from ._curves import place_of
from ._evaluation import Evaluation
from ._exact import Amounts, Floats
from ._ranking import average_precision, class_ranking, roc_auc

AverageName: TypeAlias = Literal["macro", "weighted", "micro", "samples"]

RANKED = {"roc_auc": roc_auc, "average_precision": average_precision}
ROW_MEANS = {
    "log_loss": "log_loss",
    "brier": "brier",
    "hinge_loss": "hinge_loss",
    "exact_match": "exact_match",
    "coverage_error": "coverage",
    "label_ranking_average_precision": "ranking_precision",
    "label_ranking_loss": "ranking_loss",
}
"""Means over rows, by the name under which the rows' values are summed."""
SKILL = {"d2_log_loss": "log_loss", "d2_brier": "brier"}
PLACED = ("top_k_accuracy", "mean_reciprocal_rank")
NAMES = (*CLASS_FIGURES, *AGREEMENT, *RANKED, *ROW_MEANS, *SKILL, *PLACED)


@dataclass(frozen=True)
class Figure:
    """A figure.

    half_width: how far at most the exact value lies off; 0 if this is it. reason: why it is undefined, or "".
    """

    value: float
    half_width: float = 0.0
    reason: str = ""


@dataclass(frozen=True)
class Asked:
    """Which figure: its name, the class or the average it is of, and beta or k where it has one."""

    name: str
    label: Label | None = None
    average: AverageName | None = None
    beta: float = 1.0
    k: int = 1


def figure(
    evaluation: Evaluation,
    name: str,
    *,
    label: Label | None = None,
    average: AverageName | None = None,
    beta: float = 1.0,
    k: int = 1,
) -> Figure:
    """One figure by its name.

    Of a class (`label`, by default the positive one of a binary task) or averaged over them (`average`): precision,
    recall, specificity, negative_predictive_value, false_positive_rate, false_negative_rate, false_discovery_rate,
    false_omission_rate, f_score (with `beta`), jaccard, one_against_rest_accuracy, prevalence, decided_share,
    positive_likelihood_ratio, negative_likelihood_ratio, diagnostic_odds_ratio, g_mean, informedness, markedness,
    roc_auc, average_precision.

    Of all rows: accuracy, balanced_accuracy, adjusted_balanced_accuracy, matthews_correlation, kappa, linear_kappa,
    quadratic_kappa, zero_one_loss, hamming_loss, log_loss, brier, d2_log_loss, d2_brier; hinge_loss (binary, of
    logits); top_k_accuracy (with `k`) and mean_reciprocal_rank (multiclass); exact_match, coverage_error,
    label_ranking_average_precision and label_ranking_loss (multilabel).

    Args:
        evaluation: An evaluation with rows.
        name: The figure.
        label: The class that it is of.
        average: "macro": the mean over classes. "weighted": the mean by their rows. "micro": of the classes' counts
            added up. "samples" (multilabel precision, recall, f_score with beta 1, jaccard): of each row, averaged.
        beta: How much recall counts against precision in the f_score.
        k: How many of the classes that score highest are looked at.

    Raises:
        InputError: There is no such figure, or not for this task; the message says which there are.

    Example:
        >>> from crossent import Task, evaluate
        >>> task = Task.binary(["no", "yes"])
        >>> evaluation = evaluate(task, ["no", "yes", "no", "yes"], probabilities=[0.1, 0.4, 0.3, 0.9])
        >>> figure(evaluation, "specificity")
        Figure(value=1.0, half_width=0.0, reason='')
        >>> figure(evaluation, "positive_likelihood_ratio").reason
        "undefined: no row is 'yes' or there is no false alarm"
    """
    asked = checked(evaluation.task, Asked(name, label, average, beta, k))
    state, task = evaluation.state, evaluation.task
    if name in CLASS_FIGURES or name in AGREEMENT:
        if average == "samples":
            return Figure(state.mean(_samples_name(asked)))
        if (name, task.kind) == ("accuracy", "multilabel"):
            return Figure(state.mean("exact_match"))
        value = float(of_matrices(task, state.confusion.amounts, asked))
        return Figure(value, reason=_reason(task, state.confusion.amounts, asked, value))
    if name in RANKED:
        return _ranked(evaluation, asked)
    if name in SKILL:
        return _skill(evaluation, SKILL[name])
    if name in ROW_MEANS:
        if ROW_MEANS[name] not in state.sums:
            raise InputError(f"{name} is kept {_KEPT[name]}")
        return Figure(state.mean(ROW_MEANS[name]))
    if state.ranks is None:
        raise InputError(f"{name} is of a multiclass task; this one is {task.kind}")
    return Figure(float(of_ranks(state.ranks.amounts.astype(np.float64), asked)))


_KEPT = {
    "hinge_loss": "for logits of a binary task",
    "exact_match": "for multilabel tasks",
    **dict.fromkeys(
        ("coverage_error", "label_ranking_average_precision", "label_ranking_loss"),
        "for multilabel tasks of up to 64 labels",
    ),
}


def checked(task: Task, asked: Asked) -> Asked:
    """The same, or an InputError if there is no such figure."""
    if asked.name not in NAMES:
        close = nearest(asked.name, NAMES)
        hint = f": did you mean {close!r}?" if close else f": there are {', '.join(NAMES)}"
        raise InputError(f"there is no figure {asked.name!r}{hint}")
    of_class = asked.name in CLASS_FIGURES or asked.name in RANKED
    if not of_class and (asked.label is not None or asked.average is not None):
        raise InputError(f"{asked.name} is of all rows; it takes no label and no average")
    if of_class and asked.label is not None and asked.average is not None:
        raise InputError(f"give a label or an average; got {asked.label!r} and {asked.average!r}")
    if of_class and asked.average is None:
        place_of(task, asked.label)
    if asked.average == "micro" and asked.name in RANKED:
        raise InputError(f"{asked.name} has the averages macro and weighted; got 'micro'")
    if asked.average == "samples" and (task.kind != "multilabel" or _samples_name(asked) not in _SAMPLES):
        raise InputError(f"the samples average is of {', '.join(_SAMPLES.values())} of multilabel tasks")
    if not 1 <= asked.k <= len(task):
        raise InputError(f"k must be from 1 to {len(task)}, the number of classes; got {asked.k}")
    if not asked.beta > 0:
        raise InputError(f"beta must be above 0; got {asked.beta}")
    return asked


_SAMPLES = {
    "samples_precision": "precision",
    "samples_recall": "recall",
    "samples_f1": "f_score (beta 1)",
    "samples_jaccard": "jaccard",
}


def _samples_name(asked: Asked) -> str:
    return "samples_f1" if (asked.name, asked.beta) == ("f_score", 1) else f"samples_{asked.name}"


def of_matrices(task: Task, matrices: Amounts, asked: Asked) -> Floats:
    """A figure of decisions, `(...)`, of confusion matrices `(..., K, K)` or `(..., K, 2, 2)`."""
    if asked.name in AGREEMENT and task.kind != "multilabel":
        return AGREEMENT[asked.name](np.asarray(matrices, dtype=np.float64))
    cells = label_cells_of(matrices) if task.kind == "multilabel" else cells_of(matrices)
    if asked.name in AGREEMENT:
        return _of_labels(cells.pooled(), asked.name)
    if asked.average == "micro":
        return of_cells(cells.pooled(), asked.name, asked.beta)[..., 0]
    each = of_cells(cells, asked.name, asked.beta)
    if asked.average is None:
        return each[..., place_of(task, asked.label)]
    return _averaged(each, cells.support, asked.average)


def _averaged(values: Floats, support: Floats, average: AverageName) -> Floats:
    """The mean of the classes for which the figure is defined, each alike or by its rows."""
    weights = np.where(np.isnan(values), 0.0, support if average == "weighted" else 1.0)
    total = weights.sum(axis=-1)
    summed = (weights * np.where(np.isnan(values), 0.0, values)).sum(axis=-1)
    return np.where(total == 0, np.nan, summed / np.where(total == 0, 1, total))


def _of_labels(cells: Cells, name: str) -> Floats:
    if name != "hamming_loss":
        raise InputError(f"{name} is of one label a row; a multilabel task has it label by label: see figure's list")
    return (1 - of_cells(cells, "one_against_rest_accuracy", 1))[..., 0]


def of_ranks(counts: Floats, asked: Asked) -> Floats:
    """Top-k accuracy or mean reciprocal rank, `(...)`, of rows by rank `(..., K)`."""
    worth = np.where(np.arange(counts.shape[-1]) < asked.k, 1.0, 0.0)
    if asked.name == "mean_reciprocal_rank":
        worth = 1.0 / np.arange(1, counts.shape[-1] + 1)
    return (counts * worth).sum(axis=-1) / counts.sum(axis=-1)


def _reason(task: Task, matrix: Amounts, asked: Asked, value: float) -> str:
    if asked.name in AGREEMENT:
        if task.kind == "multilabel":
            return ""
        used = [int(np.count_nonzero(matrix.sum(axis))) for axis in (0, 1)]
        constant = used == [1, 1] if "kappa" in asked.name else asked.name == "matthews_correlation" and 1 in used
        return "set to 0: all labels or all decisions are one class" if constant else ""
    cells = label_cells_of(matrix) if task.kind == "multilabel" else cells_of(matrix)
    if asked.average == "micro":
        return empty_reason(cells.pooled(), asked.name, asked.beta, "any of the classes")
    reasons = {
        name: empty_reason(_one(cells, place), asked.name, asked.beta, repr(name))
        for place, name in enumerate(task.classes)
    }
    if asked.average is None:
        return reasons[task.classes[place_of(task, asked.label)]]
    lacking = [repr(name) for name, reason in reasons.items() if reason]
    what = "leaves out" if np.isnan(value) or asked.name.endswith("ratio") else "counts as 0"
    return f"{what} {', '.join(lacking)}: undefined there" if lacking else ""


def _one(cells: Cells, place: int) -> Cells:
    at = slice(place, place + 1)
    return Cells(cells.hits[at], cells.alarms[at], cells.misses[at], cells.rest[at])


def _ranked(evaluation: Evaluation, asked: Asked) -> Figure:
    task, state, scale = evaluation.task, evaluation.state, evaluation.source or "logits"
    metrics = metrics_of(task, evaluation.threshold, state, scale)
    if asked.average is not None:
        value = getattr(getattr(metrics, asked.average), asked.name)
        path = f"{asked.average}.{asked.name}"
        return Figure(value, metrics.half_widths.get(path, 0.0), metrics.reasons.get(path, ""))
    place = place_of(task, asked.label)
    value, half_width = RANKED[asked.name](class_ranking(task, state, scale, place))
    return Figure(value, half_width, metrics.reasons.get(f"per_class.{task.classes[place]}.{asked.name}", ""))


def _skill(evaluation: Evaluation, loss: str) -> Figure:
    """The share of the loss of the plain class shares that the model saves."""
    none = evaluation.compute().majority
    if none is None:
        raise InputError(f"d2_{loss} is of one label a row; this task is multilabel")
    base = getattr(none, loss)
    if base == 0:
        return Figure(float("nan"), reason="undefined: every row is of one class, so the shares alone cost nothing")
    return Figure(1 - evaluation.state.mean(loss) / base)


def expected_cost(evaluation: Evaluation, costs: object) -> Figure:
    """The mean cost of a row under the decisions made.

    Args:
        evaluation: An evaluation with rows, of a binary or multiclass task.
        costs: `(K, K)` what a row costs, by true class (row) and decision (column), in the order of `task.classes`; or
            a mapping from (true class, decision) to the cost, 0 for pairs that it does not name.

    Raises:
        InputError: The costs are not of these classes.

    Example:
        >>> from crossent import Task, evaluate
        >>> task = Task.binary(["fine", "fraud"])
        >>> evaluation = evaluate(task, ["fine", "fraud", "fine", "fraud"], probabilities=[0.1, 0.4, 0.8, 0.9])
        >>> expected_cost(evaluation, {("fine", "fraud"): 5, ("fraud", "fine"): 200}).value
        51.25
    """
    matrix = cost_matrix(evaluation.task, costs)
    state = evaluation.state
    return Figure(float((state.confusion.amounts * matrix).sum() / state.weight))


def cost_matrix(task: Task, costs: object) -> Floats:
    """Costs by true class and decision, `(K, K)`."""
    size = len(task)
    if task.kind == "multilabel":
        raise InputError("costs are of one label a row; this task is multilabel")
    if isinstance(costs, Mapping):
        matrix = np.zeros((size, size))
        for pair, cost in costs.items():
            if not isinstance(pair, tuple) or len(pair) != 2 or not {*pair} <= {*task.classes}:
                raise InputError(f"costs must be of pairs (true class, decision) of the task's classes; got {pair!r}")
            matrix[task.classes.index(pair[0]), task.classes.index(pair[1])] = cost
        return matrix
    matrix = np.asarray(costs, dtype=np.float64)
    if matrix.shape != (size, size) or not np.isfinite(matrix).all():
        raise InputError(f"costs must be finite and have shape ({size}, {size}), true class by decision; got {matrix}")
    return matrix
