"""Intervals of figures of decisions: shares, averages, agreement, and the true class's place."""

from __future__ import annotations

import numpy as np

from ..._errors import InputError
from .._evaluation import Evaluation
from ..figures._asked import PLACED, Asked
from ..figures._curves import place_of
from ..figures._figure import Figure, of_ranks
from ..metrics._cells import PROPORTIONS, SHARES
from ._bootstrap import DRAWS, drawn, drawn_figures
from ._delta import LARGEST_STEPPED, decision_error, error_of_sum
from ._ends import Interval, by_error, by_quantiles, by_wilson
from ._squares import confusion_squares, squared_weights, squares_in

LARGEST_DRAWN = 32
"""Classes up to which averages are resampled; beyond, the delta method gives the same much faster."""


def of_decisions(
    evaluation: Evaluation, asked: Asked, found: Figure, confidence: float, draw: np.random.Generator
) -> Interval:
    """The interval of a figure of decisions or ranks."""
    task, state = evaluation.task, evaluation.state
    share = _share(evaluation, asked)
    if share is not None and not state.weighted:
        return by_wilson(found, share[1], confidence, "Wilson")
    if asked.name in PLACED and state.ranks is not None:
        return _of_ranks(evaluation, asked, found, confidence, draw)
    several = task.kind == "multilabel" and asked.label is None
    many = asked.name in SHARES and asked.average is not None and len(task) > LARGEST_DRAWN
    if several or many or state.weighted:
        return _by_delta(evaluation, asked, found, confidence)
    return by_quantiles(drawn_figures(task, state.confusion.counts, asked, draw), found, confidence)


def _by_delta(evaluation: Evaluation, asked: Asked, found: Figure, confidence: float) -> Interval:
    task, tally = evaluation.task, evaluation.state.confusion
    if asked.name not in (*SHARES, "hamming_loss") and len(task) > LARGEST_STEPPED:
        raise InputError(
            f"{asked.name} with weights has an interval up to {LARGEST_STEPPED} classes; there are {len(task)}"
        )
    error = decision_error(task, tally.counts, tally.amounts, asked, confusion_squares(evaluation))
    of_share = asked.name in (*SHARES, "accuracy", "balanced_accuracy", "zero_one_loss", "hamming_loss")
    if not of_share:
        return by_error(found, error, confidence, "delta method")
    # On Wilson's scale, as a share of so many rows as would have this error.
    if not 0 < found.value < 1 or not error > 0:
        return by_wilson(found, _fewest(evaluation, asked), confidence, "Wilson, of the rarest class's rows")
    return by_wilson(found, found.value * (1 - found.value) / error**2, confidence, "delta method")


def _fewest(evaluation: Evaluation, asked: Asked) -> float:
    """The rows of the rarest class; with weights as many as would weigh alike, if the heaviest rows were all in it."""
    task, state = evaluation.task, evaluation.state
    support = evaluation.cells.support
    if asked.of_class and asked.label is None:
        support = support[asked.places(task)]
    amount = float(support[support > 0].min(initial=state.weight))
    squared = squared_weights(evaluation)
    return amount if squared is None else min(amount**2 / squared, amount)


def _share(evaluation: Evaluation, asked: Asked) -> tuple[float, float] | None:
    """How many of how many rows without weights, of a figure that is such a share."""
    task, state = evaluation.task, evaluation.state
    if asked.name in ("accuracy", "zero_one_loss", "hamming_loss") and task.kind != "multilabel":
        right = int(np.trace(state.confusion.counts))
        return (right if asked.name == "accuracy" else state.rows - right), state.rows
    if asked.name == "top_k_accuracy" and state.ranks is not None:
        return int(state.ranks.counts[: asked.k].sum()), state.rows
    if asked.name in PROPORTIONS and asked.average is None:
        place = place_of(task, asked.label)
        above, below = SHARES[asked.name][0](evaluation.cells, asked.beta)
        return (float(above[place]), float(below[place])) if below[place] else None
    return None


def _of_ranks(
    evaluation: Evaluation, asked: Asked, found: Figure, confidence: float, draw: np.random.Generator
) -> Interval:
    """Top-k accuracy or mean reciprocal rank: a mean over rows of what each rank is worth."""
    state, ranks = evaluation.state, evaluation.state.ranks
    if ranks is None:
        raise InputError(f"{asked.name} is of a multiclass task")
    if not state.weighted:
        return by_quantiles(of_ranks(drawn(ranks.counts, DRAWS, draw).astype(np.float64), asked), found, confidence)
    worth = of_ranks(np.eye(len(ranks.counts)), asked) - found.value
    error = error_of_sum(
        ranks.counts,
        worth / state.weight,
        squares_in(ranks.counts, ranks.amounts, squared_weights(evaluation)),
    )
    return by_error(found, error, confidence, "delta method")
