"""Permutation importance by the columns of the table."""

import math
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
import torch
from torch import Tensor

from crossent import InputError, Model, explain
from crossent.data import Features

Known = Callable[[pl.DataFrame, Callable[[Features], Tensor], list[str]], Model]


def by_x(rows: Features) -> Tensor:
    return 3 * rows.numbers[:, 0]


def by_gaps(rows: Features) -> Tensor:
    return rows.numbers[:, 3]


def test_a_column_that_the_model_does_not_use_has_no_importance_at_all(known: Known, frame: pl.DataFrame) -> None:
    found = explain(known(frame, by_x, ["no", "yes"]), frame).importance
    assert found is not None
    assert found.row(0, named=True)["column"] == "x"
    assert found.filter(pl.col("column") == "noise").row(0)[1:] == (0.0, 0.0, 0.0)
    assert found["importance"].is_sorted(descending=True)


def test_the_importance_is_the_increase_of_the_loss_when_rows_take_the_values_of_others(
    known: Known, frame: pl.DataFrame
) -> None:
    model = known(frame, by_x, ["no", "yes"])
    found = explain(model, frame, rows=600, repeats=40)
    x = model.encoder.encode(frame.drop("label")).numbers[:, 0].double()
    labels = torch.tensor((frame["label"] == "yes").to_numpy())
    signs = torch.where(labels, 1.0, -1.0).double()
    losses = torch.nn.functional.softplus(-3 * signs[:, None] * x[None, :])  # of row i with the value of row j
    expected = float(losses.mean() - losses.diagonal().mean())
    assert found.importance is not None
    assert found.before == pytest.approx(float(losses.diagonal().mean()))
    column, mean, low, high = found.importance.row(0)
    assert column == "x"
    assert mean == pytest.approx(expected, rel=0.02)
    assert low < expected < high


def test_all_that_a_column_became_is_shuffled_together(known: Known, frame: pl.DataFrame) -> None:
    # Of "gaps", one number says the value and one that it is missing; where both are from one row, they agree.
    model = known(frame, by_gaps, ["no", "yes"])
    value, missing = [place for place, part in enumerate(model.encoder.layout.numbers) if part.column == "gaps"]
    seen: list[Tensor] = []

    def watched(rows: Features) -> Tensor:
        seen.append(rows.numbers)
        return rows.numbers[:, 0]

    watching = known(frame, watched, ["no", "yes"])
    explain(watching, frame, columns=[])
    assert all((numbers[numbers[:, missing] == 1, value] == 0).all() for numbers in seen)
    assert any((numbers[:, missing] != seen[0][:, missing]).any() for numbers in seen[1:])


def test_the_same_seed_gives_the_same_figures_and_another_seed_others(known: Known, frame: pl.DataFrame) -> None:
    model = known(frame, by_x, ["no", "yes"])
    first, again, other = (explain(model, frame, seed=seed).importance for seed in (1, 1, 2))
    assert first is not None
    assert again is not None
    assert other is not None
    assert first.equals(again)
    assert not first.equals(other)


def test_the_loss_may_be_the_share_of_wrong_decisions(known: Known, frame: pl.DataFrame) -> None:
    found = explain(known(frame, by_x, ["no", "yes"]), frame,
                    loss="error", rows=600, repeats=20)  # fmt: skip
    assert found.importance is not None
    assert found.before is not None
    assert found.before < 0.03
    assert found.importance.row(0)[1] == pytest.approx(0.5, abs=0.05)  # then no better than a coin


def test_rows_are_drawn_from_a_large_table_and_those_without_a_label_are_not(known: Known, frame: pl.DataFrame) -> None:
    gone = frame.with_columns(label=pl.when(pl.int_range(600) < 500).then("label"))
    found = explain(known(frame, by_x, ["no", "yes"]), gone, rows=200)
    assert (found.rows, found.total) == (200, 500)


def test_without_labels_there_is_no_importance_and_the_rest_is_there(known: Known, frame: pl.DataFrame) -> None:
    found = explain(known(frame, by_x, ["no", "yes"]), frame.drop("label"))
    assert found.importance is None
    assert found.before is None
    assert found.dependence["column"].n_unique() == 5


def test_one_row_has_no_interval(known: Known, frame: pl.DataFrame) -> None:
    found = explain(known(frame, by_x, ["no", "yes"]), frame.head(1)).importance
    assert found is not None
    assert math.isnan(found["low"][0])


def test_rows_and_repeats_shrink_where_they_would_be_too_many_predictions(known: Known) -> None:
    draw = np.random.default_rng(0)
    for columns, rows, repeats in ((300, 666, 1), (50, 900, 4)):
        wide = pl.DataFrame({f"c{place}": draw.normal(size=900) for place in range(columns)})
        wide = wide.with_columns(label=pl.Series(["no", "yes"] * 450))
        found = explain(known(wide, by_x, ["no", "yes"]), wide, columns=[])
        assert (found.rows, found.repeats) == (rows, repeats)


def test_mistakes_are_named(known: Known, frame: pl.DataFrame) -> None:
    model = known(frame, by_x, ["no", "yes"])
    with pytest.raises(InputError, match=r"^loss must be one of log_loss, brier, ranked_probability_score, error; got 'auc'$"):
        explain(model, frame, loss="auc")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"^rows must be a whole number from 1 on; got 0$"):
        explain(model, frame, rows=0)
    with pytest.raises(InputError, match=r"^there is no column 'y' that the model learned from; there are x, noise, "):
        explain(model, frame, columns=["y"])
    with pytest.raises(InputError, match="the table has none with a label in 'label'"):
        explain(model, frame.with_columns(label=pl.lit(None, dtype=pl.String)))
