"""The confusion matrix: a table while it can be read as one, then a map of cells with the commonest confusions."""

from __future__ import annotations

from dataclasses import dataclass

import altair as alt
import numpy as np

from ..evaluation import Metrics
from ._chart import Chart, points, specification
from ._style import ACCENT
from ._words import counted, percent, quoted, short_names

MOST_IN_A_TABLE = 8
_MOST_CELLS = 20_000
_WIDTH = 860


@dataclass(frozen=True)
class Cell:
    """A count, its share of the rows of the true class, and the wholes that it can be a share of."""

    count: float
    share: float
    row: float = 0
    column: float = 0
    rows: float = 0

    @property
    def words(self) -> str:
        """The share in percent; a dash where there is nothing to take a share of."""
        return percent(self.share)


@dataclass(frozen=True)
class Confusion:
    """Rows of one class decided as another."""

    true: str
    decided: str
    cell: Cell


def table(metrics: Metrics) -> list[list[Cell]]:
    """All cells, true class by decision."""
    matrix = metrics.confusion_matrix.tolist()
    columns = metrics.confusion_matrix.sum(dim=0).tolist()
    return [
        [
            Cell(count, count / sum(row) if any(row) else float("nan"), sum(row), column, metrics.weight)
            for count, column in zip(row, columns, strict=True)
        ]
        for row in matrix
    ]


def commonest(metrics: Metrics, most: int = 10) -> list[Confusion]:
    """The largest cells off the diagonal, largest first."""
    names = short_names(metrics.task.classes)
    matrix = metrics.confusion_matrix.numpy()
    rows = matrix.sum(axis=1)
    wrong = np.where(np.eye(len(names), dtype=bool), 0, matrix)
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    pairs = [(int(place) // len(names), int(place) % len(names)) for place in order]
    return [
        Confusion(
            names[true], names[decided], Cell(wrong[true, decided].item(), float(wrong[true, decided] / rows[true]))
        )
        for true, decided in pairs
        if wrong[true, decided]
    ]


def matrix_chart(metrics: Metrics) -> Chart:
    """The matrix as a map: the darker a cell, the larger its share of its row, its column or all; 0 is empty."""
    names = short_names(metrics.task.classes)
    step = max(4, min(32, _WIDTH // len(names)))
    axis = {"labelOverlap": True, "labelFontSize": 11, "grid": False, "domain": False, "labelLimit": 150}
    across = alt.Axis(orient="top", labelAngle=-90, **axis)
    base = _with_names(metrics, names).encode(
        x=alt.X("decision:N", title="decision", scale=alt.Scale(domain=names), axis=across),
        y=alt.Y("true:N", title="true class", scale=alt.Scale(domain=names), axis=alt.Axis(**axis)),
    )
    tooltip = [
        alt.Tooltip("true:N", title="true class"),
        alt.Tooltip("decision:N", title="decision"),
        alt.Tooltip("n:Q", title="rows", format=",~r"),
        alt.Tooltip("share:Q", title="share shown", format=".1%"),
    ]
    shade = alt.FillOpacity("share:Q", scale=alt.Scale(type="sqrt", domain=[0, 1], range=[0, 1]), legend=None)
    squares = base.mark_rect(fill=ACCENT, stroke="var(--paper)", strokeWidth=1 if step > 12 else 0)
    layers: list[alt.Chart] = [squares.encode(fillOpacity=shade, tooltip=tooltip)]
    if step >= 24:
        ink = alt.condition("datum.share > 0.72", alt.value("var(--paper)"), alt.value("var(--ink)"))
        text = base.transform_calculate(percent="100 * datum.share").transform_filter("datum.share >= 0.005")
        layers.append(text.mark_text(fontSize=11).encode(text=alt.Text("percent:Q", format=".0f"), fill=ink))
    first = commonest(metrics, 1)
    words = "Confusion matrix as a map, true class by decision"
    words += f"; numbers are percent. {_diagonal(metrics)}" if step >= 24 else f". {_diagonal(metrics)}"
    if first:
        words += f" The commonest confusion: {counted(int(first[0].cell.count), 'row')} of {quoted(first[0].true)} "
        words += f"decided as {quoted(first[0].decided)}."
    left_out = int(np.count_nonzero(metrics.confusion_matrix.numpy())) - _MOST_CELLS
    if left_out > 0:
        words += f" The {left_out:,} smallest cells are not drawn."
    by = alt.param(name="by", value="row")  # the page's script sets it
    chart = alt.LayerChart(layer=list(layers)).properties(width=alt.Step(step), height=alt.Step(step)).add_params(by)
    # The cells join after the check of the specification, which takes seconds for thousands of them.
    spec = specification(chart)
    spec["datasets"] = spec["datasets"] | {"cells": _cells(metrics)}
    return Chart("confusion", "Confusion matrix", words, spec, wide=True)


def _cells(metrics: Metrics) -> list[dict[str, float]]:
    """The cells that have rows, the largest first: true class and decision by number, and the count."""
    matrix = metrics.confusion_matrix.numpy()
    filled = min(_MOST_CELLS, int(np.count_nonzero(matrix)))
    places = np.argsort(-matrix, axis=None, kind="stable")[:filled].tolist()
    return [{"t": place // len(matrix), "d": place % len(matrix), "n": matrix.flat[place].item()} for place in places]


def _with_names(metrics: Metrics, names: list[str]) -> alt.Chart:
    """The cells with names looked up and the share of the true class."""
    rows, columns = (metrics.confusion_matrix.sum(dim=axis).tolist() for axis in (1, 0))
    classes = [
        {"i": place, "name": name, "row": rows[place], "column": columns[place]} for place, name in enumerate(names)
    ]
    true, decided = (alt.LookupData(data=points(classes), key="i", fields=["name", each]) for each in ("row", "column"))
    whole = f"by == 'row' ? datum.row : by == 'column' ? datum.column : {metrics.weight}"
    return (
        alt.Chart(alt.NamedData(name="cells"))
        .transform_lookup(lookup="t", from_=true, as_=["true", "row"])
        .transform_lookup(lookup="d", from_=decided, as_=["decision", "column"])
        .transform_calculate(share=f"datum.n / ({whole})")
    )


def _diagonal(metrics: Metrics) -> str:
    return f"On the diagonal, decided right: {percent(metrics.accuracy)} of all rows."
