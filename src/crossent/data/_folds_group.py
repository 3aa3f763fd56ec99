"""Folds of groups: the rows of a customer, a patient, a document all teach or all judge."""

from __future__ import annotations

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor

from .._errors import InputError
from ._folds import Split, split_by

# So many groups, the largest, are placed one by one where they fit best; the rest, each less than a 4,000th of the
# rows, are dealt in turn, which costs nothing.
_PLACED = 4_000

Numbers = NDArray[np.int64]


def group_folds(
    groups: pl.Series, labels: Tensor, count: int, *, repeats: int = 1, generator: torch.Generator
) -> tuple[Split, ...]:
    """Deal whole groups into folds, so that no group stands on both sides of a split.

    Folds are as even in rows and in each class as the groups allow. Missing values are groups of one row each. Where
    there are fewer groups than `count`, there are as many folds as groups.

    Args:
        groups: `(n,)` values of any type that has an order; equal values are one group.
        labels: `(n,)`, one class a row.
        count: How many folds, at least 2.
        repeats: How often all groups are dealt anew.
        generator: Where the randomness comes from; equal seeds give equal folds.

    Returns:
        `repeats` times as many splits as there are folds; each row validates in `repeats` of them. The training part of
        one may lack a class, see `taught_classes`.

    Raises:
        InputError: There are fewer than two groups, or fewer than 2 folds.

    Example:
        >>> import polars as pl, torch
        >>> groups, labels = pl.Series(["a", "a", "b", "b", "c"]), torch.tensor([0, 1, 0, 1, 0])
        >>> [split.validation.tolist() for split in group_folds(groups, labels, 2, generator=torch.Generator())]
        [[0, 1, 4], [2, 3]]
    """
    if count < 2:
        raise InputError(f"groups must be dealt into at least 2 folds; got {count}")
    members = _numbered(groups)
    shares = np.full(min(count, int(members.max()) + 1), 1.0)
    return tuple(split for _ in range(repeats) for split in split_by(_dealt(members, labels, shares, generator)))


def group_split(
    groups: pl.Series, labels: Tensor, share: float, *, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Hold whole groups out, with about a share of the rows and of each class.

    Args:
        groups: `(n,)` values of any type that has an order; missing ones are groups of one row each.
        labels: `(n,)`, one class a row.
        share: The share of the rows to hold out, between 0 and 1.
        generator: Where the randomness comes from; equal seeds give equal splits.

    Returns:
        The numbers of the rows kept and of the rows held out, each in ascending order, neither empty.

    Raises:
        InputError: There are fewer than two groups, or `share` is not between 0 and 1.
    """
    if not 0 < share < 1:
        raise InputError(f"The share to hold out must lie between 0 and 1, both excluded, but it is {share}.")
    members = _numbered(groups)
    (_, split) = split_by(_dealt(members, labels, np.array([1 - share, share]), generator))
    return split.training, split.validation


def _numbered(groups: pl.Series) -> Numbers:
    """Return the number of each row's group, from 0, whatever the order of the rows."""
    rank = groups.rank("dense")
    named = int(rank.n_unique()) - (rank.null_count() > 0)
    alone = pl.arange(named + 1, named + 1 + len(rank), eager=True)
    numbers = (rank.cast(pl.Int64).fill_null(alone) - 1).to_numpy()
    if named + rank.null_count() < 2:
        raise InputError(
            f"To judge on groups that have not trained there must be two of them, but column {groups.name!r} holds "
            f"{named}. Name another column, or none."
        )
    return np.unique(numbers, return_inverse=True)[1] if rank.null_count() else numbers


def _dealt(groups: Numbers, labels: Tensor, shares: NDArray[np.float64], generator: torch.Generator) -> Tensor:
    """Return the fold of each row; fold f is to hold `shares[f]` of the sum of shares."""
    classes = np.unique(labels.numpy(), return_inverse=True)[1]
    sizes = np.bincount(groups)
    shuffled = torch.randperm(len(sizes), generator=generator).numpy()
    order = shuffled[np.argsort(-sizes[shuffled], kind="stable")]
    large, small = np.split(order, [max(_PLACED, len(shares))])
    fold = np.empty(len(sizes), np.int64)
    fold[large] = _placed(_counts(groups, classes, large), np.bincount(classes), shares)
    # Groups of a like kind one after the other, so that each fold gets its part of every kind.
    rarest = _rarest(groups, classes)[small]
    fold[small[np.argsort(rarest, kind="stable")]] = _in_turn(len(small), shares)
    return torch.from_numpy(fold[groups])


def _counts(groups: Numbers, classes: Numbers, chosen: Numbers) -> NDArray[np.float64]:
    """Return `(G, K)`: how many rows of each class the chosen groups hold."""
    place = np.full(int(groups.max()) + 1, -1)
    place[chosen] = np.arange(len(chosen))
    rows = place[groups] >= 0
    count = int(classes.max()) + 1
    cells = np.bincount(place[groups[rows]] * count + classes[rows], minlength=len(chosen) * count)
    return cells.reshape(len(chosen), count).astype(np.float64)


def _placed(counts: NDArray[np.float64], totals: Numbers, shares: NDArray[np.float64]) -> Numbers:
    """Return the fold of each group, one after the other.

    The fold is the one that adds least to the sum over folds f and classes k of n_fk^2 / (share_f n_k), and the same
    of all rows, which is least when every fold has its share of everything.
    """
    weights = np.column_stack([counts / totals, counts.sum(1) / totals.sum()])
    counts = np.column_stack([counts, counts.sum(1)])
    held = np.zeros((len(shares), counts.shape[1]))
    fold = np.empty(len(counts), np.int64)
    own = (counts * weights).sum(1)
    for group, (rows, weight) in enumerate(zip(counts, weights, strict=True)):
        fold[group] = place = int(np.argmin((2 * (held @ weight) + own[group]) / shares))
        held[place] += rows
    return _none_empty(fold, len(shares))


def _none_empty(fold: Numbers, folds: int) -> Numbers:
    """Give an empty fold, which a very small share may leave, the last and so smallest group of the fullest."""
    for empty in np.flatnonzero(np.bincount(fold, minlength=folds) == 0):
        fullest = np.bincount(fold, minlength=folds).argmax()
        fold[np.flatnonzero(fold == fullest)[-1]] = empty
    return fold


def _rarest(groups: Numbers, classes: Numbers) -> Numbers:
    """Return the rarest class that each group holds, by rank of rarity."""
    rarity = np.argsort(np.argsort(np.bincount(classes), kind="stable"))
    rarest = np.full(int(groups.max()) + 1, len(rarity))
    np.minimum.at(rarest, groups, rarity[classes])
    return rarest


def _in_turn(count: int, shares: NDArray[np.float64]) -> Numbers:
    """Return `count` folds in an order in which every stretch holds them by their shares: 0, 1, 0, 1 for halves."""
    turns = np.ceil(count * shares / shares.sum()).astype(np.int64)
    folds = np.repeat(np.arange(len(shares)), turns)
    turn = np.arange(len(folds)) - np.repeat(np.cumsum(turns) - turns, turns)
    return folds[np.argsort((turn + 0.5) / shares[folds], kind="stable")][:count]
