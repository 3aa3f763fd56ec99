"""The sections of the page that are about single rows: weak slices, and labels that are likely wrong."""

import numpy as np
import polars as pl

from crossent import Task, evaluate, fit, report
from crossent.cli._inspect import inspected
from crossent.data import read
from crossent.inspection import label_errors, weak_slices

EVIL = "</script><b>&"


def page(**sections: object) -> str:
    evaluation = evaluate(Task.binary(["no", "yes"]), ["no", "yes"], probabilities=[0.1, 0.9])
    return report.html(evaluation, title="x", **sections)  # type: ignore[arg-type]


def test_slices_are_listed_with_their_size_and_names_stay_text() -> None:
    draw = np.random.default_rng(0)
    frame = pl.DataFrame({"kind": draw.choice([EVIL, "plain"], 2000)})
    found = weak_slices(frame, draw.exponential(np.where((frame["kind"] == EVIL).to_numpy(), 1.0, 0.4)))
    text = page(slices=found)
    rows = int((frame["kind"] == EVIL).sum())
    assert "kind = &lt;/script&gt;&lt;b&gt;&amp;" in text
    assert f"{rows:,} ({rows / 2000:.1%})" in text
    assert '<a href="#slices">' in text
    assert "<h2>Likely label errors</h2>" not in text


def test_where_none_is_found_that_is_said_and_where_none_was_sought_nothing() -> None:
    nothing = weak_slices({"x": np.arange(1000.0)}, np.ones(1000))
    sure = label_errors(Task.binary([0, 1]), [0, 1] * 20, probabilities=[0.01, 0.99] * 20)
    text = page(slices=nothing, suspects=sure)
    assert "None: of 5 slices of one column or of two that were searched" in text
    assert "None: in no row is the model sure of another class than the label given." in text
    assert "Weakest slices" not in page()


def test_suspects_are_cut_and_counted() -> None:
    labels = ["cat"] * 60 + ["dog"] * 200 + ["cat"] * 200
    found = label_errors(Task.binary(["cat", "dog"]), labels, probabilities=[0.97] * 260 + [0.02] * 200)
    assert len(found.suspects) == 60
    text = page(suspects=found)
    assert "Shown are 50 of 60." in text
    assert f"At most about {found.share:.1%} of 460 labels are estimated to be wrong" in text
    assert "the model is sure" not in text


def test_scores_that_know_nothing_are_said_to() -> None:
    found = label_errors(Task.binary(["cat", "dog"]), ["cat", "cat", "dog"] * 20, probabilities=[0.3] * 60)
    assert f"<p>None are listed: {found.reason}, so that they cannot say which labels are wrong.</p>" in page(
        suspects=found
    )


def test_the_rows_that_judged_a_fitted_model_are_found_again_in_the_table() -> None:
    draw = np.random.default_rng(1)
    hours = draw.normal(size=400)
    passed = np.where(hours > 0, "yes", "no")
    passed[:12] = np.where(hours[:12] > 0, "no", "yes")
    labels = [None if row % 10 == 5 else str(each) for row, each in enumerate(passed)]
    table = read({"hours": hours, "passed": labels})
    model = fit(table, target="passed", members="linear", test_share=0.5, drop_unlabelled=True)
    assert model.judged is not None
    assert model.task.decode(model.judged.labels) == [labels[row] for row in model.judged.rows.tolist()]
    assert model.evaluation is not None
    alone = model.predict(table.frame[model.judged.rows.numpy()].drop("passed"))
    assert np.allclose(model.judged.logits.sigmoid().numpy(), alone["probability_yes"].to_numpy())
    slices, suspects = inspected(model, table)
    assert slices.rows == suspects.rows == model.rows["test"]
    for row, given in suspects.suspects.select("row", "given").rows():
        assert labels[row - 1] == given
