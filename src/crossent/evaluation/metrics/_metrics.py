"""Metrics: the figures of an evaluation as one frozen value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from torch import Tensor

from ..._labels import Label
from ..._task import Task


@dataclass(frozen=True)
class ClassScores:
    """How well one class is found, against all others. support: its rows, or their weight."""

    label: Label
    precision: float
    recall: float
    f1: float
    support: float
    roc_auc: float
    average_precision: float


@dataclass(frozen=True)
class Average:
    """The classes' scores in one number each.

    macro: each class counts alike. weighted: each counts by its rows. micro: the classes' counts are added up first.
    samples (multilabel): the scores of each row, averaged. The last two have no ranking figures.
    """

    precision: float
    recall: float
    f1: float
    support: float
    roc_auc: float | None = None
    average_precision: float | None = None


@dataclass(frozen=True)
class Majority:
    """What one would score without a model on these rows.

    Decisions are always `label`, the most frequent class; probabilities are always the classes' shares of the rows.
    ranked_probability_score: of ordered classes, else None.
    """

    label: Label
    accuracy: float
    balanced_accuracy: float
    log_loss: float
    brier: float
    macro: Average
    ranked_probability_score: float | None = None


@dataclass(frozen=True, eq=False)
class Metrics:
    """The figures of an evaluation. What is undefined is NaN (0 for precision, recall and F1) and has a reason.

    log_loss: mean of -log p(true class), in nats; multilabel: mean over rows and labels.
    brier: mean of (p - y)^2; summed over the classes where there are more than two.
    accuracy: share of rows decided right; multilabel: of rows with all labels right.
    balanced_accuracy: mean recall of the classes that have rows.
    matthews_correlation: correlation of labels and decisions, from -1 to 1.
    roc_auc, average_precision: binary: of the positive class; otherwise the macro average.
    ranked_probability_score: of ordered classes, else None: mean of (P(y <= k) - [true <= k])^2 over rows and over all
    classes k but the last, from 0 to 1.
    quadratic_kappa: of ordered classes, else None: agreement of labels and decisions beyond chance, each mistake
    weighted by its squared distance.
    confusion_matrix: int64, true class by decision, `(K, K)`; multilabel `(K, 2, 2)`.
    rows: true number of rows, whatever they weigh. weight: the sum of their weights; without weights as many as rows.
    half_widths: for each figure that is not exact, by its path in `to_dict()`, how far at most the exact one lies off.
    reasons: for each undefined figure, by its path in `to_dict()`, why it is.

    With weights all figures, support and confusion matrix (then float64) are of the weights.
    """

    task: Task
    rows: int
    ignored: int
    threshold: float | tuple[float, ...] | None
    log_loss: float
    brier: float
    accuracy: float
    balanced_accuracy: float
    matthews_correlation: float
    roc_auc: float
    average_precision: float
    per_class: tuple[ClassScores, ...]
    macro: Average
    micro: Average
    weighted: Average
    samples: Average | None
    confusion_matrix: Tensor
    majority: Majority | None
    weight: float
    ranked_probability_score: float | None = None
    quadratic_kappa: float | None = None
    half_widths: Mapping[str, float] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """A JSON-safe record: class names as keys of `per_class`, null for what is undefined."""
        record = {
            "kind": self.task.kind,
            "classes": list(self.task.classes),
            "positive": self.task.positive if self.task.kind == "binary" else None,
            "rows": self.rows,
            "ignored": self.ignored,
            "weight": self.weight,
            "threshold": list(self.threshold) if isinstance(self.threshold, tuple) else self.threshold,
            "log_loss": self.log_loss,
            "brier": self.brier,
            **self._of_ordered(),
            "accuracy": self.accuracy,
            "balanced_accuracy": self.balanced_accuracy,
            "matthews_correlation": self.matthews_correlation,
            "roc_auc": self.roc_auc,
            "average_precision": self.average_precision,
            "per_class": {str(scores.label): _without(asdict(scores), "label") for scores in self.per_class},
            "macro": _average(self.macro),
            "micro": _average(self.micro),
            "weighted": _average(self.weighted),
            "samples": _average(self.samples),
            "confusion_matrix": self.confusion_matrix.tolist(),
            "majority": None
            if self.majority is None
            else _defined(asdict(self.majority)) | {"macro": _average(self.majority.macro)},
            "half_widths": dict(self.half_widths),
            "reasons": dict(self.reasons),
        }
        return {name: _json_safe(value) for name, value in record.items()}

    def _of_ordered(self) -> dict[str, float]:
        return _defined(
            {"ranked_probability_score": self.ranked_probability_score, "quadratic_kappa": self.quadratic_kappa}
        )


def _without(record: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in names}


def _average(average: Average | None) -> dict[str, Any] | None:
    return None if average is None else _defined(asdict(average))


def _defined(record: dict[str, Any]) -> dict[str, Any]:
    # Figures that there are not are left out; null is for the undefined.
    return {name: value for name, value in record.items() if value is not None}


def _json_safe(value: object) -> object:
    if isinstance(value, dict):
        return {name: _json_safe(each) for name, each in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value
