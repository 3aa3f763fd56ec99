"""A model as an ONNX file says what the model says, on real rows, from the columns of the table."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from typer.testing import CliRunner

import crossent
from crossent import InputError, Model
from crossent.cli._main import app
from crossent.export import largest_difference, onnx_inputs, to_onnx

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")


ALL = ("network", "trees", "linear")


def table(rows: int = 300, classes: int = 2) -> pl.DataFrame:
    """Every kind of column, with gaps: numbers, truths, dates with hours, few and many categories."""
    draw = np.random.default_rng(0)
    x, flag = draw.normal(size=rows), draw.random(rows) < 0.5
    town, street = draw.choice(["Rome", "Oslo", "Lima"], rows), draw.choice([f"street {k}" for k in range(20)], rows)
    when = [datetime(1960, 1, 1) + timedelta(hours=int(hours)) for hours in draw.integers(0, 24 * 365 * 90, rows)]
    score = x + 1.5 * flag + (town == "Rome") + draw.logistic(size=rows) * 0.5
    label = np.digitize(score, np.quantile(score, np.arange(1, classes) / classes))
    frame = pl.DataFrame(
        {"x": x, "flag": flag, "town": town, "street": street, "when": when, "zeros": np.maximum(x, 0)}
    )
    gaps = [pl.when(pl.Series(draw.random(rows) < 0.9)).then(pl.col(name)).alias(name) for name in frame.columns]
    return frame.with_columns(gaps).with_columns(label=pl.Series([f"class {each}" for each in label]))


def fitted(frame: pl.DataFrame, members: str | tuple[str, ...], **options: Any) -> Model:
    return crossent.fit(frame, target="label", members=members, quality="fast", time_limit=1, **options)


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("members", ["network", "trees", "linear"])
def test_the_file_gives_the_probabilities_of_the_model(members: str, classes: int) -> None:
    frame = table(classes=classes)
    model = fitted(frame, members)
    assert largest_difference(to_onnx(model), model, frame) < 1e-6


def test_values_that_were_never_seen_and_gaps_are_taken_as_the_model_takes_them() -> None:
    frame = table()
    full = frame.with_columns(pl.exclude("label").forward_fill().backward_fill())
    for members in ("trees", "linear"):
        model = fitted(full, members)
        odd = frame.with_columns(town=pl.lit("Atlantis"), x=pl.lit(1e30), when=pl.lit(datetime(2196, 2, 29)))
        for rows in (odd, frame):
            with pytest.warns(crossent.DataWarning):
                difference = largest_difference(to_onnx(model), model, rows)
            assert difference < 1e-6


def test_every_day_has_its_month_and_weekday() -> None:
    days = [datetime(1895, 12, 31) + timedelta(days=17 * place) for place in range(4000)]
    frame = pl.DataFrame({"when": days})
    frame = frame.with_columns(
        label=pl.when(pl.col("when").dt.month() > 6).then(pl.lit("late")).otherwise(pl.lit("early"))
    )
    model = fitted(frame, "linear")
    assert largest_difference(to_onnx(model), model, frame, rows=4000) < 1e-6


@pytest.mark.parametrize("members", ["network", "trees", "linear"])
def test_a_table_without_numbers_and_one_without_categories_can_be_exported(members: str) -> None:
    for names in (["town", "street"], ["x", "zeros"]):
        frame = table().select(*names, "label")
        model = fitted(frame, members)
        assert largest_difference(to_onnx(model), model, frame) < 1e-6


@pytest.mark.parametrize("method", ["temperature", "platt", "beta", "quadratic"])
def test_the_calibration_of_two_classes_is_in_the_file(method: str) -> None:
    frame = table()
    model = fitted(frame, "linear", calibration=method)
    assert largest_difference(to_onnx(model), model, frame) < 1e-6


@pytest.mark.parametrize("method", ["temperature", "vector", "matrix", "sms"])
def test_the_calibration_of_many_classes_is_in_the_file(method: str) -> None:
    frame = table(classes=3)
    model = fitted(frame, "linear", calibration=method)
    assert largest_difference(to_onnx(model), model, frame) < 1e-6


@pytest.mark.parametrize(
    ("classes", "options"),
    [
        (2, {"threshold": 0.7}),
        (2, {"costs": {("class 0", "class 1"): 5, ("class 1", "class 0"): 1}}),
        (3, {"costs": {("class 0", "class 1"): 9, ("class 1", "class 0"): 1, ("class 2", "class 0"): 2}}),
        (3, {"abstain_below": 0.6}),
        (2, {"pos_weight": 5.0}),
    ],
)
def test_the_file_decides_as_the_model_does(classes: int, options: dict[str, Any]) -> None:
    frame = table(classes=classes)
    model = fitted(frame, "linear", **options)
    session = onnxruntime.InferenceSession(to_onnx(model), providers=["CPUExecutionProvider"])
    (decided,) = session.run(["decision"], onnx_inputs(model, frame))
    assert decided.tolist() == model.predict(frame.drop("label"))["decision"].fill_null("").to_list()
    assert largest_difference(to_onnx(model), model, frame) < 1e-6


def test_ordered_classes_keep_their_order_in_the_file() -> None:
    frame = table(classes=4)
    model = fitted(frame, "network", ordered=True, classes=[f"class {place}" for place in range(4)])
    assert largest_difference(to_onnx(model), model, frame) < 1e-6


def test_the_inputs_are_the_columns_and_the_notes_name_the_classes() -> None:
    frame = table()
    made = onnx.load_from_string(to_onnx(fitted(frame, "linear")))
    assert [each.name for each in made.graph.input] == frame.columns[:-1]
    notes = {each.key: each.value for each in made.metadata_props}
    assert json.loads(notes["classes"]) == ["class 0", "class 1"]
    assert json.loads(notes["columns"])["when"] == "datetime"


def test_nothing_is_in_the_file_that_no_output_depends_on() -> None:
    frame = table(classes=3).select("x", "zeros", "label").drop_nulls()  # no gaps, no categories
    graph = onnx.load_from_string(to_onnx(fitted(frame, ALL))).graph
    used = {name for node in graph.node for name in node.input} | {each.name for each in graph.output}
    assert [each.name for each in graph.initializer if each.name not in used] == []  # onnxruntime would warn of them
    assert [node.op_type for node in graph.node if not used.intersection(node.output)] == []


def test_what_cannot_be_exported_is_named() -> None:
    frame = table().with_columns(review=pl.Series([f"a review of {place} things, mostly good" for place in range(300)]))
    with pytest.raises(InputError, match=r"^text cannot be exported to ONNX, and column 'review' is text: fit without"):
        to_onnx(fitted(frame, "linear"))
    with pytest.raises(InputError, match=r"^the calibrator 'isotonic' cannot be exported to ONNX: fit with another"):
        to_onnx(fitted(table(), "linear", calibration="isotonic"))


def test_without_the_package_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    model = fitted(table(), "linear")
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(InputError, match=r"pip install 'crossent\[export\]'$"):
        to_onnx(model)


def test_the_command_writes_the_file_and_says_how_near_it_is(tmp_path: Path) -> None:
    torch.manual_seed(0)
    frame = table()
    frame.write_parquet(tmp_path / "rows.parquet")
    fitted(frame, "linear").save(tmp_path / "model")
    out = tmp_path / "model.onnx"
    call = ["export", str(tmp_path / "model"), str(tmp_path / "rows.parquet"), "-o", str(out), "--json"]
    result = CliRunner().invoke(app, call)
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    assert record["largest_difference"] < 1e-6
    assert out.stat().st_size == record["bytes"]
