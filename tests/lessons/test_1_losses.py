"""Lesson 1: both losses by their definition, then by one call."""

import math

import pytest
import torch

from crossent import Task, evaluate, nn
from crossent import functional as F

BINARY = Task.binary([0, 1])
LABELS = BINARY.encode([0, 1, 1, 0])
TARGETS = LABELS.double()
LOGITS = torch.tensor([-0.1, 2.0, 3.0, 0.5], dtype=torch.float64)

FIVE = Task.multiclass(range(5))
CLASSES = FIVE.encode([0, 2, 3, 1])
ROWS = torch.tensor(
    [
        [-5.0, 10.0, 1.2, 3.0, -4.0],
        [5.0, -4.0, 0.1, 1.0, 0.1],
        [1.0, 3.0, 2.5, -0.1, 2.5],
        [-7.0, 2.5, 0.1, 3.1, 0.2],
    ]
)


def four_decimals(values: torch.Tensor) -> object:
    return values.double().round(decimals=4).tolist()


def five_digits(values: torch.Tensor) -> list[str]:
    return [f"{value:.4e}" for value in values.flatten().tolist()]


def log_probabilities(logits: torch.Tensor) -> torch.Tensor:
    """Minus what each class would cost a row if it were the right one."""
    rows, classes = logits.shape
    columns = [F.cross_entropy(logits, torch.full((rows,), k), reduction="none") for k in range(classes)]
    return -torch.stack(columns, dim=1)


def test_labels_of_yes_or_no_are_encoded_as_they_are() -> None:
    assert LABELS.tolist() == [0, 1, 1, 0]


def test_sigmoid_is_the_printed_row() -> None:
    assert four_decimals(BINARY.probabilities(LOGITS)) == [0.4750, 0.8808, 0.9526, 0.6225]


def test_the_log_of_the_probabilities_is_the_printed_row() -> None:
    # What each row would cost if its label were 1 is minus the log of its probability.
    cost_of_yes = F.binary_cross_entropy_with_logits(LOGITS, torch.ones(4), reduction="none")
    assert four_decimals(-cost_of_yes) == [-0.7444, -0.1269, -0.0486, -0.4741]
    assert four_decimals(BINARY.probabilities(LOGITS).log()) == [-0.7444, -0.1269, -0.0486, -0.4741]


def test_the_loss_of_each_row_is_the_definitions() -> None:
    printed = [0.6444, 0.1269, 0.0486, 0.9741]
    p = BINARY.probabilities(LOGITS)
    by_definition = -(TARGETS * p.log() + (1 - TARGETS) * (1 - p).log())
    assert four_decimals(by_definition) == printed
    assert four_decimals(F.binary_cross_entropy_with_logits(LOGITS, TARGETS, reduction="none")) == printed
    assert four_decimals(F.binary_cross_entropy(p, TARGETS, reduction="none")) == printed
    assert four_decimals(BINARY.loss(LOGITS, LABELS, reduction="none")) == printed


def test_the_mean_loss_is_4485_by_every_road() -> None:
    p = BINARY.probabilities(LOGITS)
    losses = [
        F.binary_cross_entropy(p, TARGETS),
        F.binary_cross_entropy_with_logits(LOGITS, TARGETS),
        nn.BCELoss()(p, TARGETS),
        nn.BCEWithLogitsLoss()(LOGITS, TARGETS),
        BINARY.loss(LOGITS, LABELS),
    ]
    assert [four_decimals(loss) for loss in losses] == [0.4485] * 5
    assert {loss.dtype for loss in losses} == {torch.float64}
    assert evaluate(BINARY, [0, 1, 1, 0], logits=LOGITS).compute().log_loss == pytest.approx(0.4485, abs=5e-5)


def test_better_probabilities_cost_0577() -> None:
    better = [0.01, 0.9, 0.99, 0.1]
    assert four_decimals(F.binary_cross_entropy(torch.tensor(better), TARGETS)) == 0.0577
    assert evaluate(BINARY, [0, 1, 1, 0], probabilities=better).compute().log_loss == pytest.approx(0.0577, abs=5e-5)


def test_class_indices_and_one_hot_rows_hold_the_same() -> None:
    assert CLASSES.tolist() == [0, 2, 3, 1]
    one_hot = FIVE.one_hot([0, 2, 3, 1])
    assert one_hot.tolist() == [[1, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0], [0, 1, 0, 0, 0]]
    assert one_hot.argmax(dim=1).tolist() == CLASSES.tolist()


def test_the_exponentials_are_the_printed_table() -> None:
    table = """
        6.7379e-03 2.2026e+04 3.3201e+00 2.0086e+01 1.8316e-02
        1.4841e+02 1.8316e-02 1.1052e+00 2.7183e+00 1.1052e+00
        2.7183e+00 2.0086e+01 1.2182e+01 9.0484e-01 1.2182e+01
        9.1188e-04 1.2182e+01 1.1052e+00 2.2198e+01 1.2214e+00
    """
    assert five_digits(ROWS.exp()) == table.split()


def test_the_denominators_are_the_printed_column() -> None:
    kept, flat = ROWS.exp().sum(dim=1, keepdim=True), ROWS.exp().sum(dim=1)
    assert kept.shape == (4, 1)
    assert flat.shape == (4,)
    # Around 22,050 the numbers of float32 are 0.002 apart, so that of its nine printed digits seven can be told.
    assert flat.tolist() == pytest.approx([22049.8965, 153.3601, 48.0736, 36.7079], rel=1e-7, abs=5e-5)
    torch.testing.assert_close(FIVE.probabilities(ROWS), ROWS.exp() / kept)


def test_softmax_is_the_printed_table_and_its_rows_sum_to_1() -> None:
    table = """
        3.0558e-07 9.9894e-01 1.5057e-04 9.1091e-04 8.3065e-07
        9.6774e-01 1.1943e-04 7.2064e-03 1.7725e-02 7.2064e-03
        5.6544e-02 4.1781e-01 2.5341e-01 1.8822e-02 2.5341e-01
        2.4842e-05 3.3188e-01 3.0107e-02 6.0472e-01 3.3274e-02
    """
    assert five_digits(FIVE.probabilities(ROWS)) == table.split()
    assert four_decimals(FIVE.probabilities(ROWS).sum(dim=1)) == [1.0] * 4


def test_the_most_probable_classes_are_1_0_1_3() -> None:
    assert FIVE.decide(FIVE.probabilities(ROWS)).tolist() == [1, 0, 1, 3]
    assert ROWS.argmax(dim=1).tolist() == [1, 0, 1, 3]
    assert evaluate(FIVE, [0, 2, 3, 1], logits=ROWS).compute().accuracy == 0.0


def test_the_probabilities_of_the_right_classes_are_the_printed_four() -> None:
    p, one_hot = FIVE.probabilities(ROWS), FIVE.one_hot([0, 2, 3, 1])
    printed = ["3.0558e-07", "7.2064e-03", "1.8822e-02", "3.3188e-01"]
    assert five_digits(p[one_hot == 1]) == printed
    assert five_digits((p * one_hot).sum(dim=1)) == printed
    assert int((p * one_hot == 0).sum()) == 16


def test_the_log_of_the_masked_table_is_infinite_wherever_the_class_is_wrong() -> None:
    masked = -(FIVE.probabilities(ROWS) * FIVE.one_hot([0, 2, 3, 1])).log()
    assert int(masked.isinf().sum()) == 16
    assert four_decimals(masked[masked.isfinite()]) == [15.0011, 4.9328, 3.9727, 1.1030]
    assert math.isinf(float(masked.mean()))


def test_picking_the_right_class_never_meets_the_infinities() -> None:
    printed = [15.0011, 4.9328, 3.9727, 1.1030]
    assert four_decimals(F.cross_entropy(ROWS, CLASSES, reduction="none")) == printed
    assert four_decimals(F.nll_loss(log_probabilities(ROWS), CLASSES, reduction="none")) == printed
    assert four_decimals(FIVE.loss(ROWS, CLASSES, reduction="none")) == printed


def test_the_mean_loss_is_6_2524_by_every_road() -> None:
    one_hot = FIVE.one_hot([0, 2, 3, 1]).float()
    losses = [
        F.cross_entropy(ROWS, CLASSES),
        F.cross_entropy(ROWS, one_hot),
        F.nll_loss(ROWS.log_softmax(dim=1), CLASSES),
        nn.CrossEntropyLoss()(ROWS, CLASSES),
        nn.NLLLoss()(ROWS.log_softmax(dim=1), CLASSES),
        FIVE.loss(ROWS, CLASSES),
    ]
    assert [four_decimals(loss) for loss in losses] == [6.2524] * 6
    assert evaluate(FIVE, [0, 2, 3, 1], logits=ROWS).compute().log_loss == pytest.approx(6.2524, abs=5e-5)


def test_log_softmax_is_the_printed_table_but_for_a_digit_that_float32_lost_in_it() -> None:
    table = """
        -1.5001e+01 -1.0632e-03 -8.8011e+00 -7.0011e+00 -1.4001e+01
        -3.2789e-02 -9.0328e+00 -4.9328e+00 -4.0328e+00 -4.9328e+00
        -2.8727e+00 -8.7273e-01 -1.3727e+00 -3.9727e+00 -1.3727e+00
        -1.0603e+01 -1.1030e+00 -3.5030e+00 -5.0299e-01 -3.4030e+00
    """
    # Printed is -1.0631e-03 in place of -1.0632e-03.
    assert five_digits(log_probabilities(ROWS)) == table.split()
    torch.testing.assert_close(log_probabilities(ROWS), FIVE.probabilities(ROWS).log())


def test_the_lost_digit_is_in_torchs_log_softmax_and_not_in_the_loss_of_logits() -> None:
    exact = float(ROWS[0].double().log_softmax(dim=0)[1])
    assert f"{exact:.4e}" == "-1.0632e-03"
    assert float(-F.cross_entropy(ROWS[0], torch.tensor(1))) == pytest.approx(exact, rel=2e-7)
    assert float(ROWS[0].log_softmax(dim=0)[1]) != pytest.approx(exact, rel=1e-5)


def test_a_probability_of_0_makes_the_sum_over_a_one_hot_row_nan_and_leaves_the_loss_of_logits_alone() -> None:
    logits, one_hot = torch.tensor([[0.0, -200.0]]), torch.tensor([[1.0, 0.0]])
    assert math.isnan(float(-(one_hot * logits.softmax(dim=1).log()).sum()))
    assert float(F.cross_entropy(logits, one_hot)) == 0.0
    assert float(F.cross_entropy(logits, torch.tensor([1]))) == 200.0
