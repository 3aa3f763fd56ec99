"""crossent explain, as a user calls it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner, Result

from crossent.cli._main import app


def run(*arguments: Any) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a table and a model fitted on it."""
    folder = tmp_path_factory.mktemp("explained")
    draw = np.random.default_rng(0)
    months, plan = draw.integers(1, 60, 300), draw.choice(["basic", "plus"], 300)
    churned = np.where(draw.random(300) < 1 / (1 + np.exp(months / 6 - 5)), "yes", "no")
    table = pl.DataFrame({"months": months, "plan": plan, "churned": churned})
    table.write_csv(folder / "churn.csv")
    result = run("fit", folder / "churn.csv", "--target", "churned", "--out", folder / "model", "--members", "linear")
    assert result.exit_code == 0, result.output
    return folder


def test_the_terminal_shows_what_matters_and_how(place: Path) -> None:
    result = run("explain", place / "model", place / "churn.csv")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "looked at all 300 rows"
    assert [line.split()[0] for line in lines if line.startswith(("months", "plan"))] == ["months", "plan"]
    assert any(line.startswith("by months") for line in lines)


def test_json_has_the_tables_and_the_page_is_written(place: Path) -> None:
    page = place / "page.html"
    result = run(
        "explain", place / "model", place / "churn.csv", "--rows", 100, "--column", "plan", "-o", page, "--json"
    )
    record = json.loads(result.stdout)
    assert (record["rows"], record["of_rows"], record["report"]) == (100, 300, str(page))
    assert {each["column"] for each in record["dependence"]} == {"plan"}
    assert "<h1>What model goes by</h1>" in page.read_text()


def test_a_mistake_is_one_line(place: Path) -> None:
    result = run("explain", place / "model", place / "churn.csv", "--column", "plam")
    assert result.exit_code == 2
    assert result.stderr == ("error: there is no column 'plam' that the model learned from; there are months, plan\n")


def test_the_report_of_a_fit_says_what_the_model_goes_by(place: Path) -> None:
    page = (place / "model" / "report.html").read_text()
    assert "each judged by copies that had not seen it" in page
    assert "By how much the log loss of" in page
    assert "if every row had this" not in page


def test_the_report_shows_curves_when_they_are_asked_for(place: Path) -> None:
    result = run(
        "fit", place / "churn.csv", "--target", "churned", "-o", place / "curves", "--members", "linear", "--explain"
    )
    assert result.exit_code == 0, result.output
    assert "The mean probability of yes if every row had this months" in (place / "curves" / "report.html").read_text()
