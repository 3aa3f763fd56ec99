"""The scores of several models for the same rows: from files, from columns of one file, or from models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import torch
from torch import Tensor

import crossent

from .._errors import InputError
from .._task import Task
from ..classifier import Model
from ..data import batches
from ..evaluation import Comparison, ScoredColumns
from ._options import one_or_all
from ._scored import ROWS, ScoredTable, opened

Compared = dict[tuple[str, str], Comparison]
"""The first model beside each of the others, by their names."""


@dataclass(frozen=True)
class Terms:
    """How all of them are judged.

    positive, classes: of scores, where their columns and labels do not say. threshold: None for each model's own.
    drop_unlabelled: rows of scores without a label are left out.
    """

    positive: str | None = None
    classes: list[str] | None = None
    threshold: float | None = None
    exact: bool = False
    drop_unlabelled: bool = False

    def opened(self, source: str, columns: ScoredColumns) -> ScoredTable:
        """A table of scores."""
        return opened(
            [source],
            columns,
            classes=self.classes,
            positive=self.positive,
            drop_unlabelled=self.drop_unlabelled,
        )

    def empty(self, task: Task, a: float | tuple[float, ...] = 0.5, b: float | tuple[float, ...] = 0.5) -> Comparison:
        """A comparison of no rows, with the thresholds of both models."""
        limits = (a, b) if self.threshold is None else (self.threshold, self.threshold)
        return Comparison.empty(task, threshold=limits[0], threshold_b=limits[1], exact=self.exact)


def of_files(sources: Sequence[str], columns: ScoredColumns, key: str | None, terms: Terms) -> Compared:
    """Each file has the scores of one model, under the same names."""
    if len(sources) < 2:
        raise InputError(
            "name two tables of scores or more; or one with --a COLUMN --b COLUMN; or model folders with --data TABLE"
        )
    names = _names(sources)
    tables = [terms.opened(source, columns) for source in sources]
    _check_tasks(names, [table.task for table in tables])
    frames = [_all(table, key) for table in tables]
    joined = [
        frame if key is None else _joined(frames[0], frame, key, (names[0], name))
        for name, frame in zip(names, frames, strict=True)
    ]
    for name, frame in zip(names[1:], joined[1:], strict=True):
        _check_labels(joined[0], frame, columns.label, key, (names[0], name))
    return _compared(tables[0].task, names, joined, [columns] * len(names), terms)


def of_columns(source: str, label: str, probabilities: Sequence[str], terms: Terms) -> Compared:
    """Each column has the probabilities of one model."""
    names = _names(probabilities)
    columns = [ScoredColumns(label, (name,)) for name in probabilities]
    tables = [terms.opened(source, each) for each in columns]
    _check_tasks(names, [table.task for table in tables])
    return _compared(tables[0].task, names, [_all(table, None) for table in tables], columns, terms)


def of_models(
    sources: Sequence[str], data: list[str], terms: Terms, *, calibrated: bool, ignore_extra: bool
) -> Compared:
    """Each model scores the same table, part by part."""
    if len(sources) < 2:
        raise InputError(f"name two model folders or more to compare; got {', '.join(sources)}")
    names, models = _names(sources), [crossent.load(source) for source in sources]
    _check_tasks(names, [model.task for model in models])

    def scored(model: Model) -> Iterator[tuple[Tensor, Tensor, Tensor | None]]:
        extra = "ignore" if ignore_extra else "error"
        by_costs = terms.threshold is None and model.rule.costs is not None and model.task.kind == "multiclass"
        for _, labels, logits in model.labelled_batches(one_or_all(data), calibrated=calibrated, extra=extra):
            yield labels, logits, model.rule.forced(model.task.probabilities(logits)) if by_costs else None

    compared: Compared = {}
    for name, model in zip(names[1:], models[1:], strict=True):
        comparison = terms.empty(model.task, models[0].rule.threshold, model.rule.threshold)
        for (labels, first, decided), (same, second, otherwise) in zip(scored(models[0]), scored(model), strict=True):
            if not torch.equal(labels, same):
                raise InputError(
                    f"models must be compared by the same labels; {names[0]} has them in column "
                    f"{models[0].target.name!r}, {name} in {model.target.name!r}"
                )
            comparison = comparison.update(
                labels, logits_a=first, logits_b=second, decisions_a=decided, decisions_b=otherwise
            )
        compared[names[0], name] = comparison
    return compared


def _names(sources: Sequence[str]) -> list[str]:
    """What the models are called: the names of their files, or their paths where these are alike."""
    if len({*sources}) < len(sources):
        raise InputError(f"each model is to be named once; got {', '.join(sources)}")
    short = [Path(source).name for source in sources]
    return short if len({*short}) == len(short) else list(sources)


def _check_tasks(names: Sequence[str], tasks: Sequence[Task]) -> None:
    for name, task in zip(names, tasks, strict=True):
        if task.kind == "binary" and task.classes == tasks[0].classes[::-1]:
            raise InputError(
                f"models must have scores of the same class; {names[0]} has those of {tasks[0].positive!r}, "
                f"{name} those of {task.positive!r}"
            )
        if task != tasks[0]:
            raise InputError(
                f"models must have the same classes in the same order; {names[0]} has {list(tasks[0].classes)}, "
                f"{name} has {list(task.classes)}"
            )


def _all(table: ScoredTable, key: str | None) -> pl.DataFrame:
    """All rows: to be put side by side with others, they must be there."""
    parts: list[pl.DataFrame] = []
    first = 1
    names = [*table.columns.names, *([] if key is None or key in table.columns.names else [key])]
    for raw in batches(table.sources, columns=names, rows=ROWS):
        parts.append(table.typed(raw, first))
        first += len(raw)
    return pl.concat(parts)


def _joined(first: pl.DataFrame, other: pl.DataFrame, key: str, names: tuple[str, str]) -> pl.DataFrame:
    """The rows of the other table in the order of the first."""
    for name, frame in zip(names, (first, other), strict=True):
        if frame[key].null_count() or frame[key].n_unique() < len(frame):
            raise InputError(f"column {key!r} must tell rows apart; in {name} values are missing or occur twice")
    if first[key].dtype != other[key].dtype:
        other = other.with_columns(other[key].cast(first[key].dtype, strict=False))
    joined = first.select(key).join(other, on=key, how="left", maintain_order="left", coalesce=True)
    lacking = len(first) - int(first[key].is_in(other[key].implode()).sum())
    if lacking or len(first) != len(other):
        raise InputError(
            f"both tables must have the same rows; {names[0]} has {len(first):,}, {names[1]} {len(other):,}, "
            f"and {lacking:,} of the former are not in the latter"
        )
    return joined


def _check_labels(
    first: pl.DataFrame, other: pl.DataFrame, label: str, key: str | None, names: tuple[str, str]
) -> None:
    if len(first) != len(other):
        raise InputError(
            f"both tables must have the same rows; {names[0]} has {len(first):,}, {names[1]} {len(other):,}"
        )
    differ = first[label].ne_missing(other[label]).arg_true()
    if len(differ):
        row = int(differ[0])
        which = f"row {row + 1:,}" if key is None else f"{key} {first[key][row]!r}"
        cure = ": if the order of rows differs, name a column that tells them apart with --id" if key is None else ""
        raise InputError(
            f"both tables must have the same labels; {which} is {first[label][row]!r} in {names[0]} and "
            f"{other[label][row]!r} in {names[1]} ({len(differ):,} rows differ){cure}"
        )


def _compared(
    task: Task,
    names: Sequence[str],
    frames: Sequence[pl.DataFrame],
    columns: Sequence[ScoredColumns],
    terms: Terms,
) -> Compared:
    if terms.drop_unlabelled:
        # Side by side by now: a row is left out of all of them.
        frames = [frame.drop_nulls(columns[0].label) for frame in frames]
    labels = task.encode(frames[0][columns[0].label])
    scores = [of.tensor(task, frame) for of, frame in zip(columns, frames, strict=True)]
    kind = columns[0].scale
    return {
        (names[0], name): terms.empty(task).update(labels, **{f"{kind}_a": scores[0], f"{kind}_b": other})
        for name, other in zip(names[1:], scores[1:], strict=True)
    }
