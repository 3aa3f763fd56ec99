"""Which networks a table gets."""

import pytest

from crossent.data import CodePart, Layout, NumberPart
from crossent.members import NetworkSettings, network_settings
from crossent.members._network_plan import epoch_seconds


def layout(columns: int, categories: int = 0, levels: int = 20) -> Layout:
    return Layout(
        tuple(NumberPart(f"x{i}", "value") for i in range(columns)),
        tuple(CodePart(f"c{i}", "category", i, 1, 1 + i * levels, levels) for i in range(categories)),
    )


def total(plan: tuple[NetworkSettings, ...], rows: int, columns: Layout, classes: int, copies: int) -> float:
    return sum(each.course.epochs * epoch_seconds(each, rows, columns, classes, copies) for each in plan)


@pytest.mark.parametrize("rows", [300, 2_000, 20_000, 200_000])
@pytest.mark.parametrize("seconds", [8, 140, 700])
def test_the_plan_keeps_to_its_time(rows: int, seconds: float) -> None:
    plan = network_settings(rows, layout(20), 2, 5, seconds)
    least = sum(2 * epoch_seconds(each, rows, layout(20), 2, 5) for each in plan)
    assert total(plan, rows, layout(20), 2, 5) <= max(seconds, least) * 1.001


def test_more_time_never_means_fewer_epochs() -> None:
    plans = [network_settings(20_000, layout(20), 2, 5, seconds) for seconds in (8, 30, 140, 700)]
    epochs = [sum(each.course.epochs for each in plan) for plan in plans]
    assert epochs == sorted(epochs)


def test_a_small_table_takes_far_less_than_it_may() -> None:
    plan = network_settings(300, layout(20), 2, 5, 140)
    assert total(plan, 300, layout(20), 2, 5) < 30


def test_a_large_table_gets_large_batches_and_few_epochs() -> None:
    (small, *_), (large, *_) = (network_settings(rows, layout(20), 2, 5, 700) for rows in (20_000, 600_000))
    assert large.course.batch_size > small.course.batch_size
    assert large.course.epochs < small.course.epochs


@pytest.mark.parametrize("classes", [2, 20])
def test_short_of_time_only_one_network_is_trained(classes: int) -> None:
    assert len(network_settings(20_000, layout(20), classes, 5, 8)) == 1
    assert len(network_settings(20_000, layout(20), classes, 5, 700)) >= 2
