"""The figures of each group of rows, side by side with their intervals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import altair as alt
import polars as pl

from ..evaluation import AverageName, Evaluation, Interval, figure, group_table
from ._chart import Chart, Points, points, specification
from ._interval_words import interval_of
from ._style import ACCENT, MUTED
from ._words import short_names

MOST_GROUPS = 200
_MOST_DRAWN = 40
_ROW = 22


@dataclass(frozen=True)
class Group:
    """A group of rows, and its figures with their intervals, in the order of the table's heads; NaN if undefined."""

    name: str
    rows: int
    figures: list[Interval]


@dataclass(frozen=True)
class Groups:
    """The groups with the most rows, in order of their names. left_out: how many there are besides."""

    heads: list[str]
    whole: Group
    groups: list[Group]
    left_out: int


_COLUMNS = {
    "binary": {
        "prevalence": "Share of the class",
        "accuracy": "Accuracy",
        "precision": "Precision",
        "recall": "Recall",
        "roc_auc": "ROC AUC",
    },
    "multiclass": {
        "accuracy": "Accuracy",
        "balanced_accuracy": "Balanced accuracy",
        "f_score": "F1, macro",
        "log_loss": "Log loss",
    },
    "multilabel": {"accuracy": "Rows all right", "f_score": "F1, macro", "log_loss": "Log loss"},
}
_OF_ORDERED = {"ranked_probability_score": "Ranked probability score"}


def groups_of(evaluation: Evaluation) -> Groups | None:
    """The figures of each group; None where rows have no groups."""
    if not evaluation.groups:
        return None
    columns = _COLUMNS[evaluation.task.kind] | (_OF_ORDERED if evaluation.task.ordered else {})
    frame = group_table(evaluation, list(columns)).filter(pl.col("rows") > 0)
    groups = [_group(row, columns) for row in frame.iter_rows(named=True)]
    most = sorted(groups, key=lambda group: -group.rows)[:MOST_GROUPS]
    shown = [group for group in groups if group in most]
    return Groups(list(columns.values()), _whole(evaluation, columns), shown, len(groups) - len(shown))


def _group(row: Mapping[str, Any], names: Iterable[str]) -> Group:
    figures = []
    for name in names:
        value, low, high = (_number(row[f"{name}{end}"]) for end in ("", "_low", "_high"))
        figures.append(Interval(value, low, high, 0.95, ""))
    return Group(row["group"], row["rows"], figures)


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _whole(evaluation: Evaluation, names: Iterable[str]) -> Group:
    """All rows, in the same columns."""
    figures = []
    for name in names:
        average: AverageName | None = "macro" if name == "f_score" else None
        found = interval_of(evaluation, name, average=average)
        value = figure(evaluation, name, average=average).value
        figures.append(Interval(value, math.nan, math.nan, 0.95, "") if found is None else found)
    return Group("all", evaluation.rows, figures)


def group_charts(of: Groups) -> list[Chart]:
    """A dot and its interval for each group, one chart a figure, with the line of all rows; of the largest groups."""
    most = sorted(of.groups, key=lambda group: -group.rows)[:_MOST_DRAWN]
    drawn = [group for group in of.groups if group in most]
    return [_dots(of, drawn, place) for place in range(len(of.heads))]


def _dots(of: Groups, drawn: list[Group], place: int) -> Chart:
    head, names = of.heads[place], short_names([group.name for group in drawn])
    y = alt.Y("g:N", title=None, sort=names, scale=alt.Scale(domain=names), axis=alt.Axis(labelLimit=150, domain=False))
    scale, axis = alt.Scale(zero=False, padding=8), alt.Axis(tickCount=5)
    base = alt.Chart(points(_values(names, drawn, place))).encode(y=y)
    tooltip = [alt.Tooltip("g:N", title="group"), alt.Tooltip("n:Q", title="rows", format=",d")]
    shown = (("x", head.lower()), ("low", "from"), ("high", "to"))
    tooltip += [alt.Tooltip(f"{name}:Q", title=title, format=".3f") for name, title in shown]
    rules = base.mark_rule(strokeWidth=2, color=ACCENT, opacity=0.5)
    dots = base.mark_point(size=60, filled=True, opacity=1, color=ACCENT)
    layers = [
        rules.encode(x=alt.X("low:Q", title=head, scale=scale, axis=axis), x2="high:Q"),
        dots.encode(x=alt.X("x:Q", title=head, scale=scale, axis=axis), tooltip=tooltip),
    ]
    whole = of.whole.figures[place].value
    if whole == whole:
        line = alt.Chart(points([{"x": round(whole, 5)}])).mark_rule(strokeDash=[4, 4], strokeWidth=1, color=MUTED)
        layers.insert(0, line.encode(x="x:Q"))
    spec = specification(alt.LayerChart(layer=layers).properties(width="container", height=_ROW * max(len(names), 2)))
    return Chart(f"group-{place}", head, _words(head, drawn, place), spec)


def _values(names: list[str], drawn: list[Group], place: int) -> Points:
    """A point for each group in which the figure is defined; without an interval its ends are the point."""
    values: Points = []
    for name, group in zip(names, drawn, strict=True):
        found = group.figures[place]
        ends = (found.value if end != end else end for end in (found.low, found.high))
        if found.value == found.value:
            x, low, high = (round(each, 5) for each in (found.value, *ends))
            values.append({"g": name, "x": x, "low": low, "high": high, "n": group.rows})
    return values


def _words(head: str, drawn: list[Group], place: int) -> str:
    defined = [(group.figures[place].value, group.name) for group in drawn]
    defined = [(value, name) for value, name in defined if value == value]
    if not defined:
        return f"{head} by group: undefined in all of them."
    (low, lowest), (high, highest) = min(defined), max(defined)
    return (
        f"{head} by group, with 95% intervals; the dashed line is all rows. "
        f"Lowest: {lowest}, {low:.3f}; highest: {highest}, {high:.3f}."
    )
