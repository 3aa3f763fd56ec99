"""Explanation: what was found of a model, as tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from .._task import Task
from ..evaluation import RowLoss


@dataclass(frozen=True, eq=False)
class Explanation:
    """What `explain` returns.

    Attributes:
        task: The classes.
        rows: How many rows were looked at.
        total: Of how many rows they were drawn.
        repeats: How often each column was permuted.
        loss: What the importance is the increase of.
        before: The mean loss of these rows as they are; None without labels.
        importance: A row a column, the most important first: `column`, `importance`, and `low` and `high`, the ends
            of its 95 % interval; None without labels.
        dependence: A row a column, value and class: `column`, `value`, `number` (of numbers and dates), `class`,
            `probability`, `low` and `high` (the middle 80 % of the rows), and `share`, of the rows that have the value.
        dates: The names of the columns whose `number` is milliseconds since 1970.
        contributions: A row a row of the table, class and column: `row` (counted from 1), `class`, `column`, `value`,
            `contribution`, `average` and `probability`; None if they were not asked for.
        held_out: Whether the loss of each row is that of the copies that had not trained on it.
        background: From so many rows a contribution takes what is unknown of a row.
    """

    task: Task
    rows: int
    total: int
    repeats: int
    loss: RowLoss
    before: float | None
    importance: pl.DataFrame | None
    dependence: pl.DataFrame
    dates: tuple[str, ...]
    contributions: pl.DataFrame | None = None
    background: int = 0
    held_out: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "rows": self.rows,
            "of_rows": self.total,
            "repeats": self.repeats,
            "held_out": self.held_out,
            "loss": self.loss,
            "before": self.before,
            "importance": None if self.importance is None else self.importance.to_dicts(),
            "dependence": self.dependence.to_dicts(),
            "contributions": None if self.contributions is None else self.contributions.to_dicts(),
        }
