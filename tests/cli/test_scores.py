"""Scores of any model, in files, as a user of the command line judges, calibrates and decides by them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from typer.testing import CliRunner, Result

from crossent import Evaluation, Task, decide_by_costs
from crossent.cli import _scored
from crossent.cli._main import app

RUNNER = CliRunner()
YES = ("--label", "y", "--probability", "probability_yes")


def run(*arguments: Any) -> Result:
    return RUNNER.invoke(app, [str(argument) for argument in arguments])


def record(*arguments: Any) -> dict[str, Any]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def rows(count: int = 600, seed: int = 0) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    logits = random.normal(size=count) * 1.5 - 0.5
    probabilities = 1 / (1 + np.exp(-logits))
    return pl.DataFrame(
        {
            "id": np.arange(count),
            "y": np.where(random.random(count) < probabilities, "yes", "no"),
            "probability_yes": probabilities,
            "logit_yes": logits,
            "region": random.choice(["north", "south"], count),
            "plan": random.choice([1, 2], count),
            "weight": random.random(count),
        }
    )


def classes(count: int = 400) -> pl.DataFrame:
    random = np.random.default_rng(1)
    logits = random.normal(size=(count, 3))
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = [random.choice(["walk", "wait", "run"], p=p) for p in probabilities]
    columns = {f"probability_{name}": probabilities[:, k] for k, name in enumerate(["walk", "wait", "run"])}
    return pl.DataFrame({"y": labels} | columns)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


# evaluate


@pytest.mark.parametrize("suffix", ["csv", "parquet", "jsonl"])
def test_files_of_every_format_read_in_parts_give_the_figures_of_all_rows(
    suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_scored, "ROWS", 70)
    frame = rows()
    for number, part in enumerate(frame.iter_slices(250)):
        path = f"part{number}.{suffix}"
        {"csv": part.write_csv, "parquet": part.write_parquet, "jsonl": part.write_ndjson}[suffix](path)
    metrics = record("evaluate", f"part*.{suffix}", *YES)
    assert metrics["rows"] == 600
    assert metrics["log_loss"] == pytest.approx(log_loss(frame["y"], frame["probability_yes"]), rel=1e-9)
    assert metrics["roc_auc"] == pytest.approx(roc_auc_score(frame["y"] == "yes", frame["probability_yes"]))
    assert record("evaluate", f"part0.{suffix}", f"part1.{suffix}", f"part2.{suffix}", *YES) == metrics


def test_logits_are_taken_as_logits_and_two_of_them_as_softmax_takes_them() -> None:
    rows().with_columns(logit_no=1.0, logit_yes=pl.col("logit_yes") + 1).write_parquet("both.parquet")
    rows().write_csv("one.csv")
    one = record("evaluate", "one.csv", "--label", "y", "--logit", "logit_yes")
    both = record("evaluate", "both.parquet", "--label", "y", "--logit", "logit_no", "--logit", "logit_yes")
    assert one["log_loss"] == pytest.approx(record("evaluate", "one.csv", *YES)["log_loss"])
    assert both["log_loss"] == pytest.approx(one["log_loss"])
    assert both["positive"] == "yes"


def test_groups_and_their_crossings_are_judged_with_weights() -> None:
    frame = rows()
    frame.write_parquet("scored.parquet")
    found = record("evaluate", "scored.parquet", *YES, "--group", "region", "--group", "plan", "--weight", "weight")
    assert sorted(found["groups"]) == ["north, 1", "north, 2", "south, 1", "south, 2"]
    part = frame.filter((pl.col("region") == "north") & (pl.col("plan") == 2))
    decided = np.where(part["probability_yes"] >= 0.5, "yes", "no")
    expected = accuracy_score(part["y"], decided, sample_weight=part["weight"])
    assert found["groups"]["north, 2"]["accuracy"] == pytest.approx(expected)
    assert "north, 2" in run("evaluate", "scored.parquet", *YES, "--group", "region", "--group", "plan").stdout


def test_a_group_that_weighs_nothing_is_named_with_the_reason() -> None:
    frame = rows().with_columns(weight=pl.when(pl.col("region") == "north").then(0.0).otherwise(0.37))
    frame.write_parquet("scored.parquet")
    given = ("evaluate", "scored.parquet", *YES, "--group", "region", "--weight", "weight")
    shown = run(*given)
    assert shown.exit_code == 0, shown.output
    north = frame.filter(pl.col("region") == "north").height
    reason = f"an evaluation needs a row that weighs more than 0; the weights of all {north} are 0"
    assert f"no figures of north: {reason}" in " ".join(shown.stdout.split())
    found = record(*given)["groups"]
    assert found["north"] == {"rows": north, "lacking": reason}
    assert found["south"]["rows"] == 600 - north


def test_costs_decide_and_are_shown(place: Path) -> None:
    rows().write_csv("scored.csv")
    (place / "square.csv").write_text("true class,no,yes\nno,0,1\nyes,4,0\n")
    (place / "long.csv").write_text("decided,true,cost\nyes,no,1\nno,yes,4\n")
    found = [
        record("evaluate", "scored.csv", *YES, *costs)
        for costs in (("--cost", "square.csv"), ("--cost", "long.csv"), ("--costs", "no:yes=1", "--costs", "yes:no=4"))
    ]
    assert found[0] == found[1] == found[2]
    assert found[0]["threshold"] == 0.2
    ((_, alarms), (misses, _)) = found[0]["confusion_matrix"]
    assert found[0]["expected_cost"] == pytest.approx((alarms + 4 * misses) / 600)
    assert "expected cost a row" in run("evaluate", "scored.csv", *YES, "--cost", "square.csv").stdout


def test_of_several_classes_the_decisions_of_least_cost_are_judged(place: Path) -> None:
    frame = classes()
    frame.write_parquet("scored.parquet")
    (place / "costs.csv").write_text(",walk,wait,run\nwalk,0,1,1\nwait,9,0,9\nrun,1,1,0\n")
    columns = [part for name in frame.columns[1:] for part in ("--probability", name)]
    found = record("evaluate", "scored.parquet", "--label", "y", *columns, "--cost", "costs.csv")
    task = Task.multiclass(["walk", "wait", "run"])
    decided = decide_by_costs(task, frame.drop("y").to_torch(), [[0, 1, 1], [9, 0, 9], [1, 1, 0]])
    assert found["accuracy"] == pytest.approx(accuracy_score(frame["y"], task.decode(decided)))
    assert found["accuracy"] < record("evaluate", "scored.parquet", "--label", "y", *columns)["accuracy"]


def test_a_goal_chooses_a_threshold_and_says_that_these_rows_did() -> None:
    rows().write_csv("scored.csv")
    result = run("evaluate", "scored.csv", *YES, "--threshold", "recall>=0.9", "--json")
    found = json.loads(result.stdout)
    assert found["per_class"]["yes"]["recall"] >= 0.9
    assert found["threshold"] == found["decision"]["choice"]["threshold"]
    assert f"these rows have chosen the threshold {found['threshold']}" in result.stderr


def test_saved_evaluations_merge_to_that_of_all_rows() -> None:
    frame = rows()
    frame.head(200).write_csv("monday.csv")
    frame.tail(400).write_csv("tuesday.csv")
    for day in ("monday", "tuesday"):
        assert run("evaluate", f"{day}.csv", *YES, "--save", f"{day}.crossent-eval", "-q").exit_code == 0
    merged = ("evaluate", "--merge", "monday.crossent-eval", "tuesday.crossent-eval")
    found = record(*merged, "--save", "week.crossent-eval")
    assert found.pop("files") == {"monday.crossent-eval": 200, "tuesday.crossent-eval": 400}
    together = record("evaluate", "monday.csv", "tuesday.csv", *YES)
    assert {name: value for name, value in together.items() if name in found} == {
        name: value for name, value in found.items() if name != "saved"
    }
    assert Evaluation.load("week.crossent-eval").rows == 600
    assert "tuesday.crossent-eval  400 rows" in run(*merged).stdout


def test_rows_without_a_label_are_refused_or_counted() -> None:
    rows().with_columns(y=pl.when(pl.col("id") % 6 == 0).then(None).otherwise("y")).write_csv("scored.csv")
    result = run("evaluate", "scored.csv", *YES)
    assert (result.exit_code, result.stderr) == (
        2,
        "error: labels must not be missing; column 'y' has no label in 100 of 600 rows: "
        "remove these rows, or leave them out with --drop-unlabelled\n",
    )
    found = record("evaluate", "scored.csv", *YES, "--drop-unlabelled")
    assert (found["rows"], found["unlabelled"]) == (500, 100)
    shown = run("evaluate", "scored.csv", *YES, "--drop-unlabelled", "--class", "no", "--class", "yes")
    assert "left out: 100 rows with no label" in shown.stdout


def test_named_classes_need_no_rows() -> None:
    rows().filter(pl.col("y") == "no").write_csv("scored.csv")
    found = record("evaluate", "scored.csv", *YES, "--class", "no", "--class", "yes")
    assert (found["classes"], found["roc_auc"]) == (["no", "yes"], None)


TWO = "y,yes\nno,0.1\nyes,0.3\n"
BROKEN = {
    "empty.csv": ("", "empty.csv is empty. It must hold a line of column names, then one line a row."),
    "words.csv": (
        "y,yes\nno,0.2\nyes,high\nno,low\n",
        "column 'yes' must hold numbers; row 2 holds 'high' (and 1 more)",
    ),
    "nan.csv": ("y,yes\nno,NaN\nyes,0.3\n", "probabilities must not be NaN; 1 of 2 are"),
    "blank.csv": (
        "y,yes\nno,\nyes,0.3\n",
        "probabilities must not be missing; column 'yes' has none in 1 of 2 rows",
    ),
    "range.csv": (
        "y,yes\nno,-3\nyes,2\n",
        "probabilities must be from 0 to 1; got -3 to 2: if these are logits, call task.probabilities(logits) first",
    ),
    "lacks.csv": ("y,no\nno,0.9\nyes,0.3\n", "There is no column 'yes'. The columns are: 'y', 'no'."),
    "one.csv": (
        "y,yes\nno,0.1\nno,0.3\n",
        "labels must hold at least two classes; all 2 are 'no': there is nothing to tell apart",
    ),
    "three.csv": (
        "y,yes\nno,0.1\nyes,0.3\nmaybe,0.2\n",
        "one column of probabilities is for two classes; the labels hold 3: ['maybe', 'no', 'yes']",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_one_line_and_leaves_nothing_behind(place: Path, name: str) -> None:
    text, message = BROKEN[name]
    (place / name).write_text(text)
    result = run("evaluate", name, "--label", "y", "--probability", "yes", "--report", "r.html", "--save", "s")
    assert (result.exit_code, result.stderr) == (2, f"error: {message}\n")
    assert [path.name for path in place.iterdir()] == [name]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("two.csv", "third.csv", "--class", "no", "--class", "yes"),
            "labels must be among the classes ['no', 'yes']; got 'maybe' (1 row) (from row 3 on)",
        ),
        (("two.csv", "codes.parquet", "text.parquet"), "All files of a table must have one format"),
        (("codes.parquet", "text.parquet"), "column 'y' must be of one type in all files; got int, str"),
        (("two.csv", "./two.csv"), "two.csv is named 2 times"),
        (("group.csv", "--group", "g"), "groups must not be missing; column 'g' has none in 1 of 2 rows"),
        (("two.csv", "--group", "yes"), "column 'yes' is given twice; each is one thing"),
        (("two.csv", "--logit", "yes"), "give columns of probabilities or columns of logits; got both"),
        (("two.csv", "--cost", "lack.csv"), "lack.csv must hold a row and a column for each class"),
        (("two.csv", "--cost", "word.csv"), "word.csv must hold a finite number for 'yes' decided as 'no'; got 'x'"),
        (("two.csv", "--cost", "word.csv", "--costs", "no:yes=1"), "costs stand in a file or in --costs"),
        (("two.csv", "--report", "nowhere/x.html"), "nowhere/x.html cannot be written: its folder is not there"),
    ],
)
def test_what_does_not_go_together_is_one_line(place: Path, arguments: tuple[str, ...], message: str) -> None:
    (place / "two.csv").write_text(TWO)
    (place / "third.csv").write_text("y,yes\nmaybe,0.1\n")
    (place / "group.csv").write_text("y,yes,g\nno,0.1,a\nyes,0.3,\n")
    (place / "lack.csv").write_text("true,no,yes\nno,0,1\n")
    (place / "word.csv").write_text("true,decided,cost\nno,yes,1\nyes,no,x\n")
    pl.DataFrame({"y": [0, 1], "yes": [0.1, 0.2]}).write_parquet("codes.parquet")
    pl.DataFrame({"y": ["a", "b"], "yes": [0.1, 0.2]}).write_parquet("text.parquet")
    result = run("evaluate", *arguments, "--label", "y", "--probability", "yes")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert message in result.stderr


def test_evaluations_that_differ_do_not_merge(place: Path) -> None:
    (place / "two.csv").write_text(TWO)
    (place / "third.csv").write_text("y,yes\nmaybe,0.1\nyes,0.3\n")
    for name, *options in (("a", "two.csv"), ("b", "two.csv", "--threshold", "0.2"), ("c", "third.csv")):
        assert run("evaluate", *options, "--label", "y", "--probability", "yes", "--save", name, "-q").exit_code == 0
    for states, message in (
        (("a", "b"), "b does not merge with a: only evaluations of one threshold merge; got 0.5 and 0.2"),
        (("a", "c"), "c does not merge with a: only evaluations of one task merge"),
        (("a", "a"), "each evaluation is to be counted once; a is named twice"),
        (("a", "two.csv"), "two.csv must be an evaluation that Evaluation.save wrote"),
    ):
        result = run("evaluate", "--merge", *states)
        assert result.exit_code == 2
        assert message in result.stderr


# threshold


def test_a_threshold_is_shown_with_its_spread_and_its_neighbours() -> None:
    rows().write_csv("scored.csv")
    found = record("threshold", "scored.csv", *YES, "--for", "recall>=0.9")
    choice = found["choice"]
    assert choice["low"] <= found["threshold"] <= choice["high"]
    assert choice["figures"]["recall"] >= 0.9
    thresholds = [point["threshold"] for point in found["frontier"]]
    assert found["threshold"] in thresholds
    assert thresholds == sorted(thresholds, reverse=True)
    sure = record("threshold", "scored.csv", *YES, "--for", "recall>=0.9", "--confidence", "0.95")
    assert sure["threshold"] < found["threshold"]
    shown = run("threshold", "scored.csv", *YES, "--for", "recall>=0.9").stdout
    assert f"from a probability of {found['threshold']} on" in shown


def test_costs_make_a_threshold_and_the_frontier_counts_them() -> None:
    rows().write_csv("scored.csv")
    found = record("threshold", "scored.csv", *YES, "--costs", "no:yes=1", "--costs", "yes:no=4")
    judged = record("evaluate", "scored.csv", *YES, "--costs", "no:yes=1", "--costs", "yes:no=4")
    assert found["threshold"] == 0.2
    costs = {point["threshold"]: point["figures"]["cost"] for point in found["frontier"]}
    assert costs[0.2] == pytest.approx(judged["expected_cost"])
    assert min(costs.values()) <= costs[0.2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "say what the threshold is for: --for GOAL, or what decisions cost: --costs or --cost"),
        (("--for", "recall"), "a threshold's goal must be metric:NAME"),
        (("--costs", "no:yes=1", "--confidence", "0.9"), "--confidence is for a goal with a limit"),
        (("--for", "precision>=0.999", "--confidence", "0.95"), "no threshold can be guaranteed to keep precision>="),
    ],
)
def test_a_threshold_for_nothing_is_refused(arguments: tuple[str, ...], message: str) -> None:
    rows().write_csv("scored.csv")
    result = run("threshold", "scored.csv", *YES, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


# calibrate


def test_boastful_logits_are_calibrated_beside_the_rows_and_again_from_the_saved_calibrator(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_scored, "ROWS", 150)
    frame = rows().with_columns(logit_yes=3 * pl.col("logit_yes"))
    frame.write_csv("scored.csv")
    arguments = ("scored.csv", "--label", "y", "--logit", "logit_yes", "-o", "out.parquet", "--save", "yes.json")
    found = record("calibrate", *arguments)
    assert (found["calibrator"]["method"], found["rows_written"]) == ("temperature", 600)
    written = pl.read_parquet("out.parquet")
    assert written.columns == [*frame.columns, "calibrated_no", "calibrated_yes"]
    boast = log_loss(frame["y"], 1 / (1 + np.exp(-frame["logit_yes"])))
    assert log_loss(frame["y"], written["calibrated_yes"]) < boast - 0.1
    frame.drop("y").write_csv("new.csv")
    result = run("calibrate", "new.csv", "--apply", "yes.json", "-o", "again.csv")
    assert result.exit_code == 0, result.output
    np.testing.assert_allclose(pl.read_csv("again.csv")["calibrated_yes"], written["calibrated_yes"], rtol=1e-12)
    judged = record("evaluate", "out.parquet", "--label", "y", "--probability", "calibrated_yes")
    assert judged["log_loss"] == pytest.approx(log_loss(frame["y"], written["calibrated_yes"]))


def test_probabilities_that_mean_what_they_say_are_left_as_they_are() -> None:
    frame = classes()
    frame.write_parquet("scored.parquet")
    columns = [part for name in frame.columns[1:] for part in ("--probability", name)]
    result = run("calibrate", "scored.parquet", "--label", "y", *columns, "-o", "out.csv")
    assert "lowers the held-out log loss by more than its standard error" in result.stdout
    assert "the probabilities stay as they are" in result.stdout
    np.testing.assert_allclose(pl.read_csv("out.csv")["calibrated_wait"], frame["probability_wait"], rtol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--label", "y", "--logit", "logit_yes", "-o", "x.xlsx"), "the output must be a .csv or .parquet file"),
        (("--label", "y", "--logit", "logit_yes", "--method", "best"), "the method must be one of auto, temperature"),
        (("--label", "y"), "scores need both --label COLUMN and at least one"),
        (("--apply", "scored.csv", "-o", "x.csv"), "must be a calibrator that crossent calibrate --save wrote"),
        (("--apply", "saved.json"), "say where to write: crossent calibrate NEW --apply CALIBRATOR --out OUT.csv"),
        (("--apply", "other.json", "-o", "x.csv"), "must be of version 1; it is of 9: read it with a newer crossent"),
        (("--apply", "damaged.json", "-o", "x.csv"), "damaged.json is damaged"),
    ],
)
def test_a_calibration_that_cannot_be_is_one_line(place: Path, arguments: tuple[str, ...], message: str) -> None:
    rows().write_csv("scored.csv")
    (place / "other.json").write_text('{"format": "crossent calibrator", "version": 9}')
    (place / "damaged.json").write_text('{"format": "crossent calibrator", "version": 1, "task": {}}')
    result = run("calibrate", "scored.csv", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (place / "x.csv").exists()


def test_a_calibrator_takes_columns_by_their_names() -> None:
    frame = classes()
    names = frame.columns[1:]
    frame.write_parquet("scored.parquet")
    fitted = [part for name in names for part in ("--probability", name)]
    turned = [part for name in reversed(names) for part in ("--probability", name)]
    method = ("--method", "vector")
    assert run("calibrate", "scored.parquet", "--label", "y", *fitted, *method, "--save", "c.json").exit_code == 0
    assert run("calibrate", "scored.parquet", "--apply", "c.json", "-o", "one.csv").exit_code == 0
    assert run("calibrate", "scored.parquet", "--apply", "c.json", *turned, "-o", "two.csv").exit_code == 0
    assert Path("one.csv").read_bytes() == Path("two.csv").read_bytes()


def test_a_calibrator_of_one_class_refuses_the_scores_of_the_other(place: Path) -> None:
    rows().with_columns(probability_no=1 - pl.col("probability_yes")).write_csv("scored.csv")
    assert run("calibrate", "scored.csv", *YES, "--save", "c.json").exit_code == 0
    result = run("calibrate", "scored.csv", "--apply", "c.json", "--probability", "probability_no", "-o", "out.csv")
    assert (result.exit_code, result.stderr) == (
        2,
        "error: a single column of probabilities must be of the positive class, 'yes'; by its name column "
        "'probability_no' is of 'no': take the other column, or make 'no' the positive class\n",
    )
    assert not (place / "out.csv").exists()


def test_what_is_printed_of_a_threshold_is_the_threshold_itself(place: Path) -> None:
    (place / "near.csv").write_text("y,yes\nno,0.9999992\nyes,0.999999237\nno,0.1\nyes,0.99999931\n")
    columns = ("--label", "y", "--probability", "yes")
    goal = ("near.csv", *columns, "--for", "precision>=1")
    chosen = record("threshold", *goal)["threshold"]
    assert float(f"{chosen:g}") != chosen
    shown = run("threshold", *goal).stdout
    assert f"from a probability of {chosen} on\n" in shown
    assert f"\N{RIGHTWARDS ARROW}{chosen} " in shown
    judged = run("evaluate", "near.csv", *columns, "--threshold", str(chosen), "--report", "near.html")
    assert f"decided at a probability of 'yes' of at least {chosen}:\n" in judged.stdout
    assert f"from a probability of {chosen}." in (place / "near.html").read_text()


def test_a_confidence_is_never_rounded_to_certainty() -> None:
    rows(3000).write_csv("scored.csv")
    goal = ("scored.csv", *YES, "--for", "recall>=0.9", "--confidence", "0.999")
    assert "on rows to come with 99.9% confidence\n" in run("threshold", *goal).stdout
    hard = ("scored.csv", *YES, "--for", "precision>=0.999", "--confidence", "0.999")
    assert run("threshold", *hard).stderr == (
        "error: no threshold can be guaranteed to keep precision>=0.999 with 99.9% confidence on these 3000 rows: "
        "give more rows, a looser limit, or less confidence\n"
    )


# what is read and what is written


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("evaluate", "in.csv", *YES, "--save", "./in.csv"),
            "--save must not write over what is read; got in.csv: give it another name",
        ),
        (
            ("evaluate", "i*.csv", *YES, "--report", "in.csv"),
            "--report must not write over what is read; got in.csv: give it another name",
        ),
        (
            ("evaluate", "in.csv", *YES, "--cost", "costs.csv", "--report", "costs.csv"),
            "--report must not write over what is read; got costs.csv: give it another name",
        ),
        (
            ("evaluate", "--merge", "1.ev", "2.ev", "--save", "1.ev"),
            "--save must not write over what is read; got 1.ev: give it another name",
        ),
        (
            ("evaluate", "in.csv", *YES, "--save", "x.html", "--report", "x.html"),
            "--save and --report must write two files; both got x.html: rename one",
        ),
        (
            ("calibrate", "in.csv", *YES, "-o", "x.csv", "--save", "link.csv"),
            "--out and --save must write two files; both got link.csv: rename one",
        ),
        (
            ("calibrate", "in.csv", "--apply", "c.json", "-o", "in.csv"),
            "--out must not write over what is read; got in.csv: give it another name",
        ),
        (
            ("compare", "in.csv", "folder", *YES, "--report", "folder/part.csv"),
            "--report must not write over what is read; got folder/part.csv: give it another name",
        ),
        (
            ("predict", "m.crossent", "in.csv", "-o", "in.csv"),
            "--out must not write over what is read; got in.csv: give it another name",
        ),
        (
            ("calibrate", "in.csv", *YES, "-o", "ok.csv", "--save", "/proc/x.json"),
            "/proc/x.json cannot be written: its folder takes no files (No such file or directory)",
        ),
    ],
)
def test_nothing_is_written_over_what_is_read_or_written(place: Path, arguments: tuple[str, ...], message: str) -> None:
    rows(40).write_csv("in.csv")
    (place / "folder").mkdir()
    rows(40).write_csv("folder/part.csv")
    (place / "costs.csv").write_text("true,no,yes\nno,0,1\nyes,4,0\n")
    (place / "link.csv").symlink_to("x.csv")
    for name in ("1.ev", "2.ev"):
        assert run("evaluate", "in.csv", *YES, "--save", name, "-q").exit_code == 0
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    result = run(*arguments)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"error: {message}\n")
    assert {path: path.read_bytes() for path in place.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "command", [("threshold", "--for", "recall>=0.5"), ("calibrate", "--method", "platt", "--save", "c.json")]
)
def test_a_seed_below_0_is_one_line(command: tuple[str, ...]) -> None:
    rows().write_csv("scored.csv")
    result = run(*command, "scored.csv", *YES, "--seed", "-1")
    assert (result.exit_code, result.stderr) == (2, "error: seed must be a whole number from 0 on; got -1\n")


def test_labels_that_no_whole_number_holds_are_one_line(place: Path) -> None:
    (place / "huge.csv").write_text("y,s\n99999999999999999999999,0.1\n12,0.3\n12,0.5\n")
    result = run("evaluate", "huge.csv", "--label", "y", "--probability", "s", "--positive", "12")
    assert (result.exit_code, result.stderr) == (
        2,
        "error: labels must be whole numbers that 64 bits hold exactly; got 1 row beyond, such as 1e+23: "
        "name the classes in letters, for instance by a prefix\n",
    )


# options that would be ignored


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        *(
            (
                ("evaluate", "--merge", "1.ev", *option),
                f"{option[0]} is for tables of scores; it has no meaning with --merge",
            )
            for option in (
                ("--exact",),
                ("--weight", "weight"),
                ("--positive", "yes"),
                ("--class", "yes"),
                ("--drop-unlabelled",),
                ("--costs", "no:yes=1"),
                ("--threshold", "0.3"),
            )
        ),
        (
            ("evaluate", "--merge", "1.ev", "--uncalibrated"),
            "--uncalibrated is for a model folder; it has no meaning with --merge",
        ),
        (
            ("evaluate", "in.csv", *YES, "--ignore-extra"),
            "--ignore-extra is for a model folder; it has no meaning with tables of scores",
        ),
        (
            ("evaluate", "m.crossent", "in.csv", "--costs", "no:yes=1"),
            "--costs is for tables of scores; it has no meaning with a model folder",
        ),
        (
            ("compare", "in.csv", "--label", "y", "--a", "probability_yes", "--b", "logit_yes", "--id", "id"),
            "--id is for one table a model; it has no meaning with --a and --b",
        ),
        (
            ("compare", "in.csv", "in.csv", *YES, "--uncalibrated"),
            "--uncalibrated is for model folders; it has no meaning with tables of scores",
        ),
        (
            ("compare", "one.crossent", "two.crossent", "--data", "in.csv", "--label", "y"),
            "--label is for tables of scores; it has no meaning with --data",
        ),
        *(
            (
                ("calibrate", "in.csv", "--apply", "c.json", "-o", "out.csv", *option),
                f"{option[0]} is for fitting a calibrator; it has no meaning with --apply",
            )
            for option in (("--positive", "no"), ("--class", "no"), ("--drop-unlabelled",), ("--label", "y"))
        ),
    ],
)
def test_an_option_that_would_be_ignored_is_refused(arguments: tuple[str, ...], message: str) -> None:
    rows(40).write_csv("in.csv")
    result = run(*arguments)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"error: {message}\n")


def test_a_goal_is_for_two_classes() -> None:
    frame = classes()
    frame.write_csv("scored.csv")
    columns = [part for name in frame.columns[1:] for part in ("--probability", name)]
    assert run("evaluate", "scored.csv", "--label", "y", *columns, "--threshold", "recall>=0.4").stderr == (
        "error: a goal such as recall>=0.4 chooses a threshold between two classes; there are 3: "
        "decide by least cost with --cost FILE, or leave --threshold out\n"
    )


def test_costs_name_classes_as_the_file_does(place: Path) -> None:
    (place / "truth.csv").write_text("y,true\nfalse,0.1\ntrue,0.3\n")
    columns = ("truth.csv", "--label", "y", "--probability", "true")
    assert record("evaluate", *columns, "--costs", "true:false=3", "--costs", "false:true=1")["threshold"] == 0.25
    assert run("evaluate", *columns, "--costs", "a:b:c=3").stderr == (
        "error: --costs takes TRUE:DECISION=COST, with one colon; got 'a:b:c=3': "
        "give costs of classes whose names hold one in a file, with --cost FILE\n"
    )
