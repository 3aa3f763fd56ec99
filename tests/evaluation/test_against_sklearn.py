"""Every figure, curve and report equals scikit-learn's."""

import math
import re
import warnings
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve
from torch import Tensor

from crossent import Evaluation, Metrics, Task, evaluate
from crossent.evaluation import (
    class_curves,
    classification_report,
    precision_recall_curve,
    reliability,
    roc_curve,
)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

EXACT = 1e-12
ROWS = (1, 2, 3, 10, 101, 1000)


@pytest.fixture(autouse=True)
def _quiet_sklearn() -> Iterator[None]:
    """scikit-learn warns where crossent gives a reason."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="sklearn")
        yield


def same(ours: float, theirs: float) -> None:
    assert (math.isnan(ours) and math.isnan(theirs)) or ours == pytest.approx(theirs, abs=EXACT)


def names(count: int) -> list[str]:
    return [f"class {place}" for place in range(count)]


def binary(labels: Ints, scores: Floats, source: str, threshold: float = 0.5) -> Evaluation:
    empty = Evaluation.empty(Task.binary(names(2)), threshold=threshold)
    return updated(empty, labels, torch.from_numpy(scores), source)


def updated(empty: Evaluation, labels: Ints, logits: Tensor, source: str) -> Evaluation:
    if source == "logits":
        return empty.update(torch.from_numpy(labels), logits=logits)
    return empty.update(torch.from_numpy(labels), probabilities=empty.task.probabilities(logits))


def text_report(labels: Ints, decisions: Ints, classes: list[str], digits: int = 2) -> str:
    """scikit-learn's, with a line for each class."""
    places = None if labels.ndim == 2 else range(len(classes))
    theirs = sk.classification_report(
        labels, decisions, labels=places, target_names=classes, digits=digits, zero_division=0, output_dict=False
    )
    assert isinstance(theirs, str)
    # Where no row is right, scikit-learn prints whole numbers of rows as 2.0.
    return theirs if (labels == decisions).any() else re.sub(r"  (\d+)\.0$", r"    \1", theirs, flags=re.MULTILINE)


def check_decisions(metrics: Metrics, labels: Ints, decisions: Ints) -> None:
    """What depends on single-label decisions only."""
    classes = len(metrics.task)
    same(metrics.accuracy, float(sk.accuracy_score(labels, decisions)))
    same(metrics.balanced_accuracy, float(sk.balanced_accuracy_score(labels, decisions)))
    same(metrics.matthews_correlation, float(sk.matthews_corrcoef(labels, decisions)))
    np.testing.assert_array_equal(
        metrics.confusion_matrix.numpy(), sk.confusion_matrix(labels, decisions, labels=range(classes))
    )
    check_scores(metrics, labels, decisions)
    for digits in (2, 15):
        theirs = text_report(labels, decisions, names(classes), digits)
        assert classification_report(metrics, digits=digits) == theirs


def check_scores(metrics: Metrics, labels: Ints, decisions: Ints) -> None:
    places = None if labels.ndim == 2 else range(len(metrics.task))
    each: Any = sk.precision_recall_fscore_support(labels, decisions, labels=places, zero_division=0)
    for ours, p, r, f1, n in zip(metrics.per_class, *each, strict=True):
        for mine, theirs in zip((ours.precision, ours.recall, ours.f1, ours.support), (p, r, f1, n), strict=True):
            same(mine, float(theirs))
    averages: list[Literal["macro", "micro", "weighted", "samples"]] = ["macro", "micro", "weighted", "samples"]
    for name in averages if labels.ndim == 2 else averages[:3]:
        ours = getattr(metrics, name)
        theirs: Any = sk.precision_recall_fscore_support(
            labels, decisions, labels=places, average=name, zero_division=0
        )
        for mine, other in zip((ours.precision, ours.recall, ours.f1), theirs, strict=False):
            same(mine, float(other))


def check_binary(labels: Ints, logits: Floats, source: str, threshold: float = 0.5) -> None:
    metrics = binary(labels, logits, source, threshold).compute()
    probabilities = torch.from_numpy(logits).sigmoid().numpy()
    check_decisions(metrics, labels, (probabilities >= threshold).astype(np.int64))
    same(metrics.log_loss, sk.log_loss(labels, probabilities, labels=[0, 1]))
    same(metrics.brier, sk.brier_score_loss(labels, probabilities, pos_label=1))
    scores = logits if source == "logits" else probabilities
    same(metrics.roc_auc, float(sk.roc_auc_score(labels, scores)))
    if labels.any():
        same(metrics.average_precision, float(sk.average_precision_score(labels, scores)))
    if not labels.all():
        same(metrics.per_class[0].average_precision, float(sk.average_precision_score(1 - labels, -scores)))


@pytest.mark.parametrize("source", ["logits", "probabilities"])
@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("digits", [1, 15])
def test_binary(rows: int, source: str, digits: int) -> None:
    """Rounded scores make ties; one row and two leave classes absent."""
    generator = np.random.default_rng(rows)
    labels = generator.integers(0, 2, rows)
    check_binary(labels, np.round(generator.normal(size=rows) + labels, digits), source)


@pytest.mark.parametrize("source", ["logits", "probabilities"])
@pytest.mark.parametrize("logits", [[0.0] * 4, [-3.0, -2.0, 2.0, 3.0], [3.0, 2.0, -2.0, -3.0], [1.0] * 4])
@pytest.mark.parametrize("labels", [[0, 0, 1, 1], [0, 0, 0, 0], [1, 1, 1, 1], [1, 0, 0, 0]])
def test_binary_constant_perfect_and_reversed(labels: list[int], logits: list[float], source: str) -> None:
    check_binary(np.array(labels), np.array(logits), source)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.floats(-6, 6).map(lambda x: round(x, 1))), min_size=1, max_size=30),
    st.sampled_from([0.0, 0.25, 0.5, 0.9, 1.0]),
    st.sampled_from(["logits", "probabilities"]),
)
def test_any_binary(rows: list[tuple[bool, float]], threshold: float, source: str) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="sklearn")
        labels, logits = (np.array(column) for column in zip(*rows, strict=True))
        check_binary(labels.astype(np.int64), logits, source, threshold)


@pytest.mark.parametrize("source", ["logits", "probabilities"])
@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("classes", [2, 3, 7])
def test_multiclass(classes: int, rows: int, source: str) -> None:
    generator = np.random.default_rng(rows)
    labels = generator.integers(0, classes, rows)
    logits = torch.from_numpy(generator.normal(size=(rows, classes)) + 1.5 * np.eye(classes)[labels])
    probabilities = logits.softmax(1).numpy()
    metrics = updated(Evaluation.empty(Task.multiclass(names(classes))), labels, logits, source).compute()
    check_decisions(metrics, labels, probabilities.argmax(1))
    same(metrics.log_loss, sk.log_loss(labels, probabilities, labels=range(classes)))
    brier: Any = sk.brier_score_loss  # the stubs in use do not know `labels` yet
    same(metrics.brier, brier(labels, probabilities, labels=range(classes)))
    for place, scores in enumerate(metrics.per_class):
        mine = labels == place
        same(scores.roc_auc, float(sk.roc_auc_score(mine, probabilities[:, place])))
        if mine.any():
            same(scores.average_precision, float(sk.average_precision_score(mine, probabilities[:, place])))
    if classes > 2 and len(set(labels)) == classes:
        for average, ours in (("macro", metrics.macro), ("weighted", metrics.weighted)):
            same(ours.roc_auc or 0, sk.roc_auc_score(labels, probabilities, multi_class="ovr", average=average))
            same(ours.average_precision or 0, sk.average_precision_score(labels, probabilities, average=average))
        assert (metrics.roc_auc, metrics.average_precision) == (metrics.macro.roc_auc, metrics.macro.average_precision)


@pytest.mark.parametrize("source", ["logits", "probabilities"])
@pytest.mark.parametrize("rows", ROWS)
def test_multilabel(rows: int, source: str) -> None:
    generator = np.random.default_rng(rows)
    labels = (generator.random((rows, 4)) < [0.5, 0.3, 0.1, 0.0]).astype(np.int64)
    logits = torch.from_numpy(np.round(generator.normal(size=(rows, 4)) + labels, 1))
    probabilities = logits.sigmoid().numpy()
    decisions = (probabilities >= 0.5).astype(np.int64)
    metrics = updated(Evaluation.empty(Task.multilabel(names(4))), labels, logits, source).compute()
    same(metrics.accuracy, float(sk.accuracy_score(labels, decisions)))
    np.testing.assert_array_equal(
        metrics.confusion_matrix.numpy(), sk.multilabel_confusion_matrix(labels, decisions, labels=range(4))
    )
    check_scores(metrics, labels, decisions)
    assert classification_report(metrics) == text_report(labels, decisions, names(4))
    columns = range(4)
    same(
        metrics.log_loss,
        float(np.mean([sk.log_loss(labels[:, k], probabilities[:, k], labels=[0, 1]) for k in columns])),
    )
    same(
        metrics.brier,
        float(np.mean([sk.brier_score_loss(labels[:, k], probabilities[:, k], pos_label=1) for k in columns])),
    )
    defined = [k for k in columns if 0 < labels[:, k].sum() < rows]
    if defined:
        same(metrics.roc_auc, float(sk.roc_auc_score(labels[:, defined], probabilities[:, defined], average="macro")))
        present = labels.any(0)
        weighted = sk.average_precision_score(labels[:, present], probabilities[:, present], average="weighted")
        same(metrics.weighted.average_precision or 0, float(weighted))


@pytest.mark.parametrize("width", [1, 12, 13, 40])
def test_the_report_is_as_wide_as_its_longest_name(width: int) -> None:
    classes = ["a", "b" * width]
    evaluation = Evaluation.empty(Task.binary(classes)).update(torch.tensor([0, 1]), logits=torch.tensor([-1.0, -2.0]))
    assert classification_report(evaluation) == text_report(np.array([0, 1]), np.array([0, 0]), classes)


def curve_rows(source: str) -> tuple[Evaluation, Ints, Floats]:
    generator = np.random.default_rng(5)
    labels = generator.integers(0, 2, 500)
    logits = np.round(generator.normal(size=500) + labels, 1)
    return binary(labels, logits, source), labels, torch.from_numpy(logits).sigmoid().numpy()


@pytest.mark.parametrize("source", ["logits", "probabilities"])
@pytest.mark.parametrize("drop", [True, False])
def test_roc_curve(source: str, drop: bool) -> None:
    evaluation, labels, probabilities = curve_rows(source)
    ours = roc_curve(evaluation, drop_intermediate=drop)
    theirs = sk.roc_curve(labels, probabilities, drop_intermediate=drop)
    for mine, other in zip((ours.false_positive_rate, ours.true_positive_rate, ours.thresholds), theirs, strict=True):
        np.testing.assert_allclose(mine.numpy(), other, atol=EXACT, rtol=0)


@pytest.mark.parametrize("source", ["logits", "probabilities"])
def test_precision_recall_curve(source: str) -> None:
    evaluation, labels, probabilities = curve_rows(source)
    ours = precision_recall_curve(evaluation)
    theirs = sk.precision_recall_curve(labels, probabilities)
    for mine, other in zip((ours.precision, ours.recall, ours.thresholds), theirs, strict=True):
        np.testing.assert_allclose(mine.numpy(), other, atol=EXACT, rtol=0)


def test_curves_of_the_negative_class_and_of_each_class_of_many() -> None:
    evaluation, labels, probabilities = curve_rows("logits")
    ours = roc_curve(evaluation, label="class 0")
    theirs = sk.roc_curve(1 - labels, 1 - probabilities)
    np.testing.assert_allclose(ours.true_positive_rate.numpy(), theirs[1], atol=EXACT, rtol=0)
    generator = np.random.default_rng(6)
    labels, logits = generator.integers(0, 3, 200), torch.from_numpy(generator.normal(size=(200, 3)))
    many = updated(Evaluation.empty(Task.multiclass(names(3))), labels, logits, "logits")
    for place, (roc, pr) in enumerate(class_curves(many)):
        score = logits.softmax(1)[:, place].numpy()
        np.testing.assert_allclose(roc.thresholds[1:].numpy(), sk.roc_curve(labels == place, score)[2][1:], atol=EXACT)
        np.testing.assert_allclose(
            pr.precision.numpy(), sk.precision_recall_curve(labels == place, score)[0], atol=EXACT
        )
        assert torch.equal(roc_curve(many, label=names(3)[place]).true_positive_rate, roc.true_positive_rate)


@pytest.mark.parametrize("strategy", ["quantile", "uniform"])
@pytest.mark.parametrize("bins", [1, 7, 50])
def test_reliability(strategy: Literal["quantile", "uniform"], bins: int) -> None:
    evaluation, labels, probabilities = curve_rows("probabilities")
    ours = reliability(evaluation, bins=bins, strategy=strategy)
    observed, predicted = calibration_curve(labels, probabilities, n_bins=bins, strategy=strategy)
    np.testing.assert_allclose(ours.observed.numpy(), observed, atol=EXACT)
    np.testing.assert_allclose(ours.mean_predicted.numpy(), predicted, atol=EXACT)
    assert int(ours.count.sum()) == 500
    assert bool(((ours.low <= ours.observed) & (ours.observed <= ours.high)).all())


def test_sums_of_weights_keep_the_columns_of_the_text_report() -> None:
    draw = np.random.default_rng(0)
    evaluation = evaluate(
        Task.binary(["no", "yes"]),
        draw.choice(["no", "yes"], 50),
        probabilities=draw.random(50),
        weights=draw.random(50) * 1.0000001,
    )
    lines = [line for line in classification_report(evaluation).splitlines() if line]
    assert len({len(line) for line in lines}) == 1
    supports = [float(line.split()[-1]) for line in lines[1:3]]
    assert supports == pytest.approx([scores.support for scores in evaluation.compute().per_class], rel=1e-6)
