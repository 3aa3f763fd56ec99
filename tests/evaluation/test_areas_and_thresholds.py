"""Areas, rates and figures at thresholds equal scikit-learn's or their definitions, and lie within their bounds."""

import math
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from crossent import Evaluation, InputError, Task, evaluate
from crossent.evaluation import (
    at_fixed,
    at_thresholds,
    det_curve,
    disparity,
    fairness,
    figure,
    precision_recall_curve,
    roc_curve,
)

BINARY = Task.binary(["no", "yes"])
EXACT = 1e-12
RANGES = [(0.0, 0.1), (0.0, 0.5), (0.2, 0.7), (0.9, 1.0)]
SHAPES = ["even", "ties", "equal", "separated", "reversed", "rare"]


@pytest.fixture(autouse=True)
def _quiet_sklearn() -> Iterator[None]:
    """scikit-learn warns where crossent gives a reason."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="sklearn")
        yield


def some(kind: str, rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels, of both classes, and logits."""
    draw = np.random.default_rng(seed)
    labels = (draw.random(rows) < (0.02 if kind == "rare" else 0.4)).astype(np.int64)
    labels[:2] = 0, 1
    noise = draw.normal(size=rows)
    logits = {
        "even": noise + labels,
        "ties": np.round(noise + labels),
        "equal": np.zeros(rows),
        "separated": noise + 9 * labels,
        "reversed": noise - 9 * labels,
        "rare": noise + 2 * labels,
    }
    return labels, logits[kind]


def evaluated(labels: np.ndarray, logits: np.ndarray, weights: Any = None, **options: Any) -> Evaluation:
    empty = Evaluation.empty(BINARY, **options)
    return empty.update(torch.from_numpy(labels), logits=torch.from_numpy(logits), weights=weights)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", SHAPES)
def test_partial_area_up_to_a_rate(kind: str, weighted: bool) -> None:
    labels, logits = some(kind, 300, 0)
    weights = np.random.default_rng(0).exponential(size=300) if weighted else None
    evaluation = evaluated(labels, logits, weights)
    for most in (0.01, 0.1, 0.37, 0.999):
        theirs = sk.roc_auc_score(labels, logits, max_fpr=most, sample_weight=weights)
        ours = figure(evaluation, "partial_roc_auc", fpr_range=(0, most))
        assert (ours.value, ours.half_width) == (pytest.approx(theirs, abs=EXACT), 0)


def curve(labels: np.ndarray, logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    false, true, _ = sk.roc_curve(labels, logits, drop_intermediate=False)
    return false, true


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("over", RANGES)
def test_partial_area_between_rates_is_the_integral(kind: str, over: tuple[float, float]) -> None:
    false, true = curve(*some(kind, 300, 1))
    at = over[0] + (over[1] - over[0]) * (np.arange(200_000) + 0.5) / 200_000
    area = np.interp(at, false, true).mean() * (over[1] - over[0])
    chance = (over[1] ** 2 - over[0] ** 2) / 2
    by_hand = (1 + (area - chance) / (over[1] - over[0] - chance)) / 2
    ours = figure(evaluated(*some(kind, 300, 1)), "partial_roc_auc", fpr_range=over).value
    assert ours == pytest.approx(by_hand, abs=1e-4)


def test_a_coin_and_perfection_have_their_areas() -> None:
    perfect, coin = (evaluate(BINARY, ["no", "no", "yes", "yes"], logits=each) for each in ([1.0, 2, 3, 4], [1.0] * 4))
    for over in RANGES:
        assert figure(perfect, "partial_roc_auc", fpr_range=over).value == pytest.approx(1)
        assert figure(coin, "partial_roc_auc", fpr_range=over).value == pytest.approx(0.5)
    assert figure(perfect, "log_auc").value == pytest.approx(1)
    assert figure(perfect, "equal_error_rate").value == 0
    assert figure(coin, "equal_error_rate").value == 0.5


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("over", [(0.001, 0.1), (0.05, 0.5), (0.3, 1.0)])
def test_log_auc_adds_trapezoids_over_the_logarithm(kind: str, over: tuple[float, float]) -> None:
    labels, logits = some(kind, 400, 2)
    false, true = curve(labels, logits)
    inside = (false >= over[0]) & (false <= over[1])  # of a step at an end both its points
    across = np.log10(np.concatenate([[over[0]], false[inside], [over[1]]]))
    up = np.concatenate([[np.interp(over[0], false, true)], true[inside], [np.interp(over[1], false, true)]])
    by_hand = np.trapezoid(up, across) / (across[-1] - across[0])
    ours = figure(evaluated(labels, logits), "log_auc", fpr_range=over).value
    assert ours == pytest.approx(by_hand, abs=EXACT)


@pytest.mark.parametrize("kind", SHAPES)
def test_errors_are_equal_at_the_equal_error_rate(kind: str) -> None:
    labels, logits = some(kind, 300, 3)
    rate = figure(evaluated(labels, logits), "equal_error_rate").value
    false, true = curve(labels, logits)
    gap = false - (1 - true)
    place = int(np.argmin(np.abs(gap)))
    assert abs(rate - (false[place] + 1 - true[place]) / 2) <= np.abs(gap).min()
    distances = [  # of the point (rate, 1 - rate) from each piece of the curve
        segment_distance(np.array([rate, 1 - rate]), *ends)
        for ends in zip(np.stack([false, true], 1)[:-1], np.stack([false, true], 1)[1:], strict=True)
    ]
    assert min(distances) < EXACT


def segment_distance(point: np.ndarray, start: np.ndarray, end: np.ndarray) -> float:
    along = end - start
    share = np.clip(np.dot(point - start, along) / max(np.dot(along, along), 1e-300), 0, 1)
    return float(np.linalg.norm(point - start - share * along))


AREAS: list[tuple[str, dict[str, Any]]] = [
    ("partial_roc_auc", {"fpr_range": (0.0, 0.1)}),
    ("partial_roc_auc", {"fpr_range": (0.3, 0.6)}),
    ("log_auc", {}),
    ("equal_error_rate", {}),
]


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(SHAPES),
    st.integers(2, 500),
    st.sampled_from([16, 40]),
    st.booleans(),
    st.sampled_from(AREAS),
    st.integers(0, 2**32),
)
def test_the_exact_area_lies_within_the_half_width(
    kind: str, rows: int, bins: int, weighted: bool, asked: tuple[str, dict[str, Any]], seed: int
) -> None:
    labels, logits = some(kind, rows, seed)
    weights = np.random.default_rng(seed).exponential(size=rows) + 1e-9 if weighted else None
    coarse, exact = evaluated(labels, logits, weights, bins=bins), evaluated(labels, logits, weights, exact=True)
    name, options = asked
    found, truth = figure(coarse, name, **options), figure(exact, name, **options)
    assert truth.half_width == 0
    assert abs(found.value - truth.value) <= found.half_width + EXACT


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", ["multiclass", "multilabel"])
def test_micro_ranks_the_scores_of_all_classes_together(kind: str, weighted: bool) -> None:
    draw = np.random.default_rng(4)
    weights = draw.exponential(size=200) if weighted else None
    if kind == "multilabel":
        labels = draw.integers(0, 2, (200, 3))
        task, hits = Task.multilabel("abc"), labels
    else:
        labels = draw.integers(0, 3, 200)
        task, hits = Task.multiclass("abc"), np.eye(3)[labels]
    p = task.probabilities(torch.from_numpy(np.round(draw.normal(size=(200, 3)) + hits, 1)))
    evaluation = Evaluation.empty(task).update(torch.from_numpy(labels), probabilities=p, weights=weights)
    options: dict[str, Any] = {"average": "micro", "sample_weight": weights}
    for name, score in (("roc_auc", sk.roc_auc_score), ("average_precision", sk.average_precision_score)):
        found = figure(evaluation, name, average="micro")
        assert found.value == pytest.approx(score(hits, p.numpy(), **options), abs=EXACT)
        two = figure(evaluation, name, average="micro", classes=["c", "a"]).value
        assert two == pytest.approx(score(hits[:, [0, 2]], p.numpy()[:, [0, 2]], **options), abs=EXACT)


@pytest.mark.parametrize("drop", [False, True])
@pytest.mark.parametrize("kind", SHAPES)
def test_det_curve(kind: str, drop: bool) -> None:
    labels, logits = some(kind, 200, 5)
    evaluation = evaluated(labels, logits)
    for label, mine, scores in (("yes", labels, logits), ("no", 1 - labels, -logits)):
        ours = det_curve(evaluation, label=label, drop_intermediate=drop)
        their_curve: Any = sk.det_curve
        false, missed, thresholds = their_curve(mine, scores, drop_intermediate=drop)
        np.testing.assert_allclose(ours.false_positive_rate, false, atol=EXACT)
        np.testing.assert_allclose(ours.false_negative_rate, missed, atol=EXACT)
        np.testing.assert_allclose(ours.thresholds, [each if each == np.inf else 1 / (1 + np.exp(-each))
                                                     for each in thresholds.tolist()], atol=EXACT)  # fmt: skip
    assert ours.equal_error_rate == pytest.approx(figure(evaluation, "equal_error_rate", label="no").value)


@pytest.mark.parametrize("kind", SHAPES)
def test_figures_at_thresholds_are_those_of_decisions_there(kind: str) -> None:
    labels, logits = some(kind, 60, 6)
    p = torch.from_numpy(logits).sigmoid()
    evaluation = Evaluation.empty(BINARY).update(torch.from_numpy(labels), probabilities=p)
    found = at_thresholds(evaluation, "f_score", beta=2)
    columns = (each.tolist() for each in (found.thresholds, found.values, found.confusion))
    for threshold, value, confusion in zip(*columns, strict=True):
        decisions = (p.numpy() >= threshold).astype(np.int64)
        assert value == pytest.approx(float(sk.fbeta_score(labels, decisions, beta=2, zero_division=0)), abs=EXACT)
        assert confusion == sk.confusion_matrix(labels, decisions, labels=[0, 1]).tolist()


PAIRS = [("recall", "precision"), ("precision", "recall"), ("recall", "specificity"), ("specificity", "recall")]


def at(held: str, level: float) -> dict[str, Any]:
    return {held: level}


def best_by_hand(evaluation: Evaluation, name: str, held: str, level: float) -> float:
    """The highest value on the curves, of points at which something is decided."""
    roc, pr = roc_curve(evaluation, drop_intermediate=False), precision_recall_curve(evaluation)
    points = {
        "recall": roc.true_positive_rate.numpy()[1:],
        "specificity": 1 - roc.false_positive_rate.numpy()[1:],
        "precision": pr.precision.numpy()[:-1][::-1],
    }
    allowed = points[name][points[held] >= level]
    return float(allowed.max()) if len(allowed) else math.nan


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize(("name", "held"), PAIRS)
def test_the_best_where_another_is_held(kind: str, name: str, held: str) -> None:
    labels, logits = some(kind, 150, 7)
    evaluation = evaluated(labels, logits)
    for level in (0.0, 0.3, 0.5, 0.9, 1.0):
        found = at_fixed(evaluation, name, **at(held, level))
        by_hand = best_by_hand(evaluation, name, held, level)
        if math.isnan(by_hand):
            assert (math.isnan(found.value), found.reason) == (
                True,
                f"undefined: no threshold has a {held} of {level:g} or more",
            )
            continue
        assert found.value == pytest.approx(by_hand, abs=EXACT)
        assert found.held >= level
        decided = Evaluation.empty(BINARY, threshold=found.threshold).update(
            torch.from_numpy(labels), logits=torch.from_numpy(logits)
        )
        assert figure(decided, name).value == pytest.approx(found.value, abs=EXACT)
        assert figure(decided, held).value == pytest.approx(found.held, abs=EXACT)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SHAPES), st.integers(2, 400), st.sampled_from(PAIRS), st.floats(0, 1), st.integers(0, 2**32))
def test_no_threshold_is_better_by_more_than_the_regret(
    kind: str, rows: int, pair: tuple[str, str], level: float, seed: int
) -> None:
    labels, logits = some(kind, rows, seed)
    name, held = pair
    found = at_fixed(evaluated(labels, logits, bins=16), name, **at(held, level))
    truth = at_fixed(evaluated(labels, logits, exact=True), name, **at(held, level))
    assert truth.regret == 0
    if not math.isnan(truth.value):
        assert truth.value <= (0 if math.isnan(found.value) else found.value) + found.regret + EXACT
    if not math.isnan(found.value):
        assert truth.value >= found.value - EXACT


def test_at_a_known_place() -> None:
    """torcheval's table: precision, recall, thresholds of six rows."""
    scores, labels = [0.1, 0.4, 0.6, 0.6, 0.6, 0.35, 0.8], ["no", "no", "yes", "yes", "yes", "yes", "yes"]
    found = at_fixed(evaluate(BINARY, labels, probabilities=scores), "recall", precision=0.5)
    assert (found.value, found.threshold) == (1.0, 0.35)


def grouped() -> Evaluation:
    draw = np.random.default_rng(8)
    labels, groups = draw.integers(0, 2, 400), draw.choice(["a", "b", "c"], 400)
    p = np.clip(labels * 0.4 + 0.6 * draw.random(400) + 0.2 * (groups == "b") - 0.1, 0, 1)
    return evaluate(Task.binary([0, 1]), labels, probabilities=p, groups=groups)


def test_groups_are_compared_by_their_rates() -> None:
    evaluation = grouped()
    found = fairness(evaluation)
    rates = {
        name: {group: figure(each, name).value for group, each in evaluation.groups.items()}
        for name in ("decided_share", "recall", "false_positive_rate")
    }
    difference = {name: max(each.values()) - min(each.values()) for name, each in rates.items()}
    ratio = {name: min(each.values()) / max(each.values()) for name, each in rates.items()}
    assert found.demographic_parity.difference == difference["decided_share"] > 0.05
    assert found.demographic_parity.ratio == ratio["decided_share"]
    assert found.equal_opportunity.difference == difference["recall"]
    assert found.equalized_odds_difference == max(difference["recall"], difference["false_positive_rate"])
    assert found.equalized_odds_ratio == min(ratio["recall"], ratio["false_positive_rate"])
    assert found.demographic_parity.highest == "b"


def test_a_group_without_such_rows_takes_no_part() -> None:
    evaluation = evaluate(BINARY, ["no", "yes", "yes"], probabilities=[0.9, 0.9, 0.1], groups=["a", "b", "b"])
    found = disparity(evaluation, "recall")
    assert (found.lowest, found.difference) == ("b", 0)
    assert found.groups["a"].reason == "set to 0: no row is 'yes'"
    assert math.isnan(disparity(evaluation, "roc_auc").difference)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "recall"}, "got 'recall' with none$"),
        ({"name": "recall", "precision": 0.5, "specificity": 0.5}, "got 'recall' with precision=0.5, specificity=0.5$"),
        ({"name": "recall", "recall": 0.5}, "got 'recall' with recall=0.5$"),
        ({"name": "accuracy", "recall": 0.5}, "got 'accuracy' with recall=0.5$"),
        ({"name": "recall", "precision": 50}, "got 'recall' with precision=50$"),
    ],
)
def test_one_figure_is_held_at_a_share(options: dict[str, Any], message: str) -> None:
    found = "^at_fixed finds one of precision, recall, specificity, negative_predictive_value where one other is held "
    with pytest.raises(InputError, match=f"{found}at a level from 0 to 1; {message}"):
        at_fixed(grouped(), **options)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("partial_roc_auc", {}, r"^partial_roc_auc needs fpr_range, the false positive rates it is over, such as \(0,"),
        ("roc_auc", {"fpr_range": (0, 0.1)}, "^fpr_range is of partial_roc_auc and log_auc; got it for roc_auc$"),
        (
            "partial_roc_auc",
            {"fpr_range": (0.2, 0.1)},
            r"^fpr_range must go up, from 0 or more to at most 1; got \(0.2",
        ),
        ("log_auc", {"fpr_range": (0, 0.1)}, r"^fpr_range must go up, from above 0 to at most 1; got \(0, 0.1\)$"),
        ("recall", {"classes": [0]}, "^classes are those of a macro, weighted or micro average; got None$"),
        ("recall", {"average": "macro", "classes": [2]}, r"^classes must be some of \[0, 1\], each once; got \[2\]$"),
        ("recall", {"average": "macro", "classes": []}, r"^classes must be some of \[0, 1\], each once; got \[\]$"),
    ],
)
def test_what_does_not_go_together_is_refused(name: str, options: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        figure(grouped(), name, **options)


def test_a_figure_of_no_decision_has_no_thresholds() -> None:
    with pytest.raises(InputError, match=r"^a threshold's figure must be one of precision, recall,"):
        at_thresholds(grouped(), "log_loss")
    with pytest.raises(InputError, match=r"^beta must be above 0 and at most 1e\+06; got 0$"):
        at_thresholds(grouped(), "f_score", beta=0)


def test_groups_are_needed_for_a_disparity() -> None:
    with pytest.raises(InputError, match=r"^a disparity is between groups, and these rows have none: give groups with"):
        fairness(evaluate(BINARY, ["no"], probabilities=[0.1]))
