"""The command line, as a user calls it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import classification_report, log_loss
from typer.testing import CliRunner, Result

import crossent
from crossent.cli._main import app

RUNNER = CliRunner()


def run(*arguments: Any) -> Result:
    return RUNNER.invoke(app, [str(argument) for argument in arguments])


def table(rows: int = 200, seed: int = 0) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    months = random.integers(1, 60, rows)
    plan = random.choice(["basic", "plus", "pro"], rows)
    churned = np.where(random.random(rows) < 1 / (1 + np.exp(months / 12 - 2 * (plan == "basic"))), "yes", "no")
    return pl.DataFrame({"customer": np.arange(rows) + 7, "months": months, "plan": plan, "churned": churned})


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a table and a model fitted on it."""
    folder = tmp_path_factory.mktemp("work")
    table().write_csv(folder / "churn.csv")
    table(60, seed=1).write_csv(folder / "new.csv")
    result = run("fit", folder / "churn.csv", "--target", "churned", "--out", folder / "model", "--members", "linear")
    assert result.exit_code == 0, result.output
    return folder


# fit


def test_fit_ends_with_the_figures_the_report_and_the_next_command(place: Path) -> None:
    result = run("fit", place / "churn.csv", "-t", "churned", "-o", place / "again", "--members", "linear")
    assert result.exit_code == 0
    for words in ("log loss", "ROC AUC", "always 'no'", "weighted avg", "customer", "identifier"):
        assert words in result.stdout
    assert f"report   {place / 'again' / 'report.html'}" in result.stdout
    assert f"crossent predict {place / 'again'} NEW.csv -o predictions.csv" in result.stdout
    assert (place / "again" / "report.html").read_text().startswith("<!DOCTYPE html>")


def test_fit_prints_one_json_object_for_machines(place: Path) -> None:
    result = run("fit", place / "churn.csv", "-t", "churned", "-o", place / "json", "--members", "linear", "--json")
    record = json.loads(result.stdout)
    assert record["task"]["classes"] == ["no", "yes"]
    assert record["rows"] == {"training": 200, "validation": 200, "test": 0}
    assert record["metrics"]["log_loss"] > 0
    assert result.stderr == ""


def test_fit_is_silent_when_asked_to_be(place: Path) -> None:
    result = run("fit", place / "churn.csv", "-t", "churned", "-o", place / "quiet", "--members", "linear", "--quiet")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert crossent.load(place / "quiet").task.positive == "yes"


def test_the_seed_decides_the_model(place: Path) -> None:
    for name, seed in (("s1", 1), ("s1-again", 1), ("s2", 2)):
        arguments = ("-t", "churned", "-o", place / name, "--members", "linear", "--seed", seed, "-q")
        assert run("fit", place / "churn.csv", *arguments).exit_code == 0
    weights = [(place / name / "model.safetensors").read_bytes() for name in ("s1", "s1-again", "s2")]
    assert weights[0] == weights[1]
    assert weights[0] != weights[2]


def test_equal_trainings_write_folders_that_are_equal_byte_for_byte(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders: list[dict[str, bytes]] = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        options = ("--members", "network,linear", "--quality", "fast", "--epochs", 2, "-q")
        assert run("fit", place / "churn.csv", "-t", "churned", "-o", "model", *options).exit_code == 0
        folders.append({path.name: path.read_bytes() for path in Path("model").iterdir()})
    assert {"history.jsonl", "report.html", "card.md", "manifest.json"} <= folders[0].keys()
    assert folders[0]["history.jsonl"]
    assert [name for name in folders[0] | folders[1] if folders[0].get(name) != folders[1].get(name)] == []


def test_the_options_reach_the_recipe(place: Path) -> None:
    options = {
        "--members": "linear",
        "--quality": "fast",
        "--time-limit": 60,
        "--folds": 4,
        "--epochs": 2,
        "--class-weight": "balanced",
        "--test-share": 0.3,
        "--seed": 4,
        "--positive": "no",
        "--device": "cpu",
        "--kind": "months=category",
    }
    flags = [part for pair in options.items() for part in pair]
    assert run("fit", place / "churn.csv", "-t", "churned", "-o", place / "options", "-q", *flags).exit_code == 0
    model = crossent.load(place / "options")
    assert model.recipe == crossent.Recipe(
        members=("linear",),
        quality="fast",
        time_limit=60,
        folds=4,
        epochs=2,
        class_weight="balanced",
        test_share=0.3,
        seed=4,
    )
    assert model.task.positive == "no"
    assert {column.name: column.kind for column in model.encoder.columns} == {"months": "category", "plan": "category"}


def test_the_folder_is_named_after_the_data(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    assert run("fit", "churn.csv", "-t", "churned", "--members", "linear", "-q").exit_code == 0
    assert (place / "churn.crossent" / "manifest.json").exists()


def test_a_folder_that_is_there_is_refused_before_any_work_and_replaced_on_request(place: Path) -> None:
    again = ("fit", place / "churn.csv", "-t", "churned", "-o", place / "taken", "--members", "linear", "-q")
    assert run(*again).exit_code == 0
    result = run(*again)
    assert result.exit_code == 2
    assert "is there already" in result.stderr
    assert run(*again, "--overwrite").exit_code == 0


def test_names_are_shown_as_they_are_whatever_they_hold(place: Path) -> None:
    odd = table(80).rename({"months": "[bold]m[/x]"}).with_columns(
        churned=pl.col("churned").replace({"no": "[red]no[/red]"})
    )  # fmt: skip
    odd.write_csv(place / "odd.csv")
    result = run("fit", place / "odd.csv", "-t", "churned", "-o", place / "odd", "--members", "linear")
    assert result.exit_code == 0, result.output
    for words in ("[bold]m[/x]", "always '[red]no[/red]'"):
        assert words in result.stdout


def test_integer_labels_and_named_classes_come_as_text_on_the_command_line(place: Path) -> None:
    numbered = table().with_columns(churned=pl.col("churned").replace_strict({"no": 0, "yes": 1}))
    numbered.write_csv(place / "numbered.csv")
    fitted = ("fit", place / "numbered.csv", "-t", "churned", "--members", "linear", "-q")
    assert run(*fitted, "-o", place / "zero", "--positive", "0").exit_code == 0
    assert crossent.load(place / "zero").task.positive == 0
    assert run(*fitted, "-o", place / "three", "--class", "0", "--class", "1", "--class", "2").exit_code == 0
    assert crossent.load(place / "three").task == crossent.Task.multiclass([0, 1, 2])


@pytest.mark.skipif(os.geteuid() != 0 and not Path("/dev/full").exists(), reason="needs /dev/full")
def test_an_error_of_the_system_is_one_line(place: Path) -> None:
    scored = place / "full.csv"
    scored.write_text("y,p\n0,0.2\n1,0.7\n0,0.1\n")
    result = run("evaluate", scored, "--label", "y", "--probability", "p", "--report", "/proc/x.html")
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr
    command = f"{sys.executable} -m crossent.cli evaluate {scored} --label y --probability p"
    for shell, status in ((f"{command} > /dev/full", 2), (f"set -o pipefail; {command} | head -1", 0)):
        done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stderr
        assert "Traceback" not in done.stderr


# predict


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_predict_writes_a_row_for_each_row(place: Path, suffix: str) -> None:
    output = place / f"predictions{suffix}"
    result = run("predict", place / "model", place / "new.csv", "-o", output)
    assert result.exit_code == 0, result.output
    assert f"60 rows written to {output}" in result.stdout
    written = pl.read_csv(output) if suffix == ".csv" else pl.read_parquet(output)
    assert written.columns == ["decision", "probability_no", "probability_yes"]
    expected = crossent.load(place / "model").predict(table(60, seed=1))
    np.testing.assert_allclose(written["probability_yes"], expected["probability_yes"], rtol=1e-12)


def test_predict_keeps_the_columns_on_request_and_takes_several_files(place: Path) -> None:
    output = place / "kept.csv"
    result = run("predict", place / "model", place / "new.csv", place / "churn.csv", "-o", output, "--keep-columns")
    assert result.exit_code == 0, result.output
    written = pl.read_csv(output)
    assert written.columns[:4] == ["customer", "months", "plan", "churned"]
    assert written.select("customer", "months").equals(
        pl.concat([table(60, seed=1), table()]).select("customer", "months")
    )


def test_predict_counts_what_was_never_seen_in_a_note(place: Path) -> None:
    table(60, seed=1).with_columns(plan=pl.lit("gold")).write_csv(place / "gold.csv")
    result = run("predict", place / "model", place / "gold.csv", "-o", place / "gold-out.csv")
    assert result.exit_code == 0
    assert "note:" in result.stderr
    assert "60" in result.stderr


def test_a_failed_predict_leaves_the_former_output_as_it_was(place: Path) -> None:
    output = place / "precious.csv"
    output.write_text("before")
    broken = place / "broken.csv"
    broken.write_text("customer,months,plan\n1,2,basic\n3,four,basic\n")
    result = run("predict", place / "model", broken, "-o", output)
    assert result.exit_code == 2
    assert output.read_text() == "before"
    assert not list(place.glob(".precious*"))


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("out.xlsx", "the output must be a .csv or .parquet file; got 'out.xlsx'"),
        ("nowhere/out.csv", "cannot be written: its folder is not there"),
    ],
)
def test_an_output_that_cannot_be_written_is_refused(place: Path, output: str, message: str) -> None:
    result = run("predict", place / "model", place / "new.csv", "-o", place / output)
    assert result.exit_code == 2
    assert message in result.stderr


# evaluate


def test_evaluate_judges_a_model_on_a_labelled_table(place: Path) -> None:
    result = run("evaluate", place / "model", place / "new.csv", "--json")
    assert result.exit_code == 0, result.output
    metrics = json.loads(result.stdout)
    predictions = crossent.load(place / "model").predict(table(60, seed=1))
    truth = table(60, seed=1)["churned"]
    assert metrics["log_loss"] == pytest.approx(log_loss(truth, predictions["probability_yes"]), rel=1e-9)


def test_evaluate_prints_scikit_learns_report_of_any_models_scores(place: Path) -> None:
    random = np.random.default_rng(0)
    truth = random.choice(["a", "b", "c"], 90)
    scores = random.dirichlet([1, 1, 1], 90)
    frame = pl.DataFrame({"truth": truth} | {f"probability_{c}": scores[:, k] for k, c in enumerate("abc")})
    frame.write_parquet(place / "scored.parquet")
    columns = [part for c in "abc" for part in ("--probability", f"probability_{c}")]
    result = run("evaluate", place / "scored.parquet", "--label", "truth", *columns)
    assert result.exit_code == 0, result.output
    assert str(classification_report(truth, np.array(list("abc"))[scores.argmax(1)])) in result.stdout


def test_evaluate_writes_a_report_on_request(place: Path) -> None:
    frame = pl.DataFrame({"y": [0, 1, 1, 0], "p": [0.2, 0.7, 0.4, 0.1]})
    frame.write_csv(place / "scored.csv")
    report = place / "scores.html"
    result = run("evaluate", place / "scored.csv", "--label", "y", "--probability", "p", "--report", report)
    assert result.exit_code == 0, result.output
    assert f"report   {report}" in result.stdout
    assert "<!DOCTYPE html>" in report.read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["scored.csv"], "give a model folder and a labelled table"),
        (["scored.csv", "--label", "y"], "scores need both --label COLUMN and at least one --probability COLUMN"),
        (
            ["scored.csv", "new.csv", "--label", "y", "--probability", "p"],
            "new.csv must have the columns of scored.csv",
        ),
        (["scored.csv", "--label", "Y", "--probability", "p"], "'y'"),
        (["words.csv", "--label", "y", "--probability", "p"], "say which class column 'p' is the probability of"),
        (["model", "new.csv", "--threshold", "2"], "threshold must be from 0 to 1; got 2.0"),
    ],
)
def test_scores_that_do_not_say_what_they_are_are_refused(
    place: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(place)
    Path("scored.csv").write_text("y,p\n0,0.2\n1,0.7\n")
    Path("words.csv").write_text("y,p\nno,0.2\nyes,0.7\n")
    result = run("evaluate", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


# demo


def test_the_demo_beats_always_the_majority(tmp_path: Path) -> None:
    result = run("demo", "--out", tmp_path / "demo", "--json")
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    assert record["rows"] == {"training": 10000, "validation": 10000, "test": 0}
    assert record["metrics"]["log_loss"] < record["metrics"]["majority"]["log_loss"] - 0.04
    assert record["metrics"]["roc_auc"] > 0.77


# Manners


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fit", "nowhere.csv", "-o", "fresh", "-t", "y"], "nowhere.csv"),
        (["fit", "churn.csv", "-o", "fresh", "-t", "churn"], "'churned'"),
        (["fit", "churn.csv", "-o", "fresh", "-t", "churned", "--kind", "plan"], "--kind takes COLUMN=KIND"),
        (["fit", "churn.csv", "-o", "fresh", "-t", "churned", "--kind", "plan=colour"], "colour"),
        (
            ["fit", "churn.csv", "-o", "fresh", "-t", "plan", "--positive", "pro"],
            "positive is for two classes; the labels hold 3",
        ),
        (["predict", "nowhere", "new.csv", "-o", "x.csv"], "there is no model folder nowhere"),
        (
            ["predict", "model", "new.csv", "-o", "x.csv", "--threshold", "nan"],
            "threshold must be from 0 to 1; got nan",
        ),
    ],
)
def test_a_users_mistake_is_one_line_and_status_2(
    place: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(place)
    before = sorted(path.name for path in place.iterdir())
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert message in result.stderr
    assert "Traceback" not in result.output
    assert sorted(path.name for path in place.iterdir()) == before


@pytest.mark.parametrize("command", ["", "fit", "predict", "evaluate", "calibrate", "threshold", "demo"])
def test_every_command_has_help(command: str) -> None:
    result = run(*filter(None, [command]), "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.stdout


def test_help_ends_quietly_when_its_reader_has_gone() -> None:
    # Its output is long enough to be written after the reader has closed the pipe.
    command = f"set -o pipefail; {sys.executable} -m crossent.cli fit --help | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_help_and_import_load_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "import crossent\n"
        "from typer.testing import CliRunner\n"
        "from crossent.cli._main import app\n"
        "assert CliRunner().invoke(app, ['fit', '--help']).exit_code == 0\n"
        "print([name for name in ('torch', 'numpy', 'polars', 'altair', 'safetensors') if name in sys.modules])\n"
        "crossent.functional\n"
        "print([name for name in ('polars', 'altair', 'sklearn', 'pandas', 'pyarrow') if name in sys.modules])\n"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.splitlines() == ["[]", "[]"]


def test_the_version_is_the_packages() -> None:
    assert run("--version").stdout == f"crossent {crossent.__version__}\n"


# calibration and decisions


def test_a_goal_is_fitted_kept_in_the_folder_and_obeyed(place: Path) -> None:
    arguments = ("-t", "churned", "-o", place / "goal", "--members", "linear", "--threshold", "recall>=0.8")
    result = run("fit", place / "churn.csv", *arguments)
    assert result.exit_code == 0, result.output
    assert "calibration: " in result.stdout
    assert "chosen for recall>=0.8 (95 % of resamples: " in result.stdout
    decision = json.loads((place / "goal" / "decision.json").read_text())
    assert decision["choice"]["goal"] == "recall>=0.8"
    result = run("predict", place / "goal", place / "new.csv", "-o", place / "goal.csv", "--json")
    assert json.loads(result.stdout)["threshold"] == decision["threshold"]
    written = pl.read_csv(place / "goal.csv")
    assert written["decision"].to_list() == [
        "yes" if p >= decision["threshold"] else "no" for p in written["probability_yes"]
    ]


def test_costs_and_calibration_come_from_the_command_line(place: Path) -> None:
    costs = ("--costs", "yes:no=4", "--costs", "no:yes=1", "--calibration", "platt")
    result = run(
        "fit", place / "churn.csv", "-t", "churned", "-o", place / "cost", "--members", "linear", "--json", *costs
    )
    record = json.loads(result.stdout)
    assert record["decision"]["threshold"] == 0.2
    assert record["calibration"]["calibrator"]["method"] == "platt"
    for number, flag in enumerate(("--quiet", "--uncalibrated")):
        out = place / f"cost{number}.csv"
        assert run("predict", place / "cost", place / "new.csv", "-o", out, flag).exit_code == 0
    assert not pl.read_csv(place / "cost0.csv").equals(pl.read_csv(place / "cost1.csv"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--costs", "yes=4"], "--costs takes TRUE:DECISION=COST, as in fraud:fine=200; got 'yes=4'"),
        (["--costs", "yes:no=much"], "--costs takes TRUE:DECISION=COST, as in fraud:fine=200; got 'yes:no=much'"),
        (["--threshold", "f7"], "a threshold's goal must be metric:NAME"),
        (["--calibration", "best"], "calibration must be one of 'auto', 'none'"),
    ],
)
def test_a_wrong_calibration_or_decision_is_one_line(place: Path, arguments: list[str], message: str) -> None:
    result = run("fit", place / "churn.csv", "-t", "churned", "-o", place / "wrong", "--members", "linear", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_goal_that_is_out_of_reach_is_noted_and_the_model_is_kept(place: Path) -> None:
    arguments = (
        "-t",
        "churned",
        "-o",
        place / "reach",
        "--members",
        "linear",
        "--threshold",
        "precision>=1",
        "--seed",
        3,
    )
    result = run("fit", place / "churn.csv", *arguments)
    assert result.exit_code == 0
    assert "note: on the held-out rows no threshold gives precision>=1; the nearest is" in result.stderr
    assert crossent.load(place / "reach").rule.threshold == 0.5


def test_a_guarantee_and_an_abstention_are_kept_obeyed_and_shown(place: Path) -> None:
    options = ("--threshold", "recall>=0.3", "--confidence", 0.8, "--abstain-below", 0.75)
    result = run("fit", place / "churn.csv", "-t", "churned", "-o", place / "sure", "--members", "linear", *options)
    assert result.exit_code == 0, result.output
    for words in ("recall>=0.3, kept with 80% confidence", "undecided below a confidence of 0.75", "sure enough to be"):
        assert words in result.stdout
    result = run("predict", place / "sure", place / "new.csv", "-o", place / "sure.csv")
    undecided = pl.read_csv(place / "sure.csv")["decision"].null_count()
    assert 0 < undecided < 60
    record = json.loads(run("evaluate", place / "sure", place / "new.csv", "--json").stdout)
    assert record["decision"]["abstain_below"] == 0.75
    assert record["coverage"] == pytest.approx(1 - undecided / 60)
    assert 0 <= record["risk"] <= 1


def test_a_file_of_costs_serves_fit_too(place: Path) -> None:
    (place / "costs.csv").write_text("true,no,yes\nno,0,1\nyes,4,0\n")
    arguments = ("-t", "churned", "-o", place / "filed", "--members", "linear", "--cost", place / "costs.csv", "--json")
    assert json.loads(run("fit", place / "churn.csv", *arguments).stdout)["decision"]["threshold"] == 0.2
    assert "expected cost a row" in run("evaluate", place / "filed", place / "new.csv").stdout
