"""What a model goes by, on a page of its own and as a section of a report."""

from pathlib import Path

import polars as pl
import pytest

from crossent import Explanation, Task, evaluate, report

EVIL = "</script><b>&"
CURVE = {"number": pl.Float64, "probability": pl.Float64, "low": pl.Float64, "high": pl.Float64, "share": pl.Float64}


def explanation(**parts: object) -> Explanation:
    importance = {"column": ["age", EVIL], "importance": [0.2, 0.1], "low": [0.15, 0.0], "high": [0.25, 0.2]}
    curve = [("age", str(age), float(age), label, 0.5, 0.2, 0.8, 0.1) for age in (20, 30) for label in ("no", "yes")]
    curve += [("age", "missing", None, label, 0.25, 0.2, 0.8, 0.1) for label in ("no", "yes")]
    curve += [(EVIL, "a", None, label, 0.4, 0.2, 0.8, 0.9) for label in ("no", "yes")]
    names = ["column", "value", "number", "class", "probability", "low", "high", "share"]
    given = {
        "task": Task.binary(["no", "yes"]),
        "rows": 100,
        "total": 4000,
        "repeats": 5,
        "loss": "log_loss",
        "before": 0.4,
        "importance": pl.DataFrame(importance),
        "dependence": pl.DataFrame(curve, schema=names, orient="row", schema_overrides=CURVE),
        "dates": (),
    }
    return Explanation(**(given | parts))  # type: ignore[arg-type]


def test_the_page_names_the_most_important_column_and_names_stay_text() -> None:
    text = report.explanation_html(explanation(), title="What it goes by")
    assert "From 100 of 4,000 rows, drawn by chance." in text
    assert "most for age, by 0.200." in text
    assert "By &lt;/script&gt;&lt;b&gt;&amp;" in text
    assert "The mean probability of yes if every row had this age: from 25.0% at missing to 50.0% at 20" in text
    assert "Where it is missing: 25.0%." in text
    assert "Single rows" not in text


def test_single_rows_show_the_values_that_moved_the_class_they_get() -> None:
    found = [(7, label, column, "1", sign * move, 0.5, 0.5 + sign * 0.3) for label, sign in (("no", -1), ("yes", 1))
             for column, move in (("age", 0.1), (EVIL, 0.2))]  # fmt: skip
    names = ["row", "class", "column", "value", "contribution", "average", "probability"]
    rows = pl.DataFrame(found, schema=names, orient="row")
    text = report.explanation_html(explanation(contributions=rows, background=50), title="x")
    assert "&lt;/script&gt;&lt;b&gt;&amp; = 1: +0.200; age = 1: +0.100" in text
    assert "from the average of 50 rows" in text


def test_without_labels_the_curves_stand_alone() -> None:
    text = report.explanation_html(explanation(importance=None, before=None), title="x")
    assert "Importance by column" not in text
    assert "By age" in text


def test_a_report_has_the_section_where_it_is_given() -> None:
    evaluation = evaluate(Task.binary(["no", "yes"]), ["no", "yes"], probabilities=[0.1, 0.9])
    assert '<a href="#explained">' in report.html(evaluation, title="x", explanation=explanation())
    assert "What the model goes by" not in report.html(evaluation, title="x")


@pytest.mark.parametrize("classes", [3, 7])
def test_of_many_classes_the_first_five_are_drawn(classes: int, tmp_path: Path) -> None:
    names = [f"class {place}" for place in range(classes)]
    curve = pl.DataFrame(
        [("age", "20", 20.0, name, 1 / classes, 0.0, 0.5, 1.0) for name in names],
        schema=["column", "value", "number", "class", "probability", "low", "high", "share"],
        orient="row",
    )
    found = explanation(task=Task.multiclass(names), dependence=curve)
    report.write_explanation(tmp_path / "page.html", found, title="x")
    text = (tmp_path / "page.html").read_text()
    assert ("class 4" in text) == (classes > 4)
    assert "class 5" not in text
