"""Rows that stand in a table more than once: a copy in training makes its row in validation easy."""

from __future__ import annotations

import math
from collections.abc import Sequence

import polars as pl
import torch
from torch import Tensor

from .._errors import InputError
from ._folds import Split

# Fewer copies change no figure that anyone would act on, and many a table of few columns has as many by nature.
_WORTH_A_WORD = 0.05
_BEYOND_CHANCE = 2
_OF_COINCIDENCES = 0.05


def keep_together(frame: pl.DataFrame) -> pl.Series:
    """Number the rows so that rows equal in every column have one number: groups for `group_folds`.

    Args:
        frame: n typed rows, without the labels and without identifiers.

    Returns:
        `(n,)` UInt64. Missing values equal each other. Two different rows may have one number by chance, with
        probability 1e-8 in a table of 600,000 rows.

    Example:
        >>> import polars as pl
        >>> keep_together(pl.DataFrame({"a": [1, 2, 1], "b": ["x", "x", "x"]})).rank("dense").to_list()
        [1, 2, 1]
    """
    if not frame.width:
        raise InputError("To find rows that are equal, there must be a column to compare, but there is none.")
    return frame.hash_rows(seed=0)


def copies_across(frame: pl.DataFrame, splits: Sequence[Split]) -> Tensor:
    """Count the validation rows of each split that also stand in its training part.

    Args:
        frame: n typed rows, without the labels and without identifiers.
        splits: Their splits.

    Returns:
        `(len(splits),)` int64.
    """
    number = torch.from_numpy(keep_together(frame).rank("dense").to_numpy().astype("int64"))
    taught = torch.zeros(int(number.max()) + 1 if len(number) else 0, dtype=torch.bool)
    counts: list[int] = []
    for split in splits:
        taught.zero_()
        taught[number[split.training]] = True
        counts.append(int(taught[number[split.validation]].sum()))
    return torch.tensor(counts, dtype=torch.int64)


def copies_warning(frame: pl.DataFrame, splits: Sequence[Split], labels: Tensor | None = None) -> str | None:
    """Say how many validation rows have a copy in training, where that is more than chance brings.

    Rows of a few categories coincide without being copies. Two signs of that: independent columns would make as many
    rows equal (two rows with probability P = prod_c sum_v p_cv^2, and one of n to another with about 1 - exp(-P n)); or
    equal rows have different labels, which copies of one case would not.

    Args:
        frame: n typed rows, without the labels and without identifiers.
        splits: Their splits.
        labels: `(n,)` their classes; None to look at the first sign alone.

    Returns:
        One sentence if over 5 % of the validation rows have a copy in training, over twice what chance brings, and of
        rows that are equal at most 5 % have another label than most of their equals; else None.
    """
    validated = sum(len(split.validation) for split in splits)
    copies = int(copies_across(frame, splits).sum())
    if not copies or copies <= _WORTH_A_WORD * validated:
        return None
    if copies <= _BEYOND_CHANCE * validated * copies_by_chance(frame):
        return None
    if labels is not None and coincide(frame, pl.Series(labels.numpy())):
        return None
    return (
        f"{copies:,} of {validated:,} rows that judge ({copies / validated:.0%}) also stand among the rows that teach, "
        f"equal in every column, so the figures may be too good. If they are copies of one case, keep them on one "
        f"side: name a column that tells the cases apart as groups, or drop the copies."
    )


def copies_by_chance(frame: pl.DataFrame) -> float:
    """Return the share of rows that equal another if the columns are independent of one another."""
    chances = [_same(column) for column in frame]
    if not all(chances):
        return 0.0
    return -math.expm1(-math.exp(math.fsum(map(math.log, chances)) + math.log(frame.height)))


def _same(column: pl.Series) -> float:
    """Return the probability that two of the rows have the same value."""
    counts = column.value_counts(name="rows of a value")["rows of a value"].cast(pl.Float64)
    return float((counts * (counts - 1)).sum()) / max(len(column) * (len(column) - 1), 1)


def coincide(frame: pl.DataFrame, labels: pl.Series) -> bool:
    """Whether equal rows differ in their labels, as copies of one case would not: over 5 % of them from the most."""
    cells = pl.DataFrame({"case": keep_together(frame), "label": labels}).group_by("case", "label")
    cases = cells.len().group_by("case").agg(pl.col("len").sum().alias("rows"), pl.col("len").max().alias("most"))
    several = cases.filter(pl.col("rows") > 1)
    return int(several["most"].sum()) < (1 - _OF_COINCIDENCES) * int(several["rows"].sum())
