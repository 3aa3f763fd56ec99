"""Folds: which rows teach and which judge, so that every row is judged by what has not seen it."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .._errors import InputError


@dataclass(frozen=True, eq=False)
class Split:
    """Rows that train and rows that validate, both as row numbers in ascending order, int64."""

    training: Tensor
    validation: Tensor


def stratified_folds(labels: Tensor, count: int, *, repeats: int = 1, generator: torch.Generator) -> tuple[Split, ...]:
    """Deal the rows into `count` folds, each class in proportion; each fold validates once what the others train.

    The rows of a class are dealt one to a fold in turn, each class from where the last one stopped, so that folds
    differ by one row at most, and no two by more than one row of any class.

    Args:
        labels: `(n,)`, one class a row.
        count: How many folds, from 2 to n.
        repeats: How often all rows are dealt anew.
        generator: Where the randomness comes from; equal seeds give equal folds.

    Returns:
        `repeats * count` splits; each row validates in `repeats` of them.

    Raises:
        InputError: There are fewer rows than folds, or fewer than 2 folds.

    Example:
        >>> import torch
        >>> labels = torch.tensor([0, 0, 0, 0, 1, 1])
        >>> [labels[split.validation].tolist() for split in stratified_folds(labels, 2, generator=torch.Generator())]
        [[0, 0, 1], [0, 0, 1]]
    """
    if not 2 <= count <= len(labels):
        raise InputError(f"{len(labels)} rows cannot be dealt into {count} folds: take from 2 to {len(labels)}")
    splits: list[Split] = []
    for _ in range(repeats):
        shuffled = torch.randperm(len(labels), generator=generator)
        fold = torch.empty(len(labels), dtype=torch.int64)
        fold[shuffled[torch.argsort(labels[shuffled], stable=True)]] = torch.arange(len(labels)) % count
        splits += split_by(fold)
    return tuple(splits)


def split_by(fold: Tensor) -> list[Split]:
    """Return a split for each fold, from the number of each row's fold, which count from 0."""
    return [
        Split(torch.nonzero(fold != held).flatten(), torch.nonzero(fold == held).flatten())
        for held in range(int(fold.max()) + 1)
    ]


def taught_classes(splits: Sequence[Split], labels: Tensor, classes: int) -> Tensor:
    """Say which classes the training part of each split holds.

    Folds of groups, of time, or of a class with one row may leave a class to the validation part alone. Who trains on
    such a split has no example of it, and must still give it a probability.

    Args:
        splits: What trains and what validates.
        labels: `(n,)` class numbers.
        classes: K, how many classes there are.

    Returns:
        `(len(splits), K)` bool.

    Example:
        >>> import torch
        >>> labels = torch.tensor([0, 0, 1, 0])
        >>> taught_classes(stratified_folds(labels, 2, generator=torch.Generator()), labels, 2).all(1).tolist()
        [True, False]
    """
    return torch.stack([torch.bincount(labels[split.training], minlength=classes) > 0 for split in splits])
