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
    crossent.fit(table.drop("months"), target="churned", epochs=2, model="linear").save(place / "weak")
    crossent.fit(table, target="churned", epochs=20, model="linear", threshold=0.3).save(place / "strong")
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
