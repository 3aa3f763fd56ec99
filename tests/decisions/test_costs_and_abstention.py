"""Least expected cost, abstention, and the rule that a model keeps."""

import json
from typing import Any

import numpy as np
import pytest
import torch

from crossent import Evaluation, InputError, Rule, Task, coverage_risk, decide_by_costs, evaluate, expected_costs
from crossent.decisions import threshold_of_costs
from crossent.evaluation import expected_cost

BINARY = Task.binary(["fine", "fraud"])
THREE = Task.multiclass(["walk", "wait", "run"])


def test_expected_costs_are_sums_over_the_true_class() -> None:
    random = np.random.default_rng(0)
    p, costs = random.dirichlet(np.ones(3), 50), random.normal(size=(3, 3))
    made = expected_costs(THREE, torch.tensor(p), costs)
    np.testing.assert_allclose(made, p @ costs, atol=1e-12)
    assert torch.equal(decide_by_costs(THREE, torch.tensor(p), costs), torch.tensor((p @ costs).argmin(1)))


def test_costs_of_two_classes_are_a_threshold() -> None:
    p = torch.rand(1000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for costs in ([[0, 1], [4, 0]], [[-1, 2], [5, 0.5]], [[0, 1], [1, 0]]):
        threshold = threshold_of_costs(BINARY, costs)
        assert torch.equal(decide_by_costs(BINARY, p, costs), BINARY.decide(p, threshold))


def test_on_true_probabilities_no_threshold_costs_less_than_that_of_the_costs() -> None:
    random = np.random.default_rng(1)
    p = random.random(100_000)
    y = torch.tensor(random.random(100_000) < p).long()
    costs = [[0, 1], [4, 0]]

    def cost(threshold: float) -> float:
        return expected_cost(
            Evaluation.empty(BINARY, threshold=threshold).update(y, probabilities=torch.tensor(p)), costs
        ).value

    assert min(cost(t) for t in np.linspace(0.05, 0.95, 19)) >= cost(threshold_of_costs(BINARY, costs)) - 0.002


def test_of_equal_costs_the_more_probable_class_is_taken_and_then_the_first() -> None:
    p = torch.tensor([[0.25, 0.25, 0.5], [0.25, 0.5, 0.25]], dtype=torch.float64)
    assert decide_by_costs(THREE, p, np.ones((3, 3))).tolist() == [2, 1]
    assert decide_by_costs(THREE, torch.full((1, 3), 1 / 3), np.ones((3, 3))).tolist() == [0]


@pytest.mark.parametrize(
    ("costs", "message"),
    [
        (
            [[0, 0], [4, 0]],
            "a wrong decision must cost more than the right one; for 'fine' it costs 0 more, for 'fraud' 4 more: "
            "costs stand by true class (row) and decision (column)",
        ),
        ([[0, 1, 2]], "costs must be finite and have shape (2, 2), true class by decision; got [[0. 1. 2.]]"),
        ({("fine", "theft"): 1}, "costs must be of pairs (true class, decision) of the task's classes; "
         "got ('fine', 'theft')"),
    ],
)  # fmt: skip
def test_costs_that_make_no_sense_are_refused(costs: Any, message: str) -> None:
    with pytest.raises(InputError) as error:
        Rule.of(BINARY, costs=costs)
    assert str(error.value) == message


def test_coverage_and_risk_are_those_of_the_rows_sorted_by_confidence() -> None:
    random = np.random.default_rng(2)
    p = random.dirichlet(np.ones(3), 300)
    y = np.array([random.choice(3, p=row) for row in p])
    state = Evaluation.empty(THREE, exact=True).update(torch.tensor(y), probabilities=torch.tensor(p))
    curve = coverage_risk(state)
    order = np.argsort(-p.max(1))
    wrong = np.cumsum((p.argmax(1) != y)[order]) / np.arange(1, 301)
    np.testing.assert_allclose(curve.coverage, np.arange(1, 301) / 300)
    np.testing.assert_allclose(curve.risk, wrong)
    assert curve.area == pytest.approx(wrong.mean())
    at = curve.confidence_for(0.2)
    kept = p.max(1) >= at
    assert (p.argmax(1) != y)[kept].mean() <= 0.2
    with pytest.raises(InputError, match="no confidence keeps the risk at or below -1; the least is"):
        curve.confidence_for(-1)


def test_two_classes_abstain_alike_by_one_logit_and_by_two() -> None:
    random = np.random.default_rng(3)
    z = torch.tensor(random.normal(size=200))
    y = torch.tensor(random.random(200) < 0.5).long()
    one = Evaluation.empty(BINARY, exact=True).update(y, logits=z)
    two = Evaluation.empty(Task.multiclass(["fine", "fraud"]), exact=True)
    two = two.update(y, logits=torch.stack([torch.zeros_like(z), z], 1))
    a, b = coverage_risk(one), coverage_risk(two)
    np.testing.assert_allclose(a.confidence, b.confidence)
    np.testing.assert_array_equal(a.risk, b.risk)


def test_a_rule_leaves_rows_undecided_and_they_decode_to_none() -> None:
    rule = Rule.of(THREE, abstain_below=0.6)
    decided = rule.decide(torch.tensor([[0.7, 0.2, 0.1], [0.4, 0.3, 0.3]]))
    assert THREE.decode(decided) == ["walk", None]
    with pytest.raises(InputError, match="abstention is of one label a row"):
        Rule.of(Task.multilabel(["a"]), abstain_below=0.6)
    with pytest.raises(InputError, match="coverage and risk are of one label a row"):
        coverage_risk(evaluate(Task.multilabel(["a"]), [["a"]], probabilities=[[0.5]]))


@pytest.mark.parametrize(
    "rule",
    [
        Rule(BINARY),
        Rule.of(BINARY, costs=[[0, 1], [4, 0]], abstain_below=0.7),
        Rule.of(THREE, costs=np.arange(9).reshape(3, 3)),
        Rule.of(Task.multilabel(["a", "b"]), threshold=(0.2, 0.7)),
    ],
    ids=["plain", "costs", "costs of three", "labels"],
)
def test_a_rule_comes_back_from_json(rule: Rule) -> None:
    assert Rule.from_dict(rule.task, json.loads(json.dumps(rule.to_dict()))) == rule


def test_a_threshold_and_costs_together_are_refused() -> None:
    with pytest.raises(InputError, match=r"give a threshold or costs; got 0\.3 and costs"):
        Rule.of(BINARY, threshold=0.3, costs=[[0, 1], [1, 0]])
    with pytest.raises(InputError, match="abstain_below must be from 0 to 1; got 2"):
        Rule(BINARY, abstain_below=2)
    with pytest.raises(InputError, match="threshold must be from 0 to 1; got 2"):
        Rule(BINARY, 2.0)
