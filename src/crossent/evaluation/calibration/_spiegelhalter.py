"""Spiegelhalter's test of calibration."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..._errors import InputError
from .._evaluation import Evaluation
from ..state._exact import as_float


@dataclass(frozen=True)
class Spiegelhalter:
    """z: standard normal if probabilities are true; positive where they are too sure. p_value: two-sided."""

    z: float
    p_value: float


def spiegelhalter(evaluation: Evaluation) -> Spiegelhalter:
    """Test whether probabilities could be true: the Brier score against what it would be if they were.

    z = sum of (y - p) (1 - 2 p) / sqrt(sum of (1 - 2 p)^2 p (1 - p)), from exact sums. Many rows find any fault,
    however small; so look at its size as well.

    Args:
        evaluation: An evaluation of a binary task, with rows.

    Returns:
        z and its p-value; NaN where every probability is 0, 1/2 or 1.

    Raises:
        InputError: The task is not binary.

    Example:
        >>> from crossent import Task, evaluate
        >>> task = Task.binary(["no", "yes"])
        >>> sure = evaluate(task, ["no", "yes"] * 20, probabilities=[0.2, 0.2] * 20)
        >>> f"z = {spiegelhalter(sure).z:.2f}, p = {spiegelhalter(sure).p_value:.1g}"
        'z = 4.74, p = 2e-06'

    References:
        Spiegelhalter, Probabilistic prediction in patient management and clinical trials, Statistics in Medicine 1986.
    """
    if evaluation.task.kind != "binary":
        raise InputError(f"Spiegelhalter's test is of a binary task; this one is {evaluation.task.kind}")
    sums = evaluation.state.sums
    variance = as_float(sums["spiegelhalter_variance"])
    if not variance:
        return Spiegelhalter(math.nan, math.nan)
    z = as_float(sums["spiegelhalter"]) / math.sqrt(variance)
    return Spiegelhalter(z, math.erfc(abs(z) / math.sqrt(2)))
