"""Lesson 4: five negatives to one positive: which weight, which loss, which shape."""

import math

import pytest
import torch
from torch import Tensor

from crossent import InputError, Task, WiringWarning, evaluate, nn
from crossent import functional as F
from crossent.data import Features
from crossent.models import Linear
from crossent.training import Examples, make_optimizer, predict_logits, train

TASK = Task.binary(["no", "yes"])
LABELS = torch.tensor([0, 0, 0, 0, 0, 1])
LOGITS = torch.tensor([-2.0, -1.0, 0.5, -3.0, -0.5, 0.2])
FIVE = torch.tensor(5.0)


def gradient_at(logit: float, pos_weight: Tensor | None) -> float:
    """The slope of the loss of the six labels for a model that gives every row the same logit."""
    same = torch.tensor(logit, requires_grad=True)
    TASK.loss(same.expand(6), LABELS, pos_weight=pos_weight).backward()
    assert same.grad is not None
    return float(same.grad)


def test_the_weight_of_the_positives_is_negatives_over_positives() -> None:
    assert float(F.pos_weight(LABELS.bincount())) == 5.0
    assert float(F.pos_weight([500, 100])) == 5.0


def test_class_weights_stand_in_the_order_of_the_classes_and_the_rare_one_is_larger() -> None:
    negative, positive = F.class_weights(LABELS.bincount())
    assert float(positive / negative) == pytest.approx(5.0)
    assert [float(negative), float(positive)] == pytest.approx([0.6, 3.0])


def test_a_positive_counts_five_times_and_a_negative_once() -> None:
    plain = F.binary_cross_entropy_with_logits(LOGITS, LABELS.float(), reduction="none")
    weighted = F.binary_cross_entropy_with_logits(LOGITS, LABELS.float(), reduction="none", pos_weight=FIVE)
    assert (weighted / plain).tolist() == pytest.approx([1, 1, 1, 1, 1, 5])
    torch.testing.assert_close(nn.BCEWithLogitsLoss(pos_weight=FIVE)(LOGITS, LABELS.float()), weighted.mean())
    torch.testing.assert_close(TASK.loss(LOGITS, LABELS, pos_weight=FIVE), weighted.mean())


def test_a_loss_of_probabilities_takes_the_same_weight_row_by_row() -> None:
    rows = torch.where(LABELS == 1, 5.0, 1.0)
    torch.testing.assert_close(
        F.binary_cross_entropy(LOGITS.sigmoid(), LABELS.float(), weight=rows),
        F.binary_cross_entropy_with_logits(LOGITS, LABELS.float(), pos_weight=FIVE),
    )


def test_weights_1_and_5_on_two_logits_weigh_the_same_and_divide_by_the_weights() -> None:
    two_logits = torch.stack([torch.zeros(6), LOGITS], dim=1)
    weights = torch.tensor([1.0, 5.0])
    of_two = F.cross_entropy(two_logits, LABELS, weight=weights, reduction="none")
    torch.testing.assert_close(of_two, TASK.loss(LOGITS, LABELS, pos_weight=FIVE, reduction="none"))
    torch.testing.assert_close(F.cross_entropy(two_logits, LABELS, weight=weights), of_two.sum() / (5 * 1 + 1 * 5))
    torch.testing.assert_close(TASK.loss(LOGITS, LABELS, pos_weight=FIVE), of_two.sum() / 6)
    torch.testing.assert_close(TASK.loss(LOGITS, LABELS, class_weight=weights), of_two.sum() / 10)


def test_the_weights_the_wrong_way_round_make_the_rare_class_count_less_still() -> None:
    always_no = torch.full((6,), -2.0)
    right_way = TASK.loss(always_no, LABELS, class_weight=torch.tensor([1.0, 5.0]))
    wrong_way = TASK.loss(always_no, LABELS, class_weight=torch.tensor([5.0, 1.0]))
    assert wrong_way < TASK.loss(always_no, LABELS) < right_way


def test_two_probability_columns_in_cross_entropy_cost_3133_even_where_all_are_right() -> None:
    certain = torch.eye(2)[LABELS]  # column 0 is the probability of no, column 1 of yes
    assert float(F.cross_entropy(certain, LABELS)) == pytest.approx(0.3133, abs=5e-5)
    assert float(F.cross_entropy(certain, LABELS)) == pytest.approx(-math.log(math.e / (math.e + 1)))
    assert certain.softmax(dim=1)[0].tolist() == pytest.approx([0.7311, 0.2689], abs=5e-5)
    assert float(F.cross_entropy(certain, 1 - LABELS)) == pytest.approx(1.3133, abs=5e-5)
    assert float(F.binary_cross_entropy(certain[:, 1], LABELS.float())) == 0.0


def test_logits_give_the_loss_that_the_probability_columns_cannot() -> None:
    p = LOGITS.sigmoid()
    columns = torch.stack([1 - p, p], dim=1)
    torch.testing.assert_close(F.nll_loss(columns.log(), LABELS), TASK.loss(LOGITS, LABELS))
    with pytest.warns(WiringWarning, match="input looks like probabilities"):
        twice = float(F.cross_entropy(columns, LABELS))
    assert twice != pytest.approx(float(TASK.loss(LOGITS, LABELS)), rel=0.05)


def test_one_column_is_refused_with_its_cure() -> None:
    with pytest.raises(InputError) as caught:
        TASK.loss(LOGITS.unsqueeze(1), LABELS)
    assert str(caught.value) == (
        "binary logits must have shape (n,); got (6, 1): take the one column with logits.squeeze(1)"
    )


def test_two_columns_are_refused_with_their_cure() -> None:
    with pytest.raises(InputError) as caught:
        TASK.loss(torch.zeros(6, 2), LABELS)
    assert str(caught.value) == (
        "binary logits must have shape (n,); got (6, 2): two columns belong to Task.multiclass with these two classes; "
        "or take the difference logits[:, 1] - logits[:, 0]"
    )


def test_a_column_of_labels_is_refused_with_its_cure() -> None:
    with pytest.raises(InputError) as caught:
        TASK.loss(LOGITS, LABELS.unsqueeze(1))
    assert str(caught.value) == (
        "binary labels must have shape (n,); got (6, 1): take the one column with labels.squeeze(1)"
    )


def test_logits_where_probabilities_belong_are_refused_with_their_cure() -> None:
    with pytest.raises(InputError, match=r"if these are logits, call task\.probabilities\(logits\) first"):
        TASK.decide(LOGITS)


def test_outputs_and_targets_of_one_shape_are_what_the_loss_wants() -> None:
    column, targets = LOGITS.unsqueeze(1), LABELS.float().unsqueeze(1)
    torch.testing.assert_close(F.binary_cross_entropy_with_logits(column, targets), TASK.loss(LOGITS, LABELS))
    with pytest.raises(ValueError, match="must be the same as input size"):
        F.binary_cross_entropy_with_logits(column, LABELS.float())


def test_logits_and_probabilities_hold_the_same() -> None:
    torch.testing.assert_close(TASK.probabilities(LOGITS).logit(), LOGITS)
    assert float(LOGITS.min()) < 0 < 1 < float(LOGITS.abs().max())


def test_a_logit_of_0_is_a_probability_of_a_half_and_both_are_a_yes() -> None:
    logits = torch.tensor([-3.0, -0.1, 0.0, 0.1, 3.0])
    assert float(TASK.probabilities(logits)[2]) == 0.5
    assert TASK.decide(TASK.probabilities(logits)).tolist() == (logits >= 0).long().tolist() == [0, 0, 1, 1, 1]
    assert (logits > 0).long().tolist() == [0, 0, 0, 1, 1]  # a strict comparison says no to the row at the border


def test_a_threshold_of_probabilities_is_a_threshold_of_logits() -> None:
    logits = torch.linspace(-4, 4, 81)
    border = math.log(0.2 / 0.8)
    assert TASK.decide(TASK.probabilities(logits), 0.2).tolist() == (logits >= border).long().tolist()


def test_the_validation_loss_and_accuracy_need_no_gradients() -> None:
    parameter = torch.tensor(1.0, requires_grad=True)
    with torch.no_grad():
        loss = TASK.loss(parameter * LOGITS, LABELS)
    assert not loss.requires_grad
    torch.testing.assert_close(loss, TASK.loss(LOGITS, LABELS))
    metrics = evaluate(TASK, TASK.decode(LABELS), logits=LOGITS).compute()
    assert metrics.accuracy == int(((LOGITS > 0).long() == LABELS).sum()) / 6 == 5 / 6
    assert metrics.log_loss == pytest.approx(float(loss))


def test_always_no_is_right_five_times_in_six() -> None:
    metrics = evaluate(TASK, TASK.decode(LABELS), logits=LOGITS).compute()
    assert metrics.majority is not None
    assert (metrics.majority.label, metrics.majority.accuracy) == ("no", 5 / 6)
    assert metrics.majority.balanced_accuracy == 0.5


def test_without_a_weight_the_best_constant_probability_is_the_share_of_yes() -> None:
    assert gradient_at(math.log(1 / 5), None) == pytest.approx(0, abs=1e-7)
    assert float(TASK.probabilities(torch.tensor([math.log(1 / 5)]))) == pytest.approx(1 / 6)


def test_with_the_weight_the_best_constant_probability_is_a_half() -> None:
    assert gradient_at(0.0, FIVE) == pytest.approx(0, abs=1e-7)


def test_balanced_training_says_yes_too_often_by_a_factor_that_can_be_taken_back() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(3000, generator=generator)
    yes = torch.rand(3000, generator=generator) < torch.sigmoid(1.5 * x - 2.2)
    rows = Examples(Features(x.unsqueeze(1), torch.empty(3000, 0, dtype=torch.int32)), yes.long())
    share = float(yes.double().mean())

    def predicted(class_weight: Tensor | None) -> Tensor:
        network = Linear(1, 0, 0, None)
        optimizer = make_optimizer("adamw", network, learning_rate=0.05, weight_decay=0.0)
        train(network, TASK, rows, rows, optimizer, epochs=15, class_weight=class_weight)
        return predict_logits(network, rows.features).double().sigmoid()

    assert float(predicted(None).mean()) == pytest.approx(share, abs=0.03)
    balanced = predicted(F.class_weights(yes.long().bincount(), method="balanced"))
    assert float(balanced.mean()) > share + 0.15
    shift = F.pos_weight(yes.long().bincount()).double().log()
    assert float((balanced.logit() - shift).sigmoid().mean()) == pytest.approx(share, abs=0.03)
