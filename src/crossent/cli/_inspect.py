"""What the rows that judged a new model say of it."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from ..classifier import Model
from ..data import Table
from ..evaluation import row_losses
from ..inspection import LabelErrors, WeakSlices, label_errors, weak_slices


def inspected(model: Model, table: Table) -> tuple[WeakSlices, LabelErrors]:
    """Where it is weak, and which labels it doubts, by their rows in the table (counted from 1)."""
    judged = model.judged
    if judged is None:
        raise ValueError("this model was loaded, not fitted")
    labels = model.task.decode(judged.labels)
    frame = table.frame[judged.rows.numpy()].drop(model.target.name)
    columns = tuple(column for column in table.columns if column.name != model.target.name)
    losses = row_losses(model.task, labels, logits=judged.logits)
    found = label_errors(model.task, labels, logits=judged.logits)
    numbers = pl.Series(judged.rows.numpy() + 1)
    suspects = found.suspects.with_columns(row=numbers.gather(found.suspects["row"]))
    return weak_slices(Table(frame, columns), losses), replace(found, suspects=suspects)
