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
    """The 95 % interval of a figure; None where there is none: of weighted rows, and of some averages."""
    try:
        found = interval(evaluation, name, label=label, average=average)
    except InputError:
        return None
    return found if found.low == found.low and found.low > -np.inf else None


def between(found: Interval | None) -> str:
    """The ends of an interval; nothing where there is none."""
    return "" if found is None or found.low != found.low else f"{figure(found.low)} to {figure(found.high)}"
