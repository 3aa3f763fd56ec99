"""Intervals of figures of rankings."""

from __future__ import annotations

import numpy as np

from ..._errors import InputError
from .._evaluation import Evaluation
from ..figures._asked import Asked
from ..figures._curves import place_of
from ..figures._figure import Figure
from ..metrics._areas import AREAS
from ..metrics._ranking import Ranking, class_ranking
from ._bootstrap import drawn_areas
from ._ends import Interval, by_odds, by_quantiles, widened
from ._ranking_error import area_error, averaged_error, precision_error
from ._squares import squared_weights

_ERRORS = {"roc_auc": area_error, "average_precision": precision_error}


def of_ranking(
    evaluation: Evaluation, asked: Asked, found: Figure, confidence: float, draw: np.random.Generator
) -> Interval:
    task, state, scale = evaluation.task, evaluation.state, evaluation.scale
    squared = squared_weights(evaluation)
    analytic = asked.name in _ERRORS and (asked.average is not None or squared is not None or asked.name == "roc_auc")
    if asked.average == "micro" or (not analytic and (asked.average is not None or squared is not None)):
        raise InputError(
            f"{asked.name} has an interval of one class and without weights; roc_auc and average_precision also with "
            "them, and as macro and weighted averages"
        )
    if not analytic:
        place = place_of(task, asked.label)
        bins, side = (state.histograms[0], place) if task.kind == "binary" else (state.histograms[place], 1)
        values, here = drawn_areas(bins, side, asked, draw)
        return widened(by_quantiles(values + (found.value - here), found, confidence), found.half_width)
    places = [place_of(task, asked.label)] if asked.average is None else asked.places(task)
    ranked = [class_ranking(task, state, scale, place) for place in places]
    ranked = [each for each in ranked if each.positives and (each.negatives or asked.name == "average_precision")]
    errors = np.array([_ERRORS[asked.name](each, squared) for each in ranked])
    error, method = float(errors[0]), "DeLong" if squared is None and asked.name == "roc_auc" else "delta method"
    if asked.average is not None:
        values = np.array([AREAS[asked.name](each, asked.range)[0] for each in ranked])
        counts, amounts = (np.array([of(each) for each in ranked]) for of in (_true_rows, _weight_of))
        error = averaged_error(errors, values, counts, amounts, asked.average, squared)
        method = f"{method}, the classes' errors added"
    fewest = min(min(each.positives, each.negatives or each.positives) for each in ranked)
    fewest = fewest if squared is None else min(fewest, fewest**2 / squared)
    return widened(by_odds(found, error, fewest, confidence, method), found.half_width)


def _true_rows(ranked: Ranking) -> int:
    return int(ranked.rows.sum())


def _weight_of(ranked: Ranking) -> float:
    return float(ranked.positives)
