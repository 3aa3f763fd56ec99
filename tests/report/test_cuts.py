"""The numbers that the page's slider moves over are those of an Evaluation at that threshold."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
import torch

from crossent import Evaluation, Task, report
from crossent.decisions import choose_threshold, cuts_of
from crossent.evaluation import expected_cost, figure, interval


def cuts_on(evaluation: Evaluation, **options: Any) -> dict[str, Any]:
    page = report.html(evaluation, title="Which one?", **options)
    found = re.search(r'<script type="application/json" id="cuts">(.*?)</script>', page)
    assert found
    return json.loads(found[1])


def binary_rows(rows: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(seed)
    labels = (torch.rand(rows) < 0.2).long()
    return labels, 2 * labels - 2 + torch.randn(rows, dtype=torch.float64)


def binary(
    rows: tuple[torch.Tensor, torch.Tensor], threshold: float = 0.4, bins: int | None = None, weights: Any = None
) -> Evaluation:
    empty = Evaluation.empty(Task.binary(["no", "yes"]), threshold=threshold, bins=bins)
    return empty.update(rows[0], logits=rows[1], weights=weights)


def some_of(cuts: dict[str, Any], most: int = 12) -> list[int]:
    return sorted({*np.linspace(0, len(cuts["hits"]) - 1, most).astype(int).tolist(), cuts["start"]})


@pytest.mark.parametrize(("rows", "bins"), [(300, None), (20_000, None), (20_000, 256)], ids=["all", "thinned", "bins"])
def test_each_cut_has_the_counts_of_an_evaluation_at_its_threshold(rows: int, bins: int | None) -> None:
    data = binary_rows(rows)
    (cuts,) = cuts_on(binary(data, bins=bins))["classes"]
    assert sorted(cuts["thresholds"], reverse=True) == cuts["thresholds"]
    for place in some_of(cuts):
        matrix = binary(data, cuts["thresholds"][place]).compute().confusion_matrix
        assert [cuts["alarms"][place], cuts["hits"][place]] == matrix[:, 1].tolist(), cuts["thresholds"][place]


@pytest.mark.parametrize("bins", [None, 64])
def test_the_threshold_in_use_is_a_cut_with_the_counts_made_at_it(bins: int | None) -> None:
    data = binary_rows(5_000)
    for threshold in (0.123456, 1.0):
        evaluation = binary(data, threshold, bins)
        (cuts,) = cuts_on(evaluation)["classes"]
        assert cuts["fitted"]
        assert cuts["thresholds"][cuts["start"]] == threshold
        matrix = evaluation.compute().confusion_matrix
        assert [cuts["alarms"][cuts["start"]], cuts["hits"][cuts["start"]]] == matrix[:, 1].tolist()


def test_float32_rows_at_the_threshold_are_counted_as_they_were_decided() -> None:
    # As a float32, 0.7 lies below the number 0.7, and is decided for the class all the same.
    probabilities = torch.tensor([0.1, 0.7, 0.7, 0.9], dtype=torch.float32)
    evaluation = Evaluation.empty(Task.binary(["no", "yes"]), threshold=0.7).update(
        torch.tensor([0, 1, 0, 1]), probabilities=probabilities
    )
    (cuts,) = cuts_on(evaluation)["classes"]
    assert [cuts["hits"][cuts["start"]], cuts["alarms"][cuts["start"]]] == [2, 1]


def test_all_cuts_come_with_their_scores_while_there_are_few() -> None:
    data = binary_rows(300)
    (cuts,) = cuts_on(binary(data))["classes"]
    assert len(cuts["hits"]) == 301
    assert cuts["scores"][1:] == pytest.approx(sorted(data[1].sigmoid().tolist(), reverse=True), abs=1e-15)
    assert "The slider has 301 positions, one for each score" in cuts["note"]
    (thinned,) = cuts_on(binary(binary_rows(9_000)))["classes"]
    assert "scores" not in thinned


@pytest.mark.parametrize("bins", [None, 1024])
def test_thinned_cuts_hold_the_best_of_all(bins: int | None) -> None:
    evaluation = binary(binary_rows(20_000), bins=bins)
    (kept,) = cuts_on(evaluation)["classes"]
    every = cuts_of(evaluation, None)
    hits, alarms = (np.array(kept[name], dtype=float) for name in ("hits", "alarms"))
    assert len(hits) < 3_000
    f1 = 2 * hits / (hits + alarms + hits[-1])
    assert f1.max() == choose_threshold(evaluation, "metric:f1", resamples=2).figures["f1"]
    for alarm, miss, gain in ((1, 1, 0), (1, 3, 0), (1, 50, 0), (7, 1, 0), (1, 9, 2.5), (0, 1, 0), (1, 0, 0)):
        cost, all_costs = (
            alarm * false + miss * (true[-1] - true) - gain * true
            for true, false in ((hits, alarms), (every.hits, every.alarms))
        )
        assert cost.min() == all_costs.min()


def test_multiclass_cuts_are_of_each_class_against_the_rest() -> None:
    torch.manual_seed(0)
    labels = torch.randint(0, 4, (3_000,))
    logits = torch.randn(3_000, 4, dtype=torch.float64).scatter_add(
        1, labels[:, None], torch.full((3_000, 1), 2.0).double()
    )
    task = Task.multiclass(["a", "b", "c", "d"])
    record = cuts_on(Evaluation.empty(task).update(labels, logits=logits))
    probabilities = logits.softmax(dim=1)
    assert [each["name"] for each in record["classes"]] == ["a", "b", "c", "d"]
    for place, cuts in enumerate(record["classes"]):
        assert not cuts["fitted"]
        for at in some_of(cuts):
            decided = probabilities[:, place] >= cuts["thresholds"][at]
            hits = int((decided & (labels == place)).sum())
            assert (cuts["hits"][at], cuts["alarms"][at]) == (hits, int(decided.sum()) - hits)


def test_each_label_starts_at_its_own_threshold() -> None:
    torch.manual_seed(0)
    labels = (torch.rand(2_000, 3) < 0.3).long()
    logits = 2 * labels - 1 + torch.randn(2_000, 3)
    limits = [0.3, 0.5, 0.7]
    evaluation = Evaluation.empty(Task.multilabel(["x", "y", "z"]), threshold=limits).update(labels, logits=logits)
    record, matrix = cuts_on(evaluation), evaluation.compute().confusion_matrix
    for place, cuts in enumerate(record["classes"]):
        assert cuts["thresholds"][cuts["start"]] == limits[place]
        assert cuts["hits"][cuts["start"]] == matrix[place, 1, 1]
        assert cuts["alarms"][cuts["start"]] == matrix[place, 0, 1]


def test_weighted_rows_count_by_their_weight() -> None:
    data = binary_rows(200)
    weights = np.linspace(0.5, 2.0, 200)
    (cuts,) = cuts_on(binary(data, weights=weights))["classes"]
    for place in some_of(cuts, 9):
        decided = (data[1].sigmoid() >= cuts["thresholds"][place]).numpy()
        assert cuts["hits"][place] == pytest.approx(weights[decided & (data[0] == 1).numpy()].sum())
    assert cuts_on(binary(data, weights=weights))["weighted"]


def test_bars_hold_every_row_once() -> None:
    data = binary_rows(1_000)
    (cuts,) = cuts_on(binary(data))["classes"]
    assert [sum(side) for side in cuts["bars"]] == [int(data[0].sum()), 1_000 - int(data[0].sum())]


def test_the_figures_before_anything_is_moved_are_those_of_the_evaluation() -> None:
    evaluation, costs = binary(binary_rows(300)), [[-0.25, 2], [9, -1.5]]
    page = report.html(evaluation, title="Which one?", costs=costs)
    shown = dict(re.findall(r'data-figure="(\w+)".*?<dd class="value">(.*?)</dd>', page))
    for name in ("precision", "recall", "specificity", "accuracy", "balanced_accuracy"):
        assert shown[name] == f"{figure(evaluation, name).value:.1%}"
    assert shown["f1"] == f"{figure(evaluation, 'f_score').value:.3f}"
    assert shown["cost"] == f"{expected_cost(evaluation, costs).value:.4g}"
    first = dict(re.findall(r'id="([\w-]+)" name="[\w-]+"[^>]*? value="([^"]*)"', page))
    assert first == {"false-alarm": "2", "miss": "9", "hit-gain": "1.5", "quiet-gain": "0.25", "rows-a-day": "1000"}


def test_where_no_class_has_rows_in_and_out_of_it_nothing_can_be_moved() -> None:
    evaluation = Evaluation.empty(Task.binary(["no", "yes"])).update(
        torch.tensor([1, 1]), probabilities=torch.tensor([0.3, 0.8])
    )
    page = report.html(evaluation, title="Which one?")
    assert 'id="explorer"' not in page
    assert 'id="decisions"' in page


def test_a_page_of_very_many_classes_stays_small_and_says_what_it_leaves_out() -> None:
    torch.manual_seed(0)
    labels = torch.randint(0, 260, (5_000,))
    evaluation = Evaluation.empty(Task.multiclass(list(range(260)))).update(labels, logits=torch.randn(5_000, 260))
    page = report.html(evaluation, title="Which one?")
    assert len(page.encode()) < 3_000_000
    assert "The 20 classes with the fewest rows cannot be chosen here." in page


def test_of_weighted_rows_weights_are_told_and_a_perfect_model_costs_nothing() -> None:
    torch.manual_seed(0)
    labels = torch.randint(0, 2, (501,))
    evaluation = binary(
        (labels, 8.0 * labels - 4 + torch.rand(501)), weights=torch.rand(501, dtype=torch.float64) + 0.1
    )
    page, metrics = report.html(evaluation, title="Which one?"), evaluation.compute()
    share = metrics.per_class[1].support / metrics.weight
    assert f"501 rows whose weights sum to {metrics.weight:,.2f}, {share:.1%} of the weight “yes”" in page
    shown = dict(re.findall(r'data-figure="(\w+)".*?<dd class="value">(.*?)</dd>', page))
    assert shown["cost"] == "0"
    (cuts,) = cuts_on(evaluation)["classes"]
    assert (cuts["hits"][cuts["start"]], cuts["alarms"][cuts["start"]]) == (cuts["hits"][-1], 0)
    assert '<button type="button">Weight</button>' in page
    assert f"{share:.1%} of the weight</dd>" in page
    assert re.search(r"Histogram of the probability of “yes” of a weight of [\d.]+:", page)
    unweighted = report.html(binary((labels, 8.0 * labels - 4)), title="Which one?")
    assert "weight of" not in unweighted
    assert "weights" not in unweighted.split("<main")[0].split("</style>")[1]


def test_no_cell_of_weighted_cuts_is_less_than_nothing() -> None:
    data = binary_rows(2_000)
    torch.manual_seed(1)
    for bins in (None, 64):
        cells = cuts_of(binary(data, bins=bins, weights=torch.rand(2_000, dtype=torch.float64)), None).cells
        assert min(cells.misses.min(), cells.rest.min()) == 0


def test_of_weighted_rows_the_figures_in_use_have_their_intervals() -> None:
    evaluation = binary(binary_rows(300), weights=np.linspace(0.5, 2.0, 300))
    page = report.html(evaluation, title="Which one?")
    beside = dict(re.findall(r'data-figure="(\w+)".*?<dd class="beside">(.*?)</dd>', page))
    (cuts,) = cuts_on(evaluation)["classes"]
    for name in ("precision", "recall", "specificity", "accuracy"):
        ends = interval(evaluation, name)
        assert beside[name] == cuts["intervals"][name] == f"{ends.low:.1%} to {ends.high:.1%}"
    (unweighted,) = cuts_on(binary(binary_rows(300)))["classes"]
    assert unweighted["intervals"] == {}  # the script makes Wilson's of every cut
