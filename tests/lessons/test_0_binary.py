"""Lesson 0: a yes-or-no model may end in two logits or in one; the loss takes logits."""

import pytest
import torch

from crossent import Task, evaluate, nn, simulate
from crossent import functional as F

TWO = Task.multiclass(["no", "yes"])
ONE = Task.binary(["no", "yes"])

PAIRS = torch.tensor(
    [
        [4.3765, -3.3314],
        [2.9773, 2.2280],
        [4.7288, 4.6093],
        [3.8919, -2.4916],
        [4.6187, -4.1310],
        [1.0369, 3.5896],
        [5.0186, -2.1783],
        [2.0699, 2.5354],
        [1.7808, 5.3304],
        [3.9719, 3.2910],
    ]
)
PAIR_LABELS = torch.tensor([0, 0, 0, 0, 0, 1, 0, 1, 1, 0])

LOGITS = torch.tensor([2.8, -1.4, 1.1, -0.8])
LABELS = torch.tensor([1, 0, 0, 0])

SURE = torch.tensor([5.0, 10.0, 20.0, 50.0])
YES, NO = torch.ones(4), torch.zeros(4)


def four_decimals(values: torch.Tensor) -> object:
    return values.double().round(decimals=4).tolist()


def test_softmax_of_two_logits_is_the_printed_table_up_to_the_rounding_of_the_printed_logits() -> None:
    table = """
        9.9955e-01 4.4908e-04
        6.7904e-01 3.2096e-01
        5.2984e-01 4.7016e-01
        9.9831e-01 1.6864e-03
        9.9984e-01 1.5849e-04
        7.2246e-02 9.2775e-01
        9.9925e-01 7.4831e-04
        3.8567e-01 6.1433e-01
        2.7935e-02 9.7206e-01
        6.6395e-01 3.3605e-01
    """
    printed = torch.tensor([float(digits) for digits in table.split()]).reshape(10, 2)
    p = TWO.probabilities(PAIRS)
    # Two logits that were rounded to 4 decimals move p by at most 1e-4 p (1 - p); printing moves it by 5e-5 of itself.
    assert bool(((p - printed).abs() <= 1e-4 * p * (1 - p) + 5e-5 * printed).all())


def test_the_loss_of_the_printed_pairs_is_2025_and_not_the_1623_printed_under_them() -> None:
    assert four_decimals(F.cross_entropy(PAIRS, PAIR_LABELS)) == 0.2025
    assert four_decimals(nn.CrossEntropyLoss()(PAIRS, PAIR_LABELS)) == 0.2025
    assert four_decimals(TWO.loss(PAIRS, PAIR_LABELS)) == 0.2025
    names = TWO.decode(PAIR_LABELS)
    assert evaluate(TWO, names, logits=PAIRS).compute().log_loss == pytest.approx(0.2025, abs=5e-5)


def test_no_rounding_of_the_printed_pairs_makes_their_loss_1623() -> None:
    kindest = PAIRS - 5e-5
    kindest[torch.arange(10), PAIR_LABELS] += 1e-4
    assert float(F.cross_entropy(kindest, PAIR_LABELS)) > 0.2024


def test_the_largest_logit_without_its_sign_is_the_one_of_the_label() -> None:
    largest, place = PAIRS.abs().max(dim=1)
    assert four_decimals(largest) == [4.3765, 2.9773, 4.7288, 3.8919, 4.6187, 3.5896, 5.0186, 2.5354, 5.3304, 3.9719]
    assert place.tolist() == PAIR_LABELS.tolist()
    assert TWO.decide(TWO.probabilities(PAIRS)).tolist() == PAIR_LABELS.tolist()


def test_two_logits_are_one_logit_their_difference() -> None:
    difference = PAIRS[:, 1] - PAIRS[:, 0]
    torch.testing.assert_close(ONE.probabilities(difference), TWO.probabilities(PAIRS)[:, 1])
    torch.testing.assert_close(ONE.loss(difference, PAIR_LABELS), TWO.loss(PAIRS, PAIR_LABELS))


def test_sigmoid_of_one_logit_is_the_printed_row() -> None:
    assert four_decimals(ONE.probabilities(LOGITS)) == [0.9427, 0.1978, 0.7503, 0.3100]


def test_the_loss_of_one_logit_a_row_is_5095_from_logits_and_from_probabilities() -> None:
    targets, probabilities = LABELS.float(), LOGITS.sigmoid()
    assert four_decimals(F.binary_cross_entropy_with_logits(LOGITS, targets)) == 0.5095
    assert four_decimals(nn.BCEWithLogitsLoss()(LOGITS, targets)) == 0.5095
    assert four_decimals(F.binary_cross_entropy(probabilities, targets)) == 0.5095
    assert four_decimals(nn.BCELoss()(probabilities, targets)) == 0.5095
    assert four_decimals(ONE.loss(LOGITS, LABELS)) == 0.5095


def test_at_small_logits_the_two_ways_agree_to_the_last_bit_of_float32() -> None:
    targets = LABELS.float()
    gap = F.binary_cross_entropy_with_logits(LOGITS, targets) - F.binary_cross_entropy(LOGITS.sigmoid(), targets)
    assert abs(float(gap)) <= torch.finfo(torch.float32).eps


def test_where_the_sigmoid_is_1_the_loss_from_logits_is_still_exact() -> None:
    assert SURE.sigmoid()[2:].tolist() == [1.0, 1.0]
    exact = torch.log1p(torch.exp(-SURE.double()))
    loss = F.binary_cross_entropy_with_logits(SURE, YES, reduction="none").double()
    torch.testing.assert_close(loss, exact, rtol=2e-7, atol=0.0)
    assert F.binary_cross_entropy(SURE.sigmoid(), YES, reduction="none")[2:].abs().tolist() == [0.0, 0.0]


def test_a_sure_and_wrong_row_costs_its_logit_but_100_from_its_probability() -> None:
    assert four_decimals(F.binary_cross_entropy_with_logits(SURE, NO, reduction="none")) == [5.0067, 10.0, 20.0, 50.0]
    assert F.binary_cross_entropy(SURE.sigmoid(), NO, reduction="none")[2:].tolist() == [100.0, 100.0]


def test_a_sure_and_wrong_row_teaches_from_logits_and_not_from_probabilities() -> None:
    logits = SURE.clone().requires_grad_()
    F.binary_cross_entropy_with_logits(logits, NO, reduction="sum").backward()
    assert logits.grad is not None
    assert four_decimals(logits.grad) == [0.9933, 1.0, 1.0, 1.0]

    logits = SURE.clone().requires_grad_()
    F.binary_cross_entropy(logits.sigmoid(), NO, reduction="sum").backward()
    assert logits.grad is not None
    assert logits.grad[2:].tolist() == [0.0, 0.0]


def test_torchs_own_loss_of_two_logits_loses_the_sure_rows_that_crossents_keeps() -> None:
    pairs, labels = torch.stack([torch.zeros(4), SURE], dim=1), torch.ones(4, dtype=torch.int64)
    torchs = torch.nn.functional.cross_entropy(pairs, labels, reduction="none")
    assert torchs[2:].abs().tolist() == [0.0, 0.0]
    ours = F.cross_entropy(pairs, labels, reduction="none").double()
    torch.testing.assert_close(ours, torch.log1p(torch.exp(-SURE.double())), rtol=2e-7, atol=0.0)


@pytest.mark.parametrize("seed", range(5))
def test_simulated_logits_are_all_right_where_all_are_asked_to_be(seed: int) -> None:
    logits, labels = simulate.classification_logits(2, 10, accuracy=1.0, confidence=1.0, seed=seed)
    assert logits.shape == (10, 2)
    assert logits.argmax(dim=1).tolist() == labels.tolist()
    assert logits.abs().argmax(dim=1).tolist() == labels.tolist()
