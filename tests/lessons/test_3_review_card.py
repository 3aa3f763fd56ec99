"""Lesson 3: from labels to figures: encodings, sigmoid and softmax, thresholds, one step of descent, scores."""

import math

import pytest
import torch

from crossent import InputError, Task, classification_report, evaluate
from crossent import functional as F
from crossent.data import Features
from crossent.models import Linear
from crossent.training import Examples, make_optimizer, predict_logits, train

GRADES = Task.multiclass(["F", "D", "C", "B", "A"], ordered=True)
HOMES = Task.multiclass(["Rental", "Dormitory", "With Family", "Other"])
DISEASE = Task.binary(["healthy", "ill"], positive="ill")
THREE = Task.multiclass([0, 1, 2])

# Ten patients: 3 found, 1 missed, 2 false alarms, 4 rightly let go.
PATIENTS = ["ill"] * 4 + ["healthy"] * 6
PROBABILITIES = [0.9, 0.8, 0.5, 0.2, 0.7, 0.6, 0.4, 0.3, 0.2, 0.1]


def test_grades_from_a_to_f_are_4_to_0() -> None:
    assert GRADES.encode(["A", "B", "C", "D", "F"]).tolist() == [4, 3, 2, 1, 0]
    assert GRADES.decode(torch.tensor([4, 0])) == ["A", "F"]


def test_a_grade_that_does_not_exist_is_refused_and_not_passed_through() -> None:
    with pytest.raises(InputError, match="E"):
        GRADES.encode(["A", "E"])


def test_homes_are_one_hot_in_the_order_in_which_they_are_named() -> None:
    one_hot = HOMES.one_hot(["Rental", "Dormitory", "With Family", "Other"])
    assert one_hot.tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]


def test_the_sigmoid_of_2_5_is_924_and_of_0_a_half() -> None:
    probabilities = DISEASE.probabilities(torch.tensor([2.5, 0.0]))
    assert probabilities.tolist() == pytest.approx([0.924, 0.5], abs=5e-4)
    assert float(probabilities[0]) == pytest.approx(1 / (1 + math.exp(-2.5)))


def test_a_probability_at_the_threshold_is_a_yes() -> None:
    probabilities = torch.tensor([0.49, 0.5, 0.51])
    assert DISEASE.decide(probabilities).tolist() == [0, 1, 1]
    assert DISEASE.decide(probabilities, threshold=0.51).tolist() == [0, 0, 1]
    assert DISEASE.decide(torch.tensor([0.3, 0.29]), threshold=0.3).tolist() == [1, 0]


def test_the_loss_of_a_yes_is_minus_log_p_and_of_a_no_minus_log_of_1_minus_p() -> None:
    p = torch.tensor([0.9, 0.9])
    losses = F.binary_cross_entropy(p, torch.tensor([1.0, 0.0]), reduction="none")
    assert losses.tolist() == pytest.approx([-math.log(0.9), -math.log(0.1)])


def test_a_loss_is_never_negative() -> None:
    p = torch.linspace(0, 1, 101)
    for label in (0.0, 1.0):
        assert bool((F.binary_cross_entropy(p, torch.full_like(p, label), reduction="none") >= 0).all())


def test_two_layers_without_a_comma_between_them_are_not_python() -> None:
    compile("Sequential(Linear(3, 1), Sigmoid())", "with a comma", "eval")
    with pytest.raises(SyntaxError):
        compile("Sequential(Linear(3, 1) Sigmoid())", "without", "eval")


def test_a_network_for_crossent_ends_in_one_flat_logit_and_no_sigmoid() -> None:
    torch.manual_seed(0)
    linear = torch.nn.Linear
    network = torch.nn.Sequential(linear(5, 3), torch.nn.ReLU(), linear(3, 1), torch.nn.Flatten(0))
    logits = network(torch.randn(7, 5))
    assert logits.shape == (7,)
    assert DISEASE.loss(logits, torch.tensor([0, 1, 0, 0, 1, 0, 1])).isfinite()


def test_a_step_of_sgd_goes_against_probability_minus_label_times_input() -> None:
    weights, inputs, label = torch.tensor([0.5, -1.0], requires_grad=True), torch.tensor([[1.0, 2.0]]), 1
    sgd = torch.optim.SGD([weights], lr=0.001)
    logit = inputs @ weights
    p = DISEASE.probabilities(logit.detach())
    expected = weights.detach() - 0.001 * (p - label) * inputs[0]
    DISEASE.loss(logit, torch.tensor([label])).backward()
    sgd.step()
    torch.testing.assert_close(weights.detach(), expected)


def test_a_step_of_sgd_on_a_batch_goes_along_the_mean_of_its_rows_gradients() -> None:
    inputs, labels = torch.tensor([[1.0, 2.0], [-1.0, 0.5], [3.0, 0.0]]), torch.tensor([1, 0, 0])

    def gradient(rows: slice) -> torch.Tensor:
        weights = torch.tensor([0.5, -1.0], requires_grad=True)
        DISEASE.loss(inputs[rows] @ weights, labels[rows]).backward()
        assert weights.grad is not None
        return weights.grad

    rows = [gradient(slice(i, i + 1)) for i in range(3)]
    torch.testing.assert_close(gradient(slice(0, 3)), torch.stack(rows).mean(dim=0))


def test_the_loop_trains_by_sgd_where_it_is_asked_to() -> None:
    hours = torch.arange(200) % 10
    numbers = ((hours - 4.5) / 3).float().unsqueeze(1)
    rows = Examples(Features(numbers, torch.empty(200, 0, dtype=torch.int32)), (hours >= 5).long())
    network = Linear(1, 0, 0, None)
    optimizer = make_optimizer("sgd", network, learning_rate=0.1, weight_decay=0.0)
    train(network, DISEASE, rows, rows, optimizer, batch_size=32, epochs=30)
    assert ((predict_logits(network, rows.features) > 0).long() == rows.labels).float().mean() > 0.9


def test_the_scores_follow_from_the_four_counts() -> None:
    metrics = evaluate(DISEASE, PATIENTS, probabilities=PROBABILITIES).compute()
    (tn, fp), (fn, tp) = metrics.confusion_matrix.tolist()
    assert (tp, fn, fp, tn) == (3, 1, 2, 4)
    ill = metrics.per_class[1]
    assert metrics.accuracy == (tp + tn) / (tp + tn + fp + fn) == 0.7
    assert ill.precision == tp / (tp + fp) == 0.6
    assert ill.recall == tp / (tp + fn) == 0.75
    assert ill.f1 == pytest.approx(2 * ill.precision * ill.recall / (ill.precision + ill.recall), rel=1e-15)
    assert ill.f1 == pytest.approx(2 / 3)


def test_a_lower_threshold_trades_precision_for_recall() -> None:
    careful = evaluate(DISEASE, PATIENTS, probabilities=PROBABILITIES, threshold=0.2).compute().per_class[1]
    assert careful.recall == 1.0
    assert careful.precision == pytest.approx(4 / 9)


def test_macro_counts_classes_alike_weighted_counts_rows_and_micro_pools_the_counts() -> None:
    labels = [0] * 8 + [1] * 2 + [2] * 2
    decided = [0] * 8 + [0, 1] + [2, 0]
    metrics = evaluate(THREE, labels, probabilities=torch.eye(3)[decided]).compute()
    recalls = [scores.recall for scores in metrics.per_class]
    assert recalls == [1.0, 0.5, 0.5]
    assert metrics.macro.recall == pytest.approx((1.0 + 0.5 + 0.5) / 3)
    assert metrics.weighted.recall == pytest.approx((8 * 1.0 + 2 * 0.5 + 2 * 0.5) / 12)
    assert metrics.micro.recall == metrics.micro.precision == metrics.micro.f1 == metrics.accuracy == 10 / 12
    precisions = [scores.precision for scores in metrics.per_class]
    assert precisions == [0.8, 1.0, 1.0]
    assert metrics.weighted.precision == pytest.approx((8 * 0.8 + 2 + 2) / 12)
    assert metrics.weighted.precision != pytest.approx(metrics.micro.precision)


def test_the_report_prints_the_same_figures() -> None:
    report = classification_report(evaluate(DISEASE, PATIENTS, probabilities=PROBABILITIES))
    lines = [line.split() for line in report.splitlines()]
    assert ["healthy", "0.80", "0.67", "0.73", "6"] in lines
    assert ["ill", "0.60", "0.75", "0.67", "4"] in lines
    assert ["accuracy", "0.70", "10"] in lines
    assert ["macro", "avg", "0.70", "0.71", "0.70", "10"] in lines


def test_the_softmax_of_9_8_4_is_40_36_24_and_sums_to_1() -> None:
    probabilities = THREE.probabilities(torch.tensor([[0.9, 0.8, 0.4]]))
    assert [f"{p:.2f}" for p in probabilities[0].tolist()] == ["0.40", "0.36", "0.24"]
    assert float(probabilities.sum()) == pytest.approx(1.0)


def test_the_argmax_of_40_36_24_is_the_first_class() -> None:
    assert THREE.decide(torch.tensor([[0.4, 0.36, 0.24]])).tolist() == [0]


def test_one_row_has_no_second_axis_to_take_an_argmax_along() -> None:
    row = torch.tensor([0.4, 0.36, 0.24])
    with pytest.raises(IndexError):
        row.argmax(dim=1)
    with pytest.raises(InputError, match=r"multiclass probabilities must have shape \(n, 3\); got \(3,\)"):
        THREE.decide(row)
    assert THREE.decide(row.unsqueeze(0)).tolist() == [0]


def test_softmax_before_the_loss_is_softmax_twice() -> None:
    logits, label = torch.tensor([[0.9, 0.8, 0.4]]), torch.tensor([0])
    once = F.cross_entropy(logits, label)
    assert float(once) == pytest.approx(-math.log(float(logits.softmax(dim=1)[0, 0])))
    assert f"{float(once):.4f}" == "0.9208"
    assert f"{float(F.cross_entropy(logits.softmax(dim=1), label)):.4f}" == "1.0360"
