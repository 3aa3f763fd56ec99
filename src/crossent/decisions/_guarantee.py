"""Learn-then-Test: thresholds that keep a limit on rows yet to come, with a stated confidence."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, bdtrc  # scipy.stats has the same, and takes 45 MB and a second to import

from .._errors import InputError
from ._cuts import Cuts, Floats
from ._goal import Goal

_STARTS = (4.0, 3.0, 2.0, 1.0, 0.0, -1.0, -2.0, -3.0)
"""Logits from which precision is tested downwards."""
_LOGITS = np.linspace(-12.0, 12.0, 1201)


def grid() -> Floats:
    """Thresholds to be tested, ascending, fixed before any row is seen: chosen by the rows, a test would lie."""
    return np.concatenate([[0.0], 1 / (1 + np.exp(-_LOGITS))])


def guaranteed(cuts: Cuts, goal: Goal, level: float) -> tuple[float, int]:
    """The threshold that serves best of those shown to keep the limit.

    Each threshold t is a hypothesis, "the limit is broken at t", with an exact binomial p-value. Recall, specificity
    and alerts change one way with t: the thresholds are tested in order from the safe end, each at the whole level,
    until one is not rejected. Precision may go up and down, and at high t few rows speak of it: the order is from
    eight starts downwards, which share the level. The chance that any rejected threshold breaks the limit is at
    most `level`.

    Returns:
        The threshold, and the place of its cut.

    Raises:
        InputError: None is shown to keep the limit, or the rows have weights.

    References:
        Angelopoulos, Bates, Candes, Jordan and Lei, Learn then Test, Annals of Applied Statistics 2025, arXiv
        2110.01052, sections 2.1 and 3.2 (fixed sequences, several starts).
    """
    if cuts.weighted:
        raise InputError("a guarantee needs rows that count alike; these have weights: leave the weights out")
    if not cuts.exact:
        raise InputError("a guarantee needs every score; this evaluation keeps bins of them: make it with exact=True")
    thresholds = grid()
    # Of cuts from the highest score down, the last one at or above each threshold.
    places = np.searchsorted(-cuts.scores, -thresholds, side="right") - 1
    hits, alarms = cuts.hits[places], cuts.alarms[places]
    doubt = _p_values(goal, hits, alarms, cuts.hits[-1], cuts.alarms[-1])
    kept = _kept(goal, doubt, level)
    if not kept.any():
        raise InputError(
            f"no threshold can be guaranteed to keep {goal} with {100 * (1 - level):.12g}% confidence on these "
            f"{cuts.hits[-1] + cuts.alarms[-1]:.0f} rows: give more rows, a looser limit, or less confidence"
        )
    # Recall is bought dear with low thresholds; the other limits with high ones.
    best = int(np.flatnonzero(kept)[-1 if goal.figure == "recall" else 0])
    return float(thresholds[best]), int(places[best])


def _p_values(goal: Goal, hits: Floats, alarms: Floats, positives: float, negatives: float) -> Floats:
    limit = goal.limit or 0.0
    match goal.figure:
        case "precision":  # given how many rows are decided as positive, hits are binomial
            return bdtrc(hits - 1, (hits + alarms).astype(np.int64), limit)
        case "recall":
            return bdtrc(hits - 1, int(positives), limit)
        case "specificity":
            return bdtrc(negatives - alarms - 1, int(negatives), limit)
        case _:
            return bdtr(hits + alarms, int(positives + negatives), limit)


def _kept(goal: Goal, doubt: Floats, level: float) -> npt.NDArray[np.bool_]:
    """Which hypotheses are rejected."""
    if goal.figure == "recall":
        return np.logical_and.accumulate(doubt <= level)
    if goal.figure != "precision":
        return _downwards(doubt, level)
    kept = np.zeros(len(doubt), dtype=np.bool_)
    for start in np.searchsorted(_LOGITS, _STARTS) + 2:  # the grid has one threshold, 0, before these
        kept[:start] |= _downwards(doubt[:start], level / len(_STARTS))
    return kept


def _downwards(doubt: Floats, level: float) -> npt.NDArray[np.bool_]:
    return np.logical_and.accumulate(doubt[::-1] <= level)[::-1]
