"""Planted weaknesses are found and named; pure noise is not."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from crossent import InputError, Task, evaluate, read
from crossent.evaluation import row_losses
from crossent.inspection import WeakSlices, weak_slices


def some(rows: int, seed: int) -> pl.DataFrame:
    draw = np.random.default_rng(seed)
    numbers = {f"number{place}": draw.normal(size=rows) for place in range(4)}
    categories = {f"category{place}": draw.choice(list("abcde"[: 2 + place]), rows) for place in range(4)}
    return pl.DataFrame(numbers | categories)


def losses_of_a_perfect_model(rows: int, seed: int) -> np.ndarray:
    """Log losses under the true probabilities: skewed, as losses are, and the same in every slice."""
    draw = np.random.default_rng(seed + 10_000)
    logits = 3 * draw.normal(size=rows) - 2
    happened = draw.random(rows) < 1 / (1 + np.exp(-logits))
    return np.logaddexp(0, -(2 * happened - 1) * logits)


def words(found: WeakSlices) -> list[str]:
    return [each.words for each in found.slices]


@pytest.mark.parametrize("seed", range(4))
def test_planted_weaknesses_are_found_and_nothing_else(seed: int) -> None:
    frame, draw = some(10_000, seed), np.random.default_rng(seed)
    crossing = frame.select((pl.col("category0") == "a") & (pl.col("number1") > 0.85)).to_series().to_numpy()
    alone = (frame["category3"] == "b").to_numpy()
    losses = losses_of_a_perfect_model(10_000, seed)
    losses = losses + draw.exponential(np.where(crossing, 0.8, 1e-9)) + draw.exponential(np.where(alone, 0.3, 1e-9))
    found = weak_slices(frame, losses)
    assert len(found.slices) == 2
    first, second = found.slices
    assert first.words.startswith("number1 > 0.8")
    assert first.words.endswith(" and category0 = a")
    assert second.words == "category3 = b"


@pytest.mark.parametrize("seed", range(3))
def test_what_two_weak_columns_add_up_to_is_listed_only_beyond_chance(seed: int) -> None:
    """Where only one column matters, its crossings with others are all as weak as it is, and none is listed."""
    frame, draw = some(8_000, seed), np.random.default_rng(seed)
    losses = draw.exponential(np.where((frame["category2"] == "c").to_numpy(), 1.0, 0.5))
    assert words(weak_slices(frame, losses)) == ["category2 = c"]


def test_of_two_columns_that_say_the_same_one_is_listed() -> None:
    frame = some(5_000, 0)
    frame = frame.with_columns(copy=pl.col("category1").replace({"a": "x", "b": "y", "c": "z"}))
    losses = np.random.default_rng(0).exponential(np.where((frame["category1"] == "a").to_numpy(), 1.0, 0.5))
    assert words(weak_slices(frame, losses)) == ["category1 = a"]


def test_noise_is_seldom_taken_for_a_weakness() -> None:
    """Of 20 tables without one, at most 5 % should list any: 4 or more would come once in 60 such runs."""
    listed = [bool(weak_slices(some(1_000, seed), losses_of_a_perfect_model(1_000, seed)).slices) for seed in range(20)]
    assert sum(listed) < 4


def test_a_few_rows_that_agree_prove_nothing() -> None:
    """Errors are 0 or 1: where all of a small slice are wrong its own variance is 0."""
    draw = np.random.default_rng(1)
    wrong = (draw.random(3_000) < 0.85).astype(float)
    code = np.where(np.arange(3_000) < 12, "rare", "common")
    wrong[:12] = 1.0
    assert words(weak_slices({"code": code}, wrong, least_rows=10)) == []


def test_the_expression_chooses_the_rows_and_the_figures_are_of_them() -> None:
    frame, draw = some(6_000, 2), np.random.default_rng(2)
    frame = frame.with_columns(
        pl.when(pl.Series(draw.random(6_000) < 0.2)).then(None).otherwise(pl.col("number0")).alias("number0"),
        day=pl.Series([dt.date(2024, 1, 1) + dt.timedelta(days=int(days)) for days in draw.integers(0, 300, 6_000)]),
        member=pl.Series(draw.random(6_000) < 0.3),
        children=pl.Series(draw.integers(0, 4, 6_000)),
    )
    table = read(frame)
    weak = {
        "number0 is missing": pl.col("number0").is_null(),
        "children = 3": pl.col("children") == 3,
        "member = true": pl.col("member"),
        "day > 2024-08-27": pl.col("day") > dt.date(2024, 8, 27),
    }
    for expected, where in weak.items():
        planted = table.frame.select(where.alias("weak"))["weak"].to_numpy()
        losses = draw.exponential(np.where(planted, 1.0, 0.4))
        (found,) = weak_slices(table, losses, columns=["number0", "children", "member", "day"]).slices
        mine = table.frame.with_columns(loss=losses, mine=found.where)
        inside, outside = (mine.filter(pl.col("mine") == side)["loss"] for side in (True, False))
        assert found.words.split(" >")[0] == expected.split(" >")[0]
        assert found.rows == len(inside)
        assert (found.inside, found.outside) == pytest.approx((inside.mean(), outside.mean()), rel=1e-9)
        assert found.low < found.inside - found.outside < found.high
        assert mine["mine"].null_count() == 0


def test_rows_of_each_loss() -> None:
    task = Task.multiclass(["a", "b", "c"], ignored="?")
    labels = ["a", "b", "?", "c"]
    probabilities = [[0.5, 0.3, 0.2], [0.6, 0.3, 0.1], [0.2, 0.2, 0.6], [0.1, 0.1, 0.8]]
    metrics = evaluate(task, labels, probabilities=probabilities).compute()
    for name, mean in (("log_loss", metrics.log_loss), ("brier", metrics.brier), ("error", 1 - metrics.accuracy)):
        losses = row_losses(task, labels, probabilities=probabilities, loss=name)
        assert losses.isnan().tolist() == [False, False, True, False]
        assert losses.nanmean().item() == pytest.approx(mean, abs=1e-12)
    several = Task.multilabel(["x", "y"])
    wrong = row_losses(several, [["x"], ["x", "y"]], logits=[[1.0, 1.0], [1.0, 2.0]], loss="error")
    assert wrong.tolist() == [1, 0]


def test_rows_without_a_loss_take_no_part() -> None:
    frame, losses = some(2_000, 3), losses_of_a_perfect_model(2_000, 3)
    losses[::2] = np.nan
    found = weak_slices(frame, losses)
    assert found.rows == 1000
    assert found.mean == pytest.approx(np.nanmean(losses))
    assert found.to_frame().columns == ["slice", "rows", "share", "inside", "outside", "low", "high", "p_value"]


def test_crossings_are_searched_only_if_asked() -> None:
    frame = some(2_000, 4)
    losses = losses_of_a_perfect_model(2_000, 4)
    single, both = weak_slices(frame, losses, crossed=False), weak_slices(frame, losses)
    assert single.searched == 4 * 5 + 2 + 3 + 4 + 5
    assert both.searched > 10 * single.searched


def test_mistakes_are_named() -> None:
    frame = some(100, 5)
    with pytest.raises(InputError, match=r"^losses must be 100 numbers, one a row; got float64 of shape \(99,\)$"):
        weak_slices(frame, np.zeros(99))
    with pytest.raises(InputError, match=r"^losses must be finite; 1 of 100 are infinite$"):
        weak_slices(frame, np.append(np.zeros(99), np.inf))
    with pytest.raises(InputError, match=r"^alpha must be between 0 and 1; got 5$"):
        weak_slices(frame, np.zeros(100), alpha=5)
    with pytest.raises(InputError, match=r"^bins and least_rows must be at least 2; got 1 and 50$"):
        weak_slices(frame, np.zeros(100), bins=1)
    with pytest.raises(InputError, match=r"^slices are looked for among rows with a loss; got 0$"):
        weak_slices(frame, np.full(100, np.nan))
    with pytest.raises(InputError, match=r"^loss must be 'log_loss', 'brier', .* or 'error'; got 'hinge'$"):
        row_losses(Task.binary(["a", "b"]), ["a"], logits=[0.0], loss="hinge")  # type: ignore[arg-type]
