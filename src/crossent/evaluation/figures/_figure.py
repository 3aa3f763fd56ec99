"""Any one figure of an evaluation by its name: the value, how far off it can be, and why it is not as usual."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..._errors import InputError
from ..._labels import Label
from ..._task import Task
from .._evaluation import Evaluation
from ..metrics._agreement import AGREEMENT
from ..metrics._areas import AREAS
from ..metrics._cells import CLASS_FIGURES, Cells, class_cells, empty_reason, of_cells
from ..metrics._pairs import one_against_one
from ..metrics._ranking import Ranking, class_ranking, pooled_ranking
from ..metrics._reasons import NOT_KEPT, listed
from ..state._exact import Amounts, Floats
from ..state._ranked_probability import RANKED
from ._asked import PAIRED, ROW_MEANS, SKILL, Asked, AverageName, checked
from ._curves import place_of


@dataclass(frozen=True)
class Figure:
    """A figure.

    half_width: how far at most the exact value lies off; 0 if this is it. reason: why it is undefined, or "".
    """

    value: float
    half_width: float = 0.0
    reason: str = ""


def figure(
    evaluation: Evaluation,
    name: str,
    *,
    label: Label | None = None,
    average: AverageName | None = None,
    classes: Sequence[Label] | None = None,
    beta: float = 1.0,
    k: int = 1,
    fpr_range: tuple[float, float] | None = None,
) -> Figure:
    """One figure by its name.

    Of a class (`label`, by default the positive one of a binary task) or averaged over them (`average`): precision,
    recall, specificity, negative_predictive_value, false_positive_rate, false_negative_rate, false_discovery_rate,
    false_omission_rate, f_score (with `beta`), jaccard, one_against_rest_accuracy, prevalence, decided_share,
    positive_likelihood_ratio, negative_likelihood_ratio, diagnostic_odds_ratio, g_mean, index_of_balanced_accuracy,
    informedness, markedness, phi_coefficient; roc_auc, average_precision, partial_roc_auc and log_auc (with
    `fpr_range`), equal_error_rate.

    Of all pairs of classes: one_against_one_roc_auc (multiclass, with `pairs=True`).

    Of all rows: accuracy, balanced_accuracy, adjusted_balanced_accuracy, matthews_correlation, kappa, linear_kappa,
    quadratic_kappa, zero_one_loss, hamming_loss, log_loss, brier, d2_log_loss, d2_brier; ranked_probability_score and
    d2_ranked_probability_score (of ordered classes); hinge_loss (of logits, of one label a row); top_k_accuracy (with
    `k`) and mean_reciprocal_rank (multiclass); exact_match, coverage_error, label_ranking_average_precision and
    label_ranking_loss (multilabel).

    Args:
        evaluation: An evaluation with rows.
        name: The figure.
        label: The class that it is of.
        average: "macro": the mean over classes. "weighted": the mean by their rows. "micro": of the classes' counts
            added up, or of all their scores ranked together. "samples" (multilabel precision, recall, jaccard, and
            f_score with beta 0.5, 1 or 2): of each row, averaged.
        classes: Those that a macro, weighted or micro average is over; by default all.
        beta: How much recall counts against precision in the f_score.
        k: How many of the classes that score highest are looked at.
        fpr_range: The false positive rates that partial_roc_auc and log_auc are taken over; log_auc's are 0.001 to 0.1
            if none are given.

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

    References:
        Epstein, A scoring system for probability forecasts of ranked categories, Journal of Applied Meteorology 1969.
        Hand and Till, A simple generalisation of the area under the ROC curve, Machine Learning 2001. Crammer and
        Singer, On the algorithmic implementation of multiclass kernel-based vector machines, JMLR 2001 (hinge_loss).
        McClish, Analyzing a portion of the ROC curve, Medical Decision Making 1989. Mysinger and Shoichet, Rapid
        context-dependent ligand desolvation in molecular docking, Journal of Chemical Information and Modeling 2010
        (log_auc). Garcia, Mollineda and Sanchez, Index of balanced accuracy, IbPRIA 2009 (with its weight at 0.1).
    """
    return figure_of(evaluation, Asked(name, label, average, classes, beta, k, fpr_range))


def figure_of(evaluation: Evaluation, asked: Asked) -> Figure:
    """The figure asked for."""
    task, state, name = evaluation.task, evaluation.state, checked(evaluation.task, asked).name
    if asked.average == "samples":
        if asked.samples_name not in state.sums:
            raise InputError(f"the samples average of {name} with beta {asked.beta:g} was not kept when this was saved")
        return Figure(state.mean(asked.samples_name))
    if (name, task.kind) == ("accuracy", "multilabel"):
        return Figure(state.mean("exact_match"))
    if name in CLASS_FIGURES or name in AGREEMENT:
        return _of_decisions(evaluation, asked)
    if name in AREAS:
        return _area(evaluation, asked)
    if name == PAIRED:
        return _paired(evaluation, asked)
    summed = ROW_MEANS.get(name) or SKILL.get(name)
    if summed is not None and summed not in state.sums:
        return _not_kept(task, name)
    if name in SKILL:
        return _skill(evaluation, SKILL[name])
    if summed is not None:
        return Figure(state.mean(summed))
    if state.ranks is None:
        raise InputError(f"{name} is of a multiclass task; this one is {task.kind}")
    return Figure(float(of_ranks(state.ranks.amounts.astype(np.float64), asked)))


def _not_kept(task: Task, name: str) -> Figure:
    if name in _OF_ORDERED and task.ordered:
        return Figure(float("nan"), reason=NOT_KEPT)
    raise InputError(f"{name} is kept for {_KEPT[name]}")


_OF_ORDERED = (RANKED, f"d2_{RANKED}")
_KEPT = {
    **dict.fromkeys(_OF_ORDERED, "ordered classes: Task.multiclass(classes, ordered=True)"),
    "hinge_loss": "logits of a binary or multiclass task",
    **dict.fromkeys(
        ("exact_match", "coverage_error", "label_ranking_average_precision", "label_ranking_loss"), "multilabel tasks"
    ),
}


def of_matrices(task: Task, matrices: Amounts, asked: Asked) -> Floats:
    """A figure of decisions, `(...)`, of confusion matrices `(..., K, K)` or `(..., K, 2, 2)`."""
    if asked.name in AGREEMENT and task.kind != "multilabel":
        return AGREEMENT[asked.name](np.asarray(matrices, dtype=np.float64))
    return _of_class_cells(task, class_cells(task, matrices), asked)


def _of_class_cells(task: Task, cells: Cells, asked: Asked) -> Floats:
    if asked.name in AGREEMENT:
        return _of_labels(cells.pooled(), asked.name)
    if asked.average is None:
        return of_cells(cells, asked.name, asked.beta)[..., place_of(task, asked.label)]
    cells = cells.taken(asked.places(task))
    if asked.average == "micro":
        return of_cells(cells.pooled(), asked.name, asked.beta)[..., 0]
    return averaged(of_cells(cells, asked.name, asked.beta), cells.support, asked.average)


def averaged(values: Floats, support: Floats, average: AverageName) -> Floats:
    """The mean of the classes for which the figure is defined, each alike or by its rows, if any of them has any."""
    defined = np.where(np.isnan(values), 0.0, 1.0)
    weights = defined * support if average == "weighted" else defined
    weights = np.where(weights.sum(axis=-1, keepdims=True) == 0, defined, weights)
    total = weights.sum(axis=-1)
    summed = (weights * np.where(np.isnan(values), 0.0, values)).sum(axis=-1)
    return np.where(total == 0, np.nan, summed / np.where(total == 0, 1, total))


def _of_labels(cells: Cells, name: str) -> Floats:
    if name != "hamming_loss":
        raise InputError(f"{name} is of one label a row; a multilabel task has it label by label: see figure's list")
    wrong = cells.alarms + cells.misses
    return (wrong / (wrong + cells.hits + cells.rest))[..., 0]


def of_ranks(counts: Floats, asked: Asked) -> Floats:
    """Top-k accuracy or mean reciprocal rank, `(...)`, of rows by rank `(..., K)`."""
    worth = np.where(np.arange(counts.shape[-1]) < asked.k, 1.0, 0.0)
    if asked.name == "mean_reciprocal_rank":
        worth = 1.0 / np.arange(1, counts.shape[-1] + 1)
    return (counts * worth).sum(axis=-1) / counts.sum(axis=-1)


def _of_decisions(evaluation: Evaluation, asked: Asked) -> Figure:
    task, matrix = evaluation.task, evaluation.state.confusion.amounts
    if asked.name in AGREEMENT and task.kind != "multilabel":
        value = float(AGREEMENT[asked.name](np.asarray(matrix, dtype=np.float64)))
        return Figure(value, reason=_reason_of_agreement(matrix, asked))
    value = float(_of_class_cells(task, evaluation.cells, asked))
    return Figure(value, reason="" if asked.name in AGREEMENT else _reason(task, evaluation.cells, asked, value))


def _reason_of_agreement(matrix: Amounts, asked: Asked) -> str:
    used = [int(np.count_nonzero(matrix.sum(axis))) for axis in (0, 1)]
    constant = used == [1, 1] if "kappa" in asked.name else asked.name == "matthews_correlation" and 1 in used
    return "set to 0: all labels or all decisions are one class" if constant else ""


def _reason(task: Task, cells: Cells, asked: Asked, value: float) -> str:
    places = asked.places(task)
    if asked.average == "micro":
        return empty_reason(cells.taken(places).pooled(), asked.name, asked.beta, "any of the classes")
    if asked.average is None:
        place = place_of(task, asked.label)
        return empty_reason(cells.taken([place]), asked.name, asked.beta, repr(task.classes[place]))
    lacking = [
        task.classes[place]
        for place in places
        if empty_reason(cells.taken([place]), asked.name, asked.beta, "").startswith(("set", "undefined"))
    ]
    what = "leaves out" if np.isnan(value) or asked.name.endswith("ratio") else "counts as 0"
    return f"{what} {listed(lacking)}: undefined there" if lacking else ""


def _area(evaluation: Evaluation, asked: Asked) -> Figure:
    task, state, scale = evaluation.task, evaluation.state, evaluation.scale
    places = asked.places(task)
    if asked.average is None:
        place = place_of(task, asked.label)
        return _area_of(class_ranking(task, state, scale, place), asked, repr(task.classes[place]))
    if asked.average == "micro":
        return _area_of(pooled_ranking(state, scale, places), asked, "any of the classes")
    ranked = [class_ranking(task, state, scale, place) for place in places]
    found = np.array([AREAS[asked.name](each, asked.range) for each in ranked])
    support = np.array([each.positives for each in ranked], dtype=np.float64)
    missing = np.isnan(found[:, 0])
    value, half = (float(averaged(np.where(missing, np.nan, each), support, asked.average)) for each in found.T)
    absent = [task.classes[place] for place, gone in zip(places, missing, strict=True) if gone]
    if not absent:
        return Figure(value, half)
    if len(absent) == len(places):
        return Figure(value, reason="undefined: no class has it")
    return Figure(value, half, f"leaves out {listed(absent)}: undefined there")


def _area_of(ranked: Ranking, asked: Asked, label: str) -> Figure:
    value, half_width = AREAS[asked.name](ranked, asked.range)
    if not np.isnan(value):
        return Figure(value, half_width)
    row = "no row" if not ranked.positives else "every row"
    pairs = "" if asked.name == "average_precision" else ", so there are no pairs to rank"
    return Figure(value, reason=f"undefined: {row} is {label}{pairs}")


def _paired(evaluation: Evaluation, asked: Asked) -> Figure:
    task, pairs = evaluation.task, evaluation.state.pairs
    if not pairs:
        raise InputError(f"{PAIRED} needs each class's scores by true class: begin with Evaluation.empty(pairs=True)")
    value, half, absent = one_against_one(pairs, weighted=asked.average == "weighted")
    if np.isnan(value):
        return Figure(value, reason="undefined: all rows are of one class, so there are no pairs to rank")
    reason = f"leaves out {listed([task.classes[place] for place in absent])}: undefined there" if absent else ""
    return Figure(value, half, reason)


def _skill(evaluation: Evaluation, loss: str) -> Figure:
    """The share of the loss of the plain class shares that the model saves."""
    none = evaluation.compute().majority
    if none is None:
        raise InputError(f"d2_{loss} is of one label a row; this task is multilabel")
    base = getattr(none, loss)
    if base == 0:
        return Figure(float("nan"), reason="undefined: every row is of one class, so the shares alone cost nothing")
    return Figure(1 - evaluation.state.mean(loss) / base)
