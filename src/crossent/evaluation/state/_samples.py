"""What several labels a row score row by row: the samples averages, and how well each row's labels are ranked."""

from __future__ import annotations

import numpy as np

from ._exact import Floats
from ._rows import Rows

SAMPLES_BETAS = (1, 2, 0.5)
"""The betas of the f_score of each row: a mean over rows has to be summed while they pass."""
_SCORES_AT_A_TIME = 1 << 20


def sample_scores(rows: Rows) -> dict[str, Floats]:
    """Figures of each row, `(n,)` each; what has an empty denominator is 0, and counted."""
    labels, decisions = rows.labels, rows.decisions
    hits, decided, support = (each.sum(axis=0) for each in (labels * decisions, decisions, labels))
    return {
        "samples_precision": _ratio(hits, decided),
        "samples_recall": _ratio(hits, support),
        **{f"samples_f{beta}": _ratio((1 + beta**2) * hits, beta**2 * support + decided) for beta in SAMPLES_BETAS},
        "samples_jaccard": _ratio(hits, decided + support - hits),
        "exact_match": (labels == decisions).all(axis=0).astype(np.float64),
        "without_decision": (decided == 0).astype(np.float64),
        "without_label": (support == 0).astype(np.float64),
    } | _in_blocks(rows)


def _ratio(above: np.ndarray, below: np.ndarray) -> Floats:
    return above / np.where(below == 0, np.inf, below)


def _in_blocks(rows: Rows) -> dict[str, Floats]:
    """The rankings of so many rows at a time as stay in the cache."""
    size = max(1, _SCORES_AT_A_TIME // len(rows.labels))
    blocks = [_ranked(rows.taken(slice(start, start + size))) for start in range(0, max(len(rows), 1), size)]
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def _ranked(rows: Rows) -> dict[str, Floats]:
    """Coverage error, label ranking average precision and label ranking loss of each row (Tsoumakas et al., 2010).

    A row without labels, or with all of them, has nothing to rank: precision 1, loss 0.
    """
    order = np.argsort(-rows.scores, axis=0, kind="stable")
    scores, mine = (np.take_along_axis(each, order, axis=0) for each in (rows.scores, rows.labels == 1))
    # Of equal scores, each counts all: look at the last of them.
    places = np.arange(len(scores))[:, np.newaxis]
    ends = np.append(scores[1:] != scores[:-1], np.ones((1, len(rows)), dtype=np.bool_), axis=0)
    last = np.minimum.accumulate(np.where(ends, places, len(scores))[::-1], axis=0)[::-1]
    found = np.cumsum(mine, axis=0)
    at_least, true_at_least = last + 1, np.take_along_axis(found, last, axis=0)
    support = found[-1]
    # A cumulative sum adds in order however many rows there are; a sum may not.
    precision = np.cumsum(np.where(mine, true_at_least / at_least, 0.0), axis=0)[-1]
    wrong = np.where(mine, at_least - true_at_least, 0).sum(axis=0)
    pairs = support * (len(mine) - support)
    one_sided = pairs == 0
    return {
        "coverage": np.where(mine, at_least, 0).max(axis=0).astype(np.float64),
        "ranking_precision": np.where(one_sided, 1.0, precision / np.maximum(support, 1)),
        "ranking_loss": np.where(one_sided, 0.0, wrong / np.maximum(pairs, 1)),
    }
