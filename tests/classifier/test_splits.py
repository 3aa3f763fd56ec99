"""How rows are dealt: groups, time, given folds, weights and copies of rows."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from crossent import DataWarning, InputError, fit, read


def visits(rows: int = 240, seed: int = 0) -> pl.DataFrame:
    """Visits of patients, whose labels depend on the patient alone: what a split by rows would give away."""
    random = np.random.default_rng(seed)
    patient = random.integers(rows // 6, size=rows)
    ill = random.random(rows // 6) < 0.5
    mark = random.normal(size=rows // 6)[patient]
    return pl.DataFrame(
        {
            "mark": mark + random.normal(0, 1e-3, rows),
            "day": np.sort(random.integers(100, size=rows)),
            "patient": patient,
            "importance": random.integers(0, 3, rows),
            "ill": np.where(ill[patient], "yes", "no"),
        }
    )


def test_groups_keep_what_a_split_by_rows_gives_away() -> None:
    table = visits()
    rest = table.drop("day", "importance")
    told, kept = (
        fit(rest if group else rest.drop("patient"), target="ill", members="trees", quality="fast", group=group)
        for group in (None, "patient")
    )
    assert told.metrics["roc_auc"] > 0.8
    assert kept.metrics["roc_auc"] < 0.7
    assert "patient" not in [column.name for column in kept.encoder.columns]


def test_by_time_the_first_rows_only_train_and_the_column_is_not_learned_from() -> None:
    model = fit(visits(), target="ill", members="linear", time="day")
    assert model.rows["training"] == 240
    assert 120 < model.rows["validation"] < 240
    assert model.judged is not None
    judged = visits()["day"][model.judged.rows.numpy()]
    first = visits().filter(~pl.int_range(240).is_in(model.judged.rows.tolist()))["day"]
    assert first.max() < judged.min()  # pyrefly: ignore[unsupported-operation]
    assert [column.name for column in model.encoder.columns] == ["mark", "patient", "importance"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict(visits().drop("day"))


def test_test_rows_are_the_last_by_time_and_whole_groups_by_group() -> None:
    by_time = fit(visits(), target="ill", members="linear", time="day", test_share=0.25)
    assert by_time.judged is not None
    rows = by_time.judged.rows.tolist()
    assert rows == list(range(240 - len(rows), 240))
    by_group = fit(visits(), target="ill", members="linear", group="patient", test_share=0.25)
    assert by_group.judged is not None
    mine = pl.int_range(240, eager=True).is_in(by_group.judged.rows.tolist())
    patients = visits()["patient"]
    assert not set(patients.filter(mine)) & set(patients.filter(~mine))


def test_rows_without_a_fold_always_train() -> None:
    table = visits().with_columns(fold=pl.when(pl.int_range(240) < 100).then(pl.int_range(240) % 4))
    model = fit(table, target="ill", members="linear", fold="fold")
    assert model.rows == {"training": 240, "validation": 100, "test": 0}
    assert model.judged is not None
    assert model.judged.rows.tolist() == list(range(100))


def test_a_row_of_weight_2_counts_as_two_rows_and_one_of_0_as_none() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=300)
    table = pl.DataFrame({"x": x, "n": random.integers(0, 3, 300), "y": (x + random.normal(size=300) > 0).astype(int)})
    weighed = fit(table, target="y", members="linear", weight="n", calibration="none")
    assert weighed.evaluation is not None
    assert weighed.judged is not None
    right = (weighed.judged.logits > 0).numpy() == table["y"].to_numpy()
    assert weighed.evaluation.compute().accuracy == pytest.approx(np.average(right, weights=table["n"].to_numpy()))
    heavy = table.with_columns(n=pl.when(pl.col("y") == 1).then(50).otherwise(1))
    mean = fit(heavy, target="y", members="linear", weight="n").predict(table)["probability_1"].to_numpy().mean()
    assert mean > 0.9


def test_copies_of_rows_across_folds_are_noticed() -> None:
    random = np.random.default_rng(0)
    table = pl.DataFrame({f"x{place}": random.normal(size=100) for place in range(3)}).with_columns(
        y=pl.Series(random.choice(["a", "b"], 100))
    )
    twice = pl.concat([table, table])
    with pytest.warns(DataWarning, match="cop"):
        fit(twice, target="y", members="linear")


def test_row_numbers_in_a_text_file_are_times_and_weights_as_numbers_are(tmp_path: Path) -> None:
    table = visits(120).drop("day", "importance").with_columns(t=pl.int_range(120), one=pl.lit(1))
    table.write_csv(tmp_path / "visits.csv")
    assert {column.name: column.kind for column in read(tmp_path / "visits.csv").columns}["t"] == "identifier"
    roles: list[dict[str, Any]] = [{"time": "t"}, {"weight": "t"}, {"weight": "one"}]
    for options in roles:
        written, typed = (
            fit(source, target="ill", members="linear", **options) for source in (tmp_path / "visits.csv", table)
        )
        assert written.metrics == typed.metrics


def test_time_that_is_no_time_is_refused() -> None:
    with pytest.raises(InputError, match="must hold dates or numbers"):
        fit(visits().with_columns(day=pl.lit("monday") + pl.col("day").cast(str)), target="ill", time="day")


def test_no_calibrator_is_judged_by_rows_of_a_group_one_by_one() -> None:
    reasons: list[str] = []
    for seed in range(6):
        random = np.random.default_rng(seed)
        group = np.repeat(np.arange(12), 60)
        noise = pl.DataFrame({f"x{place}": random.normal(size=12)[group] for place in range(4)})
        table = noise.with_columns(group=group, y=pl.Series(random.permutation([0, 1] * 6)[group]))
        model = fit(table, target="y", members="linear", group="group")
        assert model.calibration is not None
        assert model.calibration.method is None
        reasons.append(model.calibration.reason)
    assert any("these rows belong together" in reason for reason in reasons)


@pytest.mark.parametrize("members", [("trees", "linear"), ("network",)])
def test_only_the_ratios_of_weights_count(members: tuple[str, ...]) -> None:
    random = np.random.default_rng(0)
    table = pl.DataFrame({"x": random.normal(size=300), "w": random.integers(1, 4, 300)})
    table = table.with_columns(y=pl.Series((table["x"].to_numpy() + random.normal(size=300) > 0).astype(int)))
    one, many = (
        fit(table.with_columns(pl.col("w") * scale), target="y", weight="w", members=members, quality="fast", epochs=2)
        for scale in (1.0, 2.0**-12)
    )
    ours, theirs = (model.predict(table)["probability_1"].to_numpy() for model in (one, many))
    np.testing.assert_allclose(theirs, ours, atol=1e-5)


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (
            visits().with_columns(importance=pl.lit(1e30)),
            {"weight": "importance"},
            "weights must be numbers from 0 to 2^31; column 'importance' holds 1e+30 in row 1",
        ),
        (
            visits().with_columns(importance=pl.lit(1e-50)),
            {"weight": "importance"},
            "weights must be numbers from 0 to 2^31; column 'importance' holds nothing but 0",
        ),
        (
            visits().with_columns(fold=pl.int_range(240) % 2, importance=pl.int_range(240) % 2),
            {"weight": "importance", "fold": "fold"},
            "of fold 1 each row that judges has the weight 0",
        ),
        (visits(), {"fold": "importance", "test_share": 0.2}, "with given folds no further rows can be kept away"),
    ],
)
def test_weights_and_folds_that_cannot_be_are_refused_before_the_work(
    table: pl.DataFrame, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError) as error:
        fit(table, target="ill", quality="best", **options)
    assert message in str(error.value)
