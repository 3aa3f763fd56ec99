"""Folds that the table names itself."""

from __future__ import annotations

import polars as pl

from .._errors import InputError
from ._folds import Split

MOST_FOLDS = 100


def given_folds(column: pl.Series) -> tuple[Split, ...]:
    """Take the folds that a column names: the rows of each fold validate once what all other rows train.

    Args:
        column: `(n,)`, the name or number of each row's fold; rows without one always train and never validate.

    Returns:
        One split for each distinct value, in ascending order. The training part of one may lack a class, see
        `taught_classes`.

    Raises:
        InputError: The column names no fold, more than 100, or leaves a fold no rows to train on.

    Example:
        >>> import polars as pl
        >>> folds = given_folds(pl.Series(["a", None, "b", "a"]))
        >>> [(split.training.tolist(), split.validation.tolist()) for split in folds]
        [([1, 2], [0, 3]), ([0, 1, 3], [2])]
    """
    rank = column.rank("dense")
    names = int(rank.n_unique()) - (rank.null_count() > 0)
    if names > MOST_FOLDS:
        raise InputError(
            f"A column of folds may name at most {MOST_FOLDS} of them, for each is a training of its own, but "
            f"{column.name!r} names {names:,}. If rows of one name belong together, give it as groups."
        )
    if names == 0 or (names == 1 and not rank.null_count()):
        raise InputError(
            f"A column of folds must name two of them, or one and leave the other rows empty, but {column.name!r} "
            f"names {names}. Name another column, or none."
        )
    fold = rank.fill_null(0).cast(pl.Int64)
    return tuple(
        Split((fold != held).arg_true().to_torch().long(), (fold == held).arg_true().to_torch().long())
        for held in range(1, names + 1)
    )
