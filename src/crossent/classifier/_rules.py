"""What decides: the rule that was given, or the one that rows choose for a goal."""

from __future__ import annotations

import warnings
from typing import Any

from torch import Tensor

from .._errors import DataWarning, InputError
from .._task import Task
from ..decisions import Goal, Rule, choose_threshold
from ..evaluation import Evaluation
from ..training import Examples


def given_rule(
    task: Task, threshold: float | str, costs: Any, confidence: float | None, abstain_below: float
) -> Rule | None:
    """The rule that takes no rows to choose; None for a goal, checked."""
    if costs is not None or not isinstance(threshold, str):
        if isinstance(threshold, str):
            raise InputError(f"give a goal for the threshold or costs; got {threshold!r} and costs")
        if confidence is not None:
            raise InputError("confidence is for a threshold that a goal with a limit chooses, such as recall>=0.9")
        return Rule.of(task, threshold=threshold, costs=costs, abstain_below=abstain_below)
    if task.kind != "binary":
        raise InputError(f"a threshold is for two classes; this task is {task.kind}: give costs")
    aim = Goal.parse(threshold)
    if confidence is not None and (aim.limit is None or not 0 < confidence < 1):
        raise InputError(f"confidence must be between 0 and 1, and for a goal with a limit; got {confidence} for {aim}")
    Rule(task, abstain_below=abstain_below)  # checks it before the work
    return None


def chosen_rule(
    task: Task,
    goal: str,
    confidence: float | None,
    abstain_below: float,
    logits: Tensor,
    choosing: Examples,
) -> Rule:
    """The rule for a goal that these rows choose; where none reaches it, a warning, and 0.5."""
    seen = Evaluation.empty(task, exact=True).update(choosing.labels, logits=logits, weights=choosing.weights)
    try:
        choice = choose_threshold(seen, goal, confidence=confidence)
    except InputError as error:  # the training is done: what it made must not be lost for this
        warnings.warn(f"on the held-out rows {error}; this model decides at 0.5", DataWarning, stacklevel=4)
        return Rule(task, abstain_below=abstain_below)
    return Rule.of(task, threshold=choice.threshold, choice=choice, abstain_below=abstain_below)
