"""Decisions at every threshold: a figure of each, and the best of one figure where another is held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..._errors import InputError
from ..._labels import Label
from .._evaluation import Evaluation
from ..metrics._cells import CLASS_FIGURES, Cells, of_cells
from ..metrics._ranking import Ranking
from ..state._exact import Amounts
from ._asked import check_beta
from ._curves import place_of, ranking_of

HELD = ("precision", "recall", "specificity", "negative_predictive_value")


@dataclass(frozen=True, eq=False)
class ThresholdFigures:
    """A figure at every threshold, from the highest down; the first is infinite, where no row is decided for the class.

    confusion: `(m, 2, 2)` the counts at each, true by decided, the class last; of weighted rows the weights.
    """

    label: Label
    thresholds: Tensor
    values: Tensor
    confusion: Tensor


@dataclass(frozen=True)
class FixedPoint:
    """The best that a figure can be where another is held, and the threshold at which it is.

    regret: how much better at most a threshold between two bins could be; 0 where every score is a threshold.
    reason: why there is none, or "".
    """

    value: float
    threshold: float
    held: float
    regret: float = 0.0
    reason: str = ""


def at_thresholds(
    evaluation: Evaluation, name: str, *, label: Label | None = None, beta: float = 1.0
) -> ThresholdFigures:
    """A figure of one class at every threshold that its scores have.

    Args:
        evaluation: An evaluation with rows.
        name: A figure of decisions of one class, as `figure` has them: precision, f_score, g_mean, ...
        label: The class; by default the positive one of a binary task.
        beta: Of the f_score.

    Raises:
        InputError: There is no such figure, or the class must be named and is not.

    Example:
        >>> from crossent import Task, evaluate
        >>> task = Task.binary(["no", "yes"])
        >>> evaluation = evaluate(task, ["no", "yes", "no", "yes"], probabilities=[0.1, 0.4, 0.5, 0.9])
        >>> found = at_thresholds(evaluation, "recall")
        >>> found.thresholds.tolist(), found.values.tolist()
        ([inf, 0.9, 0.5, 0.4, 0.1], [0.0, 0.5, 0.5, 1.0, 1.0])
    """
    if name not in CLASS_FIGURES:
        raise InputError(f"a threshold's figure must be one of {', '.join(CLASS_FIGURES)}; got {name!r}")
    check_beta(beta)
    place = place_of(evaluation.task, label)
    ranked = ranking_of(evaluation, place)
    cuts = ranked.cuts
    hits, alarms = np.append(0, ranked.true_positives[cuts]), np.append(0, ranked.false_positives[cuts])
    cells = _cells(ranked, hits, alarms)
    counts = [[ranked.negatives - alarms, alarms], [ranked.positives - hits, hits]]
    return ThresholdFigures(
        label=evaluation.task.classes[place],
        thresholds=torch.from_numpy(np.append(np.inf, ranked.thresholds[cuts])),
        values=torch.from_numpy(of_cells(cells, name, beta)),
        confusion=torch.from_numpy(np.moveaxis(np.array(counts), -1, 0).copy()),
    )


def at_fixed(
    evaluation: Evaluation,
    name: str,
    *,
    label: Label | None = None,
    precision: float | None = None,
    recall: float | None = None,
    specificity: float | None = None,
    negative_predictive_value: float | None = None,
) -> FixedPoint:
    """The highest precision, recall, specificity or negative predictive value at which another is at least so high.

    Of several thresholds that are equally good, the one that is best in what is held, and of these the highest.

    Args:
        evaluation: An evaluation with rows.
        name: The figure that is to be as high as can be. Sensitivity is the recall.
        label: The class; by default the positive one of a binary task.
        precision: Least precision; exactly one of this and the next three is given, and not the figure itself.
        recall: Least recall.
        specificity: Least specificity; at most a false positive rate r is a specificity of at least 1 - r.
        negative_predictive_value: The least of it.

    Raises:
        InputError: There is no such figure, or not exactly one is held, or not at a share.

    Example:
        >>> from crossent import Task, evaluate
        >>> task = Task.binary(["no", "yes"])
        >>> evaluation = evaluate(task, ["no", "yes", "no", "yes"], probabilities=[0.1, 0.4, 0.5, 0.9])
        >>> found = at_fixed(evaluation, "recall", precision=0.6)
        >>> found.value, found.threshold, round(found.held, 3)
        (1.0, 0.4, 0.667)
    """
    levels = (precision, recall, specificity, negative_predictive_value)
    given = [(held, level) for held, level in zip(HELD, levels, strict=True) if level is not None]
    if name not in HELD or len(given) != 1 or given[0][0] == name or not 0 <= given[0][1] <= 1:
        raise InputError(
            f"at_fixed finds one of {', '.join(HELD)} where one other is held at a level from 0 to 1; "
            f"got {name!r} with {', '.join(f'{held}={level}' for held, level in given) or 'none'}"
        )
    held, level = given[0]
    ranked = ranking_of(evaluation, place_of(evaluation.task, label))
    return _best(ranked, name, held, level)


def _best(ranked: Ranking, name: str, held: str, level: float) -> FixedPoint:
    cells = _cells(ranked, ranked.true_positives, ranked.false_positives)
    values, others = of_cells(cells, name, 1), of_cells(cells, held, 1)
    allowed = np.flatnonzero(ranked.cuts & _defined(cells, held) & _defined(cells, name) & (others >= level))
    bound = _bound(ranked, name, held, level)
    if not len(allowed):
        reason = f"undefined: no threshold has a {held} of {level:g} or more"
        return FixedPoint(np.nan, np.nan, np.nan, 0.0 if bound < 0 else bound, reason)
    # The last key counts first; of what is still equal, the highest threshold stands first.
    best = allowed[np.lexsort((allowed, -others[allowed], -values[allowed]))[0]]
    value = float(values[best])
    return FixedPoint(value, float(ranked.thresholds[best]), float(others[best]), max(bound - value, 0.0))


def _bound(ranked: Ranking, name: str, held: str, level: float) -> float:
    """What no threshold can exceed: within a bin at best all of its rows of the class stand above all others."""
    if ranked.exact:
        return -1.0
    cells = _cells(ranked, ranked.true_positives, np.append(0, ranked.false_positives[:-1]))
    allowed = of_cells(cells, held, 1) >= level
    return float(of_cells(cells, name, 1)[allowed].max(initial=-1.0))


def _defined(cells: Cells, name: str) -> np.ndarray:
    if name == "precision":
        return cells.hits + cells.alarms > 0
    if name == "negative_predictive_value":
        return cells.rest + cells.misses > 0
    return (cells.support if name == "recall" else cells.rest + cells.alarms) > 0


def _cells(ranked: Ranking, hits: Amounts, alarms: Amounts) -> Cells:
    found, false = (each.astype(np.float64) for each in (hits, alarms))
    return Cells(found, false, ranked.positives - found, ranked.negatives - false)
