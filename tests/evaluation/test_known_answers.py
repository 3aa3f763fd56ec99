"""Answers that were published, or worked out by the authors of other packages: facts to agree with."""

import math
from typing import Any

import numpy as np
import pytest
import torch

from crossent import Evaluation, Task, evaluate
from crossent.evaluation import at_fixed, calibration_error, decompose, det_curve, figure, interval


def of_matrix(matrix: list[list[int]]) -> Evaluation:
    """Rows that have this confusion matrix, true class by decision."""
    size = len(matrix)
    pairs = [(true, decided) for true in range(size) for decided in range(size) for _ in range(matrix[true][decided])]
    labels, decisions = torch.tensor(pairs).T
    if size == 2:
        return Evaluation.empty(Task.binary([0, 1])).update(labels, probabilities=decisions.double())
    return Evaluation.empty(Task.multiclass(range(size))).update(
        labels, probabilities=torch.eye(size, dtype=torch.float64)[decisions]
    )


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("precision", 1 / 4), ("recall", 1 / 5), ("specificity", 2 / 5), ("negative_predictive_value", 2 / 6),
        ("false_positive_rate", 3 / 5), ("false_negative_rate", 4 / 5), ("false_discovery_rate", 3 / 4),
        ("false_omission_rate", 4 / 6), ("accuracy", 3 / 10), ("balanced_accuracy", 0.3), ("f_score", 2 / 9),
        ("jaccard", 1 / 8), ("prevalence", 1 / 2), ("decided_share", 4 / 10), ("informedness", -0.4),
        ("markedness", -0.4166667), ("matthews_correlation", -0.40824828), ("phi_coefficient", -0.40824828),
        ("positive_likelihood_ratio", 0.3333333), ("negative_likelihood_ratio", 2),
        ("diagnostic_odds_ratio", 0.1666667), ("g_mean", math.sqrt(0.08)),
    ],
)  # fmt: skip
def test_tensorflow_model_analysis(name: str, answer: float) -> None:
    """Its 35 confusion matrix metrics are tested on TP 1, FP 3, TN 2, FN 4."""
    assert figure(of_matrix([[2, 3], [4, 1]]), name).value == pytest.approx(answer, abs=1e-7)


def test_garcia_mollineda_and_sanchez() -> None:
    """Index of balanced accuracy, 2009, by way of pycm."""
    evaluation = of_matrix([[8645, 455], [405, 495]])
    answers = {
        "accuracy": 0.914,
        "specificity": 0.95,
        "recall": 0.55,
        "roc_auc": 0.75,
        "g_mean": 0.722841614740048,
        "index_of_balanced_accuracy": 0.5016,
    }
    for name, answer in answers.items():
        assert figure(evaluation, name).value == pytest.approx(answer, abs=1e-12)


def test_kappa_of_three_classes() -> None:
    """Verified by pycm's authors against published working."""
    evaluation = of_matrix([[9, 3, 0], [3, 5, 1], [1, 1, 4]])
    assert figure(evaluation, "kappa").value == pytest.approx(0.4740259740259741, abs=1e-12)
    assert figure(evaluation, "accuracy").value == pytest.approx(2 / 3, abs=1e-12)


def test_correlation_of_three_classes() -> None:
    """Delgado and Nunez-Gonzalez, 2018, by way of pycm."""
    evaluation = of_matrix([[5, 0, 0], [0, 10, 0], [0, 300, 0]])
    assert figure(evaluation, "matthews_correlation").value == pytest.approx(0.3012440235352457, abs=1e-12)


def test_bekkar_djemaa_and_alitouche() -> None:
    """2013, by way of pycm: the area of a decision alone, and Youden's index."""
    evaluation = of_matrix([[299777, 26332], [5484, 12806]])
    answers = {"roc_auc": 0.8097090079101759, "informedness": 0.6194180158203517, "accuracy": 0.9076187793808925}
    for name, answer in answers.items():
        assert figure(evaluation, name).value == pytest.approx(answer, abs=1e-12)


def test_likelihood_ratios_and_wilsons_intervals() -> None:
    """A diagnostic test, by way of pycm: 22 true positives, 1 miss, 54 false alarms, 57 others."""
    evaluation = of_matrix([[57, 54], [1, 22]])
    answers = {
        "recall": 0.9565217391304348,
        "positive_likelihood_ratio": 1.966183574879227,
        "negative_likelihood_ratio": 0.08466819221967958,
    }
    for name, answer in answers.items():
        assert figure(evaluation, name).value == pytest.approx(answer, abs=1e-12)
    for name, low, high in (
        ("prevalence", 0.11718265287943842, 0.2444033995169354),
        ("accuracy", 0.5048971938717156, 0.6692157009292735),
    ):
        found = interval(evaluation, name)
        assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)  # pycm's 1.96 is rounded


def test_f_scores() -> None:
    """By way of pycm."""
    three = evaluate(
        Task.multiclass([1, 2, 3]),
        [1, 2, 3, 2, 3, 3, 1, 2, 2],
        probabilities=np.eye(3)[np.array([2, 2, 1, 2, 1, 3, 2, 3, 2]) - 1],
    )
    assert figure(three, "f_score", average="macro").value == pytest.approx(0.35555555555555557, abs=1e-12)
    assert figure(three, "f_score", average="micro").value == pytest.approx(0.4444444444444444, abs=1e-12)
    two = of_matrix([[6, 2], [1, 5]])
    assert figure(two, "f_score", beta=2).value == pytest.approx(0.8064516129032258, abs=1e-12)
    assert figure(two, "f_score", label=0, beta=0.5).value == pytest.approx(0.8333333333333334, abs=1e-12)


def test_brier_and_log_loss_taken_apart() -> None:
    """R's reliabilitydiag, by way of model-diagnostics."""
    rows: dict[str, Any] = {"probabilities": [0.4, 0.3, 0.2, 0.1, 0.5, 0.9]}
    found = decompose(evaluate(Task.binary([0, 1]), [0, 0, 0, 1, 1, 1], **rows))
    parts = (found.miscalibration, found.discrimination, found.uncertainty)
    assert parts == pytest.approx((0.1016667, 0.125, 0.25), abs=5e-8)


def test_areas_of_four_rows() -> None:
    """torcheval: .2 .3 .4 .5 of labels 0 0 1 1 rank perfectly; scikit-learn's toy rows have 3 of 4 pairs right."""
    task = Task.binary([0, 1])
    assert figure(evaluate(task, [0, 0, 1, 1], probabilities=[0.2, 0.3, 0.4, 0.5]), "roc_auc").value == 1
    toy = evaluate(task, [0, 0, 1, 1], probabilities=[0.1, 0.4, 0.35, 0.8])
    assert figure(toy, "roc_auc").value == 0.75
    assert figure(toy, "average_precision").value == pytest.approx(0.8333333333333333)
    assert det_curve(toy).thresholds.tolist() == [0.35, 0.4, 0.8]
    assert at_fixed(toy, "recall", precision=0.5).threshold == 0.35


def test_calibration_error_by_hand() -> None:
    """Naeini et al.'s definition by hand: bins of ten, rows 0.95 and 0.85 of which the second is wrong."""
    evaluation = evaluate(Task.binary([0, 1]), [1, 0], probabilities=[0.95, 0.85])
    assert calibration_error(evaluation, bins=10).value == pytest.approx((0.05 + 0.85) / 2)
