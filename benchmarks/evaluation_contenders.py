"""The same figures of the same rows, by crossent and by separate calls to its peers."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import sklearn.metrics as sk
import torch
import torchmetrics.functional.classification as tm
from sklearn.calibration import calibration_curve
from torch import Tensor

from crossent import Evaluation, Task
from crossent.evaluation import calibration_error, class_curves, reliability


@dataclass(frozen=True, eq=False)
class Rows:
    """Labels as codes or as names, and the probabilities of a model that knows what it says."""

    task: Task
    codes: Tensor
    names: npt.NDArray[np.str_] | None
    probabilities: Tensor
    weights: npt.NDArray[np.float64] | None

    @property
    def labels(self) -> npt.NDArray[np.int64 | np.str_]:
        """As a user has them."""
        return self.codes.numpy() if self.names is None else self.names


def rows_of(classes: int, rows: int, *, names: bool = False, weighted: bool = False) -> Rows:
    torch.manual_seed(0)
    shape = (rows,) if classes == 2 else (rows, classes)
    logits = 2 * torch.randn(shape)
    if classes == 2:
        probabilities = logits.sigmoid()
        codes = (torch.rand(rows) < probabilities).long()
    else:
        probabilities = logits.softmax(dim=1)
        codes = (probabilities.cumsum(dim=1) < torch.rand(rows, 1)).sum(dim=1).clamp(max=classes - 1)
    called = [f"class {chr(97 + place)}" for place in range(classes)] if names else list(range(classes))
    task = Task.binary(called) if classes == 2 else Task.multiclass(called)
    text = np.array(called)[codes.numpy()] if names else None
    return Rows(task, codes, text, probabilities, np.random.default_rng(0).exponential(size=rows) if weighted else None)


def crossent(rows: Rows) -> object:
    codes = rows.codes if rows.names is None else rows.task.encode(rows.names)
    evaluation = Evaluation.empty(rows.task).update(codes, probabilities=rows.probabilities, weights=rows.weights)
    curves = list(class_curves(evaluation))
    return evaluation.compute(), curves, reliability(evaluation), calibration_error(evaluation)


def scikit_learn(rows: Rows) -> object:
    labels, p, weight = rows.labels, rows.probabilities.numpy(), {"sample_weight": rows.weights}
    names = np.array(rows.task.classes)
    decided = names[(p >= 0.5).astype(int) if p.ndim == 1 else p.argmax(axis=1)]
    found: list[object] = [
        sk.confusion_matrix(labels, decided, **weight),
        sk.classification_report(labels, decided, **weight),
        sk.accuracy_score(labels, decided, **weight),
        sk.balanced_accuracy_score(labels, decided, **weight),
        sk.matthews_corrcoef(labels, decided, **weight),
        sk.log_loss(labels, p, **weight),
    ]
    if p.ndim == 1:
        positive = {"pos_label": names[1], **weight}
        found += [
            sk.roc_auc_score(labels, p, **weight),
            sk.average_precision_score(labels, p, **positive),
            sk.brier_score_loss(labels, p, **positive),
            sk.roc_curve(labels, p, **positive),
            sk.precision_recall_curve(labels, p, **positive),
            calibration_curve(labels, p, n_bins=10, strategy="quantile", pos_label=names[1]),
        ]
        return found
    of_class = [labels == name for name in names]
    found += [
        sk.roc_auc_score(labels, p, multi_class="ovr", **weight),
        sk.brier_score_loss(labels, p, **weight),
        *(sk.average_precision_score(mine, p[:, k], **weight) for k, mine in enumerate(of_class)),
        *(sk.roc_curve(mine, p[:, k], **weight) for k, mine in enumerate(of_class)),
        *(sk.precision_recall_curve(mine, p[:, k], **weight) for k, mine in enumerate(of_class)),
        calibration_curve(labels == decided, p.max(axis=1), n_bins=10, strategy="quantile"),
    ]
    return found


def torchmetrics(rows: Rows) -> object:
    """Those figures that it has: no log loss, Brier score or reliability diagram, no weights, no names."""
    p, codes = rows.probabilities, rows.codes
    if p.ndim == 1:
        figures: list[Callable[..., object]] = [
            tm.binary_confusion_matrix, tm.binary_accuracy, tm.binary_precision, tm.binary_recall, tm.binary_f1_score,
            tm.binary_matthews_corrcoef, tm.binary_auroc, tm.binary_average_precision, tm.binary_roc,
            tm.binary_precision_recall_curve, tm.binary_calibration_error,
        ]  # fmt: skip
        return [figure(p, codes) for figure in figures]
    figures = [
        tm.multiclass_confusion_matrix, tm.multiclass_accuracy, tm.multiclass_precision, tm.multiclass_recall,
        tm.multiclass_f1_score, tm.multiclass_matthews_corrcoef, tm.multiclass_auroc, tm.multiclass_average_precision,
        tm.multiclass_roc, tm.multiclass_precision_recall_curve, tm.multiclass_calibration_error,
    ]  # fmt: skip
    return [figure(p, codes, num_classes=p.shape[1]) for figure in figures]


def state_only(rows: Rows) -> object:
    """What crossent keeps, without a figure: confusion matrix, losses, ranks and histograms."""
    return Evaluation.empty(rows.task).update(rows.codes, probabilities=rows.probabilities, weights=rows.weights)


def read_once(rows: Rows) -> object:
    """The lower limit: the bytes of labels and probabilities, read and added up."""
    return rows.codes.sum(), rows.probabilities.sum()


CONTENDERS: dict[str, Callable[[Rows], object]] = {
    "crossent": crossent,
    "scikit-learn": scikit_learn,
    "torchmetrics": torchmetrics,
    "state only": state_only,
    "read once": read_once,
}
