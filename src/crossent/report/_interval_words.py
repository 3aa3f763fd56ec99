"""Intervals as the page spells them, and which figures have one."""

from __future__ import annotations

import numpy as np

from .._errors import InputError
from .._labels import Label
from ..evaluation import AverageName, Evaluation, Interval, interval, wilson
from ._words import figure, percent


def wilson_words(part: float, whole: float) -> str:
    """Wilson's 95 % interval of a share, in percent; nothing where there is nothing to take a share of."""
    if not whole:
        return ""
    low, high = wilson(np.array([part / whole]), np.array([whole]))
    return f"{percent(low.item())} to {percent(high.item())}"


def interval_of(
    evaluation: Evaluation, name: str, *, label: Label | None = None, average: AverageName | None = None
) -> Interval | None:
    """The 95 % interval of a figure; None where there is none: of a few averages, and of what is undefined."""
    try:
        found = interval(evaluation, name, label=label, average=average)
    except InputError:
        return None
    return found if found.low == found.low and found.low > -np.inf else None


def decided_intervals(evaluation: Evaluation, label: Label) -> dict[str, str]:
    """Intervals of a class's shares as rows are decided now, by the figure's name; of one class accuracy is all's."""
    names = ["precision", "recall", "specificity"]
    found = {name: interval_of(evaluation, name, label=label) for name in names}
    if evaluation.task.kind == "binary":
        found["accuracy"] = interval_of(evaluation, "accuracy")
    return {name: f"{percent(each.low)} to {percent(each.high)}" for name, each in found.items() if each is not None}


def between(found: Interval | None) -> str:
    """The ends of an interval; nothing where there is none."""
    return "" if found is None or found.low != found.low else f"{figure(found.low)} to {figure(found.high)}"
