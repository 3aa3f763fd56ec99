"""Partial dependence: what the model says if every row had the same value in one column."""

from collections.abc import Callable
from datetime import datetime, timedelta

import polars as pl
import pytest
import torch
from torch import Tensor

from crossent import Model, explain
from crossent.data import Features

Known = Callable[[pl.DataFrame, Callable[[Features], Tensor], list[str]], Model]


def by_x(rows: Features) -> Tensor:
    return rows.numbers[:, 0]


def by_x_and_flag(rows: Features) -> Tensor:
    return rows.numbers[:, 0] + 2 * rows.numbers[:, 2]


def by_gaps(rows: Features) -> Tensor:
    return rows.numbers[:, 3]


def by_town(rows: Features) -> Tensor:
    return torch.nn.functional.one_hot(rows.codes[:, 0].long() - 3, 3) * 4.0


def test_a_flag_gives_the_mean_of_what_it_makes_of_every_row(known: Known, frame: pl.DataFrame) -> None:
    model = known(frame, by_x_and_flag, ["no", "yes"])
    found = explain(model, frame, columns=["flag"], rows=600).dependence
    x = model.encoder.encode(frame.drop("label")).numbers[::2, 0].double()  # 300 of the rows
    for value, sign in (("true", 1), ("false", -1)):
        of = found.filter(pl.col("value") == value, pl.col("class") == "yes").row(0, named=True)
        curve = (x + 2 * sign).sigmoid()
        assert of["probability"] == pytest.approx(float(curve.mean()))
        assert of["low"] == pytest.approx(float(curve.quantile(0.1)))
        assert of["share"] == pytest.approx(frame["flag"].value_counts(normalize=True).filter(
            flag=value == "true")["proportion"][0])  # fmt: skip


def test_numbers_are_asked_at_quantiles_from_least_to_greatest_and_missing_besides(
    known: Known, frame: pl.DataFrame
) -> None:
    model = known(frame, by_gaps, ["no", "yes"])
    found = explain(model, frame, columns=["gaps"], rows=600).dependence.filter(pl.col("class") == "yes")
    numbers = found["number"].drop_nulls()
    assert len(numbers) == 20
    assert (numbers[0], numbers[-1]) == (frame["gaps"].min(), frame["gaps"].max())
    assert found["probability"].head(20).is_sorted()
    missing = found.row(-1, named=True)
    assert (missing["value"], missing["share"]) == ("missing", 0.25)
    assert missing["probability"] == pytest.approx(0.5)


def test_categories_stand_with_the_commonest_first_and_every_class_has_its_rows(known: Known) -> None:
    frame = pl.DataFrame({"town": ["Rome"] * 50 + ["Oslo"] * 30 + ["Lima"] * 20, "n": range(0, 200, 2)})
    model = known(frame, by_town, ["a", "b", "c"])
    found = explain(model, frame, columns=["town"]).dependence
    assert found["value"].unique(maintain_order=True).to_list() == ["Rome", "Oslo", "Lima"]
    assert found["class"].head(3).to_list() == ["a", "b", "c"]
    sums = found.group_by("value").agg(pl.col("probability").sum())["probability"]
    assert sums.to_list() == pytest.approx([1, 1, 1])


def test_dates_are_named_as_such_and_texts_are_left_out(known: Known) -> None:
    days = [datetime(2025, 1, 1) + timedelta(days=place) for place in range(60)]
    words = [f"a review of thing {place} that was good" for place in range(60)]
    frame = pl.DataFrame({"when": days, "review": words})
    found = explain(known(frame, by_x, ["no", "yes"]), frame)
    assert found.dates == ("when",)
    assert found.dependence["column"].unique().to_list() == ["when"]
    assert found.dependence.row(0)[1:3] == ("2025-01-01", 1735689600000.0)


def test_everything_can_be_json(known: Known, frame: pl.DataFrame) -> None:
    import json

    found = explain(known(frame, by_x, ["no", "yes"]), frame)
    record = json.loads(json.dumps(found.to_dict()))
    assert record["importance"][0]["column"] == "x"
    assert record["of_rows"] == 600
