"""scikit-learn's figures of labels beside decisions, computed by crossent: only inputs and outputs are translated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from scipy import sparse

from crossent import Evaluation, Task
from crossent.evaluation import Figure, classification_report, figure

KAPPAS = {None: "kappa", "linear": "linear_kappa", "quadratic": "quadratic_kappa"}
NO_MORE = ("y_true", "y_pred", "sample_weight")


class Judged(NamedTuple):
    """An evaluation of decisions, and the labels that its classes 0, 1, ... stand for."""

    evaluation: Evaluation
    labels: np.ndarray

    def classes(self, labels: Any) -> list[int]:
        """The classes of these labels, or all."""
        if labels is None:
            return list(range(len(self.labels)))
        place = {label: place for place, label in enumerate(self.labels.tolist())}
        return [place[label] for label in np.asarray(labels).tolist()]


def dense(values: Any) -> np.ndarray:
    """An array, of a sparse matrix too."""
    return values.toarray() if sparse.issparse(values) else np.asarray(values)


def judged(y_true: Any, y_pred: Any, sample_weight: Any, labels: Any = None) -> Judged:
    """Decisions as probabilities of 0 and 1, which decide as they do."""
    true, decided = dense(y_true), dense(y_pred)
    if true.ndim == 2 and true.shape[1] > 1:
        task, names = Task.multilabel(range(true.shape[1])), np.arange(true.shape[1])
        codes, probabilities = true.astype(np.int64), decided.astype(np.float64)
    else:
        true, decided = true.ravel(), decided.ravel()
        names = np.array(
            sorted({*true.tolist(), *decided.tolist(), *np.asarray([] if labels is None else labels).tolist()})
        )
        task = Task.multiclass(range(max(len(names), 2)))
        codes, chosen = np.searchsorted(names, true), np.searchsorted(names, decided)
        probabilities = np.eye(len(task))[chosen]
    weights = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    empty = Evaluation.empty(task)
    made = empty.update(torch.from_numpy(codes), probabilities=torch.from_numpy(probabilities), weights=weights)
    return Judged(made, names)


def replaced(found: Figure, undefined: Any) -> float:
    """The value, or what scikit-learn was told to put where there is none."""
    return float(undefined) if found.reason and undefined != "warn" else found.value


def total(of: Judged, value: float, normalize: bool) -> float:
    """A share, or so many rows."""
    return value if normalize else value * of.evaluation.compute().weight


def accuracy_score(y_true: Any, y_pred: Any, normalize: bool, sample_weight: Any) -> float:
    of = judged(y_true, y_pred, sample_weight)
    return total(of, figure(of.evaluation, "accuracy").value, normalize)


def zero_one_loss(y_true: Any, y_pred: Any, normalize: bool, sample_weight: Any) -> float:
    of = judged(y_true, y_pred, sample_weight)
    multilabel = of.evaluation.task.kind == "multilabel"
    value = (
        1 - figure(of.evaluation, "exact_match").value if multilabel else figure(of.evaluation, "zero_one_loss").value
    )
    return total(of, value, normalize)


def hamming_loss(y_true: Any, y_pred: Any, sample_weight: Any) -> float:
    return figure(judged(y_true, y_pred, sample_weight).evaluation, "hamming_loss").value


def balanced_accuracy_score(y_true: Any, y_pred: Any, sample_weight: Any, adjusted: bool) -> float:
    name = "adjusted_balanced_accuracy" if adjusted else "balanced_accuracy"
    return figure(judged(y_true, y_pred, sample_weight).evaluation, name).value


def matthews_corrcoef(y_true: Any, y_pred: Any, sample_weight: Any) -> float:
    return figure(judged(y_true, y_pred, sample_weight).evaluation, "matthews_correlation").value


def cohen_kappa_score(
    y1: Any, y2: Any, labels: Any, weights: Any, sample_weight: Any, replace_undefined_by: float
) -> float:
    of = judged(*only(labels, y1, y2, sample_weight), labels)
    return replaced(figure(of.evaluation, KAPPAS[weights]), replace_undefined_by)


def only(labels: Any, y_true: Any, y_pred: Any, sample_weight: Any) -> tuple[Any, Any, Any]:
    """The rows of which both labels are among these."""
    if labels is None:
        return y_true, y_pred, sample_weight
    kept = np.isin(y_true, labels) & np.isin(y_pred, labels)
    weights = None if sample_weight is None else np.asarray(sample_weight)[kept]
    return np.asarray(y_true)[kept], np.asarray(y_pred)[kept], weights


def confusion_matrix(y_true: Any, y_pred: Any, labels: Any, sample_weight: Any, normalize: Any) -> np.ndarray:
    of = judged(y_true, y_pred, sample_weight, labels)
    places = of.classes(labels)
    matrix = of.evaluation.compute().confusion_matrix.numpy()[np.ix_(places, places)]
    if normalize is None:
        return matrix
    axis = {"true": 1, "pred": 0, "all": None}[normalize]
    return np.nan_to_num(matrix / np.maximum(matrix.sum(axis=axis, keepdims=True), 1e-300))


def multilabel_confusion_matrix(
    y_true: Any, y_pred: Any, sample_weight: Any, labels: Any, samplewise: bool
) -> np.ndarray:
    if samplewise:  # each row is a label, and each label a row that counts alike
        true, decided = dense(y_true), dense(y_pred)
        columns = slice(None) if labels is None else list(labels)
        flipped = judged(true[:, columns].T, decided[:, columns].T, None).evaluation.compute().confusion_matrix.numpy()
        return flipped if sample_weight is None else flipped * np.asarray(sample_weight)[:, np.newaxis, np.newaxis]
    of = judged(y_true, y_pred, sample_weight, labels)
    matrices = of.evaluation.compute().confusion_matrix.numpy()
    if of.evaluation.task.kind == "multiclass":
        hits, decided, support = matrices.diagonal(), matrices.sum(0), matrices.sum(1)
        rest = matrices.sum() - decided - support + hits
        matrices = np.moveaxis(np.array([[rest, decided - hits], [support - hits, hits]]), -1, 0)
    return matrices[of.classes(labels)]


def scores(name: str, given: dict[str, Any], beta: float = 1.0) -> Any:
    """Precision, recall, f_score or jaccard, by class or averaged."""
    labels, average = given["labels"], given["average"]
    if average == "binary":
        labels = [given["pos_label"]]
    of = judged(given["y_true"], given["y_pred"], given["sample_weight"], labels)
    undefined = given.get("zero_division", "warn")
    if average == "binary":
        return replaced(figure(of.evaluation, name, label=of.classes(labels)[0], beta=beta), undefined)
    if average is None:
        each = [figure(of.evaluation, name, label=place, beta=beta) for place in of.classes(labels)]
        return np.array([replaced(found, undefined) for found in each])
    classes = None if average == "samples" else of.classes(labels)
    found = figure(of.evaluation, name, average=average, classes=classes, beta=beta)
    return replaced(found, undefined) if average == "micro" else found.value


def precision_score(**given: Any) -> Any:
    return scores("precision", given)


def recall_score(**given: Any) -> Any:
    return scores("recall", given)


def jaccard_score(**given: Any) -> Any:
    return scores("jaccard", given)


def f1_score(**given: Any) -> Any:
    return scores("f_score", given)


def fbeta_score(*, beta: float, **given: Any) -> Any:
    return of_beta(beta, given)


def of_beta(beta: float, given: dict[str, Any]) -> Any:
    """F0 is the precision, and F with beta without limit the recall."""
    if beta in (0, np.inf):
        return scores("recall" if beta else "precision", given)
    return scores("f_score", given, beta)


def precision_recall_fscore_support(*, beta: float, warn_for: Sequence[str], **given: Any) -> tuple[Any, ...]:
    found = (precision_score(**given), recall_score(**given), of_beta(beta, given))
    if given["average"] is not None:
        return (*found, None)
    of = judged(given["y_true"], given["y_pred"], given["sample_weight"], given["labels"])
    support = np.array([each.support for each in of.evaluation.compute().per_class])
    return (*found, support[of.classes(given["labels"])])


def class_likelihood_ratios(
    y_true: Any, y_pred: Any, labels: Any, sample_weight: Any, replace_undefined_by: Any
) -> tuple[float, float]:
    of = judged(*only(labels, y_true, y_pred, sample_weight), labels)
    names = ("positive_likelihood_ratio", "negative_likelihood_ratio")
    found = [figure(of.evaluation, name, label=of.classes(labels)[-1]) for name in names]
    undefined = replace_undefined_by if isinstance(replace_undefined_by, dict) else {}
    above, below = (
        replaced(each, undefined.get(key, np.nan) if undefined else replace_undefined_by)
        for key, each in zip(("LR+", "LR-"), found, strict=True)
    )
    return above, below


def report(
    y_true: Any, y_pred: Any, labels: Any, target_names: Any, sample_weight: Any, digits: int, **given: Any
) -> Any:
    of = judged(y_true, y_pred, sample_weight, labels)
    names = [str(each) for each in (of.labels if target_names is None else target_names)]
    task = of.evaluation.task
    if labels is not None and of.classes(labels) != of.classes(None):
        raise NotImplementedError("crossent's report has a line for each class, in class order")
    named = Evaluation.empty(Task.multilabel(names) if task.kind == "multilabel" else Task.multiclass(names))
    true, decided = dense(y_true), dense(y_pred)
    if task.kind == "multiclass":
        true, decided = np.searchsorted(of.labels, true), np.eye(len(names))[np.searchsorted(of.labels, decided)]
    made = named.update(
        torch.from_numpy(true.astype(np.int64)),
        probabilities=torch.from_numpy(decided.astype(np.float64)),
        weights=sample_weight,
    )
    if not given["output_dict"]:
        return classification_report(made, digits=digits)
    return as_dict(made)


def as_dict(made: Evaluation) -> dict[str, Any]:
    metrics = made.compute()

    def line(of: Any) -> dict[str, float]:
        return {"precision": of.precision, "recall": of.recall, "f1-score": of.f1, "support": of.support}

    table: dict[str, Any] = {str(each.label): line(each) for each in metrics.per_class}
    if metrics.samples is None:
        table["accuracy"] = metrics.accuracy
    else:
        table["micro avg"] = line(metrics.micro)
    table |= {"macro avg": line(metrics.macro), "weighted avg": line(metrics.weighted)}
    return table if metrics.samples is None else table | {"samples avg": line(metrics.samples)}


DECISIONS = {
    "accuracy_score": accuracy_score,
    "zero_one_loss": zero_one_loss,
    "hamming_loss": hamming_loss,
    "balanced_accuracy_score": balanced_accuracy_score,
    "matthews_corrcoef": matthews_corrcoef,
    "cohen_kappa_score": cohen_kappa_score,
    "confusion_matrix": confusion_matrix,
    "multilabel_confusion_matrix": multilabel_confusion_matrix,
    "precision_score": precision_score,
    "recall_score": recall_score,
    "jaccard_score": jaccard_score,
    "f1_score": f1_score,
    "fbeta_score": fbeta_score,
    "precision_recall_fscore_support": precision_recall_fscore_support,
    "class_likelihood_ratios": class_likelihood_ratios,
    "classification_report": report,
}
