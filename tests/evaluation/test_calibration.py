"""Calibration errors against their definitions on rows, and their half-widths against exact evaluations."""

import math
from functools import partial
from typing import Any, Literal

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from crossent import Evaluation, InputError, Task, evaluate
from crossent.evaluation import (
    calibration_error,
    decompose,
    reliability,
    smooth_calibration_error,
    spiegelhalter,
)

BINARY = Task.binary(["no", "yes"])
EXACT = 1e-12
SHAPES = ["normal", "ties", "equal", "saturated", "offset", "tiny", "edges"]
NORMS: list[Literal["l1", "l2", "max"]] = ["l1", "l2", "max"]


def some(kind: str, rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels and probabilities, too sure by a factor of two in the logit."""
    draw = np.random.default_rng(seed)
    logits = {
        "normal": draw.normal(size=rows),
        "ties": np.round(draw.normal(size=rows)),
        "equal": np.full(rows, 0.3),
        "saturated": 30 * draw.normal(size=rows),
        "offset": 3 + 1e-6 * draw.normal(size=rows),
        "tiny": -600 + 100 * draw.normal(size=rows),
        "edges": np.log(draw.integers(1, 15, rows) / 15) - np.log1p(-draw.integers(1, 15, rows) / 15.01),
    }[kind]
    probabilities = 1 / (1 + np.exp(-2 * np.clip(logits, -350, 350)))
    return (draw.random(rows) < 1 / (1 + np.exp(-np.clip(logits, -700, 700)))).astype(np.int64), probabilities


def evaluated(labels: np.ndarray, probabilities: np.ndarray, **options: Any) -> Evaluation:
    empty = Evaluation.empty(BINARY, **options)
    return empty.update(torch.from_numpy(labels), probabilities=torch.from_numpy(probabilities))


def by_rows(labels: np.ndarray, p: np.ndarray, bins: int, strategy: str, norm: str) -> float:
    inner = np.linspace(0, 1, bins + 1)[1:-1]
    place = np.searchsorted(inner if strategy == "uniform" else np.quantile(p, inner), p)
    gaps = [(abs((labels - p)[place == b].sum()), int((place == b).sum())) for b in range(bins) if (place == b).any()]
    match norm:
        case "l1":
            return sum(gap for gap, _ in gaps) / len(p)
        case "l2":
            return math.sqrt(sum(gap**2 / n for gap, n in gaps) / len(p))
        case _:
            return max(gap / n for gap, n in gaps)


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
@pytest.mark.parametrize("norm", NORMS)
def test_the_error_is_what_it_says(
    kind: str, strategy: Literal["uniform", "quantile"], norm: Literal["l1", "l2", "max"]
) -> None:
    labels, p = some(kind, 500, 0)
    for bins in (1, 10, 15):
        found = calibration_error(evaluated(labels, p), bins=bins, strategy=strategy, norm=norm)
        assert found.half_width == 0
        assert found.value == pytest.approx(by_rows(labels, p, bins, strategy, norm), abs=EXACT)


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(SHAPES),
    st.integers(1, 500),
    st.sampled_from([16, 64, 200]),
    st.sampled_from(["uniform", "quantile"]),
    st.sampled_from(NORMS),
    st.integers(0, 2**32),
)
def test_the_exact_error_lies_within_the_half_width(
    kind: str,
    rows: int,
    bins: int,
    strategy: Literal["uniform", "quantile"],
    norm: Literal["l1", "l2", "max"],
    seed: int,
) -> None:
    labels, p = some(kind, rows, seed)
    coarse, exact = evaluated(labels, p, bins=bins), evaluated(labels, p, exact=True)
    found = calibration_error(coarse, bins=10, strategy=strategy, norm=norm)
    truth = calibration_error(exact, bins=10, strategy=strategy, norm=norm).value
    assert abs(found.value - truth) <= found.half_width + EXACT


@pytest.mark.parametrize("source", ["logits", "probabilities"])
def test_confidence_and_classes_have_their_errors(source: str) -> None:
    torch.manual_seed(0)
    logits = 2 * torch.randn(800, 4, dtype=torch.float64)
    labels = torch.multinomial((logits / 2).softmax(1), 1)[:, 0]
    p = logits.softmax(1)
    empty = Evaluation.empty(Task.multiclass("abcd"))
    many = empty.update(labels, logits=logits) if source == "logits" else empty.update(labels, probabilities=p)
    sure, decided = (each.numpy() for each in p.max(1))
    right = (labels.numpy() == decided).astype(np.int64)
    assert calibration_error(many).value == pytest.approx(by_rows(right, sure, 15, "uniform", "l1"), abs=EXACT)
    each = [by_rows((labels.numpy() == k).astype(np.int64), p[:, k].numpy(), 15, "uniform", "l1") for k in range(4)]
    for place, label in enumerate("abcd"):
        assert calibration_error(many, label=label).value == pytest.approx(each[place], abs=EXACT)
    assert calibration_error(many, average="classwise").value == pytest.approx(np.mean(each), abs=EXACT)


def smooth_by_rows(labels: np.ndarray, p: np.ndarray, width: float) -> float:
    """The integral at this width, kernel by kernel, with reflections."""
    at = (np.arange(4000) + 0.5) / 4000
    total = np.zeros(len(at))
    for y, place in zip(labels.tolist(), p.tolist(), strict=True):
        for centre in [turn + side * place for turn in (-4, -2, 0, 2, 4) for side in (-1, 1)]:
            total += (y - place) * np.exp(-0.5 * ((at - centre) / width) ** 2) / (width * math.sqrt(2 * math.pi))
    return float(np.abs(total).mean()) / len(p)


@pytest.mark.parametrize("kind", ["normal", "ties", "equal", "saturated"])
def test_the_smooth_error_is_where_width_and_error_meet(kind: str) -> None:
    labels, p = some(kind, 100, 1)
    found = smooth_calibration_error(evaluated(labels, p))
    assert 0.01 < found.value < 0.5
    assert smooth_by_rows(labels, p, found.value) == pytest.approx(found.value, abs=1e-5)
    assert found.half_width < 1e-4


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(SHAPES), st.integers(50, 500), st.sampled_from([16, 64]), st.integers(0, 2**32))
def test_the_exact_smooth_error_lies_within_the_half_width(kind: str, rows: int, bins: int, seed: int) -> None:
    labels, p = some(kind, rows, seed)
    found = smooth_calibration_error(evaluated(labels, p, bins=bins))
    truth = smooth_calibration_error(evaluated(labels, p, exact=True))
    assert abs(found.value - truth.value) <= found.half_width + truth.half_width + EXACT


@pytest.mark.parametrize("kind", SHAPES)
def test_a_score_is_taken_apart_by_isotonic_regression(kind: str) -> None:
    labels, p = some(kind, 400, 2)
    p = np.clip(p, 1e-15, 1 - 1e-15)
    order = np.unique(p, return_inverse=True)[1]  # it takes neighbours closer than 1e-15 for one
    best = IsotonicRegression().fit(order, labels).predict(order)
    share = labels.mean()

    def brier(q: np.ndarray) -> float:
        return float(np.square(q - labels).mean())

    def log_loss(q: np.ndarray) -> float:
        return float(-np.log(np.where(labels == 1, q, 1 - q)).mean())

    evaluation = evaluated(labels, p)
    for name, score in (("brier", brier), ("log_loss", log_loss)):
        found = decompose(evaluation, score="brier" if name == "brier" else "log_loss")
        plain = np.full(400, share)
        assert found.half_width == 0
        assert found.score == pytest.approx(score(p), abs=1e-9)
        assert found.miscalibration == pytest.approx(score(p) - score(best), abs=1e-9)
        assert found.discrimination == pytest.approx(score(plain) - score(best) if 0 < share < 1 else 0, abs=1e-9)
        assert found.refinement == pytest.approx(score(best), abs=1e-9)
        assert found.score == pytest.approx(found.miscalibration - found.discrimination + found.uncertainty, abs=EXACT)


def test_the_decomposition_has_its_published_answers() -> None:
    """From R's reliabilitydiag, by way of model-diagnostics."""
    evaluation = evaluate(Task.binary([0, 1]), [0, 0, 0, 1, 1, 1], probabilities=[0.4, 0.3, 0.2, 0.1, 0.5, 0.9])
    found = decompose(evaluation, score="log_loss")
    assert found.miscalibration == pytest.approx(0.3237327, abs=5e-8)
    assert found.discrimination == pytest.approx(0.3182571, abs=5e-8)
    assert found.uncertainty == pytest.approx(0.6931472, abs=5e-8)


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(SHAPES),
    st.integers(2, 500),
    st.sampled_from([16, 64]),
    st.booleans(),
    st.sampled_from(["brier", "log_loss"]),
    st.integers(0, 2**32),
)
def test_the_exact_decomposition_lies_within_the_half_width(
    kind: str, rows: int, bins: int, weighted: bool, score: Literal["brier", "log_loss"], seed: int
) -> None:
    labels, p = some(kind, rows, seed)
    weights = np.random.default_rng(seed).exponential(size=rows) + 1e-6 if weighted else None
    empty = (Evaluation.empty(BINARY, bins=bins), Evaluation.empty(BINARY, exact=True))
    found, truth = (
        decompose(
            each.update(torch.from_numpy(labels), probabilities=torch.from_numpy(p), weights=weights), score=score
        )
        for each in empty
    )
    assert (found.score, truth.half_width) == (truth.score, 0)
    assert math.isfinite(found.half_width)
    assert abs(found.miscalibration - truth.miscalibration) <= found.half_width + EXACT
    assert abs(found.discrimination - truth.discrimination) <= found.half_width + EXACT
    assert abs(found.refinement - truth.refinement) <= found.half_width + EXACT


@pytest.mark.parametrize("score", ["brier", "log_loss"])
def test_so_does_that_of_each_class(score: Literal["brier", "log_loss"]) -> None:
    torch.manual_seed(3)
    logits = 3 * torch.randn(1500, 3, dtype=torch.float64)
    labels, p = torch.multinomial((logits / 2).softmax(1), 1)[:, 0], logits.softmax(1)
    task = Task.multiclass("abc")
    coarse, exact = (
        each.update(labels, probabilities=p)
        for each in (Evaluation.empty(task, bins=32), Evaluation.empty(task, exact=True))
    )
    for label in "abc":
        found, truth = (decompose(each, score=score, label=label) for each in (coarse, exact))
        assert 0 < found.half_width < 1
        for name in ("score", "miscalibration", "discrimination", "refinement"):
            assert abs(getattr(found, name) - getattr(truth, name)) <= found.half_width + EXACT


def test_spiegelhalters_z_is_its_formula() -> None:
    labels, p = some("normal", 400, 3)
    z = ((labels - p) * (1 - 2 * p)).sum() / math.sqrt((np.square(1 - 2 * p) * p * (1 - p)).sum())
    found = spiegelhalter(evaluated(labels, p))
    assert found.z == pytest.approx(z, abs=1e-11)
    assert z > 3
    assert found.p_value < 0.01


def test_true_probabilities_pass() -> None:
    draw = np.random.default_rng(0)
    p_values: list[float] = []
    outside = points = 0
    for _ in range(60):
        p = draw.random(2000)
        evaluation = evaluated((draw.random(2000) < p).astype(np.int64), p)
        p_values.append(spiegelhalter(evaluation).p_value)
        of = reliability(evaluation)
        outside += int(((of.observed < of.consistent_low) | (of.observed > of.consistent_high)).sum())
        points += len(of.observed)
    assert 0.005 <= np.mean(np.array(p_values) < 0.05) <= 0.13
    assert 0.02 <= outside / points <= 0.08


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (partial(calibration_error, bins=0), "^bins must be a whole number, at least 1; got 0$"),
        (partial(calibration_error, label="a", average="classwise"), "^give a label or an average"),
        (decompose, "^name the class that the curve is of"),
        (spiegelhalter, "^Spiegelhalter's test is of a binary task; this one is multiclass$"),
    ],
)
def test_what_cannot_be_asked_is_refused(call: Any, message: str) -> None:
    many = evaluate(Task.multiclass(["a", "b", "c"]), ["a"], probabilities=[[0.5, 0.25, 0.25]])
    with pytest.raises(InputError, match=message):
        call(many)
