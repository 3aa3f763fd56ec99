"""Which trees a table gets for its seconds."""

import itertools

import pytest

from crossent.data import CodePart, Layout, NumberPart
from crossent.members import TreeSettings, tree_settings
from crossent.members._trees_plan import tree_seconds


def numbers(count: int) -> Layout:
    return Layout(tuple(NumberPart(f"x{place}", "value") for place in range(count)), ())


SHAPES = [(300, 5, 2), (20_000, 20, 2), (20_000, 20, 26), (10_000, 784, 10), (5_000, 2000, 2), (600_000, 50, 2)]


@pytest.mark.parametrize(("shape", "seconds"), [*itertools.product(SHAPES, [4.0, 50.0, 250.0])])
def test_the_trees_fit_into_their_seconds(shape: tuple[int, int, int], seconds: float) -> None:
    rows, columns, classes = shape
    plan = tree_settings(rows, numbers(columns), classes, 5, seconds)
    cost = sum(5 * each.rounds * tree_seconds(each, rows, columns, classes) for each in plan)
    assert cost <= seconds


def test_a_usual_table_gets_two_kinds_of_trees_where_there_is_time() -> None:
    names = [[each.name for each in tree_settings(20_000, numbers(20), 2, 5, seconds)] for seconds in (4.0, 50.0)]
    assert names == [["regular"], ["regular", "random"]]
    assert [each.name for each in tree_settings(40_000, numbers(20), 2, 5, 100.0)] == ["regular", "coarse"]


def test_more_time_means_smaller_steps() -> None:
    rates = [tree_settings(20_000, numbers(20), 2, 5, seconds)[0].learning_rate for seconds in (4.0, 50.0, 250.0)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] > rates[-1]


def test_a_wide_table_gets_cheaper_trees() -> None:
    usual = tree_settings(10_000, numbers(20), 10, 5, 50.0)[0]
    wide = tree_settings(10_000, numbers(784), 10, 5, 50.0)[0]
    assert wide.column_share < usual.column_share
    assert wide.bins < usual.bins


def test_the_leaves_of_many_classes_are_held_back_less() -> None:
    two, ten = (tree_settings(5_000, numbers(20), classes, 5, 100.0)[0] for classes in (2, 10))
    assert ten.l2 < two.l2


def test_there_are_no_trees_where_none_pay() -> None:
    assert tree_settings(600_000, numbers(50), 200, 5, 4.0) == ()


def test_a_text_counts_as_many_columns_as_words_are_taken() -> None:
    text = Layout((), (CodePart("review", "text", 0, 50, 1, 8193),))
    rounds = [tree_settings(20_000, layout, 2, 5, 50.0)[0].rounds for layout in (text, numbers(1))]
    assert rounds[0] < rounds[1]


def test_settings_are_values() -> None:
    assert TreeSettings() == TreeSettings()
    assert TreeSettings().to_dict()["leaves"] == TreeSettings().leaves
