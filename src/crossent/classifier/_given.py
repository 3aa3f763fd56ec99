"""What the user gave to `fit`, checked: a table, its labels, and options that do not stand in the recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import polars as pl
import torch
from torch import Tensor

from .._errors import InputError
from .._labels import Label, as_series, class_named, in_type_of, shown_names
from .._task import Task
from ..data import Kind, Table, read
from ..functional import class_weights
from ._recipe import Recipe

Device = Literal["auto", "cpu", "cuda"]


def device_named(name: Device) -> torch.device:
    """The device of that name; "auto" is a GPU where there is one."""
    match name:
        case "auto":
            return torch.device("cuda" if torch.cuda.is_available() else "cpu")
        case "cpu":
            return torch.device("cpu")
        case "cuda":
            if not torch.cuda.is_available():
                raise InputError(
                    "device 'cuda' needs a GPU that this torch can use; there is none: take 'cpu' or 'auto'"
                )
            return torch.device("cuda")
        case _:
            raise InputError(f"device must be 'auto', 'cpu' or 'cuda'; got {name!r}")


def folder_made(path: str | Path | None, time_limit: float | None) -> Path | None:
    """The folder for the state of a training, made with its parents: within it one for each limit of time.

    For what a clock has cut short is not what the same call would have learned with another limit, or none.
    """
    if path is None:
        return None
    folder = Path(path) if time_limit is None else Path(path) / f"within {time_limit:g} s"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"the checkpoint folder {folder} cannot be made: {error.strerror or error}") from None
    return folder


def table_of(data: Any, target: str, kinds: Mapping[str, Kind] | None) -> Table:
    """The table, which holds the target and a column to learn from."""
    if not isinstance(target, str):
        raise InputError(f"target must be the name of a column; got {target!r}")
    if isinstance(data, Table) and kinds:
        raise InputError("kinds are for a table that is yet to be read; give them to crossent.read")
    table = data if isinstance(data, Table) else read(data, kinds=kinds)
    table.column(target)  # suggests the nearest name where there is none
    if len(table.columns) < 2:
        raise InputError(f"the table must hold a column to learn from; {target!r}, the labels, is the only one")
    return table


def task_of(labels: pl.Series, classes: Sequence[Label] | None, positive: Label | None, *, ordered: bool) -> Task:
    """The task that the labels and the named classes are of."""
    if classes is None:
        task = Task.infer(labels, positive=positive)
        return _in_order(task) if ordered else task
    names = [in_type_of(as_series(labels), name) for name in classes]
    if len(names) == 2:
        return Task.binary(names, positive=class_named(positive, names))
    if positive is not None:
        raise InputError(f"positive is for two classes; there are {len(names)}: {shown_names(names)}")
    return Task.multiclass(names, ordered=ordered)


def _in_order(task: Task) -> Task:
    """The task with its classes in the order of the numbers that they are."""
    if task.kind == "binary":
        return task
    if not all(isinstance(name, int | float) for name in task.classes):
        raise InputError(
            "ordered classes must be numbers, or be named from low to high; the labels are "
            f"{shown_names(task.classes)}: give classes=[...] (--class, once for each) in their order"
        )
    return Task.multiclass(sorted(task.classes, key=float), ordered=True)


def labelled(frame: pl.DataFrame, target: str, *, drop: bool) -> pl.DataFrame:
    """The rows that have a label, if the others may be left out."""
    missing = frame[target].null_count()
    if not missing:
        return frame
    if drop:
        return frame.filter(frame[target].is_not_null())
    raise InputError(
        f"labels must not be missing; column {target!r} has no label in {missing} of {len(frame)} rows: "
        "remove these rows, or leave them out with --drop-unlabelled (drop_unlabelled=True)"
    )


def class_weight_of(recipe: Recipe, task: Task, labels: Tensor) -> Tensor | None:
    """`(K,)` the weight of each class in training; None for 1 each."""
    if recipe.pos_weight is not None:
        if task.kind != "binary":
            raise InputError(f"pos_weight is for two classes; this task has {len(task)}: take class_weight")
        return torch.tensor([1.0, recipe.pos_weight])
    if recipe.class_weight is None:
        return None
    return class_weights(labels.bincount(minlength=len(task)), method=recipe.class_weight)
