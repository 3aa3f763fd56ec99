"""What other thresholds would give: a few beside the one that was chosen."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .._labels import Label
from ..evaluation import Evaluation, cost_matrix
from ._choose import SHOWN
from ._cuts import Cuts, Floats, cuts_of, figure_of

_STEPS = (0.5, 0.67, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0)
"""Shares of the rows decided as positive, as multiples of the chosen one's."""


@dataclass(frozen=True)
class CutPoint:
    """A threshold and what it gives.

    figures: precision, recall, specificity, f1, accuracy, alerts (the share of rows decided for the class), and cost,
    the mean cost of a row, where there are costs.
    """

    threshold: float
    figures: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """A JSON-safe record."""
        return asdict(self)


def cut_point(
    evaluation: Evaluation, threshold: float, *, label: Label | None = None, costs: object = None
) -> CutPoint:
    """What a threshold gives on the rows of an evaluation.

    Args:
        evaluation: An evaluation with rows. Without `exact=True` the counts are those of the nearest edge of its bins
            at or above the threshold, if a bin of several scores lies across it.
        threshold: A probability.
        label: The class; by default the positive one of a binary task.
        costs: What decisions cost, as `expected_costs` takes them, of a binary task.

    Example:
        >>> from crossent import Task, evaluate
        >>> task = Task.binary(["no", "yes"])
        >>> evaluation = evaluate(task, ["no", "yes", "no", "yes"], probabilities=[0.1, 0.4, 0.5, 0.9])
        >>> cut_point(evaluation, 0.3).figures["recall"]
        1.0
    """
    cuts = cuts_of(evaluation, label)
    return _point(evaluation, cuts, _place(cuts, threshold), threshold, costs)


def frontier(
    evaluation: Evaluation, threshold: float, *, label: Label | None = None, costs: object = None
) -> tuple[CutPoint, ...]:
    """Thresholds beside the one that was chosen, from the highest down, and what each would give.

    They decide for the class in half as many rows as the chosen one does, in two thirds, and so on up to twice as many:
    what more or less work for those who look at these rows would buy.

    Args:
        evaluation: An evaluation with rows.
        threshold: The one that was chosen; it is among them.
        label: The class; by default the positive one of a binary task.
        costs: What decisions cost, as `expected_costs` takes them, of a binary task. The threshold that would have cost
            least on these rows is then among them too.

    Example:
        >>> import torch
        >>> from crossent import Evaluation, Task
        >>> logits = torch.linspace(-3, 3, 601)
        >>> evaluation = Evaluation.empty(Task.binary(["no", "yes"])).update((logits > 0.5).long(), logits=logits)
        >>> [round(point.figures["alerts"], 2) for point in frontier(evaluation, 0.9)]
        [0.07, 0.09, 0.11, 0.12, 0.13, 0.15, 0.17, 0.2, 0.27]
    """
    cuts = cuts_of(evaluation, label)
    alerts = figure_of(cuts.cells, "alerts")
    chosen = _place(cuts, threshold)
    wanted = np.array([step for step in _STEPS if step != 1]) * alerts[chosen]
    places = {int(np.abs(alerts - each).argmin()) for each in wanted if each <= 1} - {chosen}
    if costs is not None:
        places |= {int(_costs(evaluation, cuts, costs).argmin())} - {chosen}
    points = [_point(evaluation, cuts, place, cuts.threshold(place), costs) for place in places]
    points.append(_point(evaluation, cuts, chosen, threshold, costs))
    return tuple(sorted(points, key=lambda point: (-point.threshold, point.figures["alerts"])))


def _place(cuts: Cuts, threshold: float) -> int:
    """The last cut whose scores are all at or above the threshold."""
    return max(int(np.searchsorted(-cuts.scores, -threshold, side="right")) - 1, 0)


def _point(evaluation: Evaluation, cuts: Cuts, place: int, threshold: float, costs: object) -> CutPoint:
    figures = {name: float(figure_of(cuts.cells, name)[place]) for name in SHOWN}
    if costs is not None:
        figures["cost"] = float(_costs(evaluation, cuts, costs)[place])
    return CutPoint(threshold, figures)


def _costs(evaluation: Evaluation, cuts: Cuts, costs: object) -> Floats:
    """The mean cost of a row at each cut."""
    ((right_0, alarm), (miss, right_1)) = cost_matrix(evaluation.task, costs)
    cells = cuts.cells
    total = cells.hits * right_1 + cells.misses * miss + cells.alarms * alarm + cells.rest * right_0
    return total / (cuts.hits[-1] + cuts.alarms[-1])
