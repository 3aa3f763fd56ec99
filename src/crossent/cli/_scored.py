"""Tables of labels and scores of any size, read part by part."""

from __future__ import annotations

import glob
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import polars as pl

from .._errors import InputError
from .._task import Task
from ..data import Column, batches, inferred_labels, typed
from ..evaluation import ScoredColumns
from ._progress import RowsBar

ROWS = 100_000
"""Rows at a time: enough that what is done once a part weighs little, few enough for little memory."""
_MOST_LABELS = 10_000
_MOST_GROUPS = 1000


class Part(NamedTuple):
    """Some rows, typed, the number of the first, and how many had no label and were left out."""

    frame: pl.DataFrame
    first: int
    unlabelled: int


@dataclass(frozen=True, eq=False)
class ScoredTable:
    """Files of labels and scores, whose classes are known before the first row is judged.

    labels: how the label column is read. rows: how many there are, where they have been counted.
    """

    sources: list[str]
    columns: ScoredColumns
    labels: Column
    task: Task
    rows: int | None
    drop_unlabelled: bool

    def parts(self, bar: RowsBar) -> Iterator[Part]:
        """All rows, in order."""
        first = 1
        bar.start(self.rows)
        for raw in batches(self.sources, columns=self.columns.names, rows=ROWS):
            frame = self.typed(raw, first)
            missing = frame[self.columns.label].null_count()
            if missing and not self.drop_unlabelled:
                raise _unlabelled(self.columns.label, missing, len(frame))
            yield Part(frame.drop_nulls(self.columns.label) if missing else frame, first, missing)
            bar.step(len(raw))
            first += len(raw)

    def typed(self, raw: pl.DataFrame, first: int) -> pl.DataFrame:
        """Labels as labels, numbers as numbers; groups that are blank are missing."""
        columns = self.columns
        for name in columns.group:
            if raw[name].n_unique() > _MOST_GROUPS:
                raise InputError(f"groups must be few; column {name!r} has more than {_MOST_GROUPS:,} different values")
        return raw.with_columns(
            typed(raw[columns.label], self.labels, first_row=first),
            *(as_numbers(raw[name], first) for name in (*columns.scores, columns.weight) if name),
            *(_named(raw[name]) for name in columns.group),
        )


def scored_columns(
    label: str | None,
    probability: list[str] | None,
    logit: list[str] | None,
    *,
    weight: str | None = None,
    group: list[str] | None = None,
) -> ScoredColumns:
    """The columns that the options name."""
    if not label or not (probability or logit):
        raise InputError("scores need both --label COLUMN and at least one --probability COLUMN or --logit COLUMN")
    return ScoredColumns(label, tuple(probability or ()), tuple(logit or ()), weight, tuple(group or ()))


def opened(
    sources: list[str],
    columns: ScoredColumns,
    *,
    classes: list[str] | None = None,
    positive: str | None = None,
    drop_unlabelled: bool = False,
) -> ScoredTable:
    """Learn what the labels are: from the classes that were named, or from a first pass over the label column alone."""
    _check_once(sources)
    raw = next(batches(sources, columns=columns.names, rows=1))[columns.label]  # all columns are there
    if classes:
        rows = None
        values = pl.Series(columns.label, classes) if raw.dtype == pl.String else raw
        column = inferred_labels(values)
        task = columns.task(typed(values, column), classes=classes, positive=positive)
    else:
        column, counts = _counted(sources, columns.label)
        rows, missing = sum(counts.values()), counts.pop(None, 0)
        if missing and not drop_unlabelled:
            raise _unlabelled(columns.label, missing, rows)
        values = pl.Series(columns.label, [*counts])
        task = columns.task(values, counts=[*counts.values()], positive=positive)
    return ScoredTable(sources, columns, column, task, rows, drop_unlabelled)


def _check_once(sources: list[str]) -> None:
    """A row that is counted twice is worth two; nobody means that."""
    paths = [str(Path(path).resolve()) for source in sources for path in glob.glob(source) or [source]]
    for path, times in Counter(paths).items():
        if times > 1:
            raise InputError(f"each file is to be counted once; {path} is named {times} times")


def _counted(sources: list[str], label: str) -> tuple[Column, Counter[str | int | bool | None]]:
    """How the labels are to be read, and how many rows have each; None: no label."""
    seen: Counter[str | int | bool | None] = Counter()
    for raw in batches(sources, columns=[label], rows=ROWS):
        seen.update(dict(raw[label].value_counts().rows()))
        if len(seen) > _MOST_LABELS:
            raise InputError(
                f"labels must be classes that repeat; column {label!r} has more than {_MOST_LABELS:,} different "
                "values: this looks like a number to predict, a text or an identifier"
            )
    try:
        values = pl.Series(label, [*seen], strict=True)
    except (TypeError, pl.exceptions.PolarsError):
        kinds = ", ".join(sorted({type(value).__name__ for value in seen if value is not None}))
        raise InputError(f"column {label!r} must be of one type in all files; got {kinds}") from None
    column = inferred_labels(values)
    counts: Counter[str | int | bool | None] = Counter()
    for name, rows in zip(typed(values, column), seen.values(), strict=True):
        counts[name] += rows
    return column, counts


def _unlabelled(column: str, missing: int, rows: int) -> InputError:
    return InputError(
        f"labels must not be missing; column {column!r} has no label in {missing:,} of {rows:,} rows: "
        "remove these rows, or leave them out with --drop-unlabelled"
    )


def as_numbers(series: pl.Series, first: int) -> pl.Series:
    """Numbers that came as text, as all of a CSV file does; a blank is missing, and anything else is refused."""
    if series.dtype != pl.String:
        return series
    text = series.str.strip_chars()
    text = text.set(text == "", None)
    numbers = text.cast(pl.Float64, strict=False)
    wrong = numbers.is_null() & text.is_not_null()
    if wrong.any():
        row = int(wrong.arg_true()[0])
        raise InputError(
            f"column {series.name!r} must hold numbers; row {first + row:,} holds {text[row]!r} "
            f"(and {int(wrong.sum()) - 1:,} more)"
        )
    return numbers


def _named(series: pl.Series) -> pl.Series:
    """Groups that are blank are missing; names stay as they are."""
    if series.dtype != pl.String:
        return series
    return series.set(series.str.strip_chars() == "", None)
