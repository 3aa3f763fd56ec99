"""How far a figure differs between groups of rows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..._errors import InputError
from ..._labels import Label
from .._evaluation import Evaluation
from ._asked import Asked, AverageName
from ._figure import Figure, figure_of


@dataclass(frozen=True)
class Disparity:
    """A figure of each group; the groups in which it is lowest and highest, of those where it is defined."""

    name: str
    groups: dict[Label, Figure]
    lowest: Label | None
    highest: Label | None

    @property
    def difference(self) -> float:
        """The highest less the lowest; 0 is parity."""
        low, high = self._ends()
        return high - low

    @property
    def ratio(self) -> float:
        """The lowest by the highest; 1 is parity. NaN where all are 0."""
        low, high = self._ends()
        return low / high if high else math.nan

    def _ends(self) -> tuple[float, float]:
        if self.lowest is None or self.highest is None:
            return math.nan, math.nan
        return self.groups[self.lowest].value, self.groups[self.highest].value


@dataclass(frozen=True)
class Fairness:
    """Three ways in which decisions can treat groups alike.

    demographic_parity: the share decided for the class. equal_opportunity: the recall. false_positive_rate: with the
    recall, what equalized odds ask for.
    """

    demographic_parity: Disparity
    equal_opportunity: Disparity
    false_positive_rate: Disparity

    @property
    def equalized_odds_difference(self) -> float:
        """The larger of the differences in recall and in false positive rate."""
        return float(np.maximum(self.equal_opportunity.difference, self.false_positive_rate.difference))

    @property
    def equalized_odds_ratio(self) -> float:
        """The smaller of the ratios of recall and of false positive rate."""
        return float(np.minimum(self.equal_opportunity.ratio, self.false_positive_rate.ratio))


def disparity(
    evaluation: Evaluation, name: str, *, label: Label | None = None, average: AverageName | None = None
) -> Disparity:
    """Any figure, group by group, and how far it differs.

    A group in which the figure is undefined, or set to 0 because there are no such rows, takes no part.

    Args:
        evaluation: An evaluation of rows with groups.
        name: The figure; this and the next two are those of `figure`.
        label: The class.
        average: The average.

    Raises:
        InputError: The rows have no groups, or there is no such figure.

    Example:
        >>> from crossent import Task, evaluate
        >>> task = Task.binary(["no", "yes"])
        >>> labels, p = ["no", "yes", "no", "yes"], [0.6, 0.9, 0.1, 0.9]
        >>> found = disparity(evaluate(task, labels, probabilities=p, groups=["a", "a", "b", "b"]), "accuracy")
        >>> found.lowest, found.highest, found.difference
        ('a', 'b', 0.5)
    """
    if not evaluation.groups:
        raise InputError("a disparity is between groups, and these rows have none: give groups with each update")
    asked = Asked(name, label, average)
    groups = {group: figure_of(each, asked) for group, each in evaluation.groups.items()}
    defined = [group for group, found in groups.items() if _counts(found, average)]
    if not defined:
        return Disparity(name, groups, None, None)
    return Disparity(name, groups, *(pick(defined, key=lambda group: groups[group].value) for pick in (min, max)))


def _counts(found: Figure, average: AverageName | None) -> bool:
    return not math.isnan(found.value) and (average is not None or not found.reason)


def fairness(evaluation: Evaluation, *, label: Label | None = None) -> Fairness:
    """Demographic parity, equal opportunity and equalized odds of the decisions for one class.

    Args:
        evaluation: An evaluation of rows with groups.
        label: The class; by default the positive one of a binary task.

    Raises:
        InputError: The rows have no groups, or the class must be named and is not.

    Example:
        >>> from crossent import Task, evaluate
        >>> task = Task.binary(["no", "yes"])
        >>> labels, p = ["no", "yes", "no", "yes"], [0.6, 0.9, 0.1, 0.9]
        >>> found = fairness(evaluate(task, labels, probabilities=p, groups=["a", "a", "b", "b"]))
        >>> found.demographic_parity.ratio, found.equal_opportunity.difference, found.equalized_odds_difference
        (0.5, 0.0, 1.0)

    References:
        Hardt, Price and Srebro, Equality of opportunity in supervised learning, NeurIPS 2016.
    """
    share, recall, alarms = (
        disparity(evaluation, name, label=label) for name in ("decided_share", "recall", "false_positive_rate")
    )
    return Fairness(share, recall, alarms)
