"""What a fit does in the time it has, by a rule."""

from typing import Any

import pytest

from crossent import Recipe
from crossent.classifier import plan
from crossent.classifier._plan import deadlines, ends
from crossent.data import Layout, NumberPart
from crossent.members._network_plan import epoch_seconds

TWENTY = Layout(tuple(NumberPart(f"x{place}", "value") for place in range(20)), ())


def of(rows: int, **options: Any) -> Any:
    return plan(Recipe.of(options), rows, TWENTY, 2)


@pytest.mark.parametrize(("quality", "seconds", "folds"), [("fast", 10, 3), ("default", 120, 5), ("best", 600, 8)])
def test_twenty_thousand_rows_get_the_seconds_that_the_quality_promises(
    quality: str, seconds: float, folds: int
) -> None:
    made = of(20_000, quality=quality)
    assert (made.seconds, made.folds, made.repeats) == (seconds, folds, 1)


def test_time_grows_with_the_rows_but_not_as_fast() -> None:
    seconds = [of(rows).seconds for rows in (500, 2_000, 20_000, 200_000, 600_000)]
    assert seconds == sorted(seconds)
    assert seconds[3] < 10 * seconds[2]
    assert seconds[4] < 3 * seconds[3]


def test_better_is_not_less() -> None:
    fast, default, best = (of(20_000, quality=quality) for quality in ("fast", "default", "best"))
    epochs = [sum(each.course.epochs * each.hidden for each in made.networks) for made in (fast, default, best)]
    rounds = [sum(each.rounds for each in made.trees) for made in (fast, default, best)]
    assert epochs == sorted(epochs)
    assert rounds == sorted(rounds)
    assert epochs[0] < epochs[1]


def test_few_rows_are_dealt_several_times_and_time_is_dealt_once() -> None:
    assert [of(rows).repeats for rows in (300, 1_800, 3_000, 5_000)] == [4, 3, 2, 1]
    assert plan(Recipe(), 300, TWENTY, 2, forward=True).repeats == 1
    assert of(4).folds == 4


def test_members_epochs_and_time_are_as_asked_for() -> None:
    assert of(1_000, members="linear").networks == of(1_000, members="linear").trees == ()
    assert not of(1_000, members=("network", "trees")).linear
    assert {each.course.epochs for each in of(1_000, epochs=2).networks} == {2}
    assert of(1_000, time_limit=7).seconds == 7
    assert all(each.ordered for each in plan(Recipe(), 1_000, TWENTY, 4, ordered=True).networks)


def test_a_single_network_gets_no_more_than_the_clock_has() -> None:
    (network,) = of(20_000, quality="fast").networks
    assert epoch_seconds(network, 20_000, TWENTY, 2, 3) * network.course.epochs <= 10


def test_trees_of_large_tables_are_grown_on_all_rows_where_drawing_some_gains_little() -> None:
    assert [each.row_share for each in of(600_000, quality="fast").trees] == [1.0]


def test_a_limit_leaves_time_for_what_follows_training() -> None:
    assert deadlines(Recipe(), 20_000, 3) is None
    first, last = deadlines(Recipe(time_limit=100), 20_000, 3) or (0, 0)
    assert first == last == pytest.approx(85)
    assert (deadlines(Recipe(time_limit=10), 600_000, 3) or (0, 0))[1] == pytest.approx(5)


def test_a_limit_is_shared_with_the_training_on_all_rows() -> None:
    first, last = deadlines(Recipe(time_limit=100), 20_000, 3, forward=True) or (0, 0)
    assert first < last / 2
    once, twice = (plan(Recipe(time_limit=60), 20_000, TWENTY, 2, forward=forward) for forward in (False, True))
    assert sum(each.rounds for each in twice.trees) < sum(each.rounds for each in once.trees)


def test_what_waits_for_a_processor_has_the_share_of_the_limit_that_it_has_of_the_plan() -> None:
    assert ends([6.0, 3.0, 1.0, 0.0], 1) == pytest.approx([0.6, 0.9, 1.0, 1.0])
    assert ends([6.0, 6.0, 2.0, 3.0], 2) == pytest.approx([0.75, 6 / 9, 1.0, 1.0])
    assert ends([6.0, 1.0], 2) == [1.0, 1.0], "nothing waits"


def test_every_member_is_planned_some_work() -> None:
    made = of(20_000)
    assert made.work("network") > made.work("trees") > made.work("linear") > 0
    assert of(20_000, quality="fast").work("network") == 1, "one thread has no more seconds than the clock"
