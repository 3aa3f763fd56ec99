"""What a model goes by on the rows that judged it, each by the copies that have not seen it."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from crossent import InputError, Model, explain, fit, load


def churn(rows: int = 240, seed: int = 1) -> pl.DataFrame:
    """Months decide, by chance; the number says nothing, and is another for each row."""
    draw = np.random.default_rng(seed)
    months, number = draw.integers(1, 60, rows), draw.normal(size=rows)
    churned = np.where(draw.random(rows) < 1 / (1 + np.exp(months / 4 - 8)), "yes", "no")
    return pl.DataFrame({"months": months, "number": number, "churned": churned})


@pytest.fixture(scope="module")
def model() -> Model:
    return fit(churn(), target="churned", members="trees")


def test_what_a_model_remembers_of_a_row_does_not_count(model: Model) -> None:
    intervals: dict[bool, tuple[float, float]] = {}
    for held_out in (False, True):
        found = explain(model, churn(), held_out=held_out, columns=[]).importance
        assert found is not None
        assert found["column"][0] == "months"
        intervals[held_out] = found.filter(pl.col("column") == "number").select("low", "high").row(0)
    assert intervals[False][0] > 0  # the trees have cut the rows apart by it
    assert intervals[True][0] < 0 < intervals[True][1]


def test_the_rows_are_judged_as_they_were_when_the_model_was(model: Model) -> None:
    """But for the weights and the calibrator, which for the model's own figures are chosen without a row."""
    found = explain(model, churn(), held_out=True, columns=[])
    assert found.held_out
    assert found.rows == found.total == 240
    assert found.before == pytest.approx(model.metrics["log_loss"], rel=0.05)


def test_rows_that_are_drawn_are_judged_by_the_copies_that_have_not_seen_them(model: Model) -> None:
    found = explain(model, churn(), held_out=True, rows=60, columns=[])
    assert (found.rows, found.total) == (60, 240)
    assert model.judged is not None
    assert model.judged.splits is not None
    drawn = model.judged.rows[torch.arange(0, 240, 7)]
    taken = model.judged.taken(torch.arange(0, 240, 7))
    features = model.encoder.encode(churn(), known=["churned"])
    every = model.held_out_logits(features[model.judged.rows], model.judged)
    assert torch.equal(model.held_out_logits(features[drawn], taken), every[::7])


def test_rows_kept_away_are_judged_by_the_whole_model() -> None:
    table = churn()
    model = fit(table, target="churned", members="linear", test_share=0.25)
    assert model.judged is not None
    found = explain(model, table, held_out=True, columns=[])
    assert not found.held_out
    assert found.rows == 60
    assert found.before == pytest.approx(model.metrics["log_loss"])


def test_of_splits_by_time_the_copies_before_the_last_training_judge() -> None:
    table = churn().with_row_index("day")
    model = fit(table, target="churned", members="linear", time="day", folds=3)
    found = explain(model, table, held_out=True, columns=[])
    assert found.held_out
    assert found.rows == model.rows["validation"]
    assert model.judged is not None
    trained_on = explain(model, table[model.judged.rows.numpy()], columns=[])
    assert found.before is not None
    assert trained_on.before is not None
    assert found.before > 1.02 * trained_on.before


def test_mistakes_are_named(model: Model, tmp_path: Path) -> None:
    model.save(tmp_path / "model")
    with pytest.raises(InputError, match=r"this one was loaded: give it new rows$"):
        explain(load(tmp_path / "model"), churn(), held_out=True)
    with pytest.raises(InputError, match=r"takes the table that the model was fitted on; this one is another$"):
        explain(model, churn().head(100), held_out=True)
    with pytest.raises(InputError, match=r"fitted on; the labels of this one are others$"):
        explain(model, churn().reverse(), held_out=True)
