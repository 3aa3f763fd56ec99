"""What is kept by pair of classes, and by the class decided for: one against one, hinge loss, top-label calibration."""

from typing import Any, Literal

import numpy as np
import pytest
import torch
from sklearn import metrics as sk

from crossent import Evaluation, InputError, Task
from crossent.evaluation import calibration_error, figure

EXACT = 1e-12
ABC = Task.multiclass("abc")


def some(rows: int, classes: int, seed: int) -> tuple[np.ndarray, torch.Tensor]:
    """Labels, of every class, and logits."""
    draw = np.random.default_rng(seed)
    labels = np.minimum(draw.geometric(0.4, rows) - 1, classes - 1)
    labels[:classes] = range(classes)
    return labels, torch.from_numpy(np.round(draw.normal(size=(rows, classes)) + np.eye(classes)[labels], 2))


def evaluated(labels: np.ndarray, logits: torch.Tensor, source: str = "logits", **options: Any) -> Evaluation:
    task = Task.multiclass(range(logits.shape[1]))
    empty = Evaluation.empty(task, **options)
    if source == "logits":
        return empty.update(torch.from_numpy(labels), logits=logits)
    return empty.update(torch.from_numpy(labels), probabilities=logits.softmax(1))


@pytest.mark.parametrize("source", ["logits", "probabilities"])
@pytest.mark.parametrize("classes", [3, 8])
@pytest.mark.parametrize("average", ["macro", "weighted"])
def test_each_class_against_each_other(source: str, classes: int, average: Literal["macro", "weighted"]) -> None:
    labels, logits = some(300, classes, classes)
    found = figure(evaluated(labels, logits, source, pairs=True), "one_against_one_roc_auc", average=average)
    theirs = sk.roc_auc_score(labels, logits.softmax(1).numpy(), multi_class="ovo", average=average)
    assert (found.value, found.half_width, found.reason) == (pytest.approx(float(theirs), abs=EXACT), 0, "")


@pytest.mark.parametrize("classes", [3, 8])
def test_it_lies_within_its_half_width(classes: int) -> None:
    labels, logits = some(2000, classes, 0)
    logits = logits + torch.linspace(0, 1e-3, 2000)[:, None]
    coarse, exact = evaluated(labels, logits, pairs=True, bins=16), evaluated(labels, logits, pairs=True, exact=True)
    found, truth = (figure(each, "one_against_one_roc_auc") for each in (coarse, exact))
    assert found.half_width > 0.001
    assert abs(found.value - truth.value) <= found.half_width


def test_an_absent_class_is_left_out_of_the_pairs() -> None:
    labels, logits = some(200, 3, 1)
    both = labels < 2
    found = figure(evaluated(labels[both], logits[both], pairs=True), "one_against_one_roc_auc")
    assert found.reason == "leaves out 2: undefined there"
    areas = [sk.roc_auc_score(labels[both] == place, logits[both].softmax(1)[:, place]) for place in (0, 1)]
    assert found.value == pytest.approx(np.mean(areas), abs=EXACT)
    alone = figure(evaluated(labels[:1], logits[:1], pairs=True), "one_against_one_roc_auc")
    assert alone.reason == "undefined: all rows are of one class, so there are no pairs to rank"


def test_pairs_must_be_kept() -> None:
    with pytest.raises(InputError, match=r"^one_against_one_roc_auc needs each class's scores by true class: begin"):
        figure(evaluated(*some(9, 3, 0)), "one_against_one_roc_auc")
    with pytest.raises(InputError, match=r"^one_against_one_roc_auc is of all pairs of classes: its averages are"):
        figure(evaluated(*some(9, 3, 0)), "one_against_one_roc_auc", average="micro")


@pytest.mark.parametrize("weighted", [False, True])
def test_hinge_loss_of_several_classes(weighted: bool) -> None:
    labels, logits = some(200, 4, 2)
    weights = np.random.default_rng(0).exponential(size=200) if weighted else None
    evaluation = Evaluation.empty(Task.multiclass(range(4))).update(
        torch.from_numpy(labels), logits=logits, weights=weights
    )
    theirs = sk.hinge_loss(labels, logits.numpy(), sample_weight=weights)
    assert figure(evaluation, "hinge_loss").value == pytest.approx(theirs, abs=EXACT)


def top_label_by_rows(labels: np.ndarray, p: np.ndarray, bins: int, norm: str) -> float:
    """Gupta and Ramdas, 2022, section 2: confidence, conditioned on the class decided for as well."""
    decided, sure = p.argmax(1), p.max(1)
    cells = decided * bins + np.clip(np.ceil(sure * bins).astype(int) - 1, 0, bins - 1)
    gaps = [abs(((labels == decided) - sure)[cells == each].sum()) for each in np.unique(cells)]
    counts = [int((cells == each).sum()) for each in np.unique(cells)]
    match norm:
        case "l1":
            return sum(gaps) / len(p)
        case "l2":
            return float(np.sqrt(sum(gap**2 / n for gap, n in zip(gaps, counts, strict=True)) / len(p)))
        case _:
            return max(gap / n for gap, n in zip(gaps, counts, strict=True))


@pytest.mark.parametrize("source", ["logits", "probabilities"])
@pytest.mark.parametrize("norm", ["l1", "l2", "max"])
def test_top_label_error_is_of_each_decision_by_itself(source: str, norm: Literal["l1", "l2", "max"]) -> None:
    labels, logits = some(800, 4, 3)
    by_rows = top_label_by_rows(labels, (2 * logits).softmax(1).numpy(), 15, norm)
    found = calibration_error(evaluated(labels, 2 * logits, source, exact=True), average="toplabel", norm=norm)
    assert (found.value, found.half_width) == (pytest.approx(by_rows, abs=EXACT), 0)
    coarse = calibration_error(evaluated(labels, 2 * logits, source, bins=64), average="toplabel", norm=norm)
    assert coarse.half_width > 0
    assert abs(coarse.value - by_rows) <= coarse.half_width


def test_confidence_top_label_and_class_by_class_are_three_numbers() -> None:
    """Half of those decided a with 0.8 are a and half too many of those decided b are b: on the whole 0.8 are right."""
    p = torch.tensor([[0.8, 0.1, 0.1]] * 10 + [[0.1, 0.8, 0.1]] * 10, dtype=torch.float64)
    labels = torch.tensor([0] * 6 + [2] * 4 + [1] * 10)
    evaluation = Evaluation.empty(ABC).update(labels, probabilities=p)
    assert calibration_error(evaluation).value == pytest.approx(0)
    assert calibration_error(evaluation, average="toplabel").value == pytest.approx(0.2)
    # a: 0.8 against 0.6, 0.1 against 0; b: 0.8 against 1, 0.1 against 0; c: 0.1 against 0.2.
    by_class = [0.5 * (0.2 + 0.1), 0.5 * (0.2 + 0.1), 0.1]
    assert calibration_error(evaluation, average="classwise").value == pytest.approx(np.mean(by_class))


def test_two_classes_have_no_top_label_error() -> None:
    binary = Evaluation.empty(Task.binary([0, 1])).update(torch.tensor([0, 1]), logits=torch.tensor([0.0, 1.0]))
    with pytest.raises(InputError, match=r"^toplabel is of what a multiclass task decides for; this one is binary$"):
        calibration_error(binary, average="toplabel")
