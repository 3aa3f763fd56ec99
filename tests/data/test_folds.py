"""Folds: every row is judged by what has not seen it."""

import itertools
from collections.abc import Callable, Sequence
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from crossent.data import (
    Split,
    given_folds,
    group_folds,
    group_split,
    stratified_folds,
    taught_classes,
    time_folds,
    time_split,
)

Message = Callable[[Callable[[], object]], str]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def validated(splits: Sequence[Split], rows: int) -> list[int]:
    """How often each row validates."""
    return torch.bincount(torch.cat([split.validation for split in splits]), minlength=rows).tolist()


def check_apart(splits: Sequence[Split], rows: int) -> None:
    for split in splits:
        assert torch.cat([split.training, split.validation]).sort().values.equal(torch.arange(rows))
        for side in (split.training, split.validation):
            assert len(side)
            assert side.equal(side.sort().values)


@given(st.lists(st.integers(0, 3), min_size=4, max_size=60), st.integers(2, 4), st.integers(0, 20))
@settings(deadline=None, derandomize=True)
def test_each_class_is_dealt_one_to_a_fold_in_turn(classes: list[int], count: int, seed: int) -> None:
    labels = torch.tensor(classes)
    splits = stratified_folds(labels, count, repeats=2, generator=seeded(seed))
    check_apart(splits, len(labels))
    assert validated(splits, len(labels)) == [2] * len(labels)
    held = torch.stack([torch.bincount(labels[split.validation], minlength=4) for split in splits])
    for repeat in held.split(count):
        assert int((repeat.max(0).values - repeat.min(0).values).max()) <= 1
        assert int(repeat.sum(1).max() - repeat.sum(1).min()) <= 1


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2)), min_size=2, max_size=60), st.integers(2, 5))
@settings(deadline=None, derandomize=True)
def test_a_group_is_never_on_both_sides_of_a_split(rows: list[tuple[int, int]], count: int) -> None:
    groups, labels = pl.Series("g", [row[0] for row in rows]), torch.tensor([row[1] for row in rows])
    if groups.n_unique() < 2:
        return
    splits = group_folds(groups, labels, count, repeats=2, generator=seeded())
    check_apart(splits, len(rows))
    assert len(splits) == 2 * min(count, groups.n_unique())
    assert validated(splits, len(rows)) == [2] * len(rows)
    for split in [*splits, Split(*group_split(groups, labels, 0.2, generator=seeded()))]:
        check_apart([split], len(rows))
        assert not set(groups[split.training.numpy()]) & set(groups[split.validation.numpy()])


@pytest.mark.parametrize("count", [500, 70_000])
def test_folds_of_groups_are_even_in_rows_and_in_a_rare_class(count: int) -> None:
    random = np.random.default_rng(0)
    # Beside the many of about one size some with up to 7 % of the rows.
    large = np.repeat(np.arange(10), 1500 * np.arange(10))
    groups = pl.Series(np.concatenate([large, random.integers(10, count, 130_000)]))
    labels = torch.from_numpy((random.random(len(groups)) < 0.01).astype(np.int64))
    splits = group_folds(groups, labels, 5, generator=seeded())
    rows = torch.tensor([len(split.validation) for split in splits])
    rare = torch.tensor([int(labels[split.validation].sum()) for split in splits])
    assert rows.max() / rows.min() < 1.02
    assert rare.max() / rare.min() < 1.06
    _, held = group_split(groups, labels, 0.3, generator=seeded())
    assert len(held) / len(labels) == pytest.approx(0.3, abs=0.01)
    assert int(labels[held].sum()) / int(labels.sum()) == pytest.approx(0.3, abs=0.02)


def test_a_class_that_few_groups_hold_is_spread_over_the_folds() -> None:
    groups = pl.Series([row // 5 for row in range(500)])
    labels = torch.tensor([int(row // 5 < 10) for row in range(500)])
    splits = group_folds(groups, labels, 5, generator=seeded())
    assert [int(labels[split.validation].sum()) for split in splits] == [10] * 5


def test_the_seed_alone_decides_the_groups_of_a_fold() -> None:
    groups, labels = pl.Series(["a", "b", "c", "d"] * 25), torch.arange(100) % 3
    first, again, other = (group_folds(groups, labels, 2, generator=seeded(seed)) for seed in (0, 0, 1))
    assert all(one.validation.equal(two.validation) for one, two in zip(first, again, strict=True))
    assert not first[0].validation.equal(other[0].validation)


def test_rows_without_a_group_are_groups_of_their_own() -> None:
    splits = group_folds(pl.Series([None, None, None, None]), torch.zeros(4).long(), 4, generator=seeded())
    assert [len(split.validation) for split in splits] == [1, 1, 1, 1]


def test_one_group_is_an_error(message: Message) -> None:
    assert message(lambda: group_folds(pl.Series("g", [1, 1]), torch.tensor([0, 1]), 2, generator=seeded())) == (
        "To judge on groups that have not trained there must be two of them, but column 'g' holds 1. Name another "
        "column, or none."
    )
    assert message(lambda: group_folds(pl.Series([1, 2]), torch.tensor([0, 1]), 1, generator=seeded())) == (
        "groups must be dealt into at least 2 folds; got 1"
    )
    assert "between 0 and 1" in message(
        lambda: group_split(pl.Series([1, 2]), torch.tensor([0, 1]), 1.0, generator=seeded())
    )


@given(st.lists(st.integers(0, 12), min_size=2, max_size=60), st.integers(1, 5))
@settings(deadline=None, derandomize=True)
def test_what_validates_comes_after_all_that_trained(values: list[int], count: int) -> None:
    times = pl.Series("t", values)
    if times.n_unique() < 2:
        return
    splits = time_folds(times, count)
    assert len(splits) == min(count, times.n_unique() - 1)
    for split in [*splits, Split(*time_split(times, 0.2))]:
        assert max(times[split.training.numpy()]) < min(times[split.validation.numpy()])
    for earlier, later in itertools.pairwise(splits):
        assert torch.cat([earlier.training, earlier.validation]).sort().values.equal(later.training)
    assert max(validated(splits, len(times))) == 1


def test_blocks_of_time_have_about_the_same_number_of_rows() -> None:
    times = pl.Series([date(2024, 1, 1) + timedelta(days=row // 7) for row in range(1000)])
    rows = [len(split.validation) for split in time_folds(times, 4)]
    assert max(rows) - min(rows) <= 14
    assert len(time_split(times, 0.25)[1]) == pytest.approx(250, abs=7)


@pytest.mark.parametrize(
    "times",
    [
        ["10", "9", "8.5", "11"],
        ["2024-01-10", "2024-01-09", "2023-12-31", "2025-01-01"],
        ["10/1/2024", "9/1/2024", "31/12/2023", "1/1/2025"],
    ],
)
def test_text_that_is_all_numbers_or_dates_orders_the_rows_as_they_do(times: list[str]) -> None:
    splits = time_folds(pl.Series("t", times), 3)
    assert [split.validation.tolist() for split in splits] == [[1], [0], [3]]
    kept, held = time_split(pl.Series("t", times), 0.25)
    assert (kept.tolist(), held.tolist()) == ([0, 1, 2], [3])


def test_times_that_do_not_order_the_rows_are_an_error(message: Message) -> None:
    assert message(lambda: time_folds(pl.Series("t", [2024, 2024]), 5)) == (
        "To judge by what came later, the rows must differ in time, but all of column 't' is one time. Name another "
        "column, or none."
    )
    assert message(lambda: time_folds(pl.Series("t", [1.0, None, float("nan")]), 5)) == (
        "To order rows by time, each must have one, but 2 of column 't' are missing, the first in row 2. Leave these "
        "rows out, or fill them in."
    )
    assert message(lambda: time_split(pl.Series("t", ["1/2/2024", "2/1/2024"]), 0.2)) == (
        "To order rows by time, column 't' must hold dates or numbers, but its type is String. Say how it is read, "
        "with --kind t=number or t=datetime (kinds={...}), or name another column."
    )
    assert message(lambda: time_folds(pl.Series("t", [1, 2]), 0)) == "at least 1 block of time must validate; got 0"
    assert "between 0 and 1" in message(lambda: time_split(pl.Series("t", [1, 2]), 0.0))


def test_folds_that_a_column_names_validate_in_order_and_rows_without_one_always_train() -> None:
    splits = given_folds(pl.Series(["b", None, "a", "a"]))
    assert [split.validation.tolist() for split in splits] == [[2, 3], [0]]
    assert [split.training.tolist() for split in splits] == [[0, 1], [1, 2, 3]]
    assert [split.validation.tolist() for split in given_folds(pl.Series([None, 1, None]))] == [[1]]


def test_a_column_that_names_too_few_or_too_many_folds_is_an_error(message: Message) -> None:
    for values, names in (([None, None], 0), ([1, 1], 1)):
        assert message(lambda values=values: given_folds(pl.Series("fold", values))) == (
            "A column of folds must name two of them, or one and leave the other rows empty, but 'fold' names "
            f"{names}. Name another column, or none."
        )
    assert message(lambda: given_folds(pl.Series("fold", range(101)))) == (
        "A column of folds may name at most 100 of them, for each is a training of its own, but 'fold' names 101. If "
        "rows of one name belong together, give it as groups."
    )


def test_a_class_that_does_not_train_is_told() -> None:
    labels = torch.tensor([0, 1, 0, 1, 2])
    splits = given_folds(pl.Series([1, 1, 2, 2, 2]))
    assert taught_classes(splits, labels, 3).tolist() == [[True, True, True], [True, True, False]]
