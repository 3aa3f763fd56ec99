"""The whole way: from a labelled table to a model, its predictions and its evaluation."""

import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

from crossent import DataWarning, InputError, Model, Task, fit, load, read
from crossent.data import Column, Encoder
from crossent.decisions import coverage


def churn(rows: int = 400, seed: int = 0) -> pl.DataFrame:
    """A table of mixed columns, with missing values, in which about a fifth has churned."""
    random = np.random.default_rng(seed)
    months = random.integers(1, 60, rows)
    plan = random.choice(["basic", "plus", "pro"], rows, p=[0.5, 0.3, 0.2])
    spend = np.where(random.random(rows) < 0.1, np.nan, random.gamma(2.0, 20.0, rows))
    odds = -1.0 - 0.05 * months + 1.5 * (plan == "basic") + random.normal(0, 0.5, rows)
    churned = np.where(random.random(rows) < 1 / (1 + np.exp(-odds)), "yes", "no")
    frame = pl.DataFrame({"months": months, "plan": plan, "spend": spend, "churned": churned})
    return frame.with_columns(pl.col("spend").fill_nan(None))


@pytest.fixture(scope="module")
def model() -> Model:
    return fit(churn(), target="churned", members="linear")


def test_a_model_beats_always_the_majority(model: Model) -> None:
    assert model.evaluation is not None
    metrics = model.evaluation.compute()
    assert metrics.majority is not None
    assert metrics.log_loss < metrics.majority.log_loss
    assert metrics.roc_auc > 0.65


def test_a_column_without_a_name_as_pandas_writes_its_index_is_a_column_like_others(tmp_path: Path) -> None:
    churn(120).to_pandas().to_csv(tmp_path / "pandas.csv")
    rows = pl.read_csv(tmp_path / "pandas.csv")
    assert rows.columns[0] == ""
    rows.write_parquet(tmp_path / "pandas.parquet")
    for source in (rows, tmp_path / "pandas.parquet"):
        made = fit(source, target="churned", members="linear")
        assert {column.name for column in made.encoder.columns} == {"months", "plan", "spend"}
        assert made.predict(source).equals(made.predict(rows.drop("churned")))
        assert made.evaluate(source).rows == 120


def test_every_row_trains_and_every_row_judges(model: Model) -> None:
    assert model.rows == {"training": 400, "validation": 400, "test": 0}
    assert model.evaluation is not None
    assert model.evaluation.rows == 400


def test_test_rows_are_kept_away_on_request_and_then_judge() -> None:
    judged = fit(churn(), target="churned", members="linear", test_share=0.2)
    assert judged.rows == {"training": 320, "validation": 320, "test": 80}
    assert judged.evaluation is not None
    assert judged.evaluation.rows == 80


def test_what_the_encoder_knows_it_has_from_the_training_rows_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = churn(300).with_columns(row=pl.int_range(300).cast(pl.Float64) / 7)
    seen: list[pl.DataFrame] = []
    fitted = Encoder.fit

    def noted(frame: pl.DataFrame, columns: Sequence[Column]) -> Encoder:
        seen.append(frame)
        return fitted(frame, columns)

    monkeypatch.setattr(Encoder, "fit", noted)
    before = fit(rows, target="churned", members="linear", test_share=0.2)
    assert seen[0].height == before.rows["training"]
    held = ~pl.col("row").is_in(seen[0]["row"].to_list())
    changed = rows.with_columns(
        plan=pl.when(held).then(pl.lit("held out")).otherwise("plan"),
        spend=pl.when(held).then(1e6).otherwise("spend"),
    )
    assert fit(changed, target="churned", members="linear", test_share=0.2).encoder == before.encoder


@pytest.mark.parametrize("source", ["polars", "pandas", "pyarrow", "csv", "parquet"])
def test_every_source_gives_the_same_model(source: str, model: Model, tmp_path: Any) -> None:
    frame = churn()
    data: Any = {
        "polars": lambda: frame,
        "pandas": lambda: frame.to_pandas(),
        "pyarrow": lambda: frame.to_arrow(),
        "csv": lambda: frame.write_csv(tmp_path / "churn.csv") or tmp_path / "churn.csv",
        "parquet": lambda: frame.write_parquet(tmp_path / "churn.parquet") or tmp_path / "churn.parquet",
    }[source]()
    again = fit(data, target="churned", members="linear")
    assert again.metrics == model.metrics
    predictions = again.predict(frame.drop("churned"))
    assert predictions.equals(model.predict(frame))


def test_two_fits_are_equal_bit_for_bit(model: Model) -> None:
    again = fit(churn(), target="churned", members="linear")
    assert again.predict(churn()).equals(model.predict(churn()))
    assert model.metrics == again.metrics


def test_predictions_hold_a_decision_and_a_probability_of_every_class(model: Model) -> None:
    predictions = model.predict(churn(50, seed=1))
    assert predictions.columns == ["decision", "probability_no", "probability_yes"]
    assert predictions.select(total=pl.col("probability_no") + pl.col("probability_yes"))["total"].to_numpy() == (
        pytest.approx(np.ones(50))
    )
    expected = ["yes" if p >= 0.5 else "no" for p in predictions["probability_yes"]]
    assert predictions["decision"].to_list() == expected


def test_a_lower_threshold_finds_more_positives(model: Model) -> None:
    rows = churn(200, seed=2)
    found = [(model.predict(rows, threshold=t)["decision"] == "yes").sum() for t in (0.1, 0.3, 0.6)]
    assert found[0] > found[1] > found[2]


def test_the_tables_columns_are_kept_on_request_in_their_order(model: Model) -> None:
    rows = churn(20, seed=3)
    predictions = model.predict(rows, keep_columns=True)
    assert predictions.columns == [*rows.columns, "decision", "probability_no", "probability_yes"]
    assert predictions.select(rows.columns).equals(rows)


def test_a_column_that_is_called_decision_is_not_overwritten(model: Model) -> None:
    rows = churn(20, seed=3).with_columns(decision=pl.lit("mine"))
    with pytest.raises(InputError, match="the table has a column 'decision' already"):
        model.predict(rows, keep_columns=True, extra="ignore")


def test_batches_give_the_predictions_of_one_pass(model: Model, tmp_path: Any) -> None:
    rows = churn(1000, seed=4)
    parts = tmp_path / "parts"
    parts.mkdir()
    for number, part in enumerate(rows.iter_slices(300)):
        part.write_csv(parts / f"{number}.csv")
    batches = list(model.predict_batches(parts))
    assert len(batches) == 4
    assert pl.concat(batches)["decision"].equals(model.predict(rows)["decision"])


def test_what_was_never_seen_is_predicted_and_counted(model: Model) -> None:
    rows = churn(20, seed=5).with_columns(plan=pl.lit("gold"))
    with pytest.warns(DataWarning, match="plan.*20"):
        predictions = model.predict(rows)
    assert predictions["probability_yes"].is_finite().all()


def test_nothing_is_warned_of_where_all_was_seen(model: Model) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict(churn(100, seed=6))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (churn(20).drop("plan"), "plan"),
        (churn(20).with_columns(colour=pl.lit("red")), "colour"),
        (churn(20).with_columns(months=pl.lit("many")), "months"),
    ],
)
def test_a_table_of_other_columns_is_refused(model: Model, table: pl.DataFrame, message: str) -> None:
    with pytest.raises(InputError, match=message):
        model.predict(table)


def test_a_value_that_cannot_be_read_is_found_by_its_row_in_the_whole_table(model: Model, tmp_path: Path) -> None:
    for number, part in enumerate((churn(30), churn(30).with_columns(months=pl.lit("many")))):
        part.write_csv(tmp_path / f"{number}.csv")
    with pytest.raises(InputError, match="row 31 holds 'many'"):
        model.predict(tmp_path)


def test_an_extra_column_may_be_ignored(model: Model) -> None:
    rows = churn(20)
    assert model.predict(rows.with_columns(colour=pl.lit("red")), extra="ignore").equals(model.predict(rows))


def test_evaluating_a_saved_table_gives_the_figures_of_its_rows(model: Model) -> None:
    rows = churn(300, seed=7)
    metrics = model.evaluate(rows).compute()
    right = (model.predict(rows)["decision"] == rows["churned"]).sum() / 300
    assert metrics.rows == 300
    assert metrics.accuracy == pytest.approx(right)


def test_evaluating_needs_the_labels(model: Model) -> None:
    with pytest.raises(InputError, match="the table must hold the labels in column 'churned'"):
        model.evaluate(churn(20).drop("churned"))


@pytest.mark.parametrize(
    "labels", [["no", "yes"], [0, 1], [False, True], ["a", "b", "c"], [1, 2, 3]], ids=str
)  # fmt: skip
def test_labels_of_every_type_come_back_as_they_were(labels: list[Any]) -> None:
    random = np.random.default_rng(0)
    place = random.integers(len(labels), size=120)
    rows = pl.DataFrame({"x": place + random.normal(0, 0.1, 120), "y": [labels[k] for k in place]})
    trained = fit(rows, target="y", members="linear")
    assert trained.task.kind == ("binary" if len(labels) == 2 else "multiclass")
    assert (trained.predict(rows)["decision"] == rows["y"]).sum() > 108
    names = [f"probability_{label}" for label in trained.task.classes]
    assert trained.predict(rows).columns == ["decision", *names]


def test_labels_in_text_are_those_of_a_typed_column(tmp_path: Any) -> None:
    random = np.random.default_rng(0)
    rows = pl.DataFrame({"x": random.normal(size=100), "y": random.integers(0, 2, 100)})
    trained = fit(rows, target="y", members="linear")
    rows.write_csv(tmp_path / "rows.csv")
    assert trained.task == Task.binary([0, 1])
    assert trained.evaluate(tmp_path / "rows.csv").compute().accuracy == trained.evaluate(rows).compute().accuracy


def test_embeddings_come_as_an_array_or_a_tensor() -> None:
    random = np.random.default_rng(0)
    numbers = random.normal(size=(200, 8))
    frame = read(numbers).frame.with_columns(label=pl.Series(np.where(numbers[:, 0] > 0, "up", "down")))
    trained = fit(frame, target="label", members="linear")
    assert trained.predict(torch.from_numpy(numbers)).equals(trained.predict(numbers))


@pytest.mark.parametrize("weights", [{"class_weight": "balanced"}, {"pos_weight": 9.0}])
def test_class_weights_move_what_is_learned_and_not_what_a_probability_means(weights: dict[str, Any]) -> None:
    rows = churn(2000, seed=8)
    model = fit(rows, target="churned", members="linear", calibration="none", **weights)
    share = rows["churned"].to_list().count("yes") / 2000
    mean = model.predict(rows)["probability_yes"].to_numpy().mean()
    assert mean == pytest.approx(share, abs=0.02)
    assert model.blend.class_weight is not None
    biased = replace(model, blend=replace(model.blend, class_weight=None))
    assert biased.predict(rows)["probability_yes"].to_numpy().mean() > share + 0.1


def test_calibration_can_be_asked_for_and_left_out() -> None:
    rows = churn(600, seed=8)
    asked, plain = (fit(rows, target="churned", members="linear", calibration=c) for c in ("platt", "none"))
    assert asked.calibration is not None
    assert asked.calibration.method == "platt"
    assert plain.calibration is None
    assert asked.predict(rows, calibrated=False).equals(plain.predict(rows))
    assert not asked.predict(rows).equals(plain.predict(rows))
    assert asked.evaluate(rows, calibrated=False).compute().log_loss == plain.evaluate(rows).compute().log_loss


def test_the_held_out_rows_choose_a_threshold_for_a_goal_and_predict_obeys_it() -> None:
    rows = churn(2000, seed=9)
    model = fit(rows, target="churned", members="linear", threshold="recall>=0.9")
    assert model.rule.choice is not None
    assert model.rule.choice.goal == "recall>=0.9"
    assert model.rule.choice.figures["recall"] >= 0.9
    assert model.rule.choice.rows == model.rows["validation"]
    assert model.metrics["threshold"] == model.rule.threshold
    predictions = model.predict(rows)
    expected = ["yes" if p >= model.rule.threshold else "no" for p in predictions["probability_yes"]]
    assert predictions["decision"].to_list() == expected
    assert model.evaluate(rows).compute().threshold == model.rule.threshold
    assert model.predict(rows, threshold=0.5)["decision"].to_list() != expected


def test_what_a_fit_warns_of_is_shown_where_fit_is_called() -> None:
    rows = churn(120)
    with pytest.warns(DataWarning, match="decides at 0.5$") as seen:
        fit(rows, target="churned", members="linear", threshold="precision>=1")
    with pytest.warns(DataWarning, match="copies|equal") as copied:
        fit(pl.concat([rows, rows]), target="churned", members="linear")
    assert {warning.filename for warning in (*seen, *copied)} == {__file__}


def test_costs_decide_by_least_expected_cost() -> None:
    rows = churn(400, seed=10)
    model = fit(rows, target="churned", members="linear", costs={("yes", "no"): 4, ("no", "yes"): 1})
    assert model.rule.threshold == 0.2
    three = rows.with_columns(churned=pl.Series(["a", "b", "c", "a"] * 100))
    model = fit(three, target="churned", members="linear", costs=[[0, 1, 1], [1, 0, 1], [90, 90, 0]])
    assert set(model.predict(three)["decision"]) == {"c"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"threshold": "f7"}, "a threshold's goal must be metric:NAME"),
        ({"threshold": 2.0}, r"threshold must be from 0 to 1; got 2\.0"),
        ({"threshold": "metric:f1", "costs": [[0, 1], [1, 0]]}, "give a goal for the threshold or costs"),
        ({"costs": [[1, 0], [0, 1]]}, "a wrong decision must cost more than the right one"),
        ({"calibration": "best"}, "calibration must be one of 'auto', 'none', 'temperature'"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_before_the_work(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        fit(churn(50), target="churned", quality="best", **options)


def test_unlabelled_rows_are_refused_or_left_out_on_request() -> None:
    rows = churn(100).with_columns(
        churned=pl.when(pl.int_range(100) < 7).then(None).otherwise(pl.col("churned"))
    )  # fmt: skip
    with pytest.raises(InputError, match="column 'churned' has no label in 7 of 100 rows"):
        fit(rows, target="churned")
    assert fit(rows, target="churned", drop_unlabelled=True, members="linear").rows["training"] == 93


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "churn"}, "churned"),
        ({"epoch": 5}, "there is no option 'epoch': did you mean 'epochs'?"),
        ({"epochs": 0}, "epochs must be a whole number from 1 to 1,000,000; got 0"),
        ({"members": "forest"}, "members must be one of 'network', 'trees', 'linear'; got 'forest'"),
        ({"members": ()}, "members must name at least one of network, trees, linear; got none"),
        ({"quality": "good"}, "quality must be one of 'fast', 'default', 'best'; got 'good'"),
        ({"time_limit": 0}, "time_limit must be a number above 0; got 0"),
        ({"folds": 1}, "folds must be a whole number from 2 to 100; got 1"),
        ({"pos_weight": -1.0}, "pos_weight must be a number above 0; got -1.0"),
        ({"pos_weight": 2.0, "class_weight": "balanced"}, "both weigh the positive class; give one of them"),
        ({"class_weight": "equal"}, "class_weight must be one of None, 'balanced'; got 'equal'"),
        ({"test_share": 1.0}, "test_share must be a number from 0 to below 1; got 1.0"),
        ({"seed": -1}, "seed must be a whole number from 0 to 9,223,372,036,854,775,807; got -1"),
        ({"seed": 10**20}, "seed must be a whole number from 0 to 9,223,372,036,854,775,807; got 1"),
        ({"time_limit": "x"}, "time_limit must be a number above 0; got 'x'"),
        ({"group": "churned"}, "the target 'churned' cannot be the weight, group, time or fold of a row as well"),
        ({"group": "plan", "time": "months"}, "the rows are split in one way; got group 'plan' and time 'months'"),
        ({"weight": "plan"}, "weights must be numbers from 0 to 2^31; column 'plan' holds String"),
        ({"weight": "spend"}, "weights must be numbers from 0 to 2^31; column 'spend' is missing in row"),
        ({"ordered": True, "target": "plan"}, "ordered classes must be numbers, or be named from low to high"),
        ({"kinds": {"nope": "category"}}, "nope"),
        ({"classes": ["no", "maybe"]}, "labels must be among the classes ['no', 'maybe']; got 'yes'"),
        ({"target": 3}, "target must be the name of a column; got 3"),
        ({"device": "tpu"}, "device must be 'auto', 'cpu' or 'cuda'; got 'tpu'"),
        ({"positive": "maybe"}, "positive must be one of the classes ['no', 'yes']; got 'maybe'"),
    ],
)
def test_an_option_that_cannot_be_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        fit(churn(60), **dict[str, Any]({"target": "churned"} | options))
    assert message in str(error.value)


@pytest.mark.parametrize(("labels", "positive"), [([0, 1], "0"), ([0, 1], 0), ([False, True], "false"), ([1, 2], "1")])
def test_the_positive_class_may_come_as_text(labels: list[Any], positive: Any) -> None:
    rows = pl.DataFrame({"x": range(40), "y": labels * 20}).with_columns(x=pl.col("x") / 7)
    assert fit(rows, target="y", positive=positive, members="linear").task.positive == labels[0]


@pytest.mark.parametrize(
    ("labels", "classes", "kind"),
    [
        (["NA", "EU"], ["EU", "NA"], "binary"),
        (["a", "A", "b"], ["a", "b", "A"], "multiclass"),
        ([1, 2, 2], ["1", "2", "3"], "multiclass"),
    ],
)
def test_classes_may_be_named_where_they_cannot_be_inferred(labels: list[Any], classes: list[Any], kind: str) -> None:
    rows = pl.DataFrame({"x": [i / 7 for i in range(60)], "y": (labels * 60)[:60]})
    if kind == "binary" or "A" in classes:
        with pytest.raises(InputError, match="name all classes"):
            fit(rows, target="y")
    task = fit(rows, target="y", classes=classes, members="linear").task
    assert task.kind == kind
    assert [str(name) for name in task.classes] == classes


def test_a_class_called_none_is_positive_only_when_asked_for() -> None:
    rows = pl.DataFrame({"x": [i / 7 for i in range(40)], "y": ["none", "damage"] * 20})
    assert fit(rows, target="y", classes=["none", "damage"], members="linear").task.positive == "damage"
    assert fit(rows, target="y", classes=["none", "damage"], positive="none", members="linear").task.positive == "none"


def test_kinds_are_refused_for_a_table_that_has_been_read() -> None:
    with pytest.raises(InputError) as error:
        fit(read(churn(60)), target="churned", kinds={"plan": "text"})
    assert str(error.value) == "kinds are for a table that is yet to be read; give them to crossent.read"


def test_a_table_of_labels_alone_is_refused() -> None:
    with pytest.raises(InputError) as error:
        fit({"y": ["a", "b"] * 20}, target="y")
    assert str(error.value) == "the table must hold a column to learn from; 'y', the labels, is the only one"


def test_a_missing_label_is_found_by_its_row_in_the_whole_table(model: Model, tmp_path: Path) -> None:
    for number, part in enumerate((churn(30), churn(30).with_columns(churned=pl.lit(None, dtype=pl.String)))):
        part.write_parquet(tmp_path / f"{number}.parquet")
    with pytest.raises(InputError) as error:
        model.evaluate(tmp_path)
    assert str(error.value) == "labels must not be missing; row 31 has none in column 'churned'"


def test_a_target_of_one_class_is_refused() -> None:
    with pytest.raises(InputError, match="labels must hold at least two classes; all 60 are 'yes'"):
        fit(churn(60).with_columns(churned=pl.lit("yes")), target="churned")


def test_a_pandas_frame_with_categories_and_missing_values_will_do() -> None:
    frame = churn(120).to_pandas()
    frame["plan"] = pd.Categorical(frame["plan"])
    assert fit(frame, target="churned", members="linear").predict(frame).height == 120


def test_a_guaranteed_limit_is_proven_on_rows_that_did_nothing_else() -> None:
    table = churn(2000)
    plain = fit(table, target="churned", members="linear", threshold="recall>=0.7")
    sure = fit(table, target="churned", members="linear", threshold="recall>=0.7", confidence=0.95)
    assert sure.rows == {"training": 1600, "validation": 1600, "threshold": 400, "test": 0}
    assert plain.rule.choice is not None
    assert sure.rule.choice is not None
    assert (plain.rule.choice.confidence, sure.rule.choice.confidence) == (None, 0.95)
    assert sure.rule.choice.rows == 400
    assert sure.rule.choice.figures["recall"] > 0.7


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"confidence": 0.9},
            "confidence is for a threshold that a goal with a limit chooses, such as recall>=0.9",
        ),
        (
            {"threshold": "metric:f1", "confidence": 0.9},
            "confidence must be between 0 and 1, and for a goal with a limit; got 0.9 for metric:f1",
        ),
        ({"abstain_below": 1.5}, "abstain_below must be from 0 to 1; got 1.5"),
        ({"threshold": "recall>=0.9", "abstain_below": -1}, "abstain_below must be from 0 to 1; got -1"),
    ],
)
def test_a_guarantee_or_an_abstention_that_cannot_be_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        fit(churn(60), target="churned", **options)
    assert str(error.value) == message


def test_rows_left_undecided_are_counted_as_predict_leaves_them(tmp_path: Path) -> None:
    fit(churn(), target="churned", members="linear", abstain_below=0.8).save(tmp_path / "model")
    model, fresh = load(tmp_path / "model"), churn(300, seed=1)
    decided = model.predict(fresh)["decision"]
    found = coverage(model.evaluate(fresh))
    assert 0 < decided.null_count() < 300
    assert found.coverage == pytest.approx(1 - decided.null_count() / 300)
    wrong = (decided != fresh["churned"]).drop_nulls().sum()
    assert found.risk == pytest.approx(wrong / (300 - decided.null_count()))


def test_of_several_classes_the_decisions_judged_are_those_of_predict() -> None:
    costs = {("basic", "pro"): 1, ("plus", "pro"): 1, ("pro", "basic"): 20, ("pro", "plus"): 20, ("plus", "basic"): 5}
    model = fit(churn(), target="plan", members="linear", costs=costs)
    fresh = churn(300, seed=1)
    decided = model.predict(fresh)["decision"]
    plain = fit(churn(), target="plan", members="linear")
    assert (decided != plain.predict(fresh)["decision"]).any()
    metrics = model.evaluate(fresh).compute()
    assert metrics.accuracy == pytest.approx((decided == fresh["plan"]).mean())
    assert metrics.log_loss == plain.evaluate(fresh).compute().log_loss


def test_a_member_of_a_large_table_whose_turn_comes_when_the_time_is_up_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("crossent.classifier._learn._FEW_ROWS", 100)

    def at_once(*_: object, **__: object) -> tuple[float, float]:
        return 0.0, 0.0

    monkeypatch.setattr("crossent.classifier._fit.deadlines", at_once)
    with pytest.warns(
        DataWarning, match=r"^the member (network|trees) \d is left out: no time was left for it$"
    ) as seen:
        made = fit(churn(), target="churned", members=("network", "trees", "linear"), quality="fast")
    assert {warning.filename for warning in seen} == {__file__}
    assert [part.name.split()[0] for part in made.blend.parts] == ["network", "linear", "class"]


def test_a_split_by_time_ends_in_a_training_on_all_rows_however_little_time_is_left() -> None:
    rows = churn().with_row_index("day")
    made = fit(rows, target="churned", time="day", members=("trees", "linear"), time_limit=0.01, folds=2)
    assert made.predict(rows)["probability_yes"].is_finite().all()


def test_a_calibrator_of_a_table_with_a_rhythm_is_fitted_on_rows_drawn_by_chance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("crossent.classifier._judged._ENOUGH_ROWS", 100)
    draw = np.random.default_rng(0)
    table = pl.DataFrame({"x": draw.normal(size=400), "y": ["no", "yes"] * 200})
    model = fit(table, target="y", members="linear", calibration="platt")
    assert model.predict(table)["probability_yes"].to_numpy().mean() == pytest.approx(0.5, abs=0.12)
