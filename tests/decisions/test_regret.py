"""No threshold is better than the chosen one by more than its regret, whatever the scores are."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from crossent import Evaluation, InputError, Task, choose_threshold

BINARY = Task.binary(["no", "yes"])
GOALS = [
    "metric:f1", "metric:f0.5", "metric:jaccard", "metric:g_mean", "metric:informedness", "metric:accuracy",
    "metric:balanced_accuracy", "metric:matthews_correlation", "metric:kappa", "precision>=0.6", "recall>=0.8",
    "specificity>=0.7", "alerts<=0.2",
]  # fmt: skip
WORTH = {"precision>=0.6": "recall", "recall>=0.8": "precision", "specificity>=0.7": "recall", "alerts<=0.2": "recall"}


def some(kind: str, rows: int, seed: int) -> tuple[Evaluation, Evaluation]:
    """In few bins, and exact."""
    draw = np.random.default_rng(seed)
    labels = (draw.random(rows) < (0.05 if kind == "rare" else 0.4)).astype(np.int64)
    labels[:2] = 0, 1
    noise = draw.normal(size=rows)
    logits = {"even": noise + labels, "rare": noise + 2 * labels, "reversed": noise - 3 * labels,
              "ties": np.round(noise + labels), "sure": 5 * noise + 8 * labels}[kind]  # fmt: skip
    empty = (Evaluation.empty(BINARY, bins=16), Evaluation.empty(BINARY, exact=True))
    coarse, exact = (each.update(torch.from_numpy(labels), logits=torch.from_numpy(logits)) for each in empty)
    return coarse, exact


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(["even", "rare", "reversed", "ties", "sure"]),
    st.integers(2, 400),
    st.sampled_from(GOALS),
    st.integers(0, 2**32),
)
def test_no_threshold_is_better_by_more_than_the_regret(kind: str, rows: int, goal: str, seed: int) -> None:
    coarse, exact = some(kind, rows, seed)
    try:
        found = choose_threshold(coarse, goal, resamples=2)
    except InputError:
        return  # no cut point keeps the limit
    best = choose_threshold(exact, goal, resamples=2)
    name = WORTH.get(goal, goal.removeprefix("metric:"))
    assert best.regret == 0
    assert best.figures[name] <= found.figures[name] + found.regret + 1e-12


@pytest.mark.parametrize("goal", GOALS)
def test_few_bins_have_some_of_it(goal: str) -> None:
    coarse, _ = some("even", 3000, 0)
    found = choose_threshold(coarse, goal, resamples=2)
    assert 0 < found.regret < 0.6
