"""A table that holds labels and some model's probabilities side by side."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from .._errors import InputError
from .._labels import Label, as_series, class_named, distinct, in_type_of, shown_names
from .._task import Task
from ._evaluation import Evaluation, evaluate

_PREFIX = "probability_"


def evaluate_scored(
    frame: pl.DataFrame,
    *,
    label: str,
    probability: Sequence[str],
    positive: str | int | bool | None = None,
    threshold: float = 0.5,
) -> Evaluation:
    """Judge scores that stand beside the labels, whatever model they came from.

    Which class a column is of is never guessed: its name says it (`CLASS` or `probability_CLASS`), or `positive` does;
    a single column beside labels 0 and 1, or False and True, is of 1 or True.

    Args:
        frame: Holds the columns.
        label: The column of labels.
        probability: One column, the probability of one of two classes; or a column for every class. Of two columns the
            second is of the positive class.
        positive: The positive class, where there are two.
        threshold: The probability from which on a row is decided for the positive class.

    Raises:
        InputError: A column cannot be matched to a class, or its values are not probabilities.

    Example:
        >>> frame = pl.DataFrame({"churned": ["no", "yes", "no"], "probability_yes": [0.2, 0.9, 0.4]})
        >>> evaluate_scored(frame, label="churned", probability=["probability_yes"]).compute().accuracy
        1.0
    """
    labels = as_series(frame[label])
    scores = frame.select(probability)
    _check_numbers(scores)
    if len(probability) == 1:
        task = _task_of_one(distinct(labels), probability[0], positive)
        return evaluate(task, labels, probabilities=scores.to_series(), threshold=threshold)
    classes = [_class_of(name, labels) for name in probability]
    if len(classes) > 2:
        if positive is not None:
            raise InputError(f"positive is for two classes; there are {len(classes)} columns of probabilities")
        return evaluate(Task.multiclass(classes), labels, probabilities=scores, threshold=threshold)
    task = Task.binary(classes, positive=class_named(positive, classes))
    Task.multiclass(classes).check_probabilities(scores.to_torch())
    return evaluate(task, labels, probabilities=scores[:, classes.index(task.positive)], threshold=threshold)


def _check_numbers(scores: pl.DataFrame) -> None:
    for column in scores:
        if not column.dtype.is_numeric():
            raise InputError(f"probabilities must be numbers; column {column.name!r} is {column.dtype}")
        if column.null_count():
            raise InputError(
                f"probabilities must not be missing; column {column.name!r} has none "
                f"in {column.null_count()} of {len(column)} rows"
            )


def _task_of_one(classes: list[Label], column: str, positive: Label | None) -> Task:
    if len(classes) != 2:
        raise InputError(
            f"one column of probabilities is for two classes; the labels hold {len(classes)}: {shown_names(classes)}"
        )
    name = column.removeprefix(_PREFIX)
    if positive is not None:
        return Task.binary(classes, positive=class_named(positive, classes))
    if name in map(str, classes):
        return Task.binary(classes, positive=class_named(name, classes))
    if set(classes) == {0, 1}:  # False and True are equal to them
        return Task.binary(classes)
    raise InputError(
        f"say which class column {column!r} is the probability of: give positive, one of {shown_names(classes)}, "
        f"or name the column {_PREFIX}CLASS"
    )


def _class_of(column: str, labels: pl.Series) -> Label:
    """The class that a column's name stands for, in the labels' own type."""
    try:
        return in_type_of(labels, column.removeprefix(_PREFIX))
    except InputError as error:
        raise InputError(f"column {column!r} must be named CLASS or {_PREFIX}CLASS: {error}") from None
