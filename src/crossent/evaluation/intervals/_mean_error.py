"""The standard errors of means over rows, and of what is saved against the plain class shares."""

from __future__ import annotations

import math

import numpy as np

from .._evaluation import Evaluation
from ..state._exact import as_float
from ..state._ranked_probability import ranked_score_moved
from ..state._state import LARGEST_SQUARED, State
from ._delta import error_of_sum
from ._squares import squared_weights, squares_in


def mean_error(state: State, name: str) -> float:
    """The standard error of a mean over rows; of weighted rows sqrt(sum of w^2 (v - mean)^2) / sum of w."""
    squares, value = as_float(state.sums[f"{name}_squared"]), state.mean(name)
    if state.rows < 2 or value > LARGEST_SQUARED:
        return math.inf
    if state.weighted:
        crossed, weights = (as_float(state.sums[each]) for each in (f"{name}_weighted", "weight_squared"))
        spread = squares - 2 * value * crossed + value**2 * weights
    else:
        spread = (squares - state.rows * value**2) * state.rows / (state.rows - 1)
    return math.sqrt(max(spread, 0.0)) / state.weight


def rows_alike(state: State, name: str) -> float:
    """Of how many rows of one weight a share would have the error that it has; at 0 and 1 by the weights alone."""
    if not state.weighted:
        return state.rows
    share, error = state.mean(name), mean_error(state, name)
    if 0 < share < 1 and 0 < error < math.inf:
        return share * (1 - share) / error**2
    return state.weight**2 / as_float(state.sums["weight_squared"])


def skill_error(evaluation: Evaluation, loss: str) -> float:
    """Of 1 - L / L0, the errors of the loss L and of that of the shares, L0, added: the most that theirs can be."""
    state, base = evaluation.state, evaluation.compute().majority
    if base is None:
        return math.inf  # refused before
    counts, amounts = (each.sum(axis=1) for each in (state.confusion.counts, state.confusion.amounts))
    shares, plain = amounts / amounts.sum(), getattr(base, loss)
    match loss:
        case "log_loss":
            moved = -np.log(np.where(shares == 0, 1, shares)) - plain
        case "brier":
            moved = 2 * (np.square(shares).sum() - shares) / (2 if len(shares) == 2 else 1)
        case _:
            moved = ranked_score_moved(shares)
    of_plain = error_of_sum(counts, moved / amounts.sum(), squares_in(counts, amounts, squared_weights(evaluation)))
    return mean_error(state, loss) / plain + state.mean(loss) * of_plain / plain**2
