"""A rule, judged: the decisions that it makes are those that are counted."""

from __future__ import annotations

import polars as pl
from torch import Tensor

from ..evaluation import Evaluation
from ._abstain import DECIDED, UNDECIDED
from ._rule import Rule


def judge(
    rule: Rule,
    labels: Tensor,
    logits: Tensor,
    *,
    weights: Tensor | None = None,
    evaluation: Evaluation | None = None,
) -> Evaluation:
    """Add rows to an evaluation as a rule decides them.

    Args:
        rule: What decides. Where it abstains, the rows are dealt into the groups "decided" and "undecided"; figures of
            all rows are then of what it would decide if it had to (see `coverage`).
        labels: Encoded labels.
        logits: `(n,)` if binary, else `(n, K)`.
        weights: `(n,)` how much each row counts; None for 1 each.
        evaluation: What earlier calls of this rule have returned; None to begin.

    Example:
        >>> import torch
        >>> from crossent import Rule, Task
        >>> from crossent.decisions import coverage, judge
        >>> rule = Rule(Task.binary(["no", "yes"]), abstain_below=0.7)
        >>> evaluation = judge(rule, torch.tensor([0, 1, 1]), torch.tensor([-2.0, 0.3, -1.5]))
        >>> evaluation.rows, coverage(evaluation)
        (3, Coverage(coverage=0.6666666666666666, risk=0.5))
    """
    before = Evaluation.empty(rule.task, threshold=rule.threshold) if evaluation is None else evaluation
    by_costs = rule.costs is not None and rule.task.kind == "multiclass"
    probabilities = rule.task.probabilities(logits) if by_costs or rule.abstain_below else None
    return before.update(
        labels,
        logits=logits,
        weights=weights,
        decisions=None if probabilities is None or not by_costs else rule.forced(probabilities),
        groups=None if probabilities is None or not rule.abstain_below else _groups(rule.sure(probabilities)),
    )


def _groups(sure: Tensor) -> pl.Series:
    return pl.Series(sure.cpu().numpy()).replace_strict({True: DECIDED, False: UNDECIDED}, return_dtype=pl.String)
