"""crossent compare, as a user calls it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner, Result

import crossent
from crossent.cli._main import app

RUNNER = CliRunner()


def run(*arguments: Any) -> Result:
    return RUNNER.invoke(app, ["compare", *map(str, arguments)])


def scored(rows: int = 600) -> pl.DataFrame:
    draw = np.random.default_rng(0)
    churned = draw.random(rows) < 0.4
    old = 1 / (1 + np.exp(-draw.normal(size=rows) - churned))
    new = 1 / (1 + np.exp(-draw.normal(size=rows) * 0.5 - 2 * churned + 0.8))
    names = np.where(churned, "yes", "no")
    return pl.DataFrame({"customer": np.arange(rows), "churned": names, "old": old, "new": new})


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compare")
    table = scored()
    table.write_csv(folder / "both.csv")
    table.select("customer", "churned", probability_yes="old").write_csv(folder / "old.csv")
    shuffled = table.select("customer", "churned", probability_yes="new").sample(fraction=1.0, shuffle=True, seed=1)
    shuffled.write_csv(folder / "new.csv")
    return folder


def figures(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    (comparison,) = json.loads(result.stdout)["comparisons"]
    return comparison["figures"]


def test_two_columns_of_one_table_and_two_tables_joined_say_the_same(place: Path) -> None:
    columns = run(place / "both.csv", "--label", "churned", "--a", "old", "--b", "new", "--positive", "yes", "--json")
    tables = run(
        place / "old.csv", place / "new.csv", "--label", "churned", "--probability", "probability_yes",
        "--id", "customer", "--json",
    )  # fmt: skip
    table, task = scored(), crossent.Task.binary(["no", "yes"])
    expected = crossent.compare(
        task, table["churned"], probabilities_a=table["old"], probabilities_b=table["new"]
    ).differences()
    for found in (figures(columns), figures(tables)):
        assert [each["figure"] for each in found] == [each.name for each in expected]
        for mine, each in zip(found, expected, strict=True):
            assert mine["difference"] == pytest.approx(each.difference, abs=1e-12)
            assert (mine["low"], mine["high"]) == pytest.approx((each.low, each.high), abs=1e-9)


def test_the_report_has_both_models(place: Path) -> None:
    result = run(
        place / "both.csv", "--label", "churned", "--a", "old", "--b", "new", "--positive", "yes",
        "--report", place / "both.html", "--quiet",
    )  # fmt: skip
    assert (result.exit_code, result.stdout) == (0, "")
    assert "<h2>new against old</h2>" in (place / "both.html").read_text()


def test_it_says_in_words_which_is_better(place: Path) -> None:
    result = run(place / "both.csv", "--label", "churned", "--a", "old", "--b", "new", "--positive", "yes")
    assert result.exit_code == 0
    assert "on 600 rows" in result.stdout
    assert "new is better: log loss " in result.stdout
    assert "95 % interval" in result.stdout


def test_a_third_model_is_compared_with_the_first(place: Path) -> None:
    pl.read_csv(place / "both.csv").with_columns(newest=pl.col("new") * 0.9).write_csv(place / "three.csv")
    result = run(
        place / "three.csv", "--label", "churned", "--a", "old", "--b", "new", "--b", "newest", "--positive", "yes",
        "--json",
    )  # fmt: skip
    pairs = [(each["a"], each["b"]) for each in json.loads(result.stdout)["comparisons"]]
    assert pairs == [("old", "new"), ("old", "newest")]


def test_two_models_on_one_table(place: Path) -> None:
    draw = np.random.default_rng(1)
    months = draw.integers(1, 60, 400)
    churned = np.where(draw.random(400) < 1 / (1 + np.exp(months / 12 - 2)), "yes", "no")
    table = pl.DataFrame({"months": months, "noise": draw.normal(size=400), "churned": churned})
    table.write_csv(place / "table.csv")
    crossent.fit(table.drop("months"), target="churned", members="linear").save(place / "weak")
    crossent.fit(table, target="churned", members="linear", threshold=0.3).save(place / "strong")
    result = run(place / "weak", place / "strong", "--data", place / "table.csv", "--ignore-extra", "--json")
    (comparison,) = json.loads(result.stdout)["comparisons"]
    assert (comparison["a"], comparison["b"], comparison["rows"]) == ("weak", "strong", 400)
    assert comparison["threshold"] == {"a": 0.5, "b": 0.3}
    found = {each["figure"]: each for each in comparison["figures"]}
    for name in ("log_loss", "accuracy"):
        for side, model in (("a", "weak"), ("b", "strong")):
            alone = crossent.load(place / model).evaluate(str(place / "table.csv"), extra="ignore").compute()
            assert found[name][side] == pytest.approx(getattr(alone, name), abs=1e-12)
    assert found["roc_auc"]["better"] == "b"


def failed(*arguments: Any) -> str:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    return result.stderr.removeprefix("error: ").strip()


def test_tables_of_other_rows_are_refused(place: Path) -> None:
    options = ("--label", "churned", "--probability", "probability_yes")
    assert failed(place / "old.csv", place / "new.csv", *options).startswith(
        "both tables must have the same labels; row "
    )
    assert failed(place / "old.csv", place / "new.csv", *options).endswith(
        " rows differ): if the order of rows differs, name a column that tells them apart with --id"
    )
    pl.read_csv(place / "new.csv").head(500).write_csv(place / "fewer.csv")
    assert failed(place / "old.csv", place / "fewer.csv", *options, "--id", "customer") == (
        "both tables must have the same rows; old.csv has 600, fewer.csv 500, "
        "and 100 of the former are not in the latter"
    )
    assert failed(place / "old.csv", place / "fewer.csv", *options) == (
        "both tables must have the same rows; old.csv has 600, fewer.csv 500"
    )
    assert failed(place / "old.csv", place / "new.csv", *options, "--id", "churned") == (
        "column 'churned' must tell rows apart; in old.csv values are missing or occur twice"
    )
    flipped = pl.read_csv(place / "old.csv").with_columns(
        churned=pl.when(pl.col("customer") == 7).then(pl.lit("no")).otherwise("churned")
    )
    flipped.with_columns(churned=pl.when(pl.col("customer") == 8).then(pl.lit("yes")).otherwise("churned")).write_csv(
        place / "flipped.csv"
    )
    assert "both tables must have the same labels; customer " in failed(
        place / "old.csv", place / "flipped.csv", *options, "--id", "customer"
    )


def test_what_is_missing_is_named(place: Path) -> None:
    assert failed(place / "old.csv") == (
        "scores need both --label COLUMN and at least one --probability COLUMN or --logit COLUMN"
    )
    assert failed(place / "old.csv", "--label", "churned", "--probability", "probability_yes") == (
        "name two tables of scores or more; or one with --a COLUMN --b COLUMN; or model folders with --data TABLE"
    )
    assert failed(place / "both.csv", "--label", "churned", "--a", "old") == (
        "two columns of one table are compared as: crossent compare SCORED --label COLUMN --a COLUMN --b COLUMN"
    )
    assert failed(place / "both.csv", "--label", "churned", "--a", "old", "--b", "old") == (
        "each model is to be named once; got old, old"
    )


def test_columns_of_two_classes_are_not_compared(place: Path) -> None:
    table = pl.read_csv(place / "both.csv").select("churned", probability_yes="old", probability_no=1 - pl.col("old"))
    table.write_csv(place / "sides.csv")
    sides = (place / "sides.csv", "--label", "churned", "--a", "probability_yes", "--b", "probability_no")
    assert failed(*sides) == (
        "models must have scores of the same class; probability_yes has those of 'yes', probability_no those of 'no'"
    )
    assert failed(*sides, "--positive", "yes") == (
        "a single column of probabilities must be of the positive class, 'yes'; by its name column 'probability_no' "
        "is of 'no': take the other column, or make 'no' the positive class"
    )


def test_a_model_that_decides_by_costs_is_judged_by_them(place: Path) -> None:
    draw = np.random.default_rng(2)
    size = draw.normal(size=500)
    grade = np.array(["low", "middle", "high"])[np.digitize(size + draw.normal(size=500), [-0.7, 0.7])]
    table = pl.DataFrame({"size": size, "grade": grade})
    table.write_csv(place / "grades.csv")
    costs = {(true, decided): float(true != decided) for true in grade for decided in grade} | {("high", "low"): 30.0}
    for name, each in (("plain", None), ("costly", costs)):
        crossent.fit(table, target="grade", members="linear", costs=each).save(place / name)
    result = run(place / "plain", place / "costly", "--data", place / "grades.csv", "--json")
    found = {each["figure"]: each for each in figures(result)}
    for side, name in (("a", "plain"), ("b", "costly")):
        alone = crossent.load(place / name).evaluate(str(place / "grades.csv")).compute()
        assert found["accuracy"][side] == alone.accuracy
        assert found["balanced_accuracy"][side] == pytest.approx(alone.balanced_accuracy)
    assert found["log_loss"]["difference"] == 0
    assert found["accuracy"]["difference"] < 0


def test_rows_without_a_label_are_left_out_of_all_tables(place: Path) -> None:
    options = ("--label", "churned", "--probability", "probability_yes", "--id", "customer")
    unlabelled = pl.when(pl.col("customer") % 6 == 0).then(None).otherwise("churned").alias("churned")
    for name in ("old", "new"):
        pl.read_csv(place / f"{name}.csv").with_columns(unlabelled).write_csv(place / f"{name}-part.csv")
    parts = (place / "old-part.csv", place / "new-part.csv", *options)
    assert failed(*parts) == (
        "labels must not be missing; column 'churned' has no label in 100 of 600 rows: "
        "remove these rows, or leave them out with --drop-unlabelled"
    )
    table = scored().filter(pl.col("customer") % 6 != 0)
    expected = crossent.compare(
        crossent.Task.binary(["no", "yes"]),
        table["churned"],
        probabilities_a=table["old"],
        probabilities_b=table["new"],
    )
    found = {each["figure"]: each for each in figures(run(*parts, "--drop-unlabelled", "--json"))}
    assert found["log_loss"]["difference"] == pytest.approx(expected.difference("log_loss").difference)
    assert "both tables must have the same labels; customer '0' is None in old-part.csv and" in failed(
        place / "old-part.csv", place / "new.csv", *options, "--drop-unlabelled"
    )


def test_the_table_fits_into_80_columns_whatever_the_models_are_called(place: Path) -> None:
    names = {"old": "probability_yes_of_the_model_of_last_year", "new": "probability_yes_of_the_model_of_this_year"}
    pl.read_csv(place / "both.csv").rename(names).write_csv(place / "long.csv")
    result = run(
        place / "long.csv", "--label", "churned", "--a", names["old"], "--b", names["new"], "--positive", "yes"
    )
    lines = result.stdout.splitlines()
    assert lines[1:3] == [f"a  {names['old']}", f"b  {names['new']}"]
    table = lines[4 : lines.index("", 4)]
    assert len(table) == 1 + 8
    assert max(map(len, table)) <= 80
    assert all(" to " in line for line in table[1:])
