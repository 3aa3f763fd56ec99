"""A figure from bins lies within its half-width of the exact one, whatever the scores are."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from crossent import Evaluation, Task

BINARY = Task.binary(["no", "yes"])
ROUNDING = 1e-12
SCORES = [
    "even", "separated", "reversed", "ties", "equal", "subnormal", "huge", "offset", "saturated", "rare", "heavy tails"
]  # fmt: skip


def some(kind: str, rows: int, draw: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Labels and logits."""
    share = 0.01 if kind == "rare" else 0.4
    labels = (draw.random(rows) < share).astype(np.int64)
    noise = draw.normal(size=rows)
    logits = {
        "even": noise,
        "separated": noise + 6 * labels,
        "reversed": noise - 6 * labels,
        "ties": np.round(noise + labels),
        "equal": np.zeros(rows),
        "subnormal": np.round(9 * (noise + labels)) * 5e-324,
        "huge": (noise + labels) * 1e307,
        "offset": 1e6 + noise + labels,
        "saturated": 500 + 100 * (noise + labels),
        "rare": noise + 2 * labels,
        "heavy tails": (noise + labels) * 10.0 ** draw.uniform(-200, 200, rows),
    }
    return torch.from_numpy(labels), torch.from_numpy(logits[kind])


def figures(evaluation: Evaluation) -> dict[str, float]:
    metrics = evaluation.compute()
    found = {"roc_auc": metrics.roc_auc, "average_precision": metrics.average_precision}
    for average in ("macro", "weighted"):
        found[f"{average}.roc_auc"] = getattr(metrics, average).roc_auc
        found[f"{average}.average_precision"] = getattr(metrics, average).average_precision
    for scores in metrics.per_class:
        found[f"per_class.{scores.label}.roc_auc"] = scores.roc_auc
        found[f"per_class.{scores.label}.average_precision"] = scores.average_precision
    return found


def check(bounded: Evaluation, exact: Evaluation) -> None:
    widths = bounded.compute().half_widths
    truth = figures(exact)
    assert exact.compute().half_widths == {}
    for name, value in figures(bounded).items():
        if np.isnan(truth[name]):
            assert np.isnan(value)
        else:
            assert abs(value - truth[name]) <= widths.get(name, 0.0) + ROUNDING


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(SCORES),
    st.integers(1, 600),
    st.sampled_from([16, 64, 300]),
    st.booleans(),
    st.sampled_from(["logits", "probabilities"]),
    st.integers(0, 2**32),
)
def test_the_exact_figure_lies_within(kind: str, rows: int, bins: int, weighted: bool, source: str, seed: int) -> None:
    draw = np.random.default_rng(seed)
    labels, logits = some(kind, rows, draw)
    weights = draw.exponential(size=rows) * draw.integers(0, 3, rows) + 1e-9 if weighted else None
    made = [Evaluation.empty(BINARY, bins=bins), Evaluation.empty(BINARY, exact=True)]
    if source == "logits":
        bounded, exact = (each.update(labels, logits=logits, weights=weights) for each in made)
    else:
        bounded, exact = (each.update(labels, probabilities=logits.sigmoid(), weights=weights) for each in made)
    check(bounded, exact)


@pytest.mark.parametrize("kind", SCORES)
def test_it_does_for_every_class_and_the_averages(kind: str) -> None:
    draw = np.random.default_rng(1)
    labels = torch.from_numpy(draw.integers(0, 4, 2000))
    logits = torch.stack([some(kind, 2000, draw)[1] for _ in range(4)], dim=1)
    task = Task.multiclass(["a", "b", "c", "d"])
    made = (Evaluation.empty(task, bins=64), Evaluation.empty(task, exact=True))
    check(*(each.update(labels, logits=logits) for each in made))


def test_bins_that_hold_one_score_each_are_exact() -> None:
    labels, logits = torch.tensor([0, 1, 0, 1] * 50), torch.arange(200) % 16 * 1e6
    metrics = Evaluation.empty(BINARY, bins=16).update(labels, logits=logits).compute()
    assert metrics.half_widths == {}


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_16_bit_scores_are_exact_anyway(kind: torch.dtype) -> None:
    every = torch.arange(-(2**15), 2**15, dtype=torch.int16).view(kind)
    logits = every[every.isfinite()]
    torch.manual_seed(0)
    labels = (torch.rand(len(logits)) < 0.3).long()
    metrics = Evaluation.empty(BINARY).update(labels, logits=logits).compute()
    exact = Evaluation.empty(BINARY, exact=True).update(labels, logits=logits).compute()
    assert (metrics.half_widths, metrics.roc_auc) == ({}, exact.roc_auc)


def test_the_default_is_within_a_ten_thousandth_on_many_rows() -> None:
    draw = np.random.default_rng(0)
    labels = torch.from_numpy((draw.random(300_000) < 0.3).astype(np.int64))
    logits = torch.from_numpy(draw.normal(size=300_000)) + labels
    metrics = Evaluation.empty(BINARY).update(labels, logits=logits).compute()
    assert 0 < metrics.half_widths["roc_auc"] < 1e-4
    assert 0 < metrics.half_widths["average_precision"] < 1e-4
