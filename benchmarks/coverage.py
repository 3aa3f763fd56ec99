"""How often the intervals of `crossent.evaluation.interval` hold the truth, by simulation.

    python benchmarks/coverage.py [--samples 400] [--rows 300]

Rows are drawn from a known distribution again and again; the truth is the figure of a million of them. An interval of
95 % should hold it in 95 % of the samples, and one that is on the safe side in more. `width` is the mean width of the
intervals by that of the middle 95 % of the samples' figures: 1 is as narrow as can be, and more is on the safe side.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch

from crossent import Evaluation, Task
from crossent.evaluation import figure, interval

TRUTH_ROWS = 1_000_000
NAMES = "abcd"
Drawn = tuple[np.ndarray, np.ndarray, np.ndarray | None]
"""Labels, logits and weights."""


class Case(NamedTuple):
    """A figure of rows from a distribution."""

    rows: str
    name: str
    options: dict[str, Any]


def binary(rows: int, draw: np.random.Generator) -> Drawn:
    labels = (draw.random(rows) < 0.3).astype(np.int64)
    return labels, draw.normal(size=rows) + 1.5 * labels - 1, None


def weighted(rows: int, draw: np.random.Generator) -> Drawn:
    labels, logits, _ = binary(rows, draw)
    return labels, logits, draw.exponential(size=rows)


def several_classes(rows: int, draw: np.random.Generator) -> Drawn:
    labels = draw.choice(4, rows, p=[0.5, 0.25, 0.15, 0.1])
    return labels, 1.2 * draw.normal(size=(rows, 4)) + 2 * np.eye(4)[labels], None


def weighted_classes(rows: int, draw: np.random.Generator) -> Drawn:
    labels, logits, _ = several_classes(rows, draw)
    return labels, logits, draw.exponential(size=rows)


def many_classes(rows: int, draw: np.random.Generator) -> Drawn:
    labels = draw.integers(0, 40, rows)
    return labels, draw.normal(size=(rows, 40)) + 2.5 * np.eye(40)[labels], None


def several_labels(rows: int, draw: np.random.Generator) -> Drawn:
    """Labels that come together, and mistakes that do."""
    shared = draw.normal(size=(rows, 1))
    labels = (0.7 * shared + draw.normal(size=(rows, 4)) > [0, 0.3, 0.6, 1]).astype(np.int64)
    return labels, 0.7 * draw.normal(size=(rows, 1)) + draw.normal(size=(rows, 4)) + 2 * labels - 1, None


ROWS: dict[str, tuple[Callable[[int, np.random.Generator], Drawn], Task]] = {
    "binary": (binary, Task.binary([0, 1])),
    "binary, exponential weights": (weighted, Task.binary([0, 1])),
    "4 classes": (several_classes, Task.multiclass(NAMES)),
    "4 classes, exponential weights": (weighted_classes, Task.multiclass(NAMES)),
    "40 classes": (many_classes, Task.multiclass(range(40))),
    "4 labels a row": (several_labels, Task.multilabel(NAMES)),
}
CASES = [
    *(
        Case("binary", name, {})
        for name in ("recall", "f_score", "matthews_correlation", "roc_auc", "average_precision")
    ),
    *(Case("binary", name, {}) for name in ("log_loss", "d2_log_loss", "d2_brier", "equal_error_rate")),
    Case("binary", "partial_roc_auc", {"fpr_range": (0.0, 0.2)}),
    *(Case("binary, exponential weights", name, {}) for name in ("accuracy", "recall", "precision", "f_score")),
    *(
        Case("binary, exponential weights", name, {})
        for name in ("matthews_correlation", "roc_auc", "average_precision")
    ),
    *(Case("binary, exponential weights", name, {}) for name in ("log_loss", "d2_log_loss")),
    *(
        Case("4 classes", name, {"average": average})
        for name in ("f_score", "roc_auc", "average_precision")
        for average in ("macro", "weighted")
    ),
    *(Case("4 classes", name, {}) for name in ("balanced_accuracy", "d2_log_loss")),
    *(Case("4 classes, exponential weights", name, {"average": "macro"}) for name in ("f_score", "roc_auc")),
    *(Case("40 classes", "f_score", {"average": average}) for average in ("macro", "weighted", "micro")),
    *(Case("4 labels a row", "f_score", {"average": average}) for average in ("macro", "weighted", "micro")),
    Case("4 labels a row", "hamming_loss", {}),
    Case("4 labels a row", "roc_auc", {"average": "macro"}),
]


def evaluated(task: Task, drawn: Drawn) -> Evaluation:
    labels, logits, weights = drawn
    return Evaluation.empty(task).update(torch.from_numpy(labels), logits=torch.from_numpy(logits), weights=weights)


def coverage(case: Case, samples: int, rows: int) -> tuple[float, float, str]:
    """The share of intervals that hold the truth, their width, and the method."""
    make, task = ROWS[case.rows]
    truth = figure(evaluated(task, make(TRUTH_ROWS, np.random.default_rng(2**31))), case.name, **case.options).value
    found = [
        interval(evaluated(task, make(rows, np.random.default_rng(seed))), case.name, **case.options)
        for seed in range(samples)
    ]
    low, high = np.quantile([each.value for each in found], [0.025, 0.975])
    width = float(np.mean([each.high - each.low for each in found]) / (high - low))
    return float(np.mean([each.low <= truth <= each.high for each in found])), width, found[0].method


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=400)
    parser.add_argument("--rows", type=int, default=300)
    given = parser.parse_args()
    print(f"| rows | figure | method | holds the truth | width |\n|{'---|' * 5}")
    for case in CASES:
        share, width, method = coverage(case, given.samples, given.rows * (10 if case.rows == "40 classes" else 1))
        name = f"{case.options['average']} {case.name}" if "average" in case.options else case.name
        print(f"| {case.rows} | {name} | {method} | {100 * share:.1f} % | {width:.2f} |", flush=True)


if __name__ == "__main__":
    main()
