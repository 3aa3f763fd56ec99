"""Rows that stand in a table more than once, and the splits they stand on both sides of."""

from collections.abc import Callable

import numpy as np
import polars as pl
import torch

from crossent.data import Split, copies_across, copies_warning, group_folds, keep_together, stratified_folds

Message = Callable[[Callable[[], object]], str]


def folds(rows: int) -> tuple[Split, ...]:
    return stratified_folds(torch.zeros(rows, dtype=torch.int64), 5, generator=torch.Generator())


def measured(rows: int, columns: int = 3) -> pl.DataFrame:
    return pl.DataFrame(np.random.default_rng(0).normal(size=(rows, columns)), orient="row")


def test_rows_equal_in_every_column_have_one_number_missing_values_too() -> None:
    frame = pl.DataFrame({"a": [1.0, None, 1.0, None, 0.0, -0.0], "b": ["x", "y", "x", "y", "z", "z"]})
    assert keep_together(frame).rank("dense").n_unique() == 3
    assert keep_together(frame)[0] == keep_together(frame[::-1])[3]


def test_copies_are_counted_by_hand() -> None:
    frame = pl.DataFrame({"a": [1, 1, 2, 3, 3, 3]})
    splits = [
        Split(torch.tensor([0, 2, 3]), torch.tensor([1, 4, 5])),
        Split(torch.tensor([3, 4, 5]), torch.tensor([0, 1, 2])),
    ]
    assert copies_across(frame, splits).tolist() == [3, 0]


def test_copies_kept_together_never_judge_each_other() -> None:
    frame = pl.concat([measured(100)] * 3)
    splits = group_folds(keep_together(frame), torch.arange(300) % 2, 5, generator=torch.Generator())
    assert copies_across(frame, splits).tolist() == [0] * 5


def test_copies_of_measurements_are_said_with_their_count() -> None:
    frame = pl.concat([measured(180), measured(20)])
    # The rows are 180 and the first 20 of them again; with this seed 34 of the 40 are parted.
    warning = copies_warning(frame, folds(200))
    copies = int(copies_across(frame, folds(200)).sum())
    assert warning == (
        f"{copies} of 200 rows that judge ({copies / 200:.0%}) also stand among the rows that teach, equal in every "
        "column, so the figures may be too good. If they are copies of one case, keep them on one side: name a column "
        "that tells the cases apart as groups, or drop the copies."
    )


def test_nothing_is_said_of_one_copy_in_a_thousand_or_of_categories_that_coincide() -> None:
    assert copies_warning(measured(1000), folds(1000)) is None
    assert copies_warning(pl.concat([measured(1000), measured(2)]), folds(1002)) is None
    coins = pl.DataFrame(np.random.default_rng(0).integers(0, 3, (2000, 5)), orient="row")
    assert int(copies_across(coins, folds(2000)).sum()) > 1000
    assert copies_warning(coins, folds(2000)) is None


def test_equal_rows_of_different_labels_are_no_copies() -> None:
    frame = pl.concat([measured(100)] * 2)
    labels = torch.arange(100).repeat(2) % 2
    assert copies_warning(frame, folds(200), labels) is not None
    labels[:20] = 1 - labels[:20]
    assert copies_warning(frame, folds(200), labels) is None


def test_a_table_without_columns_is_an_error(message: Message) -> None:
    assert message(lambda: keep_together(pl.DataFrame())) == (
        "To find rows that are equal, there must be a column to compare, but there is none."
    )
