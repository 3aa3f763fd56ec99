"""What several labels a row score row by row: the samples averages, and how well each row's labels are ranked."""

from __future__ import annotations

import numpy as np

from ._exact import Floats
from ._rows import Rows

MOST_RANKED = 64
"""Labels up to which the rows' rankings are kept: their cost grows with the square."""


def sample_scores(rows: Rows) -> dict[str, Floats]:
    """Figures of each row, `(n,)` each; what has an empty denominator is 0, and counted."""
    labels, decisions = rows.labels, rows.decisions
    hits, decided, support = (each.sum(axis=0) for each in (labels * decisions, decisions, labels))
    return {
        "samples_precision": _ratio(hits, decided),
        "samples_recall": _ratio(hits, support),
        "samples_f1": _ratio(2 * hits, decided + support),
        "samples_jaccard": _ratio(hits, decided + support - hits),
        "exact_match": (labels == decisions).all(axis=0).astype(np.float64),
        "without_decision": (decided == 0).astype(np.float64),
        "without_label": (support == 0).astype(np.float64),
    } | (_ranked(rows) if len(labels) <= MOST_RANKED else {})


def _ratio(above: np.ndarray, below: np.ndarray) -> Floats:
    return above / np.where(below == 0, np.inf, below)


def _ranked(rows: Rows) -> dict[str, Floats]:
    """Coverage error, label ranking average precision and label ranking loss of each row (Tsoumakas et al., 2010).

    A row without labels, or with all of them, has nothing to rank: precision 1, loss 0.
    """
    mine, scores = rows.labels == 1, rows.scores
    support = mine.sum(axis=0)
    lowest = np.where(mine, scores, np.inf).min(axis=0)
    coverage = np.where(support == 0, 0, (scores >= lowest).sum(axis=0)).astype(np.float64)
    precision, wrong = np.zeros(len(rows)), np.zeros(len(rows))
    for label, score in zip(mine, scores, strict=True):
        at_least = scores >= score
        precision += np.where(label, (at_least & mine).sum(axis=0) / at_least.sum(axis=0), 0.0)
        wrong += np.where(label, (at_least & ~mine).sum(axis=0), 0)
    pairs = support * (len(mine) - support)
    one_sided = pairs == 0
    return {
        "coverage": coverage,
        "ranking_precision": np.where(one_sided, 1.0, precision / np.maximum(support, 1)),
        "ranking_loss": np.where(one_sided, 0.0, wrong / np.maximum(pairs, 1)),
    }
