"""Rare classes get large weights, and a count that cannot be one is refused."""

import re

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_sample_weight

from crossent import InputError
from crossent import functional as F


def test_the_rarer_the_class_the_larger_its_weight_by_every_method() -> None:
    for weights in (
        F.class_weights([900, 90, 10]),
        F.class_weights([900, 90, 10], "inverse"),
        F.class_weights([900, 90, 10], "effective"),
    ):
        assert weights[0] < weights[1] < weights[2]


def test_balanced_is_scikit_learns() -> None:
    of_rows = compute_sample_weight("balanced", [0] * 900 + [1] * 90 + [2] * 10)
    assert F.class_weights([900, 90, 10]).tolist() == pytest.approx([of_rows[0], of_rows[900], of_rows[990]])


def test_balanced_gives_every_class_the_same_total_and_all_rows_their_number() -> None:
    counts = torch.tensor([7, 20, 73])
    totals = F.class_weights(counts) * counts
    assert totals.tolist() == pytest.approx([100 / 3] * 3)


def test_inverse_is_one_over_the_count_with_an_average_of_1() -> None:
    weights = F.class_weights([1, 3], "inverse")
    assert weights.tolist() == pytest.approx([1.5, 0.5])


def test_effective_number_lies_between_no_weights_and_inverse() -> None:
    assert F.class_weights([5, 50], "effective", beta=0.0).tolist() == [1.0, 1.0]
    assert F.class_weights([1, 2], "effective", beta=0.5).tolist() == pytest.approx([1.2, 0.8])
    nearly_one = F.class_weights([5, 50], "effective", beta=1 - 1e-12)
    assert nearly_one.tolist() == pytest.approx(F.class_weights([5, 50], "inverse").tolist())


def test_equal_counts_weigh_equally() -> None:
    assert F.class_weights([8, 8, 8]).tolist() == [1.0, 1.0, 1.0]
    assert F.class_weights([8, 8, 8], "effective").tolist() == pytest.approx([1.0] * 3)
    assert F.pos_weight([8, 8]).item() == 1.0


def test_a_positive_weight_is_the_negatives_over_the_positives() -> None:
    assert F.pos_weight([90, 10]).item() == 9.0
    assert F.pos_weight(torch.tensor([[90, 10], [20, 80]])).tolist() == [9.0, 0.25]


def test_a_positive_weight_makes_the_positives_pull_as_hard_as_the_negatives() -> None:
    labels = torch.tensor([0.0] * 9 + [1.0])
    logits = torch.zeros(10, requires_grad=True)
    weight = F.pos_weight(torch.bincount(labels.long()))
    F.binary_cross_entropy_with_logits(logits, labels, pos_weight=weight).backward()
    assert logits.grad is not None
    assert logits.grad.sum().item() == pytest.approx(0.0, abs=1e-7)


def test_counts_may_come_as_a_list_an_array_or_a_tensor() -> None:
    for counts in ([90, 10], np.array([90, 10]), torch.tensor([90, 10]), [90.0, 10.0]):
        assert F.class_weights(counts).tolist() == pytest.approx([100 / 180, 5.0])
        assert F.class_weights(counts).dtype == torch.float32


@pytest.mark.parametrize(("bad", "shown"), [(0, "0"), (-3, "-3"), (float("nan"), "nan"), (float("inf"), "inf")])
def test_a_count_that_is_not_above_zero_and_finite_is_refused(bad: float, shown: str) -> None:
    for name, weigh in (("class_weights", F.class_weights), ("pos_weight", F.pos_weight)):
        message = (
            f"{name}: counts must be finite and above 0, but counts[1] is {shown}; a class without rows has no weight: "
            "leave it out of the task, or give it one by hand."
        )
        with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
            weigh([5, bad])


def test_counts_of_another_shape_are_refused() -> None:
    with pytest.raises(InputError, match=r"^class_weights: counts must be one number a class, shape \(K,\), got shape"):
        F.class_weights([[1, 2], [3, 4]])
    with pytest.raises(InputError, match=r"^pos_weight: counts must be \(negatives, positives\), shape \(2,\), or one"):
        F.pos_weight([1, 2, 3])
    with pytest.raises(InputError, match=r"^class_weights: counts must hold at least one number, got none\.$"):
        F.class_weights([])
    with pytest.raises(InputError, match=r"^class_weights: counts must be numbers, got \['a'\]; use torch.bincount"):
        F.class_weights(["a"])  # pyrefly: ignore[bad-argument-type]


def test_an_unknown_method_and_a_beta_of_1_are_refused() -> None:
    with pytest.raises(
        InputError, match=r"^class_weights: method must be 'balanced', 'inverse' or 'effective', got 'x'"
    ):
        F.class_weights([1, 2], "x")  # pyrefly: ignore[bad-argument-type]
    with pytest.raises(
        InputError, match=r"^class_weights: beta must be at least 0 and below 1, got 1\.0; try 0\.999\.$"
    ):
        F.class_weights([1, 2], "effective", beta=1.0)
