"""Pictures, JSON, model cards, and several models side by side."""

import json
import re
from html import unescape
from pathlib import Path

import numpy as np
import pytest
import torch

from crossent import Comparison, Evaluation, InputError, Task, compare, evaluate, report
from crossent.evaluation import interval
from crossent.training import Epoch, History

BINARY = Task.binary(["stayed", "churned"])
HISTORY = History(tuple(Epoch(k, 1 / k, 1 / k + 0.01 * k, 1e5) for k in range(1, 13)), 9, "finished")


def some(rows: int = 400, **options: object) -> Evaluation:
    draw = np.random.default_rng(0)
    churned = draw.random(rows) < 0.3
    logits = draw.normal(size=rows) + churned
    return evaluate(BINARY, [BINARY.classes[int(each)] for each in churned], logits=logits, **options)  # type: ignore[arg-type]


def test_the_name_of_the_file_says_the_format_and_an_option_says_otherwise(tmp_path: Path) -> None:
    beginnings = {
        "page.html": b"<!DOCTYPE html>",
        "sheet.png": b"\x89PNG\r\n\x1a\n",
        "sheet.svg": b"<svg",
        "figures.json": b"{",
        "card.md": b"# Who churns?",
    }
    for name, beginning in beginnings.items():
        report.write(tmp_path / name, some(), title="Who churns?")
        assert (tmp_path / name).read_bytes().startswith(beginning)
    report.write(tmp_path / "other.html", some(), title="Who churns?", format="markdown")
    assert (tmp_path / "other.html").read_bytes() == (tmp_path / "card.md").read_bytes()
    with pytest.raises(InputError, match=r"^format must be one of html, png, svg, json, markdown; got 'pdf'$"):
        report.write(tmp_path / "x", some(), title="x", format="pdf")


def texts(picture: str) -> list[str]:
    return [unescape(text).replace("\xa0", " ") for text in re.findall(r">([^<>]+)</t(?:ext|span)>", picture)]


def test_a_sheet_has_the_figures_every_chart_and_no_colour_that_only_a_page_knows() -> None:
    picture = report.svg(some(), title="Who churns?", history=HISTORY)
    shown = texts(picture)
    assert "Who churns?" in shown
    for title in ("ROC curves", "Precision and recall", "Reliability", "Confusion matrix", "Loss by epoch"):
        assert title in shown
    assert any(f"ROC AUC {some().compute().roc_auc:.3f}" in text for text in shown)
    assert "var(--" not in picture
    assert "Loss by epoch" not in texts(report.svg(some(), title="Who churns?"))


@pytest.mark.parametrize("kind", ["multiclass", "multilabel"])
def test_of_every_kind_of_task(kind: str) -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(200, 3, generator=generator)
    task = Task.multiclass(["a", "b", "c"]) if kind == "multiclass" else Task.multilabel(["a", "b", "c"])
    labels = torch.randint(3 if kind == "multiclass" else 2, (200,) if kind == "multiclass" else (200, 3))
    evaluation = Evaluation.empty(task).update(labels, logits=logits)
    assert "Reliability" in texts(report.svg(evaluation, title="x"))
    assert "| a |" in report.model_card(evaluation, title="x")


def test_json_is_what_the_evaluation_says_of_all_rows_and_of_each_group(tmp_path: Path) -> None:
    evaluation = some(groups=["north", "south"] * 200)
    report.write(tmp_path / "x.json", evaluation, title="x", facts={"Rows": "400"})
    record = json.loads((tmp_path / "x.json").read_text())
    assert record["metrics"] == json.loads(json.dumps(evaluation.compute().to_dict()))
    assert record["groups"]["south"] == json.loads(json.dumps(evaluation.groups["south"].compute().to_dict()))
    assert record["facts"] == {"Rows": "400"}
    for name in ("accuracy", "balanced_accuracy", "roc_auc", "log_loss", "brier"):
        ends = interval(evaluation, name)
        assert record["intervals"][name] == {
            "low": ends.low, "high": ends.high, "confidence": 0.95, "method": ends.method
        }  # fmt: skip


def test_a_card_says_what_is_known_and_marks_what_is_not() -> None:
    evaluation = some(groups=["north | east", "south"] * 200)
    card = report.model_card(evaluation, title="Who <b>churns</b>?", history=HISTORY, facts={"Seed": "7"})
    heads = re.findall(r"^## (.*)$", card, re.MULTILINE)
    assert heads == [
        "Model details", "Intended use", "Factors", "Metrics", "Data", "Groups", "Calibration",
        "Ethical considerations", "Caveats and recommendations",
    ]  # fmt: skip
    assert card.startswith("# Who \\<b\\>churns\\</b\\>?\n")
    found = interval(evaluation, "roc_auc")
    assert f"| ROC AUC | {found.value:.4f} | {found.low:.4f} to {found.high:.4f} |" in card
    assert "- Seed: 7\n- Training: 12 epochs; the weights of epoch 9 were kept" in card
    assert "| north \\| east | 200 |" in card
    assert card.count("> **To be filled in:**") == 6
    assert card == report.model_card(evaluation, title="Who <b>churns</b>?", history=HISTORY, facts={"Seed": "7"})


def compared(shift: float) -> Comparison:
    draw = np.random.default_rng(1)
    churned = draw.random(500) < 0.4
    old = draw.normal(size=500) + churned
    labels = [BINARY.classes[int(each)] for each in churned]
    return compare(BINARY, labels, logits_a=old, logits_b=old + shift * (2 * churned - 1) + 0.2 * draw.normal(size=500))


def test_models_stand_side_by_side(tmp_path: Path) -> None:
    comparisons = {("old", "<new>"): compared(0.5), ("old", "same"): compared(0.0)}
    page = report.compare_html(comparisons)
    assert "<h1>old, &lt;new&gt; and same</h1>" in page
    assert "&lt;new&gt; is better" in page
    assert "they do not tell" in page
    for found in comparisons["old", "<new>"].differences():
        assert f"<td>{found.a:.4f}</td><td>{found.b:.4f}</td><td>{found.difference:+.4f} " in page
    for chart in ("roc", "precision-recall", "reliability"):
        spec = json.loads(re.findall(rf'id="chart-{chart}">(.*?)</script>', page)[0])
        assert json.dumps(spec).count('"domain": ["old", "<new>", "same"]') >= 1
        assert '"legend": {"columns": 1,' in json.dumps(spec)  # names side by side would be cut
    report.write_comparison(tmp_path / "out.html", comparisons)
    assert (tmp_path / "out.html").read_text() == page
    with pytest.raises(InputError, match=r"^a page shows 2 to 6 models side by side; got 0$"):
        report.compare_html({})
