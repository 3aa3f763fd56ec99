"""scikit-learn's figures of labels beside scores, computed by crossent: only inputs and outputs are translated."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from sklearn.utils.multiclass import type_of_target
from sklearn_decisions import dense

from crossent import Evaluation, Task
from crossent.evaluation import (
    at_thresholds,
    det_curve,
    figure,
    precision_recall_curve,
    roc_curve,
)


def evaluated(task: Task, codes: np.ndarray, scores: Any, source: str, weights: Any, **options: Any) -> Evaluation:
    labels, values = torch.from_numpy(np.asarray(codes, dtype=np.int64)), np.asarray(dense(scores), dtype=np.float64)
    given: dict[str, Any] = {source: torch.from_numpy(values)}
    weights = None if weights is None else np.asarray(weights, dtype=np.float64)
    return Evaluation.empty(task, exact=True, **options).update(labels, weights=weights, **given)


def binary(true: Any, positive: Any, scores: Any, weights: Any) -> tuple[Evaluation, str]:
    """One label against all others; whatever is not a probability is a logit."""
    values = np.asarray(dense(scores), dtype=np.float64).ravel()
    source = "probabilities" if values.min() >= 0 and values.max() <= 1 else "logits"
    codes = (np.asarray(true).ravel() == positive).astype(np.int64)
    return evaluated(Task.binary([0, 1]), codes, values, source, weights), source


def indicators(true: np.ndarray, scores: Any, weights: Any) -> Evaluation:
    return evaluated(Task.multilabel(range(true.shape[1])), true, scores, "logits", weights)


def positive_of(true: Any, pos_label: Any) -> Any:
    """scikit-learn's rule: the label given, else 1 of {-1, 1} and {0, 1}, else the greater one."""
    if pos_label is not None:
        return pos_label
    names = set(np.unique(true).tolist())
    return 1 if names <= {0, 1} or names <= {-1, 1} else np.unique(true)[-1]


def classes_of(true: Any, labels: Any) -> np.ndarray:
    return np.unique(true if labels is None else labels)


def averaged(of: Evaluation, name: str, average: Any) -> Any:
    if average is None:
        return np.array([figure(of, name, label=label).value for label in of.task.classes])
    return figure(of, name, average=average).value


def roc_auc_score(
    y_true: Any, y_score: Any, average: Any, sample_weight: Any, max_fpr: Any, multi_class: str, labels: Any
) -> Any:
    true, scores = dense(y_true), dense(y_score)
    kind = type_of_target(true)
    if kind == "multiclass" or (kind == "binary" and scores.ndim == 2 and scores.shape[1] > 2):
        classes = classes_of(true, labels)
        task, codes = Task.multiclass(range(len(classes))), np.searchsorted(classes, true)
        if multi_class == "ovo":
            made = evaluated(task, codes, scores, "probabilities", sample_weight, pairs=True)
            return figure(made, "one_against_one_roc_auc", average=average).value
        return averaged(evaluated(task, codes, scores, "probabilities", sample_weight), "roc_auc", average)
    if kind == "binary":
        made, _ = binary(true, np.unique(true)[-1], scores, sample_weight)
        if max_fpr is None or max_fpr == 1:
            return figure(made, "roc_auc").value
        return figure(made, "partial_roc_auc", fpr_range=(0, max_fpr)).value
    return averaged(indicators(true, scores, sample_weight), "roc_auc", average)


def average_precision_score(y_true: Any, y_score: Any, average: Any, pos_label: Any, sample_weight: Any) -> Any:
    true, scores = dense(y_true), dense(y_score)
    kind = type_of_target(true)
    if kind == "binary":
        made, _ = binary(true, pos_label, scores, sample_weight)
        return figure(made, "average_precision").value
    if kind == "multiclass":
        true = (true[:, np.newaxis] == np.unique(true)).astype(np.int64)
    return averaged(indicators(true, scores, sample_weight), "average_precision", average)


def scores_again(thresholds: Any, source: str) -> np.ndarray:
    """Thresholds are probabilities; scikit-learn has them as the scores were given."""
    values = np.asarray(thresholds)
    if source == "probabilities":
        return values
    finite = np.isfinite(values)
    p = np.where(finite, values, 0.5)
    return np.where(finite, np.log(p) - np.log1p(-p), values)


def roc(y_true: Any, y_score: Any, pos_label: Any, sample_weight: Any, drop_intermediate: bool) -> tuple[Any, ...]:
    made, source = binary(y_true, positive_of(y_true, pos_label), y_score, sample_weight)
    found = roc_curve(made, drop_intermediate=drop_intermediate)
    return (
        found.false_positive_rate.numpy(),
        found.true_positive_rate.numpy(),
        scores_again(found.thresholds, source),
    )


def precision_recall(
    y_true: Any, y_score: Any, pos_label: Any, sample_weight: Any, drop_intermediate: bool
) -> tuple[Any, ...]:
    made, source = binary(y_true, positive_of(y_true, pos_label), y_score, sample_weight)
    found = precision_recall_curve(made, drop_intermediate=drop_intermediate)
    return found.precision.numpy(), found.recall.numpy(), scores_again(found.thresholds, source)


def det(y_true: Any, y_score: Any, pos_label: Any, sample_weight: Any, drop_intermediate: bool) -> tuple[Any, ...]:
    made, source = binary(y_true, positive_of(y_true, pos_label), y_score, sample_weight)
    found = det_curve(made, drop_intermediate=drop_intermediate)
    thresholds = scores_again(found.thresholds, source)
    return found.false_positive_rate.numpy(), found.false_negative_rate.numpy(), thresholds


def counts_at_thresholds(y_true: Any, y_score: Any, pos_label: Any, sample_weight: Any) -> tuple[Any, ...]:
    made, source = binary(y_true, positive_of(y_true, pos_label), y_score, sample_weight)
    found = at_thresholds(made, "recall")
    counts = found.confusion.numpy()[1:].astype(np.float64)
    thresholds = scores_again(found.thresholds[1:], source)
    return counts[:, 0, 0], counts[:, 0, 1], counts[:, 1, 0], counts[:, 1, 1], thresholds


def top_k_accuracy_score(y_true: Any, y_score: Any, k: int, normalize: bool, sample_weight: Any, labels: Any) -> float:
    true, scores = np.asarray(y_true).ravel(), np.asarray(y_score, dtype=np.float64)
    classes = classes_of(true, labels)
    if scores.ndim == 1 or scores.shape[1] == 1:
        scores = scores.ravel()
        between = 0.5 if scores.min() >= 0 and scores.max() <= 1 else 0
        scores = np.stack([between - scores, scores - between], axis=1)
    task = Task.multiclass(range(len(classes)))
    made = evaluated(task, np.searchsorted(classes, true), scores, "logits", sample_weight)
    value = figure(made, "top_k_accuracy", k=min(k, len(task))).value
    return value if normalize else value * made.compute().weight


def probabilities_of(y_true: Any, y_proba: Any, labels: Any, sample_weight: Any) -> Evaluation:
    """Probabilities of labels in order; one column is of the second of two."""
    true, p = np.asarray(y_true), np.asarray(y_proba)
    if true.ndim == 2:
        true = true.ravel() if true.shape[1] == 1 else true.argmax(axis=1)
    classes = classes_of(true, labels)
    if p.ndim == 1 or p.shape[1] == 1:
        p = np.stack([1 - p.ravel(), p.ravel()], axis=1)
    if len(classes) < p.shape[1]:
        classes = np.arange(p.shape[1])
    codes = np.searchsorted(classes, true)
    return evaluated(Task.multiclass(range(len(classes))), codes, p, "probabilities", sample_weight)


def log_loss(y_true: Any, y_proba: Any, normalize: bool, sample_weight: Any, labels: Any, y_pred: Any) -> float:
    made = probabilities_of(y_true, y_pred if y_proba is None else y_proba, labels, sample_weight)
    value = figure(made, "log_loss").value
    return value if normalize else value * made.compute().weight


def judged_probabilities(y_true: Any, y_proba: Any, sample_weight: Any, pos_label: Any, labels: Any) -> Evaluation:
    p = np.asarray(y_proba)
    if p.ndim == 1 or p.shape[1] == 1:
        codes = np.asarray(y_true).ravel() == positive_of(y_true, pos_label)
        return evaluated(Task.binary([0, 1]), codes, p.ravel(), "probabilities", sample_weight)
    return probabilities_of(y_true, p, labels, sample_weight)


def brier_score_loss(
    y_true: Any, y_proba: Any, sample_weight: Any, pos_label: Any, labels: Any, scale_by_half: Any
) -> float:
    made = judged_probabilities(y_true, y_proba, sample_weight, pos_label, labels)
    two = len(made.task) == 2
    half = two if scale_by_half == "auto" else scale_by_half
    return figure(made, "brier").value * (0.5 if half else 1) * (2 if two else 1)


def d2_log_loss_score(y_true: Any, y_proba: Any, sample_weight: Any, labels: Any, y_pred: Any) -> float:
    made = probabilities_of(y_true, y_pred if y_proba is None else y_proba, labels, sample_weight)
    return figure(made, "d2_log_loss").value


def d2_brier_score(y_true: Any, y_proba: Any, sample_weight: Any, pos_label: Any, labels: Any) -> float:
    return figure(judged_probabilities(y_true, y_proba, sample_weight, pos_label, labels), "d2_brier").value


def hinge_loss(y_true: Any, pred_decision: Any, labels: Any, sample_weight: Any) -> float:
    scores, classes = np.asarray(pred_decision, dtype=np.float64), classes_of(y_true, labels)
    codes = np.searchsorted(classes, np.asarray(y_true).ravel())
    if scores.ndim == 1 or scores.shape[1] == 1:
        return figure(
            evaluated(Task.binary([0, 1]), codes, scores.ravel(), "logits", sample_weight), "hinge_loss"
        ).value
    task = Task.multiclass(range(len(classes)))
    return figure(evaluated(task, codes, scores, "logits", sample_weight), "hinge_loss").value


def coverage_error(y_true: Any, y_score: Any, sample_weight: Any) -> float:
    return figure(indicators(dense(y_true), y_score, sample_weight), "coverage_error").value


def label_ranking_average_precision_score(y_true: Any, y_score: Any, sample_weight: Any) -> float:
    return figure(indicators(dense(y_true), y_score, sample_weight), "label_ranking_average_precision").value


def label_ranking_loss(y_true: Any, y_score: Any, sample_weight: Any) -> float:
    return figure(indicators(dense(y_true), y_score, sample_weight), "label_ranking_loss").value


SCORES = {
    "roc_auc_score": roc_auc_score,
    "average_precision_score": average_precision_score,
    "roc_curve": roc,
    "precision_recall_curve": precision_recall,
    "det_curve": det,
    "confusion_matrix_at_thresholds": counts_at_thresholds,
    "top_k_accuracy_score": top_k_accuracy_score,
    "log_loss": log_loss,
    "brier_score_loss": brier_score_loss,
    "d2_log_loss_score": d2_log_loss_score,
    "d2_brier_score": d2_brier_score,
    "hinge_loss": hinge_loss,
    "coverage_error": coverage_error,
    "label_ranking_average_precision_score": label_ranking_average_precision_score,
    "label_ranking_loss": label_ranking_loss,
}
