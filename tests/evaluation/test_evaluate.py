"""Labels and scores as people have them."""

import re
from collections.abc import Callable
from functools import partial

import numpy as np
import polars as pl
import pytest
import torch

from crossent import Evaluation, InputError, Task, evaluate

CHURN = Task.binary(["no", "yes"])
HOUSING = Task.multiclass(["rental", "dormitory"])
ROWS = [[0.9, 0.1], [0.2, 0.8]]


@pytest.mark.parametrize(
    "of",
    [list, np.array, torch.tensor, pl.Series, partial(pl.DataFrame, schema=["p"]), partial(np.array, dtype=np.float16)],
)
def test_one_column_of_any_type(of: Callable[[list[float]], object]) -> None:
    metrics = evaluate(CHURN, ["no", "yes", "yes"], probabilities=of([0.25, 0.75, 0.125])).compute()
    assert metrics.confusion_matrix.tolist() == [[1, 0], [1, 1]]


@pytest.mark.parametrize(
    "of",
    [
        list,
        np.array,
        torch.tensor,
        np.asfortranarray,
        partial(pl.DataFrame, schema=["probability_rental", "probability_dormitory"], orient="row"),
    ],
)
def test_a_column_a_class_of_any_type(of: Callable[[list[list[float]]], object]) -> None:
    assert evaluate(HOUSING, ["rental", "dormitory"], probabilities=of(ROWS)).compute().accuracy == 1


def test_whole_logits_are_numbers_too() -> None:
    assert evaluate(CHURN, ["no", "yes"], logits=[-2, 3]).compute().accuracy == 1


def test_a_float32_score_is_at_the_threshold_it_was_written_as() -> None:
    scores = torch.tensor([0.7])  # 0.69999998807907104
    evaluation = evaluate(CHURN, ["yes"], probabilities=scores, threshold=0.7)
    assert evaluation.compute().accuracy == 1
    assert CHURN.decide(scores, 0.7).tolist() == [1]


def test_decisions_are_those_of_the_task() -> None:
    torch.manual_seed(0)
    logits = torch.randn(1000, dtype=torch.float16)
    labels = torch.randint(0, 2, (1000,))
    decided = CHURN.decide(CHURN.probabilities(logits.double()), 0.3)
    metrics = Evaluation.empty(CHURN, threshold=0.3).update(labels, logits=logits).compute()
    assert int(metrics.confusion_matrix[:, 1].sum()) == int(decided.sum())


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ({}, "give exactly one of logits and probabilities"),
        ({"logits": [0.1, 0.2], "probabilities": [0.1, 0.2]}, "give exactly one of logits and probabilities"),
        ({"probabilities": [0.1, 1.2]}, "if these are logits, call task.probabilities(logits) first"),
        ({"probabilities": [0.1]}, "labels and probabilities must have as many rows; got 2 and 1"),
        ({"probabilities": ROWS}, "binary probabilities must have shape (n,); got (2, 2)"),
        ({"probabilities": [0.1, None]}, "probabilities must be numbers; got object"),
        ({"probabilities": pl.Series([0.1, None])}, "probabilities must not be NaN; 1 of 2 are"),
        ({"probabilities": ["a", "b"]}, "probabilities must be numbers; got <U1"),
        ({"probabilities": [[0.1], [0.1, 0.2]]}, "probabilities must have as many columns in each row"),
        ({"logits": [0.1, float("inf")]}, "logits must be finite; 1 of 2 are NaN or infinite"),
        ({"logits": torch.tensor([1, 2])}, "logits must be floating-point numbers; got torch.int64"),
    ],
)
def test_wrong_scores_are_named(scores: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        evaluate(CHURN, ["no", "yes"], logits=scores.get("logits"), probabilities=scores.get("probabilities"))


def test_columns_in_another_order_are_an_error() -> None:
    frame = pl.DataFrame({"dormitory": [0.1], "rental": [0.9]})
    message = (
        "probabilities must have their columns in class order; got ['dormitory', 'rental']: "
        "select ['rental', 'dormitory']"
    )
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        evaluate(HOUSING, ["rental"], probabilities=frame)


def test_unknown_labels_are_the_tasks_error() -> None:
    with pytest.raises(InputError, match="did you mean 'yes'"):
        evaluate(CHURN, ["no", "Yes"], probabilities=[0.1, 0.2])


@pytest.mark.parametrize("threshold", [-0.1, 1.5, float("nan"), [0.5, 0.5]])
def test_a_binary_threshold_is_one_number_from_0_to_1(threshold: float | list[float]) -> None:
    with pytest.raises(InputError, match="threshold must be"):
        Evaluation.empty(CHURN, threshold=threshold)


def test_a_multiclass_task_takes_no_threshold() -> None:
    with pytest.raises(InputError, match="it takes no threshold"):
        Evaluation.empty(HOUSING, threshold=0.4)
    assert evaluate(HOUSING, ["rental"], probabilities=[[1.0, 0.0]]).compute().threshold is None


def test_update_takes_tensors_only() -> None:
    with pytest.raises(InputError, match=re.escape("crossent.evaluate takes anything else")):
        Evaluation.empty(CHURN).update(["no"], probabilities=torch.tensor([0.1]))  # pyrefly: ignore[bad-argument-type]
