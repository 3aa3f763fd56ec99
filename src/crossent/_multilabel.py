"""Several labels a row: as columns of 0/1, or as a collection of names for each row."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import polars as pl
import torch
from torch import Tensor

from ._errors import InputError
from ._labels import Label, shown_names


def is_multilabel(labels: Any) -> bool:
    """Whether labels hold several a row: two dimensions, or a collection of names for each row."""
    if hasattr(labels, "ndim"):
        return labels.ndim == 2
    if hasattr(labels, "columns"):
        return True
    first = next(iter(labels), None) if isinstance(labels, Sequence) and not isinstance(labels, str) else None
    return isinstance(first, Collection) and not isinstance(first, str)


def classes_of(labels: Any) -> list[Label]:
    """The class names: a frame's columns, 0 .. K-1 for an array, the sorted distinct names of collections."""
    if hasattr(labels, "columns"):
        return [str(name) for name in labels.columns]
    if hasattr(labels, "ndim"):
        return list(range(labels.shape[1]))
    return sorted({name for row in labels for name in row})


def encode(labels: Any, classes: Sequence[Label]) -> Tensor:
    """Encode to an (n, K) int64 tensor of 0/1."""
    if hasattr(labels, "columns"):
        labels = _ordered_columns(labels, classes)
    if isinstance(labels, torch.Tensor | np.ndarray):
        return _checked(torch.tensor(labels) if isinstance(labels, np.ndarray) else labels, classes)
    if is_multilabel(labels) or (isinstance(labels, Sequence) and not len(labels)):
        return _from_names(labels, classes)
    raise InputError(
        f"multilabel labels must have shape (n, {len(classes)}), or be a collection of names for each row; "
        f"got {type(labels).__name__}"
    )


def _ordered_columns(frame: Any, classes: Sequence[Label]) -> np.ndarray:
    names = [str(name) for name in classes]
    missing = [name for name in names if name not in list(frame.columns)]
    if missing:
        raise InputError(
            f"a frame of labels must have a column for each class; {', '.join(map(repr, missing))} missing"
        )
    chosen = frame[names]
    nulls = (
        chosen.null_count().sum_horizontal()[0] if isinstance(chosen, pl.DataFrame) else int(chosen.isna().sum().sum())
    )
    if nulls:
        raise InputError(f"labels must not be missing; {nulls} are: remove these rows")
    return np.asarray(chosen.to_numpy())


def _checked(labels: Tensor, classes: Sequence[Label]) -> Tensor:
    if labels.ndim != 2 or labels.shape[1] != len(classes):
        raise InputError(f"multilabel labels must have shape (n, {len(classes)}); got {tuple(labels.shape)}")
    bad = (labels != 0) & (labels != 1)
    if bool(bad.any()):
        row, column = (int(axis) for axis in bad.nonzero()[0])
        raise InputError(
            f"multilabel labels must be 0 or 1; got {labels[row, column].item()} at row {row}, column {column}"
        )
    return labels.long()


def _from_names(rows: Sequence[Collection[Label]], classes: Sequence[Label]) -> Tensor:
    place = {name: code for code, name in enumerate(classes)}
    encoded = torch.zeros(len(rows), len(classes), dtype=torch.int64)
    for row, names in enumerate(rows):
        for name in names:
            if name not in place:
                raise InputError(f"labels must be among the classes {shown_names(classes)}; got {name!r} in row {row}")
            encoded[row, place[name]] = 1
    return encoded
