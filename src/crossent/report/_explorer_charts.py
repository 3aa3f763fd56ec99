"""The charts that follow the threshold: scores by class, ROC, precision-recall, gain, lift and cost of one class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import altair as alt

from ._chart import Chart, Points, layered, points, unit_axis, unit_height
from ._explorer import ExploredClass, Explorer, bar_rows, class_words, cut_rows
from ._style import ACCENT, INK, MUTED

Step: TypeAlias = Literal["linear", "step-before", "step-after"]

_CUTS, _AT, _BARS = (alt.NamedData(name=name) for name in ("cuts", "at", "bars"))


def explorer_charts(moving: Explorer) -> list[Chart]:
    """The six charts of the class at which the page opens, with a mark at the cut that is looked at."""
    of = moving.first
    rows, words = cut_rows(moving), class_words(of, moving.metrics)
    at = [rows[of.table.start]]
    return [
        _scores_chart(of, at, words),
        _roc_chart(rows, at, words),
        _precision_chart(rows, at, words),
        _gain_chart(rows, at, words),
        _lift_chart(rows, at, words),
        _cost_chart(rows, at, words),
    ]


def _scores_chart(of: ExploredClass, at: Points, words: Mapping[str, str]) -> Chart:
    scale = alt.Scale(domain=["of the class", "others"], range=[ACCENT, "var(--soft)"])
    bars = (
        alt.Chart(_BARS)
        .mark_bar(orient="vertical", opacity=0.6, binSpacing=0)
        .encode(
            x=unit_axis("a:Q", "probability of the class", percent=True),
            x2="b:Q",
            y=alt.Y("share:Q", title="share of their rows", stack=None, axis=alt.Axis(format=".0%", tickCount=5)),
            color=alt.Color("side:N", scale=scale, legend=alt.Legend(symbolType="square", symbolStrokeWidth=0)),
            tooltip=[
                alt.Tooltip("side:N", title="which"),
                alt.Tooltip("a:Q", title="from", format=".1%"),
                alt.Tooltip("b:Q", title="to", format=".1%"),
                alt.Tooltip("n:Q", title="rows", format=",~r"),
                alt.Tooltip("share:Q", title="share of them", format=".1%"),
            ],
        )
    )
    spec = layered(bars, _rule("t"), bars=bar_rows(of), at=at)
    return Chart("scores", "Scores by class", words["scores"], spec, live=("bars", "at"))


def _roc_chart(rows: Points, at: Points, words: Mapping[str, str]) -> Chart:
    diagonal = _coin([{"x": 0, "y": 0}, {"x": 1, "y": 1}])
    x, y = unit_axis("fpr:Q", "false positive rate"), unit_height("recall:Q", "true positive rate (recall)")
    spec = layered(diagonal, *_curve(x, y, "linear"), cuts=rows, at=at)
    return Chart("roc", "ROC curve", words["roc"], spec, live=("cuts", "at"))


def _precision_chart(rows: Points, at: Points, words: Mapping[str, str]) -> Chart:
    coin = alt.Chart(_AT).mark_rule(strokeDash=[4, 4], strokeWidth=1, color=MUTED).encode(y="share:Q")
    x, y = unit_axis("recall:Q", "recall"), unit_height("precision:Q", "precision")
    spec = layered(coin, *_curve(x, y, "step-before"), cuts=rows, at=at)
    return Chart("precision-recall", "Precision and recall", words["precision-recall"], spec, live=("cuts", "at"))


def _gain_chart(rows: Points, at: Points, words: Mapping[str, str]) -> Chart:
    coin = _coin([{"x": 0, "y": 0}, {"x": 1, "y": 1}])
    x = unit_axis("alerts:Q", "share of rows, highest scores first", percent=True)
    y = unit_height("recall:Q", "share of the class found", percent=True)
    spec = layered(coin, *_curve(x, y, "linear"), cuts=rows, at=at)
    return Chart("gain", "Cumulative gain", words["gain"], spec, live=("cuts", "at"))


def _lift_chart(rows: Points, at: Points, words: Mapping[str, str]) -> Chart:
    one = alt.Chart(points([{"y": 1}])).mark_rule(strokeDash=[4, 4], strokeWidth=1, color=MUTED).encode(y="y:Q")
    x = unit_axis("alerts:Q", "share of rows, highest scores first", percent=True)
    y = alt.Y("lift:Q", title="times as frequent as among all", scale=alt.Scale(zero=True, nice=True))
    spec = layered(one, *_curve(x, y, "linear"), cuts=rows, at=at)
    return Chart("lift", "Lift", words["lift"], spec, live=("cuts", "at"))


def _cost_chart(rows: Points, at: Points, words: Mapping[str, str]) -> Chart:
    x = unit_axis("t:Q", "threshold", percent=True)
    y = alt.Y("cost:Q", title="mean cost of a row", scale=alt.Scale(zero=True))
    spec = layered(*_curve(x, y, "step-after"), cuts=rows, at=at)
    return Chart("cost", "Cost by threshold", words["cost"], spec, live=("cuts", "at"))


def _curve(x: alt.X, y: alt.Y, interpolate: Step) -> list[alt.Chart]:
    """The line through all cuts, points to touch, and the mark of the cut that is looked at."""
    base, here = alt.Chart(_CUTS).encode(x=x, y=y), alt.Chart(_AT).encode(x=x, y=y)
    line = base.mark_line(interpolate=interpolate, strokeWidth=2, color=ACCENT, clip=True)
    tooltip = [alt.Tooltip("t:Q", title="threshold", format=".4~f")]
    tooltip += [alt.Tooltip(f"{name}:Q", title=title, format=".3f") for name, title in _SHOWN]
    touch = base.transform_filter("datum.touch").mark_point(size=110, opacity=0, filled=True, cursor="pointer")
    dot = here.mark_point(size=90, filled=True, opacity=1, color=INK)
    return [line.encode(order="i:O"), touch.encode(tooltip=tooltip), dot.encode(tooltip=tooltip)]


_SHOWN = (("recall", "recall"), ("precision", "precision"), ("fpr", "false positive rate"), ("alerts", "share decided"))


def _rule(field: str) -> alt.Chart:
    """A line at the cut that is looked at."""
    return alt.Chart(_AT).mark_rule(color=INK, strokeWidth=1.5).encode(x=f"{field}:Q")


def _coin(values: Points) -> alt.Chart:
    return alt.Chart(points(values)).mark_line(strokeDash=[4, 4], strokeWidth=1, color=MUTED).encode(x="x:Q", y="y:Q")
