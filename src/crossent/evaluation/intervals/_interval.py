"""How far a figure could be off because other rows might have come: a confidence interval, from the state alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..._errors import InputError
from ..._labels import Label
from ..._seed import generator
from ..._task import Task
from .._evaluation import Evaluation
from ..figures._asked import PAIRED, ROW_MEANS, SKILL, Asked, AverageName, checked
from ..figures._figure import figure_of
from ..metrics._areas import AREAS
from ._decision_interval import of_decisions
from ._ends import Interval, by_error, by_wilson
from ._mean_error import mean_error, rows_alike, skill_error
from ._ranking_interval import of_ranking


def interval(
    evaluation: Evaluation,
    name: str,
    *,
    label: Label | None = None,
    average: AverageName | None = None,
    classes: Sequence[Label] | None = None,
    beta: float = 1.0,
    k: int = 1,
    fpr_range: tuple[float, float] | None = None,
    confidence: float = 0.95,
    seed: int = 0,
) -> Interval:
    """The confidence interval of one figure, if the rows are a random sample.

    - Shares of a fixed set of rows (accuracy, recall, precision, exact_match, ...): Wilson's.
    - ROC AUC of a class: DeLong's, on the scale of log-odds; where it is 0 or 1, Wilson's of as many rows as the rarer
      side has, since its variance is at most A (1 - A) / min(P, N).
    - Means over rows (log loss, Brier score, ...): normal, with the rows' standard deviation.
    - What depends on several classes or losses, of which it is not kept how they go together in a row (averages of
      ROC AUC, of average precision and of several labels a row; d2): their standard errors added, the most that the
      error of the sum can be. The interval is then rather too wide than too narrow.
    - Weighted rows, and averages over more than 32 classes: the delta method. Of weights only the sum of all squares
      is kept; where they may lie, they are taken to be where they do most harm.
    - All else: quantiles of 2,000 resamples (of rankings: 500), for 95 % those at 2.5 % and 97.5 %.
      To resample rows is to draw the confusion matrix from a multinomial distribution, so that takes no rows.

    Args:
        evaluation: An evaluation with rows.
        name: The figure; this and the next six are those of `figure`.
        label: The class.
        average: The average.
        classes: Those that it is over.
        beta: Of the f_score.
        k: Of top_k_accuracy.
        fpr_range: Of partial_roc_auc and log_auc.
        confidence: Of the interval, between 0 and 1.
        seed: Of the resamples, from 0 on: the same state and seed give the same interval, on any number of machines.

    Raises:
        InputError: There is no such figure, or the state does not hold what its interval needs.

    Example:
        >>> from crossent import Task, evaluate
        >>> task = Task.binary(["no", "yes"])
        >>> evaluation = evaluate(task, ["yes"] * 10, probabilities=[0.9] * 8 + [0.1] * 2)
        >>> found = interval(evaluation, "recall")
        >>> f"{found.value} between {found.low:.4f} and {found.high:.4f} ({found.method})"
        '0.8 between 0.4902 and 0.9433 (Wilson)'

    References:
        Wilson, JASA 1927. DeLong, DeLong and Clarke-Pearson, Biometrics 1988; Sun and Xu, IEEE Signal Processing
        Letters 2014. Birnbaum and Klose, Annals of Mathematical Statistics 1957. Efron and Tibshirani, An Introduction
        to the Bootstrap, 1993. Takahashi et al., Applied Intelligence 2022 (F1 by the delta method). Korn and Graubard,
        Survey Methodology 1998 (shares of weighted rows).
    """
    if not 0 < confidence < 1:
        raise InputError(f"confidence must be between 0 and 1; got {confidence}")
    asked = checked(evaluation.task, Asked(name, label, average, classes, beta, k, fpr_range))
    found = figure_of(evaluation, asked)
    draw = generator(seed)
    summed = summed_name(evaluation.task, asked)
    if math.isnan(found.value):
        return Interval(math.nan, math.nan, math.nan, confidence, f"none: {found.reason}")
    if summed == "exact_match":  # a share of rows
        return by_wilson(found, rows_alike(evaluation.state, summed), confidence, "Wilson")
    if summed is not None:
        return by_error(found, mean_error(evaluation.state, summed), confidence, "normal")
    if name in SKILL:
        return by_error(found, skill_error(evaluation, SKILL[name]), confidence, "normal, at the worst correlation")
    if name == PAIRED:
        raise InputError(f"{name} has no interval; the roc_auc of each class has one")
    if name in AREAS:
        return of_ranking(evaluation, asked, found, confidence, draw)
    return of_decisions(evaluation, asked, found, confidence, draw)


def summed_name(task: Task, asked: Asked) -> str | None:
    """The name under which the rows' values are summed, of a figure that is their mean."""
    if asked.average == "samples":
        return asked.samples_name
    if (asked.name, task.kind) == ("accuracy", "multilabel"):
        return "exact_match"
    return ROW_MEANS.get(asked.name)
