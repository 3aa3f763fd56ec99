"""Rule: how a model decides, as a small frozen value that is saved with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .._errors import InputError
from .._labels import class_named
from .._task import IGNORED, Task
from ..evaluation import cost_matrix
from ._choose import Choice
from ._costs import decide_by_costs, threshold_of_costs


@dataclass(frozen=True)
class Rule:
    """From probabilities to decisions.

    Attributes:
        task: What the probabilities belong to.
        threshold: From which on a row is decided for the positive class, or for a label (one for all, or one each).
            0.5 for a multiclass task, which takes none.
        costs: `(K, K)` by true class and decision; None to decide by the threshold, or for the most probable class. A
            binary task's costs make its threshold.
        abstain_below: Rows whose most probable class is less probable than this are left undecided.
        choice: How the threshold was chosen; None if it was given.

    Example:
        >>> import torch
        >>> from crossent import Task
        >>> task = Task.binary(["fine", "fraud"])
        >>> rule = Rule.of(task, costs=[[0, 1], [4, 0]], abstain_below=0.7)
        >>> rule.threshold
        0.2
        >>> task.decode(rule.decide(torch.tensor([0.1, 0.25, 0.4, 0.9])))
        ['fine', 'fraud', None, 'fraud']
    """

    task: Task
    threshold: float | tuple[float, ...] = 0.5
    costs: tuple[tuple[float, ...], ...] | None = None
    abstain_below: float = 0.0
    choice: Choice | None = None

    def __post_init__(self) -> None:
        """Check that the parts belong to the task."""
        self.decide(torch.empty((0,) if self.task.kind == "binary" else (0, len(self.task)), dtype=torch.float64))
        if not 0 <= self.abstain_below <= 1:
            raise InputError(f"abstain_below must be from 0 to 1; got {self.abstain_below}")
        if self.abstain_below and self.task.kind == "multilabel":
            raise InputError("abstention is of one label a row; this task is multilabel")

    @classmethod
    def of(
        cls,
        task: Task,
        *,
        threshold: float | tuple[float, ...] = 0.5,
        costs: object = None,
        abstain_below: float = 0.0,
        choice: Choice | None = None,
    ) -> Rule:
        """The rule of a threshold, or of costs, which make the threshold of a binary task.

        A mapping of costs may name the classes as text, as a command line or a file does.

        Raises:
            InputError: There are both, or they do not belong to the task.
        """
        if costs is None:
            return cls(task, threshold, None, abstain_below, choice)
        if threshold != 0.5 or choice is not None:
            raise InputError(f"give a threshold or costs; got {threshold} and costs")
        if isinstance(costs, Mapping):
            costs = {tuple(class_named(name, task.classes) for name in pair): cost for pair, cost in costs.items()}
        matrix = tuple(map(tuple, cost_matrix(task, costs).tolist()))
        made = threshold_of_costs(task, matrix) if task.kind == "binary" else 0.5
        return cls(task, made, matrix, abstain_below)

    def decide(self, probabilities: Tensor) -> Tensor:
        """Decisions as `Task.decide` gives them, and the ignored code, which decodes to None, for undecided rows."""
        decided = self.forced(probabilities)
        return decided.masked_fill(~self.sure(probabilities), IGNORED) if self.abstain_below else decided

    def forced(self, probabilities: Tensor) -> Tensor:
        """What would be decided for each row if none could be left undecided."""
        if self.costs is not None and self.task.kind == "multiclass":
            return decide_by_costs(self.task, probabilities, self.costs)
        if isinstance(self.threshold, tuple):
            return self.task.decide(probabilities, torch.tensor(self.threshold, dtype=torch.float64))
        return self.task.decide(probabilities, self.threshold)

    def sure(self, probabilities: Tensor) -> Tensor:
        """Which rows are decided: their most probable class is probable enough."""
        exact = probabilities.double()
        most = exact.maximum(1 - exact) if self.task.kind == "binary" else exact
        return (most if most.ndim == 1 else most.amax(dim=1)) >= self.abstain_below

    def to_dict(self) -> dict[str, Any]:
        """A JSON-safe record."""
        return {
            "threshold": list(self.threshold) if isinstance(self.threshold, tuple) else self.threshold,
            "costs": None if self.costs is None else [list(row) for row in self.costs],
            "abstain_below": self.abstain_below,
            "choice": None if self.choice is None else self.choice.to_dict(),
        }

    @classmethod
    def from_dict(cls, task: Task, record: Mapping[str, Any]) -> Rule:
        """What `to_dict` recorded, for this task.

        Raises:
            InputError: The record is not one of a rule of this task.
        """
        try:
            limits, costs, choice = (record[name] for name in ("threshold", "costs", "choice"))
            return cls(
                task,
                tuple(limits) if isinstance(limits, list) else float(limits),
                None if costs is None else tuple(tuple(map(float, row)) for row in cost_matrix(task, costs)),
                float(record["abstain_below"]),
                None if choice is None else Choice.from_dict(choice),
            )
        except (KeyError, TypeError) as error:
            raise InputError(f"this is no record of a decision rule: {error}") from None
