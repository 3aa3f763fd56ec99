"""Planted wrong labels are found, few others are, and the noise is estimated."""

import numpy as np
import pytest
import torch
from torch import Tensor

from crossent import InputError, Task
from crossent.inspection import LabelErrors, label_errors

NAMES = ["cat", "dog", "fox", "owl"]


def planted(rows: int, seed: int, noise: np.ndarray) -> tuple[np.ndarray, np.ndarray, Tensor]:
    """True classes, labels given with this noise (a column a true class), and a good model's logits."""
    draw = np.random.default_rng(seed)
    size = len(noise)
    true = draw.choice(size, rows, p=np.arange(1, size + 1) / np.arange(1, size + 1).sum())
    given = np.array([draw.choice(size, p=noise[:, each]) for each in true])
    logits = draw.normal(size=(rows, size))
    logits[np.arange(rows), true] += 4.0
    return true, given, torch.from_numpy(logits)


def scored(found: LabelErrors, wrong: np.ndarray) -> tuple[float, float]:
    """Precision and recall of the suspects."""
    rows = found.suspects["row"].to_numpy()
    return wrong[rows].mean(), wrong[rows].sum() / wrong.sum()


NOISE = np.array([[0.9, 0.0, 0.1, 0.0], [0.1, 1.0, 0.1, 0.0], [0.0, 0.0, 0.8, 0.05], [0.0, 0.0, 0.0, 0.95]])


def test_planted_errors_are_found_in_several_classes() -> None:
    true, given, logits = planted(4000, 0, NOISE)
    task = Task.multiclass(NAMES)
    found = label_errors(task, [NAMES[each] for each in given], logits=logits)
    precision, recall = scored(found, given != true)
    assert precision > 0.85
    assert recall > 0.85
    assert found.share == pytest.approx((given != true).mean(), abs=0.015)
    assert np.abs(found.noise.numpy() - NOISE).max() < 0.05
    suggested = np.array([NAMES.index(name) for name in found.suspects["suggested"]])
    rows = found.suspects["row"].to_numpy()
    assert (suggested == true[rows])[given[rows] != true[rows]].mean() > 0.97
    assert found.suspects["given"].to_list() == [NAMES[each] for each in given[rows]]
    margins = found.suspects["margin"].to_numpy()
    assert (np.diff(margins) >= 0).all()
    assert (given != true)[rows[:100]].mean() > 0.97


def test_in_two_classes_and_whichever_of_them_is_positive() -> None:
    draw = np.random.default_rng(1)
    true = (draw.random(4000) < 0.2).astype(int)
    given = np.where(draw.random(4000) < np.where(true == 1, 0.15, 0.02), 1 - true, true)
    logits = draw.normal(size=4000) + 5 * true - 2.5
    names = [["no", "yes"][each] for each in given]
    found = label_errors(Task.binary(["no", "yes"]), names, logits=logits)
    other = label_errors(Task.binary(["no", "yes"], positive="no"), names, logits=-logits)
    assert min(scored(found, given != true)) > 0.85
    assert {*found.suspects["row"]} == {*other.suspects["row"]}
    assert torch.allclose(found.joint, other.joint.flip(0, 1))


def test_a_biased_model_is_measured_by_its_own_confidence() -> None:
    """Thresholds are a class's own mean: a model that is shy of a class does not make it look mislabelled."""
    draw = np.random.default_rng(2)
    true = (draw.random(5000) < 0.5).astype(int)
    logits = draw.normal(size=5000) + 3 * true - 3.5  # most rows of class 1 get less than 1/2
    found = label_errors(Task.binary([0, 1]), true, logits=logits)
    assert found.share < 0.1
    assert (logits[true == 1] < 0).mean() > 0.6


def test_right_labels_of_a_sure_model_have_no_suspects() -> None:
    true, _, logits = planted(2000, 3, np.eye(4))
    found = label_errors(Task.multiclass(NAMES), [NAMES[each] for each in true], logits=10 * logits)
    sure = logits.argmax(1).numpy() == true
    assert not sure.all()
    assert {*found.suspects["row"]} <= {*np.flatnonzero(~sure)}
    assert found.joint.sum().item() == pytest.approx(1)
    assert found.joint.sum(dim=1).numpy() == pytest.approx(np.bincount(true) / 2000)


def test_several_labels_a_row_are_each_looked_at() -> None:
    draw = np.random.default_rng(4)
    true = (draw.random((3000, 2)) < [0.5, 0.3]).astype(int)
    flipped = draw.random((3000, 2)) < [0.1, 0.0]
    given = torch.from_numpy(np.where(flipped, 1 - true, true))
    logits = draw.normal(size=(3000, 2)) + 6 * true - 3
    found = label_errors(Task.multilabel(["red", "blue"]), given, logits=logits)
    assert found.joint.shape == (2, 2, 2)
    red = found.suspects.filter(found.suspects["label"] == "red")
    assert flipped[red["row"].to_numpy(), 0].mean() > 0.9
    assert (red["given"] != red["suggested"]).all()
    assert len(red) > 5 * (len(found.suspects) - len(red))


def test_ignored_rows_keep_the_numbers_of_the_others() -> None:
    task = Task.multiclass(["cat", "dog"], ignored="?")
    labels = ["?"] * 3 + ["cat"] * 10 + ["dog"] * 10
    p = [[0.5, 0.5]] * 3 + [[0.9, 0.1]] * 9 + [[0.05, 0.95]] + [[0.1, 0.9]] * 10
    found = label_errors(task, labels, probabilities=p)
    assert found.rows == 20
    assert found.suspects.rows() == [(12, "cat", "dog", pytest.approx(-0.9))]


def test_a_class_without_rows_is_suggested_to_nobody() -> None:
    found = label_errors(
        Task.multiclass(["cat", "dog", "fox"]),
        ["cat", "dog"] * 20,
        probabilities=[[0.5, 0.1, 0.4], [0.1, 0.5, 0.4]] * 20,
    )
    assert found.joint[:, 2].tolist() == [0, 0, 0]
    assert found.joint[2].tolist() == [0, 0, 0]


def test_mistakes_are_named() -> None:
    task = Task.binary(["no", "yes"])
    with pytest.raises(InputError, match=r"^give exactly one of logits and probabilities$"):
        label_errors(task, ["no"])
    with pytest.raises(InputError, match=r"^labels and scores must have as many rows; got 1 and 2$"):
        label_errors(task, ["no"], logits=[0.0, 1.0])
    ignoring = Task.multiclass(["a", "b"], ignored="?")
    with pytest.raises(InputError, match=r"^label errors are looked for among labelled rows; got 0$"):
        label_errors(ignoring, ["?"], logits=[[0.0, 1.0]])


@pytest.mark.parametrize("kind", ["constant", "random", "confident"])
def test_scores_that_know_nothing_make_no_label_a_suspect(kind: str) -> None:
    draw = np.random.default_rng(5)
    labels = (draw.random(2000) < 0.3).astype(int)
    p = {"constant": np.full(2000, 0.3), "random": draw.random(2000), "confident": draw.choice([0.01, 0.99], 2000)}
    found = label_errors(Task.binary([0, 1]), labels, probabilities=p[kind])
    assert len(found.suspects) == 0
    assert found.suspects.columns == ["row", "given", "suggested", "margin"]
    assert np.isnan(found.share)
    assert found.reason == "the scores say no more of the labels than the shares of the classes do"


def test_a_boastful_model_that_knows_much_is_heard() -> None:
    """Its log loss is above that of the shares of the classes; its suspects are right all the same."""
    draw = np.random.default_rng(6)
    true = (draw.random(3000) < 0.4).astype(int)
    wrong = draw.random(3000) < 0.1
    found = label_errors(Task.binary([0, 1]), np.where(wrong, 1 - true, true), logits=80.0 * true - 40)
    assert found.reason == ""
    assert {*found.suspects["row"]} == {*np.flatnonzero(wrong)}


def test_of_several_labels_those_without_skill_are_named() -> None:
    draw = np.random.default_rng(7)
    labels = (draw.random((1000, 2)) < 0.4).astype(int)
    given = labels.copy()
    given[:30, 0] = 1 - given[:30, 0]
    p = np.stack([0.05 + 0.9 * labels[:, 0], draw.random(1000)], axis=1)
    found = label_errors(Task.multilabel(["red", "blue"]), given, probabilities=p)
    assert found.reason == "of blue: the scores say no more of the labels than the shares of the classes do"
    assert {*found.suspects["label"]} == {"red"}
    assert found.share == pytest.approx(0.03, abs=0.005)


def test_scores_are_checked_as_an_evaluation_checks_them() -> None:
    task = Task.binary([0, 1])
    with pytest.raises(InputError, match=r"^logits must be finite; 2000 of 2000 are NaN or infinite$"):
        label_errors(task, [0, 1] * 1000, logits=np.full(2000, np.nan))
    with pytest.raises(InputError, match=r"^probabilities must not be NaN; 1 of 2 are$"):
        label_errors(task, [0, 1], probabilities=[0.5, np.nan])
