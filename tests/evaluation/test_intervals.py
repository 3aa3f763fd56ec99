"""Intervals against their formulas on rows, against resampled rows, and by how often they hold the truth."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from sklearn import metrics as sk

from crossent import Evaluation, InputError, Task, evaluate
from crossent.evaluation import figure, interval

BINARY = Task.binary(["no", "yes"])


def some(rows: int, seed: int, digits: int = 15, **options: Any) -> tuple[np.ndarray, np.ndarray, Evaluation]:
    draw = np.random.default_rng(seed)
    labels = (draw.random(rows) < 0.4).astype(np.int64)
    logits = np.round(draw.normal(size=rows) + labels, digits)
    empty = Evaluation.empty(BINARY, **options)
    return labels, logits, empty.update(torch.from_numpy(labels), logits=torch.from_numpy(logits))


def delong(labels: np.ndarray, logits: np.ndarray) -> tuple[float, float]:
    """The area and its standard error from all pairs of rows (DeLong et al., 1988, equations 4 to 6)."""
    pairs = logits[labels == 1][:, np.newaxis] - logits[labels == 0]
    wins = (pairs > 0) + 0.5 * (pairs == 0)
    variance = wins.mean(1).var(ddof=1) / len(wins) + wins.mean(0).var(ddof=1) / wins.shape[1]
    return float(wins.mean()), math.sqrt(variance)


@pytest.mark.parametrize("digits", [0, 1, 15])
def test_the_area_has_delongs_error(digits: int) -> None:
    labels, logits, evaluation = some(300, 0, digits)
    area, error = delong(labels, logits)
    found = interval(evaluation, "roc_auc")
    odds, reach = math.log(area / (1 - area)), 1.959963984540054 * error / (area * (1 - area))
    assert found.method == "DeLong"
    assert found.value == pytest.approx(area, abs=1e-12)
    assert found.low == pytest.approx(1 / (1 + math.exp(reach - odds)), abs=1e-12)
    assert found.high == pytest.approx(1 / (1 + math.exp(-reach - odds)), abs=1e-12)
    other = interval(evaluation, "roc_auc", label="no")
    assert (other.low, other.high) == pytest.approx((found.low, found.high), abs=1e-12)


def test_a_perfect_area_is_not_certain() -> None:
    found = interval(evaluate(BINARY, ["no"] * 90 + ["yes"] * 10, logits=[0.0] * 90 + [1.0] * 10), "roc_auc")
    assert (found.value, found.high, found.method) == (1, 1, "Wilson, of the rarer side")
    assert 0.7 < found.low < 0.75


def test_a_figure_from_bins_has_a_wider_interval() -> None:
    _, _, exact = some(2000, 1)
    _, _, coarse = some(2000, 1, bins=16)
    for name in ("roc_auc", "average_precision"):
        width = figure(coarse, name).half_width
        assert width > 0
        narrow, wide = interval(exact, name), interval(coarse, name)
        assert wide.low <= narrow.low + 0.01
        assert wide.high >= narrow.high - 0.01
        assert wide.high - wide.low >= 2 * width


def test_means_over_rows_have_the_rows_deviation() -> None:
    labels, logits, evaluation = some(500, 2)
    losses = np.logaddexp(0, -(2 * labels - 1) * logits)
    found = interval(evaluation, "log_loss", confidence=0.9)
    half = 1.6448536269514722 * losses.std(ddof=1) / math.sqrt(500)
    assert found.low == pytest.approx(losses.mean() - half, abs=1e-12)
    assert found.high == pytest.approx(losses.mean() + half, abs=1e-12)


def test_of_weighted_rows_too() -> None:
    labels, logits, _ = some(500, 3)
    weights = np.random.default_rng(3).exponential(size=500)
    evaluation = Evaluation.empty(BINARY).update(
        torch.from_numpy(labels), logits=torch.from_numpy(logits), weights=weights
    )
    losses = np.logaddexp(0, -(2 * labels - 1) * logits)
    mean = np.average(losses, weights=weights)
    error = math.sqrt((weights**2 * (losses - mean) ** 2).sum()) / weights.sum()
    found = interval(evaluation, "log_loss")
    assert (found.high - found.low) / 2 == pytest.approx(1.959963984540054 * error, rel=1e-9)


def weighted_rows(rows: int, seed: int, **options: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, Evaluation]:
    labels, logits, _ = some(rows, seed)
    weights = np.random.default_rng(seed).exponential(size=rows)
    empty = Evaluation.empty(BINARY, **options)
    return (
        labels,
        logits,
        weights,
        empty.update(torch.from_numpy(labels), logits=torch.from_numpy(logits), weights=weights),
    )


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("accuracy", {}),
        ("recall", {}),
        ("precision", {"label": "no"}),
        ("f_score", {}),
        ("f_score", {"average": "macro"}),
        ("recall", {"average": "weighted"}),
        ("jaccard", {"average": "micro"}),
        ("balanced_accuracy", {}),
        ("matthews_correlation", {}),
        ("roc_auc", {}),
        ("roc_auc", {"label": "no"}),
        ("average_precision", {}),
        ("average_precision", {"label": "no"}),
    ],
)
def test_weighted_rows_have_the_deviation_of_resampled_ones(name: str, options: dict[str, Any]) -> None:
    labels, logits, weights, evaluation = weighted_rows(400, 4, exact=True)
    draw = np.random.default_rng(0)
    values: list[float] = []
    for _ in range(200):
        at = draw.integers(0, 400, 400)
        again = Evaluation.empty(BINARY).update(
            torch.from_numpy(labels[at]), logits=torch.from_numpy(logits[at]), weights=weights[at]
        )
        values.append(figure(again, name, **options).value)
    found = interval(evaluation, name, **options)
    assert found.method.startswith("delta method")
    assert (found.high - found.low) / (2 * 1.96) == pytest.approx(np.std(values), rel=0.2)
    assert found.low < found.value < found.high


def test_where_weights_lie_is_taken_to_be_where_it_does_most_harm() -> None:
    for name in ("recall", "f_score", "roc_auc"):
        fine, coarse = (interval(weighted_rows(3000, 5, **each)[3], name) for each in ({"exact": True}, {"bins": 16}))
        assert fine.high - fine.low < coarse.high - coarse.low


def test_equal_weights_change_nothing() -> None:
    labels, logits, evaluation = some(300, 6)
    same = Evaluation.empty(BINARY).update(
        torch.from_numpy(labels), logits=torch.from_numpy(logits), weights=np.full(300, 2.0)
    )
    for name in ("accuracy", "recall", "precision"):
        one, other = interval(evaluation, name), interval(same, name)
        assert (other.low, other.high) == pytest.approx((one.low, one.high), abs=1e-12)


@pytest.mark.parametrize(
    "name", ["f_score", "matthews_correlation", "balanced_accuracy", "kappa", "jaccard", "average_precision"]
)
def test_drawing_the_matrix_is_resampling_the_rows(name: str) -> None:
    labels, logits, evaluation = some(400, 4)
    draw = np.random.default_rng(0)
    values = []
    for _ in range(200):
        at = torch.from_numpy(draw.integers(0, 400, 400))
        again = Evaluation.empty(BINARY).update(torch.from_numpy(labels)[at], logits=torch.from_numpy(logits)[at])
        values.append(figure(again, name).value)
    found = interval(evaluation, name)
    assert found.method == "bootstrap"
    assert (found.high - found.low) / (2 * 1.96) == pytest.approx(np.std(values), rel=0.15)
    assert found.low < found.value < found.high
    assert interval(evaluation, name) == found
    assert interval(evaluation, name, seed=1) != found


@pytest.mark.parametrize(
    ("name", "least"), [("accuracy", 0.92), ("recall", 0.92), ("roc_auc", 0.91), ("log_loss", 0.90)]
)
def test_it_holds_the_truth_as_often_as_it_says(name: str, least: float) -> None:
    truth = figure(some(100_000, 99)[2], name).value
    held = 0
    for seed in range(200):
        found = interval(some(150, seed)[2], name)
        held += found.low <= truth <= found.high
    assert 0.91 <= held / 200 <= 0.99


MANY: list[tuple[str, dict[str, Any]]] = [
    ("top_k_accuracy", {"k": 2}),
    ("mean_reciprocal_rank", {}),
    ("f_score", {"average": "macro"}),
    ("recall", {"average": "weighted"}),
    ("quadratic_kappa", {}),
    ("roc_auc", {"label": 3}),
    ("average_precision", {"label": 3}),
    ("brier", {}),
]
SEVERAL: list[tuple[str, dict[str, Any]]] = [
    ("f_score", {"label": "a"}),
    ("f_score", {"average": "samples"}),
    ("recall", {"label": "b"}),
    ("accuracy", {}),
]


def test_ranks_averages_and_labels_have_intervals_too() -> None:
    torch.manual_seed(0)
    labels, logits = torch.randint(0, 5, (300,)), torch.randn(300, 5)
    many = Evaluation.empty(Task.multiclass(range(5))).update(labels, logits=logits)
    several = Evaluation.empty(Task.multilabel(["a", "b"])).update((logits[:, :2] > 0).long(), logits=logits[:, 1:3])
    for evaluation, cases in ((many, MANY), (several, SEVERAL)):
        for name, options in cases:
            found = interval(evaluation, name, **options)
            assert found.low < found.value < found.high
            assert found.high - found.low < 0.25


def of_classes(classes: int, rows: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    draw = np.random.default_rng(seed)
    labels = draw.choice(classes, rows, p=np.arange(1, classes + 1) / (classes * (classes + 1) / 2))
    return torch.from_numpy(labels), torch.from_numpy(draw.normal(size=(rows, classes)) + 2.5 * np.eye(classes)[labels])


def test_the_delta_method_is_resampling_for_many_classes() -> None:
    labels, logits = of_classes(40, 2000, 0)
    task, draw = Task.multiclass(range(40)), np.random.default_rng(0)
    evaluation = Evaluation.empty(task).update(labels, logits=logits)
    true, decided = labels.numpy(), logits.argmax(1).numpy()
    for average in ("macro", "weighted", "micro"):
        for name, score in (("f_score", sk.f1_score), ("precision", sk.precision_score)):
            found = interval(evaluation, name, average=average)
            values: list[float] = []
            for _ in range(60):
                at = draw.integers(0, 2000, 2000)
                theirs: Any = score(true[at], decided[at], labels=range(40), average=average, zero_division=0)
                values.append(float(theirs))
            assert found.method == "delta method"
            assert (found.high - found.low) / (2 * 1.96) == pytest.approx(np.std(values), rel=0.3)


AT_LEAST: list[tuple[str, str, dict[str, Any]]] = [
    ("classes", "roc_auc", {"average": "macro"}),
    ("classes", "roc_auc", {"average": "weighted"}),
    ("classes", "average_precision", {"average": "macro"}),
    ("classes", "d2_log_loss", {}),
    ("classes", "d2_brier", {}),
    ("labels", "f_score", {"average": "macro"}),
    ("labels", "f_score", {"average": "micro"}),
    ("labels", "recall", {"average": "weighted"}),
    ("labels", "hamming_loss", {}),
    ("labels", "roc_auc", {"average": "macro"}),
]


@pytest.mark.parametrize(("kind", "name", "options"), AT_LEAST)
def test_what_goes_together_unseen_has_an_interval_that_is_wide_enough(kind: str, name: str, options: Any) -> None:
    """The deviation of resampled rows, which do know how classes and losses go together, is never larger."""
    labels, logits = of_classes(4, 400, 1)
    task = Task.multiclass("abcd")
    if kind == "labels":
        task = Task.multilabel("abcd")
        shared = torch.randn(400, 1, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
        labels, logits = (logits + shared > 1).long(), logits + 2 * shared
    draw = torch.Generator().manual_seed(3)
    values: list[float] = []
    for _ in range(100):
        at = torch.randint(0, 400, (400,), generator=draw)
        again = Evaluation.empty(task).update(labels[at], logits=logits[at])
        values.append(figure(again, name, **options).value)
    found = interval(Evaluation.empty(task).update(labels, logits=logits), name, **options)
    error = (found.high - found.low) / (2 * 1.96)
    assert 0.85 * float(np.std(values)) <= error <= 4 * float(np.std(values))
    assert found.low < found.value < found.high


def test_an_average_of_perfect_areas_is_not_certain() -> None:
    p = torch.eye(3, dtype=torch.float64)[torch.tensor([0] * 20 + [1] * 20 + [2] * 8)]
    evaluation = Evaluation.empty(Task.multiclass("abc")).update(p.argmax(1), probabilities=p)
    found = interval(evaluation, "roc_auc", average="macro")
    assert (found.value, found.high, found.method) == (1, 1, "Wilson, of the rarer side")
    assert 0.6 < found.low < 0.7


def test_what_is_undefined_has_no_interval() -> None:
    found = interval(evaluate(BINARY, ["no", "no"], probabilities=[0.1, 0.2]), "roc_auc")
    assert math.isnan(found.low)
    assert found.method == "none: undefined: no row is 'yes', so there are no pairs to rank"


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("recall", {"confidence": 95}, "^confidence must be between 0 and 1; got 95$"),
        ("log_auc", {"average": "macro"}, "^log_auc has an interval of one class and without weights; roc_auc and av"),
        ("recal", {}, "did you mean 'recall'"),
    ],
)
def test_what_has_no_interval_says_so(name: str, options: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        interval(some(50, 0)[2], name, **options)
