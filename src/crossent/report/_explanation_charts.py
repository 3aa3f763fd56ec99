"""What a model goes by, as charts: importance by column, and the probability by a column's values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import polars as pl

from .._task import Task
from ._chart import HEIGHT, Chart, Points, points, specification, unit_height
from ._style import ACCENT, CLASS_COLOURS, INK
from ._words import figure, short_names

if TYPE_CHECKING:
    from ..explanation import Explanation

_MOST_COLUMNS = 30
_MOST_CURVES = 5
_ROW = 22


def explanation_charts(explanation: Explanation) -> list[Chart]:
    """The importance of the columns, then the dependence on each of those that were asked for."""
    found = [] if explanation.importance is None else [_importance(explanation, explanation.importance)]
    names = explanation.dependence["column"].unique(maintain_order=True).to_list()
    return found + [_dependence(explanation, name, place) for place, name in enumerate(names, 1)]


def _importance(explanation: Explanation, frame: pl.DataFrame) -> Chart:
    shown = frame.head(_MOST_COLUMNS)
    names = short_names(shown["column"].to_list())
    values: Points = [
        {"c": name, "y": importance, "low": low, "high": high}
        for name, (importance, low, high) in zip(names, shown.select("importance", "low", "high").rows(), strict=True)
    ]
    loss = explanation.loss.replace("_", " ")
    base = alt.Chart(points(values)).encode(
        y=alt.Y("c:N", sort=names, title=None),
        tooltip=[
            alt.Tooltip("c:N", title="column"),
            alt.Tooltip("y:Q", title="increase", format=".4f"),
            alt.Tooltip("low:Q", title="from", format=".4f"),
            alt.Tooltip("high:Q", title="to", format=".4f"),
        ],
    )
    bars = base.mark_bar(color=ACCENT, height={"band": 0.6}).encode(x=alt.X("y:Q", title=f"increase of the {loss}"))
    ends = base.mark_rule(color=INK, strokeWidth=1.5).encode(x="low:Q", x2="high:Q")
    layers = alt.LayerChart(layer=[bars, ends]).properties(width="container", height=max(_ROW * len(names), 80))
    first = shown.row(0, named=True)
    words = (
        f"By how much the {loss} of {figure(explanation.before)} grows when a column's values are shuffled, with 95% "
        f"intervals; most for {first['column']}, by {figure(first['importance'])}."
    )
    if len(frame) > _MOST_COLUMNS:
        words += f" Shown are {_MOST_COLUMNS} of {len(frame)} columns."
    return Chart("importance", "Importance by column", words, specification(layers))


def _dependence(explanation: Explanation, name: str, place: int) -> Chart:
    classes = _shown_classes(explanation.task)
    frame = explanation.dependence.filter(pl.col("column") == name, pl.col("class").is_in(classes))
    ordered = frame["number"].is_not_null().any()
    on_axis = frame.filter(pl.col("number").is_not_null()) if ordered else frame
    scale = alt.Scale(domain=classes, range=CLASS_COLOURS[: len(classes)])
    colour = alt.Color("c:N", scale=scale, legend=alt.Legend(columns=2) if len(classes) > 1 else None)
    values: Points = [
        {"x": number if ordered else value, "w": value, "c": label, "y": mean, "low": low, "high": high}
        for value, number, label, mean, low, high in on_axis.select(
            "value", "number", "class", "probability", "low", "high"
        ).rows()
    ]
    of = f" of {classes[0]}" if len(classes) == 1 else ""
    base = alt.Chart(points(values)).encode(
        x=_axis(explanation, name, on_axis, ordered=ordered),
        color=colour,
        tooltip=[
            alt.Tooltip("w:N", title=name),
            alt.Tooltip("c:N", title="class"),
            alt.Tooltip("y:Q", title="probability", format=".1%"),
        ],
    )
    height = unit_height("y:Q", f"probability{of}", percent=True)
    if ordered:
        spread = base.mark_area(opacity=0.15).encode(y="low:Q", y2="high:Q", tooltip=alt.value(None))
        marks = [spread, base.mark_line(strokeWidth=2, point={"size": 18}).encode(y=height)]
    else:
        if len(classes) > 1:
            base = base.encode(xOffset=alt.XOffset("c:N", sort=classes))
        spread = base.mark_rule(strokeWidth=6, opacity=0.25).encode(y="low:Q", y2="high:Q")
        marks = [spread, base.mark_point(filled=True, size=60, opacity=1).encode(y=height)]
    layers = alt.LayerChart(layer=marks).properties(width="container", height=HEIGHT)
    return Chart(f"dependence-{place}", f"By {name}", _words(frame, name, classes), specification(layers))


def _axis(explanation: Explanation, name: str, frame: pl.DataFrame, *, ordered: bool) -> alt.X:
    if not ordered:
        return alt.X("x:N", sort=frame["value"].unique(maintain_order=True).to_list(), title=None)
    kind = "T" if name in explanation.dates else "Q"
    return alt.X(f"x:{kind}", title=name, scale=alt.Scale(zero=False, nice=False))


def _shown_classes(task: Task) -> list[str]:
    """The positive class of two; else the first five, of which charts can tell the colours apart."""
    names = [str(label) for label in task.classes]
    return names[1:] if task.kind == "binary" else names[:_MOST_CURVES]


def _words(frame: pl.DataFrame, name: str, classes: list[str]) -> str:
    of = frame.filter(pl.col("class") == classes[0])
    least, most = of["probability"].arg_min() or 0, of["probability"].arg_max() or 0
    low, high = (of.row(place, named=True) for place in (least, most))
    words = (
        f"The mean probability of {classes[0]} if every row had this {name}: from {low['probability']:.1%} at "
        f"{low['value']} to {high['probability']:.1%} at {high['value']}; the band holds the middle 80% of the rows."
    )
    missing = of.filter(pl.col("value") == "missing")
    if of["number"].is_not_null().any() and len(missing):
        words += f" Where it is missing: {missing['probability'][0]:.1%}."
    return words
