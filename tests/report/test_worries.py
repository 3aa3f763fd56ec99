"""What to worry about: each worry where there is reason, with its number; where there is none, nothing."""

from __future__ import annotations

import html as markup
import re
from typing import Any

import numpy as np
import pytest
import torch

from crossent import Evaluation, Task, evaluate, report
from crossent.evaluation import expected_cost, interval, smooth_calibration_error, spiegelhalter, wilson

TASK = Task.binary(["no", "yes"])


def worries(evaluation: Evaluation, **options: Any) -> dict[str, str]:
    """The words of each worry by its title."""
    page = report.html(evaluation, title="Which one?", **options)
    section = page.split('<section id="worries">')[1].split("</section>")[0]
    found = re.findall(r"<li><h3>(.*?)</h3><p>(.*?)</p><p class=\"cure\">(.*?)</p></li>", section)
    assert bool(found) != ("Nothing stands out" in section)
    return {markup.unescape(title): markup.unescape(f"{words} {cure}") for title, words, cure in found}


def calibrated(rows: int, share: float = 0.4, spread: float = 1.6, threshold: float = 0.5) -> Evaluation:
    """Labels drawn with the probabilities that are then given: nothing is wrong with them."""
    torch.manual_seed(0)
    logits = spread * torch.randn(rows, dtype=torch.float64) + float(np.log(share / (1 - share)))
    labels = (torch.rand(rows) < logits.sigmoid()).long()
    return Evaluation.empty(TASK, threshold=threshold).update(labels, logits=logits)


def test_of_a_sound_evaluation_nothing_is_said() -> None:
    assert worries(calibrated(20_000, threshold=0.4)) == {}


def test_accuracy_of_rare_events() -> None:
    evaluation = calibrated(20_000, share=0.03, spread=1.0)
    metrics = evaluation.compute()
    assert metrics.majority
    words = worries(evaluation)["Accuracy says little here"]
    assert f"{metrics.accuracy:.1%} of the decisions are right" in words
    assert f"the {metrics.majority.accuracy:.1%} of always deciding “no”" in words


def test_probabilities_that_are_too_sure() -> None:
    torch.manual_seed(0)
    logits = torch.randn(3_000, dtype=torch.float64)
    labels = (torch.rand(3_000) < logits.sigmoid()).long()
    evaluation = Evaluation.empty(TASK).update(labels, logits=3 * logits)
    found = worries(evaluation)
    words = found["Probabilities do not mean what they say"]
    assert f"{100 * smooth_calibration_error(evaluation).value:.1f} points on average" in words
    assert f"z is {spiegelhalter(evaluation).z:.1f}" in words
    metrics = evaluation.compute()
    assert metrics.majority
    assert f"The log loss is {metrics.log_loss:.3f}" in found["Probabilities no better than none"]


def test_few_rows_of_the_class_make_wide_intervals() -> None:
    evaluation = calibrated(120, share=0.3)
    ends, rows = interval(evaluation, "recall"), int(evaluation.compute().per_class[1].support)
    words = worries(evaluation)["Too few rows to be sure"]
    assert f"With {rows} rows of “yes”, its recall of {ends.value:.1%} lies between" in words
    assert f"between {ends.low:.1%} and {ends.high:.1%}" in words


@pytest.mark.parametrize(("right", "of"), [(3, 3), (0, 3), (40, 45), (30, 60), (1, 20)])
def test_the_rows_that_would_do_are_the_fewest_whose_interval_is_so_narrow(right: int, of: int) -> None:
    evaluation = evaluate(TASK, ["yes"] * of + ["no"] * 200, probabilities=[0.9] * right + [0.1] * (of - right + 200))
    ends = interval(evaluation, "recall")
    words = worries(evaluation)["Too few rows to be sure"]
    found = re.search(r"about (\d+) rows would halve that; about (\d+) would", words)
    assert found

    def width(rows: int) -> float:
        low, high = wilson(np.array([right / of]), np.array([rows]))
        return (high - low).item()

    for rows, most in zip(map(int, found.groups()), ((ends.high - ends.low) / 2, 0.1), strict=True):
        assert width(rows) <= most < width(rows - 1)


def test_a_class_that_is_never_decided() -> None:
    labels = torch.tensor([0, 1, 2, 1, 0] * 100)
    logits = torch.nn.functional.one_hot(labels.clamp(max=1), 3) * 2.0
    found = worries(Evaluation.empty(Task.multiclass(["a", "b", "c"])).update(labels, logits=logits))
    assert found["Never predicted"] == (
        "“c”: it has rows, and no row is ever decided so. Decide by costs, or give more rows of the class."
    )


@pytest.mark.parametrize(
    ("threshold", "words"), [(0.0, "“no”: it has rows, {} Raise the"), (1.0, "“yes”: it has rows, {} Lower the")]
)
def test_which_way_the_threshold_must_go_for_a_class_to_be_decided(threshold: float, words: str) -> None:
    said = worries(calibrated(500, threshold=threshold))["Never predicted"]
    assert said.startswith(words.format("and no row is ever decided so.") + " threshold, decide by costs, or")


def test_a_label_that_is_never_decided() -> None:
    torch.manual_seed(0)
    labels = (torch.rand(200, 2) < 0.3).long()
    evaluation = Evaluation.empty(Task.multilabel(["x", "y"]), threshold=[0.5, 1.0])
    found = worries(evaluation.update(labels, logits=torch.randn(200, 2)))
    assert found["Never predicted"].startswith("“y”: it has rows, and no row is ever decided so. Lower the threshold,")


def test_classes_with_few_rows_are_listed_with_their_counts() -> None:
    labels = torch.tensor([0] * 200 + [1] * 12 + [2] * 7)
    torch.manual_seed(0)
    found = worries(Evaluation.empty(Task.multiclass(["a", "b", "c"])).update(labels, logits=torch.randn(219, 3)))
    assert "2 classes: “c” (7), “b” (12)." in found["Classes with fewer than 30 rows"]


def test_a_threshold_that_does_not_cost_least() -> None:
    evaluation, costs = calibrated(4_000, threshold=0.5), [[0, 1], [9, 0]]
    words = worries(evaluation, costs=costs)["The threshold does not cost least"]
    assert f"At 0.5 a row costs {expected_cost(evaluation, costs).value:.4g};" in words
    assert "The threshold does not cost least" not in worries(calibrated(4_000, threshold=0.1), costs=costs)
    assert "Another threshold finds more" in worries(calibrated(4_000, share=0.1, threshold=0.9))


def test_a_score_that_is_too_good() -> None:
    labels = torch.tensor([0, 1] * 50)
    found = worries(Evaluation.empty(TASK).update(labels, logits=4.0 * labels - 2))
    assert "The ROC AUC is 1.0000" in found["Too good to be true?"]


def test_figures_with_wide_half_widths() -> None:
    torch.manual_seed(0)
    labels = (torch.rand(5_000) < 0.4).long()
    coarse = Evaluation.empty(TASK, bins=16).update(labels, logits=labels + torch.randn(5_000))
    width = max(coarse.compute().half_widths.values())
    assert width > 0.005
    assert f"by {width:.2g}" in worries(coarse)["Figures that are not exact"]


def test_rows_that_were_ignored() -> None:
    task = Task.multiclass(["a", "b"], ignored="?")
    labels = torch.tensor([0, 1, -100, 1] * 25)
    torch.manual_seed(0)
    found = worries(Evaluation.empty(task).update(labels, logits=torch.randn(100, 2)))
    assert "25 rows with the ignored label took no part, 25.0% of all." in found["Rows set aside"]


@pytest.mark.parametrize("weighted", [False, True])
def test_every_kind_of_evaluation_is_looked_through(weighted: bool) -> None:
    torch.manual_seed(0)
    labels = (torch.rand(60, 3) < 0.3).long()
    evaluation = Evaluation.empty(Task.multilabel(["x", "y", "z"])).update(
        labels, logits=torch.randn(60, 3), weights=torch.ones(60) if weighted else None
    )
    words = worries(evaluation)["Too few rows to be sure"]
    assert ("in rows of" in words) == ("that weigh alike" in words) == weighted


@pytest.mark.parametrize("names", [["no", "yes"], ["no", "yes", "perhaps"]])
def test_of_rows_of_one_class_only_that_is_said(names: list[str]) -> None:
    task = Task.binary(names) if len(names) == 2 else Task.multiclass(names)
    right = [0.0] * 100 if len(names) == 2 else [[1.0, 0.0, 0.0]] * 100
    evaluation = evaluate(task, ["no"] * 100, probabilities=right)
    assert list(worries(evaluation)) == ["All rows are of one class"]
    assert worries(evaluation)["All rows are of one class"].startswith(
        "100 rows, all of them “no”: nothing can be said about the others"
    )
    page = report.html(evaluation, title="Which one?")
    assert "It decides 100.0% of the rows right, and all rows are “no”." in page
    assert "plain shares of the classes" not in page
