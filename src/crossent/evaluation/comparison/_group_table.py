"""The figures of each group of rows, side by side, with how far off they could be."""

from __future__ import annotations

import math
from collections.abc import Sequence

import polars as pl

from ..._errors import InputError
from .._evaluation import Evaluation
from ..figures._figure import figure
from ..intervals._interval import interval
from ..state._ranked_probability import RANKED
from ._comparison import averaged

_FIGURES = {
    "binary": ("log_loss", "accuracy", "recall", "precision", "roc_auc"),
    "multiclass": ("log_loss", "accuracy", "balanced_accuracy", "f_score"),
    "multilabel": ("log_loss", "accuracy"),
}
_OF_ORDERED = ("log_loss", RANKED, "accuracy", "balanced_accuracy", "quadratic_kappa", "f_score")


def group_table(
    evaluation: Evaluation, figures: Sequence[str] | None = None, *, confidence: float = 0.95
) -> pl.DataFrame:
    """Figures of each group, with their intervals.

    A small group has a wide interval, and is shown all the same: a figure that looks bad may be chance, and one that
    looks good too. Many groups are many chances for one to look bad; `crossent.inspection.weak_slices` takes account of
    that.

    Args:
        evaluation: An evaluation whose rows have groups.
        figures: Names as `figure` has them; by default the main ones of the kind of task. Figures of a class are those
            of the positive class, and of a task with more than two classes their macro average.
        confidence: Of each interval.

    Returns:
        A row a group, in order of the names: group, rows, and of each figure its value, `FIGURE_low` and `FIGURE_high`.
        What is undefined in a group, or has no interval, is null; of a group whose weights are all 0 everything is
        (`Evaluation.lacking` says so).

    Raises:
        InputError: Rows have no groups, or there is no such figure.

    Example:
        >>> from crossent import Task, evaluate
        >>> task, labels, groups = Task.binary(["no", "yes"]), ["no", "yes"] * 20, ["a", "a", "b", "b"] * 10
        >>> evaluation = evaluate(task, labels, probabilities=[0.1, 0.9, 0.6, 0.9] * 10, groups=groups)
        >>> for group, rows, *figures in group_table(evaluation, ["accuracy"]).rows():
        ...     print(group, rows, *(f"{each:.2f}" for each in figures))
        a 20 1.00 0.84 1.00
        b 20 0.50 0.30 0.70
    """
    groups = evaluation.groups
    if not groups:
        raise InputError("a table of groups needs rows with groups: give groups to evaluate or update")
    main = _OF_ORDERED if evaluation.task.ordered else _FIGURES[evaluation.task.kind]
    names = main if figures is None else figures
    records = []
    for name, each in groups.items():
        record: dict[str, object] = {"group": str(name), "rows": each.rows}
        for of in names:
            value, low, high = _with_ends(each, of, confidence)
            record |= {of: value, f"{of}_low": low, f"{of}_high": high}
        records.append(record)
    columns = [f"{of}{end}" for of in names for end in ("", "_low", "_high")]
    kinds = {"group": pl.String, "rows": pl.Int64} | dict.fromkeys(columns, pl.Float64)
    return pl.DataFrame(records, schema=kinds).with_columns(pl.col(columns).fill_nan(None))


def _with_ends(evaluation: Evaluation, name: str, confidence: float) -> tuple[float, float, float]:
    average = averaged(evaluation.task, name)
    if evaluation.lacking:
        return math.nan, math.nan, math.nan
    value = figure(evaluation, name, average=average).value
    try:
        found = interval(evaluation, name, average=average, confidence=confidence)
    except InputError:
        # The state of some figures does not hold what an interval needs; the figures themselves are checked above.
        return value, math.nan, math.nan
    return value, found.low, found.high
