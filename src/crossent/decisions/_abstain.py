"""Abstention: how many rows are decided above each confidence, and how often wrongly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .._errors import InputError
from ..evaluation import Evaluation, outcomes

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CoverageRisk:
    """If only rows of at least this confidence are decided: the share that is, and the share of those that is wrong.

    confidence: `(m,)`, the probability of the decision, from the highest down. coverage, risk: `(m,)`, from 0 to 1.
    area: the mean risk over all coverages (the area under the curve; lower is better).
    """

    confidence: Floats
    coverage: Floats
    risk: Floats

    @property
    def area(self) -> float:
        """The mean risk over the rows in order of their confidence."""
        return float((np.diff(self.coverage, prepend=0.0) * self.risk).sum())

    def confidence_for(self, risk: float) -> float:
        """The lowest confidence from which on no more than this share of decisions is wrong.

        Raises:
            InputError: There is none; the message says what can be had.
        """
        kept = np.flatnonzero(self.risk <= risk)
        if not len(kept):
            place = int(self.risk.argmin())
            raise InputError(
                f"no confidence keeps the risk at or below {risk:g}; the least is {self.risk[place]:.4g}, from the "
                f"confidence {self.confidence[place]:.4g} on"
            )
        return float(self.confidence[kept[-1]])


def coverage_risk(evaluation: Evaluation) -> CoverageRisk:
    """The coverage-risk curve of deciding for the most probable class and abstaining below a confidence.

    Args:
        evaluation: An evaluation with rows, of a binary or multiclass task.

    Raises:
        InputError: The task is multilabel.

    Example:
        >>> from crossent import Task, evaluate
        >>> task = Task.binary(["no", "yes"])
        >>> curve = coverage_risk(evaluate(task, ["no", "yes", "yes", "no"], probabilities=[0.1, 0.8, 0.4, 0.3]))
        >>> curve.coverage.tolist(), curve.risk.round(2).tolist()
        ([0.25, 0.5, 0.75, 1.0], [0.0, 0.0, 0.0, 0.25])

    References:
        El-Yaniv and Wiener, On the foundations of noise-free selective classification, JMLR 2010. Geifman, Uziel and
        El-Yaniv, Bias-reduced uncertainty estimation, ICLR 2019 (the area).
    """
    if evaluation.task.kind == "multilabel":
        raise InputError("coverage and risk are of one label a row; this task is multilabel: look at label by label")
    of = outcomes(evaluation, None)
    confidence, right, wrong = of.low, of.happened.astype(np.float64), of.missed.astype(np.float64)
    if evaluation.task.kind == "binary":
        positive = of.low >= 0.5
        confidence = np.where(positive, of.low, 1 - of.high)
        right, wrong = np.where(positive, right, wrong), np.where(positive, wrong, right)
    distinct, place = np.unique(-confidence, return_inverse=True)
    rights, wrongs = (np.cumsum(np.bincount(place, weights=each)) for each in (right, wrong))
    decided = rights + wrongs
    return CoverageRisk(-distinct, decided / decided[-1], wrongs / np.where(decided == 0, 1, decided))


DECIDED, UNDECIDED = "decided", "undecided"
"""The groups into which a rule that abstains deals the rows."""


@dataclass(frozen=True)
class Coverage:
    """What abstention came to: the share of rows that were decided, and the share of those that was decided wrong."""

    coverage: float
    risk: float


def coverage(evaluation: Evaluation) -> Coverage:
    """Coverage and risk of a model that abstains, as it was judged.

    Args:
        evaluation: What `Model.evaluate` returned: its rows are dealt into the groups "decided" and "undecided".

    Raises:
        InputError: The evaluation has other groups, or none.

    Example:
        >>> from crossent import Task, evaluate
        >>> task = Task.binary(["no", "yes"])
        >>> groups = ["decided", "undecided", "decided", "decided"]
        >>> labels, probabilities = ["no", "yes", "yes", "no"], [0.1, 0.6, 0.8, 0.9]
        >>> coverage(evaluate(task, labels, probabilities=probabilities, groups=groups))
        Coverage(coverage=0.75, risk=0.3333333333333333)
    """
    groups = evaluation.groups
    if not {*groups} <= {DECIDED, UNDECIDED} or not groups:
        raise InputError(
            f"coverage needs the groups {DECIDED!r} and {UNDECIDED!r}, which a model that abstains makes; "
            f"got {', '.join(map(repr, groups)) or 'no groups'}"
        )
    if DECIDED not in groups:
        return Coverage(0.0, float("nan"))
    matrix = groups[DECIDED].state.confusion.amounts.astype(np.float64)
    decided = float(matrix.sum())
    return Coverage(decided / evaluation.state.weight, (decided - float(np.trace(matrix))) / decided)
