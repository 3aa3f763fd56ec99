"""A model as a file of torch says what the model says, where there is neither crossent nor LightGBM."""

import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np
import polars as pl
import pytest
import torch
from typer.testing import CliRunner

import crossent
from crossent import InputError, Model
from crossent.calibration import Calibration, Method, fit_calibrator
from crossent.cli._main import app
from crossent.data import NumberEncoding
from crossent.decisions import Rule
from crossent.export import largest_difference, to_torch, torch_inputs, write_torch
from crossent.members import Blend, Part, Trees

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


def small(classes: int = 2) -> pl.DataFrame:
    """The same of two columns: most of the time that an export takes goes by the columns."""
    return table(classes=classes).select("x", "town", "label")


@cache
def linear(classes: int) -> Model:
    return fitted(small(classes), "linear")


@cache
def exported_linear() -> bytes:
    return to_torch(linear(2))


def loaded(exported: bytes) -> Callable[..., dict[str, torch.Tensor]]:
    return torch.export.load(io.BytesIO(exported)).module()


def check(model: Model, *frames: pl.DataFrame, most: float = 1e-6) -> None:
    """Probabilities and decisions are the model's, of many rows and of one."""
    module = loaded(to_torch(model))
    for rows in (*frames, frames[0][:1]):
        wanted = model.predict(rows)
        made = module(torch_inputs(model, rows))
        probabilities = wanted.select(pl.selectors.starts_with("probability_")).to_numpy()
        assert np.abs(made["probabilities"].numpy() - probabilities).max() < most
        decided = [None if place < 0 else model.task.classes[place] for place in made["decision"].tolist()]
        assert decided == wanted["decision"].to_list()


@pytest.mark.parametrize(("members", "classes"), [("network", 2), ("trees", 3), ("linear", 2)])
def test_the_file_says_what_the_model_says_of_many_rows_and_of_one(members: str, classes: int) -> None:
    frame = table(classes=classes)
    check(fitted(frame, members), frame)


@pytest.mark.parametrize("members", ["network", "trees", "linear"])
def test_values_that_were_never_seen_and_gaps_are_taken_as_the_model_takes_them(members: str) -> None:
    frame = table()
    model = fitted(frame.with_columns(pl.exclude("label").forward_fill().backward_fill()), members)
    odd = frame.with_columns(town=pl.lit("Atlantis"), x=pl.lit(1e30), when=pl.lit(datetime(2196, 2, 29)))
    with pytest.warns(crossent.DataWarning):
        check(model, odd, frame)


def test_every_day_has_its_month_and_weekday() -> None:
    days = [datetime(1895, 12, 31) + timedelta(days=17 * place) for place in range(4000)]
    late = pl.when(pl.col("when").dt.month() > 6).then(pl.lit("late")).otherwise(pl.lit("early"))
    frame = pl.DataFrame({"when": days}).with_columns(label=late)
    check(fitted(frame, "linear"), frame)


@pytest.mark.parametrize("names", [["town", "street"], ["x", "zeros"]])
def test_a_table_without_numbers_and_one_without_categories_can_be_exported(names: list[str]) -> None:
    frame = table().select(*names, "label")
    check(fitted(frame, ALL), frame)


def test_ordered_classes_keep_their_order_in_the_file() -> None:
    frame = table(classes=4)
    check(fitted(frame, "network", ordered=True, classes=[f"class {place}" for place in range(4)]), frame)


@pytest.mark.parametrize(
    ("classes", "options"),
    [
        (2, {"costs": {("class 0", "class 1"): 5, ("class 1", "class 0"): 1}, "abstain_below": 0.7}),
        (3, {"costs": {("class 0", "class 1"): 9, ("class 1", "class 0"): 1, ("class 2", "class 0"): 2}}),
        (3, {"abstain_below": 0.6}),
    ],
)
def test_the_file_decides_as_the_model_does(classes: int, options: dict[str, Any]) -> None:
    model = linear(classes)
    check(replace(model, rule=Rule.of(model.task, **options)), small(classes))


def test_weights_of_classes_are_undone_in_the_file() -> None:
    check(fitted(small(), "linear", pos_weight=5.0), small())


@pytest.mark.parametrize(
    ("classes", "method"),
    [(2, "beta"), (2, "quadratic"), (2, "isotonic"), (3, "sms"), (3, "venn_abers")],
)
def test_the_calibration_is_in_the_file(classes: int, method: Method) -> None:
    model, frame = replace(linear(classes), calibration=None), small(classes)
    # Venn-Abers jumps at the logits that it was fitted on: on those themselves the last bit would decide.
    logits = model.logits(model.encoder.encode(frame, known=["label"])) * 1.001
    calibrator = fit_calibrator(model.task, logits, model.task.encode(frame["label"]), method=method)
    check(replace(model, calibration=Calibration(model.task, calibrator, "", len(frame), 0.0, ())), frame)


@pytest.mark.parametrize("options", [{"zero_as_missing": True}, {"use_missing": False}])
def test_trees_send_gaps_and_zeros_where_lightgbm_sends_them(options: dict[str, Any]) -> None:
    lightgbm = pytest.importorskip("lightgbm")
    frame = table().select("x", "zeros", "town", "label")
    model = fitted(frame, "trees")
    frame = frame.with_columns(x=pl.when(pl.col("zeros") == 0).then(middle_of(model, "x")).otherwise("x"))
    trees = next(part.member for part in model.blend.parts if isinstance(part.member, Trees))
    matrix = trees.columns.matrix(model.encoder.encode(frame, known=["label"]))
    settings = {"objective": "binary", "verbosity": -1, "min_data_in_leaf": 3, "num_threads": 1, **options}
    rows = lightgbm.Dataset(
        matrix, (frame["label"] == "class 1").to_numpy(), categorical_feature=trees.columns.categorical
    )
    grown = lightgbm.train(settings, rows, 20).model_to_string()
    member = Trees(trees.columns, [grown, grown], 2)
    check(replace(model, blend=Blend((Part("trees", 1.0, 0.0, member),)), calibration=None), frame, most=1e-12)


def test_a_number_just_above_a_split_goes_right_though_float32_cannot_tell_them_apart() -> None:
    lightgbm = pytest.importorskip("lightgbm")
    frame = small().drop_nulls("x")
    model = fitted(frame, "trees")
    trees = next(part.member for part in model.blend.parts if isinstance(part.member, Trees))
    matrix = trees.columns.matrix(model.encoder.encode(frame, known=["label"]))
    rows = lightgbm.Dataset(matrix, (frame["label"] == "class 1").to_numpy())
    settings = {"objective": "binary", "verbosity": -1, "num_leaves": 2, "num_threads": 1, "feature_fraction": 1.0}
    grown = lightgbm.train(settings, rows, 1).model_to_string()
    assert "split_feature=0\n" in grown
    just_below = np.nextafter(float(matrix[7, 0]), -np.inf)
    moved = re.sub(
        r"(?m)^threshold=.*$", f"threshold={float(just_below)!r}", re.sub(r"(?m)^tree_sizes=.*\n", "", grown)
    )
    member = Trees(trees.columns, [moved], 2)
    check(replace(model, blend=Blend((Part("trees", 1.0, 0.0, member),)), calibration=None), frame[7:], most=1e-12)


def middle_of(model: Model, column: str) -> float:
    """The number that the encoder makes 0."""
    return next(
        each.scale.center
        for each in model.encoder.encodings
        if isinstance(each, NumberEncoding) and each.column.name == column
    )


def test_a_network_of_your_own_is_in_the_file_unless_torch_cannot_take_it() -> None:
    class Net(torch.nn.Module):
        def __init__(self, inputs: int, outputs: int) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(inputs, outputs)

        def forward(self, rows: torch.Tensor) -> torch.Tensor:
            return self.layer(rows)

    class Choosy(Net):
        def forward(self, rows: torch.Tensor) -> torch.Tensor:
            return self.layer(rows if rows.sum() > 0 else -rows)

    frame, labels = small().drop("label"), small()["label"]
    check(crossent.Classifier(module=Net, epochs=1).fit(frame, labels).model_, frame)
    choosy = crossent.Classifier(module=Choosy, epochs=1).fit(frame, labels).model_
    with pytest.raises(InputError, match=r"^torch.export cannot take a network of your own class: "):
        to_torch(choosy)


_ALONE = """
import csv, json, sys
from datetime import datetime, timezone
sys.modules.update({"crossent": None, "lightgbm": None, "polars": None})  # as if they were not installed
import torch

path, rows = sys.argv[1:]
notes = {"notes.json": ""}
module = torch.export.load(path, extra_files=notes).module()
table = list(csv.DictReader(open(rows)))
columns = {}
for column in json.loads(notes["notes.json"])["columns"]:
    values = [row[column["name"]] for row in table]
    if column["kind"] == "category":
        codes = {"": 0, **{level: code for code, level in enumerate(column["levels"], 2)}}
        columns[column["name"]] = torch.tensor([codes.get(value, 1) for value in values])
        continue
    read = {
        "number": float,
        "boolean": lambda value: float(value == "true"),
        "datetime": lambda value: datetime.fromisoformat(value).replace(tzinfo=timezone.utc).timestamp(),
    }[column["kind"]]
    numbers = [read(value) if value else float("nan") for value in values]
    columns[column["name"]] = torch.tensor(numbers, dtype=torch.float64)
print(json.dumps(module(columns)["probabilities"].tolist()))
"""


def test_torch_alone_runs_the_file_from_what_its_notes_say(tmp_path: Path) -> None:
    frame = table(classes=3)
    model = fitted(frame, ALL)
    write_torch(tmp_path / "model.pt2", model)
    seen = frame.with_columns(town=pl.when(pl.col("x") > 1).then(pl.lit("Atlantis")).otherwise("town"))
    seen = seen.with_columns(pl.col("when").dt.to_string("%Y-%m-%dT%H:%M:%S"))
    seen.write_csv(tmp_path / "rows.csv")
    call = [sys.executable, "-c", _ALONE, str(tmp_path / "model.pt2"), str(tmp_path / "rows.csv")]
    ran = subprocess.run(call, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    with pytest.warns(crossent.DataWarning, match="'town'"):
        wanted = model.predict(seen).select(pl.selectors.starts_with("probability_")).to_numpy()
    assert np.abs(np.array(json.loads(ran.stdout)) - wanted).max() < 1e-6


def test_the_notes_name_classes_and_columns_and_no_path_of_this_machine_is_in_the_file() -> None:
    exported = exported_linear()
    extra = {"notes.json": ""}
    torch.export.load(io.BytesIO(exported), extra_files=extra)
    notes = json.loads(extra["notes.json"])
    assert (notes["classes"], notes["positive"]) == (["class 0", "class 1"], "class 1")
    assert [column["name"] for column in notes["columns"]] == ["x", "town"]
    towns = notes["columns"][1]
    assert (towns["dtype"], towns["levels"]) == ("int64", ["Lima", "Oslo", "Rome"])
    with zipfile.ZipFile(io.BytesIO(exported)) as archive:
        contents = b"".join(archive.read(name) for name in archive.namelist())
    assert str(Path(crossent.__file__).parent).encode() not in contents


def test_columns_come_in_any_order_and_numbers_in_any_type_but_dates_in_float64_and_all_must_come() -> None:
    frame = table().select("x", "when", "label")
    model = fitted(frame, "linear")
    module, columns = loaded(to_torch(model)), torch_inputs(model, frame)
    wanted = module(columns)["probabilities"]
    assert torch.equal(module(dict(reversed(columns.items())))["probabilities"], wanted)
    single = module(columns | {"x": columns["x"].float()})["probabilities"]
    torch.testing.assert_close(single, wanted, rtol=0, atol=1e-6)
    with pytest.raises(RuntimeError, match="dtype"):
        module(columns | {"when": columns["when"].float()})
    with pytest.raises(ValueError, match="input"):
        module({"x": columns["x"]})


def test_codes_that_no_level_has_are_taken_for_never_seen() -> None:
    model = linear(2)
    module, columns = loaded(exported_linear()), torch_inputs(model, small())
    made = [module(columns | {"town": torch.full((300,), code)})["probabilities"] for code in (1, -7, 99)]
    assert torch.equal(made[0], made[1])
    assert torch.equal(made[0], made[2])


def test_only_bytes_of_the_format_that_is_named_are_compared() -> None:
    with pytest.raises(InputError) as error:
        largest_difference(exported_linear(), linear(2), small(), to=cast(Any, "foo"))
    assert str(error.value) == "to must be 'onnx' or 'torch'; got 'foo'"
    onnx = crossent.export.to_onnx(linear(2))
    for exported, to in ((exported_linear(), "onnx"), (onnx, "torch"), (b"", "torch"), (None, "onnx"), (b"", "onnx")):
        with pytest.raises(InputError, match=f"^exported must be the bytes that to_{to} returned"):
            largest_difference(cast(Any, exported), linear(2), small(), to=cast(Any, to))


def test_text_cannot_be_exported() -> None:
    frame = small().with_columns(review=pl.Series([f"a review of {place} things, mostly good" for place in range(300)]))
    with pytest.raises(
        InputError, match=r"^text cannot be exported to torch, and column 'review' is text: fit without"
    ):
        to_torch(fitted(frame, "linear"))


def test_the_command_takes_the_format_from_the_name_and_says_how_near_the_file_is(tmp_path: Path) -> None:
    frame, out = small(), tmp_path / "model.pt2"
    frame.write_parquet(tmp_path / "rows.parquet")
    linear(2).save(tmp_path / "model")
    call = ["export", str(tmp_path / "model"), str(tmp_path / "rows.parquet"), "--json"]
    result = CliRunner().invoke(app, [*call, "-o", str(out)])
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    assert (record["format"], record["bytes"]) == ("torch", out.stat().st_size)
    assert record["largest_difference"] < 1e-6
    assert largest_difference(out.read_bytes(), linear(2), frame, to="torch") == record["largest_difference"]
    assert CliRunner().invoke(app, [*call, "--to", "torch"]).exit_code == 0
    assert (tmp_path / "model.pt2").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--to", "tflite"], "--to takes onnx or torch; got 'tflite'"),
        (["-o", "model.bin"], "--out must end in .onnx or .pt2, or --to say the format; got model.bin"),
        (["--to", "torch", "-o", "a.onnx"], "--to torch and --out a.onnx do not go together: .onnx is for --to onnx"),
    ],
)
def test_the_command_refuses_formats_that_it_does_not_know(options: list[str], message: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["export", str(tmp_path / "model"), *options])
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
