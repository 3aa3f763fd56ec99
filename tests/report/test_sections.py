"""Tables and charts of the page: classes and groups with their intervals, columns, coverage and risk."""

from __future__ import annotations

import html as markup
import json
import re
from typing import Any

import numpy as np
import pytest
import torch

from crossent import Evaluation, Task, report
from crossent.decisions import coverage_risk
from crossent.evaluation import figure, interval, reliability

TASK = Task.binary(["no", "yes"])


def binary(rows: int = 600, groups: list[str] | None = None) -> Evaluation:
    torch.manual_seed(0)
    labels = (torch.rand(rows) < 0.3).long()
    named = None if groups is None else np.array(groups)[np.arange(rows) % len(groups)]
    return Evaluation.empty(TASK).update(labels, logits=2 * labels - 1 + torch.randn(rows), groups=named)


def table(page: str, name: str) -> dict[str, str]:
    """The words of each row of a table, by its head."""
    body = page.split(f'id="{name}"')[1].split("</table>")[0]
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', body, re.DOTALL)
    return {markup.unescape(head): " ".join(re.sub("<.*?>", " ", rest).split()) for head, rest in rows}


def spec(page: str, name: str) -> dict[str, Any]:
    return json.loads(page.split(f'id="chart-{name}">')[1].split("</script>")[0])


def test_each_class_has_its_figures_with_their_intervals() -> None:
    evaluation = binary()
    rows = table(report.html(evaluation, title="x"), "class-table")
    for name in ("precision", "recall", "f_score", "roc_auc"):
        ends = interval(evaluation, name)
        assert f"{ends.value:.3f} {ends.low:.3f} to {ends.high:.3f}" in rows["yes"]
    assert list(rows) == ["no", "yes", "macro", "weighted", "micro"]


def test_groups_stand_side_by_side_with_their_intervals() -> None:
    evaluation = binary(groups=["north", "south", "<west>"])
    page = report.html(evaluation, title="x")
    rows = table(page, "group-table")
    assert list(rows) == ["<west>", "north", "south", "all"]
    for name, of in evaluation.groups.items():
        recall = interval(of, "recall")
        assert f"{recall.value:.3f} {recall.low:.3f} to {recall.high:.3f}" in rows[str(name)]
        assert rows[str(name)].startswith("200 ")
        assert f"{figure(of, 'roc_auc').value:.3f}" in rows[str(name)]
    drawn = spec(page, "group-3")["datasets"]
    values = next(rows for rows in drawn.values() if "g" in rows[0])
    assert [value["g"] for value in values] == ["<west>", "north", "south"]
    assert "Groups" not in report.html(binary(), title="x")


@pytest.mark.parametrize("kind", ["multiclass", "multilabel"])
def test_groups_of_other_tasks(kind: str) -> None:
    torch.manual_seed(0)
    names = np.array(["a", "b"])[np.arange(80) % 2]
    if kind == "multiclass":
        evaluation = Evaluation.empty(Task.multiclass(["x", "y", "z"]))
        labels = torch.randint(0, 3, (80,))
    else:
        evaluation = Evaluation.empty(Task.multilabel(["x", "y", "z"]))
        labels = (torch.rand(80, 3) < 0.4).long()
    evaluation = evaluation.update(labels, logits=torch.randn(80, 3), groups=names)
    rows = table(report.html(evaluation, title="x"), "group-table")
    for name, of in evaluation.groups.items():
        assert f"{figure(of, 'accuracy').value:.3f}" in rows[str(name)]


def test_weighted_rows_have_the_intervals_of_weighted_rows() -> None:
    torch.manual_seed(0)
    labels = (torch.rand(50) < 0.3).long()
    evaluation = Evaluation.empty(TASK).update(labels, logits=torch.randn(50), weights=torch.rand(50) + 0.5)
    ends = interval(evaluation, "recall")
    row = table(report.html(evaluation, title="x"), "class-table")["yes"]
    assert f"{ends.value:.3f} {ends.low:.3f} to {ends.high:.3f}" in row


def test_the_columns_of_the_data_are_listed() -> None:
    columns = [
        report.ColumnFacts("speed", "number", missing=0.125),
        report.ColumnFacts("id <1>", "identifier", missing=0.0, note="set aside"),
    ]
    rows = table(report.html(binary(), title="x", columns=columns), "column-table")
    assert rows == {"speed": "number 12.5%", "id <1>": "identifier none set aside"}


def test_the_coverage_chart_is_the_curve_of_the_decisions() -> None:
    evaluation = binary(5_000)
    curve, found = coverage_risk(evaluation), spec(report.html(evaluation, title="x"), "coverage")
    points = found["datasets"]["coverage"]
    assert len(points) <= 402
    assert points[-1]["x"] == 1
    assert points[-1]["y"] == pytest.approx(1 - evaluation.compute().accuracy, abs=1e-5)
    for point in points[::40]:
        nearest = int(np.abs(curve.coverage - point["x"]).argmin())
        assert point["y"] == pytest.approx(curve.risk[nearest], abs=1e-4)


def test_the_reliability_diagram_draws_its_band() -> None:
    evaluation = binary()
    of = reliability(evaluation)
    drawn = spec(report.html(evaluation, title="x"), "reliability")["datasets"]
    bins = next(rows for rows in drawn.values() if "from" in rows[0])
    assert [each["from"] for each in bins] == pytest.approx(of.consistent_low.tolist(), abs=1e-5)
    assert [each["to"] for each in bins] == pytest.approx(of.consistent_high.tolist(), abs=1e-5)


def test_costs_of_several_classes_stand_beside_the_matrix() -> None:
    torch.manual_seed(0)
    labels = torch.randint(0, 3, (90,))
    evaluation = Evaluation.empty(Task.multiclass(["x", "y", "z"])).update(labels, logits=torch.randn(90, 3))
    costs = [[0, 1, 2], [3, 0, 1], [1, 1, 0]]
    matrix = evaluation.compute().confusion_matrix.double()
    cost = float((matrix * torch.tensor(costs)).sum() / 90)
    assert f"a row costs <strong>{cost:.4g}</strong> on average" in report.html(evaluation, title="x", costs=costs)
