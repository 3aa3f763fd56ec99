"""A table that holds labels and some model's scores side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl
from torch import Tensor

from .._errors import InputError
from .._labels import Label, as_series, class_named, distinct, distinct_counted, in_type_of, shown_names
from .._task import Task
from ._crossed import crossed_groups
from ._evaluation import Evaluation, Threshold
from .state._order import Scale

_ONE = {"probabilities": "probability", "logits": "logit"}


@dataclass(frozen=True)
class ScoredColumns:
    """Which columns of a table hold what.

    Which class a column of scores is of is never guessed: its name says it (`CLASS`, `probability_CLASS`,
    `calibrated_CLASS` or `logit_CLASS`), or the positive class is named; a single column beside labels 0 and 1, or
    False and True, is of 1 or True. Of two columns the second is of the positive class.

    label: The labels. probability, logit: One of them: a column, of one of two classes, or a column for every class.
    Two columns of logits are taken as softmax takes them: what counts is their difference. weight: How much each row
    counts. group: The group of each row; of several columns the groups are crossed.
    """

    label: str
    probability: tuple[str, ...] = ()
    logit: tuple[str, ...] = ()
    weight: str | None = None
    group: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that there are scores, of one kind, and that no column is two things."""
        if bool(self.probability) == bool(self.logit):
            both = "both" if self.logit else "neither"
            raise InputError(f"give columns of probabilities or columns of logits; got {both}")
        twice = [name for name in self.names if self.names.count(name) > 1]
        if twice:
            raise InputError(f"column {twice[0]!r} is given twice; each is one thing")

    @property
    def scale(self) -> Scale:
        """What the scores are."""
        return "logits" if self.logit else "probabilities"

    @property
    def scores(self) -> tuple[str, ...]:
        """The columns of scores."""
        return self.logit or self.probability

    @property
    def names(self) -> tuple[str, ...]:
        """All of these columns."""
        return (self.label, *self.scores, *filter(None, [self.weight]), *self.group)

    def task(
        self,
        labels: pl.Series,
        *,
        counts: Sequence[int] | None = None,
        classes: Sequence[Label] | None = None,
        positive: Label | None = None,
    ) -> Task:
        """The task that labels and scores belong to.

        Args:
            labels: All labels; or the different ones, with `counts`.
            counts: How many rows have each.
            classes: The names of the classes, where not all have rows or some look like missing labels.
            positive: The positive class, where there are two.

        Raises:
            InputError: The labels are no classes, or a column cannot be matched to one.
        """
        series = as_series(labels)
        given = None if classes is None else [in_type_of(series, name) for name in classes]
        if len(self.scores) == 1:
            if given is None:
                given = distinct(series) if counts is None else distinct_counted(dict(zip(series, counts, strict=True)))
            return self._task_of_one(given, positive)
        named = [self._class_of(name, series) for name in self.scores]
        if given is not None and {*given} != {*named}:
            raise InputError(f"the columns of {self.scale} are of {shown_names(named)}, not of {shown_names(given)}")
        if len(named) == 2:
            return Task.binary(named, positive=class_named(positive, named))
        if positive is not None:
            raise InputError(f"positive is for two classes; there are {len(named)} columns of {self.scale}")
        return Task.multiclass(named)

    def _task_of_one(self, classes: list[Label], positive: Label | None) -> Task:
        column = self.scores[0]
        if len(classes) != 2:
            raise InputError(
                f"one column of {self.scale} is for two classes; the labels hold {len(classes)}: {shown_names(classes)}"
            )
        one = _ONE[self.scale]
        named = self._class_in_name(column, classes)
        if positive is not None:
            task = Task.binary(classes, positive=class_named(positive, classes))
            self._check_one(task)
            return task
        if named is not None:
            return Task.binary(classes, positive=named)
        if {*classes} == {0, 1}:  # False and True are equal to them
            return Task.binary(sorted(classes))
        raise InputError(
            f"say which class column {column!r} is the {one} of: give positive, one of {shown_names(classes)}, "
            f"or name the column {one}_CLASS"
        )

    def _class_in_name(self, column: str, classes: Sequence[Label]) -> Label | None:
        """The class that the name of a column says; None where it says none."""
        bare = self._bare(column)
        named = class_named(bare, classes)
        try:
            said = in_type_of(pl.Series(classes), bare if named is None else named)
        except InputError:
            return None
        return said if said in classes else None

    def _check_one(self, task: Task) -> None:
        """Scores of the negative class, taken for those of the positive one, would turn every figure around."""
        said = self._class_in_name(self.scores[0], task.classes)
        if said not in (None, task.positive):
            raise InputError(
                f"a single column of {self.scale} must be of the positive class, {task.positive!r}; by its name "
                f"column {self.scores[0]!r} is of {said!r}: take the other column, or make {said!r} the positive class"
            )

    def _bare(self, column: str) -> str:
        """The name without what says that it is a score; crossent calibrate writes calibrated_CLASS."""
        prefixes = ("logit_",) if self.scale == "logits" else ("probability_", "calibrated_")
        return next((column.removeprefix(each) for each in prefixes if column.startswith(each)), column)

    def _class_of(self, column: str, labels: pl.Series) -> Label:
        """The class that a column's name stands for, in the labels' own type."""
        prefix = f"{_ONE[self.scale]}_"
        try:
            return in_type_of(labels, self._bare(column))
        except InputError as error:
            raise InputError(f"column {column!r} must be named CLASS or {prefix}CLASS: {error}") from None

    def tensor(self, task: Task, frame: pl.DataFrame) -> Tensor:
        """The scores of a frame as the task takes them, `(n,)` if binary, else `(n, K)` in the order of its classes.

        Raises:
            InputError: They are missing, no numbers, or by their names of other classes than the task's.
        """
        scores = frame.select(self._in_order_of(task))
        for column in scores:
            _check_numbers(column, self.scale)
        values = scores.select(pl.all().cast(_float_of(scores))).to_torch()
        if len(self.scores) == 1:
            return values[:, 0]
        if len(task) > 2:
            return values
        if self.scale == "logits":
            return values[:, 1] - values[:, 0]
        Task.multiclass(task.classes).check_probabilities(values)
        return values[:, 1]

    def _in_order_of(self, task: Task) -> list[str]:
        """The columns of scores in the order of the task's classes, which their names say."""
        if len(self.scores) == 1 and task.kind == "binary":
            self._check_one(task)
            return [*self.scores]
        labels = pl.Series(task.classes)
        of = {self._class_of(name, labels): name for name in self.scores}
        if {*of} != {*task.classes} or len(of) != len(self.scores):
            raise InputError(
                f"there must be a column of {self.scale} for each class, {shown_names(task.classes)}; by their names "
                f"they are of {shown_names([self._class_of(name, labels) for name in self.scores])}"
            )
        return [of[name] for name in task.classes]

    def update(
        self, evaluation: Evaluation, frame: pl.DataFrame, *, decide: Callable[[Tensor], Tensor] | None = None
    ) -> Evaluation:
        """The evaluation with the rows of a frame added.

        Args:
            evaluation: Of the task of these columns.
            frame: Holds the columns.
            decide: From probabilities to decisions, where they are not those of a threshold or the most probable class.

        Raises:
            InputError: The values of a column are not what they should be.
        """
        scores = self.tensor(evaluation.task, frame)
        logits, probabilities = (scores, None) if self.scale == "logits" else (None, scores)
        if self.weight is not None:
            _check_numbers(frame[self.weight], "weights")
        task = evaluation.task
        return evaluation.update(
            task.encode(frame[self.label]),
            logits=logits,
            probabilities=probabilities,
            decisions=decide(scores if logits is None else task.probabilities(scores)) if decide else None,
            weights=None if self.weight is None else frame[self.weight].to_numpy(),
            groups=_groups(frame, self.group),
        )


def evaluate_scored(
    frame: pl.DataFrame,
    *,
    label: str,
    probability: Sequence[str] = (),
    logit: Sequence[str] = (),
    weight: str | None = None,
    group: Sequence[str] = (),
    positive: str | int | bool | None = None,
    threshold: Threshold = 0.5,
) -> Evaluation:
    """Judge scores that stand beside the labels, whatever model they came from.

    Args:
        frame: Holds the columns.
        label, probability, logit, weight, group: The columns; see `ScoredColumns`, which says of which class a column
            of scores is.
        positive: The positive class, where there are two.
        threshold: The probability from which on a row is decided for the positive class.

    Raises:
        InputError: A column cannot be matched to a class, or its values are not what they should be.

    Example:
        >>> frame = pl.DataFrame({"churned": ["no", "yes", "no"], "probability_yes": [0.2, 0.9, 0.4]})
        >>> evaluate_scored(frame, label="churned", probability=["probability_yes"]).compute().accuracy
        1.0
    """
    columns = ScoredColumns(label, tuple(probability), tuple(logit), weight, tuple(group))
    task = columns.task(frame[label], positive=positive)
    return columns.update(Evaluation.empty(task, threshold=threshold), frame)


def _check_numbers(column: pl.Series, what: str) -> None:
    if not column.dtype.is_numeric():
        raise InputError(f"{what} must be numbers; column {column.name!r} is {column.dtype}")
    if column.null_count():
        raise InputError(
            f"{what} must not be missing; column {column.name!r} has none "
            f"in {column.null_count()} of {len(column)} rows"
        )


def _float_of(scores: pl.DataFrame) -> type[pl.Float32 | pl.Float64]:
    return pl.Float32 if all(dtype == pl.Float32 for dtype in scores.dtypes) else pl.Float64


def _groups(frame: pl.DataFrame, columns: tuple[str, ...]) -> pl.Series | None:
    """The name of each row's group; of several columns as `crossed_groups` names them."""
    for name in columns:
        if frame[name].null_count():
            raise InputError(
                f"groups must not be missing; column {name!r} has none in {frame[name].null_count()} of {len(frame)} "
                "rows: name their group, such as 'unknown'"
            )
    if not columns:
        return None
    crossed = crossed_groups(frame.select(columns))
    if len(columns) == 1:
        return frame[columns[0]]  # whole numbers stay so
    return crossed
