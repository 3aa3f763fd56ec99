"""Holding rows out: each class in proportion, by the seed alone."""

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from crossent.data import stratified_split

Message = Callable[[Callable[[], object]], str]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@given(
    counts=st.lists(st.integers(1, 40), min_size=1, max_size=6),
    share=st.floats(0.05, 0.95),
    seed=st.integers(0, 100),
)
@settings(deadline=None, derandomize=True)
def test_every_class_has_its_share_and_a_row_on_both_sides(counts: list[int], share: float, seed: int) -> None:
    labels = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    labels = labels[torch.randperm(len(labels), generator=seeded(seed))]
    if max(counts) < 2:
        return
    kept, held = stratified_split(labels, share, generator=seeded(seed))
    assert torch.cat([kept, held]).sort().values.equal(torch.arange(len(labels)))
    assert kept.equal(kept.sort().values)
    assert held.equal(held.sort().values)
    for place, count in enumerate(counts):
        out = int((labels[held] == place).sum())
        assert abs(out - count * share) < 1 or out in (1, count - 1) or count == 1
        assert 1 <= out <= count - 1 or (count == 1 and out == 0)


def test_remainders_go_to_the_largest_so_that_the_sum_is_right() -> None:
    labels = torch.tensor([0] * 13 + [1] * 26 + [2] * 61)
    _, held = stratified_split(labels, 0.2, generator=seeded())
    # Exact shares 2.6, 5.2 and 12.2 of 20: the one row left over goes to the first class.
    assert torch.bincount(labels[held]).tolist() == [3, 5, 12]


def test_the_seed_decides_and_nothing_else() -> None:
    labels = torch.arange(1000) % 3
    first, again, other = (stratified_split(labels, 0.3, generator=seeded(seed))[1] for seed in (1, 1, 2))
    assert first.equal(again)
    assert not first.equal(other)


def test_every_row_is_as_likely_as_any_other_of_its_class() -> None:
    labels = torch.tensor([0] * 10 + [1] * 10)
    times = torch.zeros(20)
    generator = seeded()
    for _ in range(2000):
        times[stratified_split(labels, 0.3, generator=generator)[1]] += 1
    # 600 expected, standard deviation sqrt(2000 * 0.3 * 0.7) = 20.5.
    assert (times - 600).abs().max() < 100


def test_multilabel_rows_are_split_at_random() -> None:
    labels = torch.randint(0, 2, (100, 4), generator=seeded())
    kept, held = stratified_split(labels, 0.25, generator=seeded())
    assert (len(kept), len(held)) == (75, 25)


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.float32])
def test_labels_may_have_any_type(dtype: torch.dtype) -> None:
    labels = torch.tensor([0, 1] * 10).to(dtype)
    _, held = stratified_split(labels, 0.5, generator=seeded())
    assert int(labels[held].sum()) == 5


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 1.5, float("nan")])
def test_a_share_that_is_none_or_all_is_an_error(message: Message, share: float) -> None:
    assert message(lambda: stratified_split(torch.arange(4) % 2, share, generator=seeded())) == (
        f"The share to hold out must lie between 0 and 1, both excluded, but it is {share}."
    )


def test_too_few_rows_are_an_error(message: Message) -> None:
    assert message(lambda: stratified_split(torch.tensor([0, 1, 2]), 0.2, generator=seeded())) == (
        "The split must leave rows on both sides, but 3 rows of 3 classes are too few to hold out 20% of them. "
        "Give more rows."
    )
    assert "0 rows of 0 classes" in message(lambda: stratified_split(torch.tensor([]), 0.2, generator=seeded()))
