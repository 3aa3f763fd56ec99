"""What other thresholds would give, and what abstention came to."""

import numpy as np
import pytest
import torch
from sklearn.metrics import precision_score, recall_score

from crossent import Evaluation, InputError, Rule, Task
from crossent.decisions import coverage, cut_point, frontier, judge

TASK = Task.binary(["fine", "fraud"])
RANDOM = np.random.default_rng(0)
PROBABILITIES = RANDOM.random(500).round(3)
LABELS = (RANDOM.random(500) < PROBABILITIES).astype(np.int64)
EVALUATION = Evaluation.empty(TASK, exact=True).update(
    torch.from_numpy(LABELS), probabilities=torch.from_numpy(PROBABILITIES)
)


@pytest.mark.parametrize("threshold", [0.0, 0.123, 0.5, 0.9005, 1.0])
def test_a_cut_point_counts_the_rows_at_or_above_it(threshold: float) -> None:
    decided = threshold <= PROBABILITIES
    figures = cut_point(EVALUATION, threshold, costs=[[0, 1], [4, 0.5]]).figures
    assert figures["recall"] == pytest.approx(recall_score(LABELS, decided))
    assert figures["precision"] == pytest.approx(precision_score(LABELS, decided, zero_division=0))
    assert figures["alerts"] == pytest.approx(decided.mean())
    each = np.array([[0, 1], [4, 0.5]])[LABELS, decided.astype(int)]
    assert figures["cost"] == pytest.approx(each.mean())


def test_the_frontier_goes_from_half_as_many_alerts_to_twice_as_many_around_the_chosen() -> None:
    points = frontier(EVALUATION, 0.6)
    alerts = [point.figures["alerts"] for point in points]
    chosen = cut_point(EVALUATION, 0.6)
    assert chosen in points
    assert alerts == sorted(alerts)
    assert alerts[0] == pytest.approx(chosen.figures["alerts"] / 2, abs=0.01)
    assert alerts[-1] == pytest.approx(chosen.figures["alerts"] * 2, abs=0.01)
    for point in points:
        assert point.figures["alerts"] == pytest.approx((point.threshold <= PROBABILITIES).mean())


def test_the_threshold_that_would_have_cost_least_is_on_the_frontier() -> None:
    costs = [[0, 1], [9, 0]]
    least = min(
        np.array(costs)[LABELS, (threshold <= PROBABILITIES).astype(int)].mean()
        for threshold in [*np.unique(PROBABILITIES), 1.1]
    )
    assert min(point.figures["cost"] for point in frontier(EVALUATION, 0.5, costs=costs)) == pytest.approx(least)


def test_coverage_is_that_of_the_rule_whatever_its_threshold() -> None:
    logits = torch.linspace(-3, 3, 121, dtype=torch.float64)
    labels = (torch.arange(121) % 3 == 0).long()
    for rule in (Rule(TASK, abstain_below=0.8), Rule(TASK, 0.9, abstain_below=0.7), Rule(TASK, abstain_below=1.0)):
        found = coverage(judge(rule, labels, logits))
        decided = rule.decide(logits.sigmoid())
        kept = decided >= 0
        assert found.coverage == pytest.approx(float(kept.double().mean()))
        risk = float((decided[kept] != labels[kept]).double().mean()) if kept.any() else float("nan")
        assert found.risk == pytest.approx(risk, nan_ok=True)


def test_coverage_of_other_groups_is_refused() -> None:
    for groups, message in (
        (
            ["north"],
            "coverage needs the groups 'decided' and 'undecided', which a model that abstains makes; got 'north'",
        ),
        (None, "coverage needs the groups 'decided' and 'undecided', which a model that abstains makes; got no groups"),
    ):
        one = Evaluation.empty(TASK).update(torch.tensor([1]), logits=torch.tensor([0.2]), groups=groups)
        with pytest.raises(InputError) as error:
            coverage(one)
        assert str(error.value) == message
