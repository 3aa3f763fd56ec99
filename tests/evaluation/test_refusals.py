"""Options and rows for which there is no figure: one clear message, and no traceback from within."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from crossent import Comparison, Evaluation, InputError, Task, calibrate, choose_threshold, evaluate
from crossent.decisions import Goal
from crossent.evaluation import (
    at_thresholds,
    calibration_error,
    figure,
    group_table,
    interval,
    reliability,
    wilson,
)

BINARY = Task.binary(["no", "yes"])
LABELS = ["no", "yes", "no", "yes"]
SEED = "seed must be a whole number from 0 on; got -1"


def some() -> Evaluation:
    return evaluate(BINARY, LABELS, probabilities=[0.1, 0.4, 0.6, 0.9])


def difference() -> object:
    codes, logits = torch.tensor([0, 1] * 10), torch.linspace(-1, 1, 20)
    both = Comparison.empty(BINARY).update(codes, logits_a=logits, logits_b=-logits)
    return both.difference("f_score", seed=-1)


@pytest.mark.parametrize(
    "asked",
    [
        lambda: interval(some(), "recall", seed=-1),
        difference,
        lambda: choose_threshold(some(), "metric:f1", seed=-1),
        lambda: calibrate(BINARY, torch.linspace(-1, 1, 20), torch.tensor([0, 1] * 10), seed=-1),
    ],
)
def test_a_seed_below_0_is_refused(asked: Callable[[], object]) -> None:
    with pytest.raises(InputError) as error:
        asked()
    assert str(error.value) == SEED


GOALS = (
    "a threshold's goal must be metric:NAME, with NAME one of f1, f2, f0.5, jaccard, g_mean, informedness, "
    "accuracy, balanced_accuracy, matthews_correlation, kappa; or one of precision>=LIMIT, recall>=LIMIT, "
    "specificity>=LIMIT, alerts<=LIMIT, with LIMIT from 0 to 1; got "
)


def of_no_type(value: Any) -> Any:
    """What a caller without a type checker may give."""
    return value


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (lambda: choose_threshold(some(), Goal("f1", 0.4)), GOALS + "'f1' with the limit 0.4"),
        (lambda: choose_threshold(some(), Goal("recall")), GOALS + "'recall' with the limit None"),
        (lambda: choose_threshold(some(), of_no_type(None)), GOALS + "None"),
        (
            lambda: calibration_error(some(), bins=of_no_type(2.5)),
            "bins must be a whole number, at least 1; got 2.5",
        ),
        (
            lambda: calibration_error(some(), strategy=of_no_type("unifrom")),
            "strategy must be one of uniform, quantile; got 'unifrom': did you mean 'uniform'?",
        ),
        (
            lambda: reliability(some(), strategy=of_no_type("unifrom")),
            "strategy must be one of uniform, quantile; got 'unifrom': did you mean 'uniform'?",
        ),
        (lambda: calibration_error(some(), norm=of_no_type("l3")), "norm must be one of l1, l2, max; got 'l3'"),
        (
            lambda: calibration_error(some(), average=of_no_type("zz")),
            "average must be one of classwise, toplabel; got 'zz'",
        ),
        (
            lambda: figure(some(), "recall", average=of_no_type("zz")),
            "average must be one of macro, weighted, micro, samples; got 'zz'",
        ),
        (
            lambda: at_thresholds(some(), "f_score", beta=1e200),
            "beta must be above 0 and at most 1e+06; got 1e+200",
        ),
        (
            lambda: figure(some(), "f_score", beta=float("inf")),
            "beta must be above 0 and at most 1e+06; got inf",
        ),
        (
            lambda: evaluate(BINARY, LABELS, probabilities=[0.1, 0.4, 0.6, 0.9], groups=[0.5, 1.5, 0.5, 1.5]),
            "groups must be strings, whole numbers, booleans or dates, one a row: "
            "cut numbers with a fraction into ranges",
        ),
    ],
)
def test_what_there_is_not_is_said(asked: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError) as error:
        asked()
    assert str(error.value) == message


@pytest.mark.parametrize("name", ["log_loss", "hinge_loss"])
def test_a_loss_whose_square_is_no_number_has_no_bounds(name: str) -> None:
    logits = torch.tensor([1e200, -1e200, 1e200], dtype=torch.float64)
    labels = torch.tensor([0, 0, 1])
    found = interval(Evaluation.empty(BINARY).update(labels, logits=logits), name)
    assert (found.low, found.high) == (-np.inf, np.inf)
    both = Comparison.empty(BINARY).update(labels, logits_a=logits, logits_b=-logits.sign())
    assert both.difference(name).better is None


def test_rows_that_weigh_nothing_have_no_figures() -> None:
    nothing = evaluate(BINARY, LABELS, probabilities=[0.1, 0.4, 0.6, 0.9], weights=[0, 0, 0, 0])
    message = "an evaluation needs a row that weighs more than 0; the weights of all 4 are 0"
    for asked in (nothing.compute, lambda: choose_threshold(nothing, "metric:f1"), lambda: figure(nothing, "recall")):
        with pytest.raises(InputError) as error:
            asked()
        assert str(error.value) == message
    assert (nothing.lacking, some().lacking) == (message, "")


def test_a_group_that_weighs_nothing_is_undefined_beside_others() -> None:
    made = evaluate(
        BINARY, LABELS, probabilities=[0.1, 0.4, 0.6, 0.9], weights=[1, 1, 0, 0], groups=["a", "a", "b", "b"]
    )
    table = group_table(made, ["accuracy"])
    assert table["rows"].to_list() == [2, 2]
    assert table["accuracy"].to_list() == [0.5, None]
    assert table["accuracy_high"].to_list()[1] is None
    assert made.compute().accuracy == 0.5
    assert made.groups["b"].lacking.startswith("an evaluation needs a row that weighs more than 0")
    assert Evaluation.empty(BINARY).lacking == "an evaluation needs at least one labelled row; got 0"


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("right", [20, 19, 0])
def test_exact_match_is_a_share_of_rows_with_wilsons_interval(right: int, weighted: bool) -> None:
    task = Task.multilabel(["a", "b"])
    labels = torch.tensor([[1, 0]]).repeat(20, 1)
    scores = labels.double().clone()
    scores[right:] = 1 - scores[right:]
    weights = np.full(20, 2.0) if weighted else None
    made = Evaluation.empty(task).update(labels, probabilities=scores, weights=weights)
    low, high = wilson(np.array([right / 20]), np.array([20]))
    for name in ("accuracy", "exact_match"):
        found = interval(made, name)
        assert found.method == "Wilson"
        assert (found.low, found.high) == pytest.approx((low.item(), high.item()))


def test_a_bootstrap_of_width_0_is_no_interval() -> None:
    none_found = evaluate(BINARY, LABELS * 5, probabilities=[0.1, 0.2, 0.3, 0.4] * 5)
    for name in ("f_score", "g_mean"):
        found = interval(none_found, name)
        assert (found.value, found.method) == (0, "none: all resamples are alike")
        assert np.isnan([found.low, found.high]).all()
