"""Each figure against numbers worked out by hand."""

import math

import pytest
import torch

from crossent import Evaluation, Task, evaluate
from crossent.evaluation import precision_recall_curve, reliability, roc_curve

CHURN = Task.binary(["stayed", "churned"])
HOUSING = Task.multiclass(["rental", "dormitory", "other"])
GENRES = Task.multilabel(["comedy", "drama"])


def churn() -> Evaluation:
    """Two of three churners are found, one of three others is a false alarm; pairs: 8 of 9 in order."""
    labels = torch.tensor([1, 1, 1, 0, 0, 0])
    return Evaluation.empty(CHURN).update(
        labels, probabilities=torch.tensor([0.9, 0.8, 0.4, 0.5, 0.2, 0.1], dtype=torch.float64)
    )


def test_accuracy_is_the_share_of_right_decisions() -> None:
    assert churn().compute().accuracy == pytest.approx(4 / 6, abs=1e-15)


def test_a_row_at_the_threshold_is_decided_for_the_class() -> None:
    assert churn().compute().confusion_matrix.tolist() == [[2, 1], [1, 2]]


def test_precision_recall_and_f1_follow_from_the_counts() -> None:
    churned = churn().compute().per_class[1]
    assert (churned.label, churned.precision, churned.recall, churned.f1) == ("churned", 2 / 3, 2 / 3, 4 / 6)
    assert churned.support == 3


def test_log_loss_is_the_mean_of_minus_log_of_the_true_probability() -> None:
    by_hand = -(sum(map(math.log, (0.9, 0.8, 0.4, 0.5, 0.8, 0.9)))) / 6
    assert churn().compute().log_loss == pytest.approx(by_hand, abs=1e-15)


def test_brier_is_the_mean_squared_distance() -> None:
    by_hand = (0.1**2 + 0.2**2 + 0.6**2 + 0.5**2 + 0.2**2 + 0.1**2) / 6
    assert churn().compute().brier == pytest.approx(by_hand, abs=1e-15)


def test_roc_auc_is_the_share_of_pairs_in_order() -> None:
    assert churn().compute().roc_auc == 8 / 9


def test_a_tie_is_half_a_pair() -> None:
    metrics = evaluate(CHURN, ["churned", "stayed", "stayed"], probabilities=[0.5, 0.5, 0.1]).compute()
    assert metrics.roc_auc == 0.75


def test_average_precision_is_the_mean_precision_at_the_rows_of_the_class() -> None:
    assert churn().compute().average_precision == pytest.approx((1 / 1 + 2 / 2 + 3 / 4) / 3, abs=1e-15)


def test_matthews_correlation_is_the_correlation_of_two_indicators() -> None:
    assert churn().compute().matthews_correlation == pytest.approx((2 * 2 - 1 * 1) / 9, abs=1e-15)


def test_balanced_accuracy_is_the_mean_recall() -> None:
    metrics = evaluate(CHURN, ["churned"] + 3 * ["stayed"], probabilities=[0.9, 0.1, 0.1, 0.9]).compute()
    assert metrics.balanced_accuracy == pytest.approx((1 + 2 / 3) / 2, abs=1e-15)


def test_a_perfect_prediction_costs_nothing() -> None:
    metrics = evaluate(HOUSING, ["rental", "other"], logits=[[900.0, 0.0, 0.0], [0.0, 0.0, 900.0]]).compute()
    assert (metrics.log_loss, metrics.brier, metrics.accuracy, metrics.matthews_correlation) == (0, 0, 1, 1)


def test_even_probabilities_cost_log_k() -> None:
    metrics = evaluate(HOUSING, ["rental", "other"], logits=[[5.0, 5.0, 5.0], [0.0, 0.0, 0.0]]).compute()
    assert metrics.log_loss == pytest.approx(math.log(3), abs=1e-15)
    assert metrics.brier == pytest.approx(2 / 9 + 4 / 9, abs=1e-15)


def test_averages_differ_as_named() -> None:
    labels = ["rental"] * 4 + ["other"] * 2
    decided = [[1.0, 0, 0]] * 3 + [[0, 0, 1.0]] + [[1.0, 0, 0], [0, 0, 1.0]]
    metrics = evaluate(HOUSING, labels, probabilities=decided).compute()
    assert metrics.macro.recall == pytest.approx((3 / 4 + 0 + 1 / 2) / 3, abs=1e-15)
    assert metrics.weighted.recall == pytest.approx((4 * 3 / 4 + 2 * 1 / 2) / 6, abs=1e-15)
    assert metrics.micro.recall == metrics.accuracy == 4 / 6


def test_multilabel_accuracy_needs_every_label_right() -> None:
    metrics = evaluate(GENRES, [["comedy"], ["drama"]], probabilities=[[0.9, 0.1], [0.9, 0.9]]).compute()
    assert metrics.accuracy == 0.5
    assert metrics.confusion_matrix.tolist() == [[[0, 1], [0, 1]], [[1, 0], [0, 1]]]
    assert metrics.samples is not None
    assert metrics.samples.precision == (1 + 1 / 2) / 2


def test_a_multilabel_task_takes_a_threshold_a_label() -> None:
    labels, probabilities = torch.tensor([[1, 0]]), torch.tensor([[0.2, 0.8]])
    metrics = Evaluation.empty(GENRES, threshold=[0.1, 0.9]).update(labels, probabilities=probabilities).compute()
    assert (metrics.accuracy, metrics.threshold) == (1.0, (0.1, 0.9))


def test_the_majority_scores_its_share_and_the_entropy_of_the_shares() -> None:
    metrics = evaluate(CHURN, ["stayed"] * 9 + ["churned"], probabilities=[0.5] * 10).compute()
    none = metrics.majority
    assert none is not None
    assert (none.label, none.accuracy, none.balanced_accuracy) == ("stayed", 0.9, 0.5)
    assert none.log_loss == pytest.approx(-0.9 * math.log(0.9) - 0.1 * math.log(0.1), abs=1e-15)
    assert none.brier == pytest.approx(0.9 * 0.1, abs=1e-15)
    assert none.macro.f1 == pytest.approx((2 * 9 / 19 + 0) / 2, abs=1e-15)


def test_the_majority_is_what_an_evaluation_of_it_gives() -> None:
    labels = torch.tensor([0] * 5 + [1] * 3 + [2] * 2)
    shares = torch.tensor([[0.5, 0.3, 0.2]], dtype=torch.float64).expand(10, 3)
    metrics = Evaluation.empty(HOUSING).update(labels, probabilities=shares).compute()
    none = metrics.majority
    assert none is not None
    assert (none.accuracy, none.balanced_accuracy) == (metrics.accuracy, metrics.balanced_accuracy)
    assert none.log_loss == pytest.approx(metrics.log_loss, abs=1e-14)
    assert none.brier == pytest.approx(metrics.brier, abs=1e-14)
    assert none.macro.f1 == pytest.approx(metrics.macro.f1, abs=1e-15)


def test_a_probability_of_0_for_what_was_true_is_taken_as_the_smallest_step_from_1() -> None:
    metrics = evaluate(CHURN, ["churned", "stayed"], probabilities=[0.0, 1.0]).compute()
    assert metrics.log_loss == pytest.approx(52 * math.log(2), abs=1e-12)


def test_two_class_softmax_is_the_sigmoid_of_the_difference() -> None:
    torch.manual_seed(0)
    labels, logits = torch.randint(0, 2, (50,)), torch.randn(50, 2).double()
    pair = Evaluation.empty(Task.multiclass(["a", "b"])).update(labels, logits=logits).compute()
    one = Evaluation.empty(Task.binary(["a", "b"])).update(labels, logits=logits[:, 1] - logits[:, 0]).compute()
    for name in ("log_loss", "brier", "accuracy", "matthews_correlation"):
        assert getattr(pair, name) == pytest.approx(getattr(one, name), abs=1e-14)
    assert pair.per_class[1].roc_auc == one.roc_auc


def test_saturated_logits_are_still_told_apart() -> None:
    """As probabilities all four round to 1; log loss and ranks come from the logits."""
    labels, logits = torch.tensor([0, 0, 1, 1]), torch.tensor([100.0, 200.0, 300.0, 400.0])
    assert logits.double().sigmoid().eq(1).all()
    metrics = Evaluation.empty(CHURN).update(labels, logits=logits).compute()
    assert (metrics.roc_auc, metrics.average_precision, metrics.log_loss) == (1.0, 1.0, 75.0)
    wide = torch.stack([-logits, torch.zeros(4), torch.full((4,), -9e3)], dim=1)
    metrics = Evaluation.empty(HOUSING).update(labels, logits=wide).compute()
    assert metrics.per_class[0].roc_auc == metrics.per_class[1].roc_auc == 1.0
    assert metrics.log_loss == 75.0


def test_the_roc_curve_goes_through_each_threshold() -> None:
    curve = roc_curve(churn())
    assert curve.thresholds.tolist() == [math.inf, 0.9, 0.8, 0.5, 0.4, 0.1]
    assert curve.false_positive_rate.tolist() == [0, 0, 0, 1 / 3, 1 / 3, 1]
    assert curve.true_positive_rate.tolist() == [0, 1 / 3, 2 / 3, 2 / 3, 1, 1]
    assert curve.area == 8 / 9


def test_the_precision_recall_curve_ends_at_precision_1() -> None:
    curve = precision_recall_curve(churn())
    assert curve.precision.tolist() == [3 / 6, 3 / 5, 3 / 4, 2 / 3, 1, 1, 1]
    assert curve.recall.tolist() == [1, 1, 1, 2 / 3, 2 / 3, 1 / 3, 0]
    assert curve.share == 0.5


def test_the_wilson_interval_is_the_textbook_one() -> None:
    """8 of 10: 0.4902 to 0.9433 (Newcombe, 1998, method 3)."""
    result = reliability(evaluate(CHURN, ["churned"] * 8 + ["stayed"] * 2, probabilities=[0.7] * 10), bins=3)
    assert (result.mean_predicted.item(), result.observed.item()) == (pytest.approx(0.7), 0.8)
    assert result.low.item() == pytest.approx(0.4902, abs=5e-5)
    assert result.high.item() == pytest.approx(0.9433, abs=5e-5)
