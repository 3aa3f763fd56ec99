"""Lesson 2: cross entropy of one row and of a batch, and why logarithms are added and not probabilities multiplied."""

import math

import pytest
import torch

from crossent import Task, evaluate, nn, simulate
from crossent import functional as F

THREE = Task.multiclass([0, 1, 2])

ONE_ROW = torch.tensor([0.1, 0.7, 0.2])

TABLE = torch.tensor([[0.7502, 0.0828, 0.1670], [0.3724, 0.2735, 0.3541], [0.0895, 0.8934, 0.0171]])
TABLE_LABELS = torch.tensor([0, 2, 0])

LOGITS = torch.tensor(
    [
        [4.2177, -4.0934, 0.0668],
        [-0.7385, 2.6636, 3.4101],
        [-4.0501, 1.9145, 4.6214],
        [4.8040, 1.1541, -2.3394],
        [2.5674, -2.1252, 1.5663],
        [-2.0453, 3.3044, 0.0779],
        [4.1436, 5.1625, 4.5696],
        [4.2516, 3.3550, -0.4895],
        [-0.7235, -0.0780, 2.7425],
        [-4.7485, 0.8806, 5.0635],
    ]
)
LABELS = torch.tensor([0, 2, 2, 1, 0, 1, 1, 0, 1, 2])


def four_decimals(values: torch.Tensor) -> object:
    return values.double().round(decimals=4).tolist()


def test_the_loss_of_one_row_is_minus_the_log_of_the_right_class_alone() -> None:
    # The logs of probabilities are logits too: softmax gives the probabilities back.
    assert four_decimals(F.cross_entropy(ONE_ROW.log(), torch.tensor([0.0, 1.0, 0.0]))) == 0.3567
    assert four_decimals(F.cross_entropy(ONE_ROW.log(), torch.tensor(1))) == 0.3567
    assert four_decimals(F.nll_loss(ONE_ROW.log(), torch.tensor(1))) == 0.3567


def test_in_float64_the_loss_of_one_row_has_all_the_printed_digits() -> None:
    row = torch.tensor([0.1, 0.7, 0.2], dtype=torch.float64).log()
    assert float(F.nll_loss(row, torch.tensor(1))) == pytest.approx(0.35667494393873245, rel=1e-15)
    assert float(F.cross_entropy(row, torch.tensor(1))) == pytest.approx(0.35667494393873245, rel=1e-15)


def test_the_wrong_classes_do_not_matter() -> None:
    other_wrong_classes = torch.tensor([0.25, 0.7, 0.05])
    assert four_decimals(F.nll_loss(other_wrong_classes.log(), torch.tensor(1))) == 0.3567


def test_the_mean_loss_of_the_printed_table_is_1_2464() -> None:
    loss = F.nll_loss(TABLE.log(), TABLE_LABELS)
    assert four_decimals(loss) == 1.2464
    assert four_decimals(F.cross_entropy(TABLE.log(), TABLE_LABELS)) == 1.2464
    assert evaluate(THREE, TABLE_LABELS, probabilities=TABLE).compute().log_loss == pytest.approx(1.24637, abs=5e-6)


def test_the_rounding_of_the_table_allows_the_1_2463_printed_under_it() -> None:
    right = TABLE.gather(1, TABLE_LABELS.unsqueeze(1)).squeeze(1)
    least, most = -(right + 5e-5).log().mean(), -(right - 5e-5).log().mean()
    assert float(least) < 1.2463 < float(most)


def test_a_small_number_squared_fits_float64_and_not_float32() -> None:
    assert 1e-29 * 1e-29 == 9.999999999999998e-59
    assert 1e29 * 1e29 == 9.999999999999998e57
    assert float(torch.tensor(1e-29) ** 2) == 0.0
    assert float(torch.tensor(1e29) ** 2) == math.inf


def test_the_sum_of_the_logs_keeps_the_product_that_underflows() -> None:
    small = torch.tensor(1e-29)
    assert float(small.log() + small.log()) == pytest.approx(-58 * math.log(10))
    assert math.isinf(float((small * small).log()))


def test_the_loss_of_many_rows_is_the_log_of_a_product_too_small_to_hold() -> None:
    right = torch.full((400,), 0.7)
    assert float(right.prod()) == 0.0
    logits, labels = ONE_ROW.log().expand(400, 3), torch.ones(400, dtype=torch.int64)
    assert float(F.cross_entropy(logits, labels, reduction="sum")) == pytest.approx(-400 * math.log(0.7))


def test_a_loss_that_takes_the_log_of_softmax_is_infinite_where_the_loss_of_logits_is_not() -> None:
    logits, label = torch.tensor([[0.0, 0.0, 150.0]]), torch.tensor([0])
    assert math.isinf(float(-logits.softmax(dim=1)[0, 0].log()))
    assert float(F.cross_entropy(logits, label)) == 150.0


def test_softmax_is_the_printed_table_up_to_the_rounding_of_the_printed_logits() -> None:
    table = """
        9.8426e-01 2.4190e-04 1.5502e-02
        1.0596e-02 3.1819e-01 6.7122e-01
        1.6065e-04 6.2557e-02 9.3728e-01
        9.7392e-01 2.5315e-02 7.6946e-04
        7.2642e-01 6.6558e-03 2.6692e-01
        4.5471e-03 9.5745e-01 3.8007e-02
        1.8863e-01 5.2255e-01 2.8882e-01
        7.0587e-01 2.8797e-01 6.1616e-03
        2.8639e-02 5.4614e-02 9.1675e-01
        5.3965e-05 1.5024e-02 9.8492e-01
    """
    printed = torch.tensor([float(digits) for digits in table.split()]).reshape(10, 3)
    p = THREE.probabilities(LOGITS)
    # Logits that were rounded to 4 decimals move p by at most 1e-4 p (1 - p); printing moves it by 5e-5 of itself.
    assert bool(((p - printed).abs() <= 1e-4 * p * (1 - p) + 5e-5 * printed).all())


def test_eight_of_the_ten_printed_rows_are_right() -> None:
    assert THREE.decide(THREE.probabilities(LOGITS)).tolist() == [0, 2, 2, 0, 0, 1, 1, 0, 2, 2]
    assert evaluate(THREE, LABELS, logits=LOGITS).compute().accuracy == 0.8


def test_the_loss_of_the_batch_is_8439_by_every_road() -> None:
    row_by_row = torch.stack([F.cross_entropy(logits, label) for logits, label in zip(LOGITS, LABELS, strict=True)])
    losses = [
        F.cross_entropy(LOGITS, LABELS),
        nn.CrossEntropyLoss()(LOGITS, LABELS),
        F.nll_loss(THREE.probabilities(LOGITS).log(), LABELS),
        row_by_row.mean(),
        THREE.loss(LOGITS, LABELS),
    ]
    assert [four_decimals(loss) for loss in losses] == [0.8439] * 5
    assert evaluate(THREE, LABELS, logits=LOGITS).compute().log_loss == pytest.approx(0.8439, abs=5e-5)


def test_the_two_wrong_rows_carry_most_of_the_loss() -> None:
    losses = F.cross_entropy(LOGITS, LABELS, reduction="none")
    wrong = LOGITS.argmax(dim=1) != LABELS
    assert float(losses[wrong].sum() / losses.sum()) > 0.75


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_simulated_share_of_right_rows_is_the_one_asked_for(seed: int) -> None:
    logits, labels = simulate.classification_logits(3, 10_000, accuracy=0.8, confidence=1.0, seed=seed)
    accuracy = evaluate(THREE, labels, logits=logits).compute().accuracy
    assert accuracy == pytest.approx(0.8, abs=5 * math.sqrt(0.8 * 0.2 / 10_000))


def test_more_confidence_lowers_the_loss_of_right_rows_and_leaves_their_share() -> None:
    shy, sure = (simulate.classification_logits(3, 10_000, 1.0, confidence) for confidence in (0.5, 5.0))
    assert F.cross_entropy(*sure) < F.cross_entropy(*shy)
    assert bool((sure[0].argmax(dim=1) == sure[1]).all())
    assert bool((shy[0].argmax(dim=1) == shy[1]).all())
