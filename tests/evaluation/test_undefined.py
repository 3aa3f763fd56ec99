"""What is undefined has a value, a reason, and no warning (warnings are errors here)."""

import json
import math

import pytest
import torch

from crossent import Evaluation, InputError, Metrics, Task, evaluate

CHURN = Task.binary(["stayed", "churned"])
HOUSING = Task.multiclass(["rental", "dormitory", "other"])


def one_class() -> Metrics:
    return evaluate(CHURN, ["stayed", "stayed"], probabilities=[0.1, 0.2]).compute()


def test_one_class_leaves_no_pairs_to_rank() -> None:
    metrics = one_class()
    assert math.isnan(metrics.roc_auc)
    assert metrics.reasons["roc_auc"] == "undefined: no row is 'churned'"
    assert (
        metrics.reasons["per_class.stayed.roc_auc"] == "undefined: every row is 'stayed', so there are no pairs to rank"
    )


def test_a_class_without_rows_or_decisions_scores_0() -> None:
    metrics = one_class()
    churned = metrics.per_class[1]
    assert (churned.precision, churned.recall, churned.f1) == (0, 0, 0)
    assert metrics.reasons["per_class.churned.precision"] == "set to 0: no row was decided as 'churned'"
    assert metrics.reasons["per_class.churned.recall"] == "set to 0: no row is 'churned'"
    assert metrics.reasons["per_class.churned.f1"] == "set to 0: no row is 'churned' or was decided so"


def test_averages_name_the_classes_they_leave_out() -> None:
    probabilities = [[0.8, 0.1, 0.1], [0.3, 0.1, 0.6], [0.6, 0.2, 0.2]]
    metrics = evaluate(HOUSING, ["rental", "other", "rental"], probabilities=probabilities).compute()
    assert (metrics.roc_auc, metrics.average_precision) == (1, 1)
    assert metrics.reasons["macro.roc_auc"] == "leaves out 'dormitory': undefined there"
    assert metrics.reasons["balanced_accuracy"] == "leaves out 'dormitory': no row is of that class"


def test_constant_decisions_correlate_with_nothing() -> None:
    metrics = evaluate(CHURN, ["stayed", "churned"], probabilities=[0.1, 0.2]).compute()
    assert metrics.matthews_correlation == 0
    assert metrics.reasons["matthews_correlation"] == "set to 0: all decisions are one class"


def test_nothing_undefined_needs_no_reason() -> None:
    assert evaluate(CHURN, ["stayed", "churned"], probabilities=[0.1, 0.9]).compute().reasons == {}


def test_every_undefined_figure_of_the_record_has_a_reason() -> None:
    task = Task.multilabel(["a", "b"])
    empty = torch.zeros(3, 2, dtype=torch.int64)
    for metrics in (one_class(), Evaluation.empty(task).update(empty, logits=torch.randn(3, 2)).compute()):
        assert undefined(metrics.to_dict()) <= set(metrics.reasons)


def undefined(record: dict[str, object], path: str = "") -> set[str]:
    """Paths of the numbers that are null."""
    found = set[str]()
    for name, value in record.items():
        if isinstance(value, dict) and name != "reasons":
            found |= undefined(value, f"{path}{name}.")
        elif value is None and name not in ("positive", "threshold", "samples", "majority"):
            found.add(path + name)
    return found


def test_the_record_is_plain_json_with_class_names() -> None:
    record = json.loads(json.dumps(one_class().to_dict(), allow_nan=False))
    assert record["roc_auc"] is None
    assert record["per_class"]["stayed"]["support"] == 2
    assert record["confusion_matrix"] == [[2, 0], [0, 0]]
    assert record["majority"]["label"] == "stayed"
    assert record["threshold"] == 0.5
    assert "roc_auc" not in record["micro"]


def test_no_rows_are_an_error() -> None:
    with pytest.raises(InputError, match=r"^an evaluation needs at least one labelled row; got 0$"):
        Evaluation.empty(CHURN).compute()


def test_only_ignored_rows_are_an_error_that_says_so() -> None:
    task = Task.multiclass(["a", "b"], ignored="?")
    with pytest.raises(InputError, match="got 0; all 2 were of the ignored label"):
        evaluate(task, ["?", "?"], logits=[[0.0, 1.0], [1.0, 0.0]]).compute()


@pytest.mark.parametrize("size", [3, 4])
def test_labels_that_are_wrong_beyond_all_numbers_together_have_a_mean_loss(size: int) -> None:
    largest = torch.finfo(torch.float64).max
    signs = torch.tensor([[1.0] * size, [-1.0] * size, [1.0] * (size - 1) + [-1.0]], dtype=torch.float64)
    task = Task.multilabel([f"l{place}" for place in range(size)])
    labels = torch.tensor([[0] * size, [0] * size, [1] * size])
    metrics = Evaluation.empty(task).update(labels, logits=signs * largest).compute()
    assert metrics.log_loss == pytest.approx(largest / 3 * (1 + 1 / size))


def test_a_row_loss_does_not_depend_on_a_neighbour_of_the_largest_logits() -> None:
    task = Task.multilabel(["x", "y", "z"])
    plain, labels = torch.randn(50, 3, dtype=torch.float64, generator=torch.manual_seed(0)), torch.zeros(50, 3).long()
    far = torch.full((1, 3), torch.finfo(torch.float64).max, dtype=torch.float64)
    whole = Evaluation.empty(task).update(torch.cat([labels, labels[:1]]), logits=torch.cat([plain, far]))
    parts = Evaluation.empty(task).update(labels, logits=plain).update(labels[:1], logits=far)
    assert whole.to_bytes() == parts.to_bytes()
