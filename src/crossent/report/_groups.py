"""The figures of each group of rows, side by side with their intervals."""

from __future__ import annotations

from dataclasses import dataclass

import altair as alt

from ..evaluation import AverageName, Evaluation, Figure, Interval, figure
from ._chart import Chart, Points, points, specification
from ._interval_words import interval_of
from ._style import ACCENT, MUTED
from ._words import short_names

MOST_GROUPS = 200
_MOST_DRAWN = 40
_ROW = 22


@dataclass(frozen=True)
class GroupFigure:
    """A figure of a group."""

    found: Figure
    interval: Interval | None


@dataclass(frozen=True)
class Group:
    """A group of rows, and its figures in the order of the table's heads."""

    name: str
    rows: int
    figures: list[GroupFigure]


@dataclass(frozen=True)
class Groups:
    """The groups with the most rows, in order of their names. left_out: how many there are besides."""

    heads: list[str]
    whole: Group
    groups: list[Group]
    left_out: int


_Column = tuple[str, str, "AverageName | None"]
_BINARY: list[_Column] = [
    ("Share of the class", "prevalence", None),
    ("Accuracy", "accuracy", None),
    ("Precision", "precision", None),
    ("Recall", "recall", None),
    ("ROC AUC", "roc_auc", None),
]
_MULTICLASS: list[_Column] = [
    ("Accuracy", "accuracy", None),
    ("Balanced accuracy", "balanced_accuracy", None),
    ("F1, macro", "f_score", "macro"),
    ("Log loss", "log_loss", None),
]
_MULTILABEL: list[_Column] = [
    ("Rows all right", "accuracy", None),
    ("F1, macro", "f_score", "macro"),
    ("F1, micro", "f_score", "micro"),
    ("Log loss", "log_loss", None),
]
_COLUMNS = {"binary": _BINARY, "multiclass": _MULTICLASS, "multilabel": _MULTILABEL}


def groups_of(evaluation: Evaluation) -> Groups | None:
    """The figures of each group; None where rows have no groups."""
    each = {name: of for name, of in evaluation.groups.items() if of.rows}
    if not each:
        return None
    columns = _COLUMNS[evaluation.task.kind]
    most = sorted(each, key=lambda name: -each[name].rows)[:MOST_GROUPS]
    named = [_group(str(name), each[name], columns) for name in each if name in set(most)]
    return Groups([head for head, _, _ in columns], _group("all", evaluation, columns), named, len(each) - len(named))


def _group(name: str, of: Evaluation, columns: list[_Column]) -> Group:
    figures = [
        GroupFigure(figure(of, asked, average=average), interval_of(of, asked, average=average))
        for _, asked, average in columns
    ]
    return Group(name, of.rows, figures)


def group_charts(of: Groups) -> list[Chart]:
    """A dot and its interval for each group, one chart a figure, with the line of all rows; of the largest groups."""
    most = sorted(of.groups, key=lambda group: -group.rows)[:_MOST_DRAWN]
    drawn = [group for group in of.groups if group in most]
    return [_dots(of, drawn, place) for place in range(len(of.heads))]


def _dots(of: Groups, drawn: list[Group], place: int) -> Chart:
    head, names = of.heads[place], short_names([group.name for group in drawn])
    values: Points = []
    for name, group in zip(names, drawn, strict=True):
        found, ends = group.figures[place].found, group.figures[place].interval
        if found.value == found.value:
            low, high = (found.value, found.value) if ends is None else (ends.low, ends.high)
            values.append(
                {"g": name, "x": round(found.value, 5), "low": round(low, 5), "high": round(high, 5), "n": group.rows}
            )
    y = alt.Y("g:N", title=None, sort=names, scale=alt.Scale(domain=names), axis=alt.Axis(labelLimit=150, domain=False))
    base = alt.Chart(points(values)).encode(y=y)
    x = alt.X("x:Q", title=head, scale=alt.Scale(zero=False, padding=8), axis=alt.Axis(tickCount=5))
    tooltip = [alt.Tooltip("g:N", title="group"), alt.Tooltip("n:Q", title="rows", format=",d")]
    tooltip += [
        alt.Tooltip(f"{name}:Q", title=title, format=".3f")
        for name, title in (("x", head.lower()), ("low", "from"), ("high", "to"))
    ]
    whole = of.whole.figures[place].found.value
    layers = [
        base.mark_rule(strokeWidth=2, color=ACCENT, opacity=0.5)
        .encode(x=x, x2="high:Q")
        .encode(x=alt.X("low:Q", title=head)),
        base.mark_point(size=60, filled=True, opacity=1, color=ACCENT).encode(x=x, tooltip=tooltip),
    ]
    if whole == whole:
        line = alt.Chart(points([{"x": round(whole, 5)}])).mark_rule(strokeDash=[4, 4], strokeWidth=1, color=MUTED)
        layers.insert(0, line.encode(x="x:Q"))
    spec = specification(alt.LayerChart(layer=layers).properties(width="container", height=_ROW * max(len(names), 2)))
    return Chart(f"group-{place}", head, _words(head, drawn, place), spec)


def _words(head: str, drawn: list[Group], place: int) -> str:
    defined = [(group.figures[place].found.value, group.name) for group in drawn]
    defined = [(value, name) for value, name in defined if value == value]
    if not defined:
        return f"{head} by group: undefined in all of them."
    (low, lowest), (high, highest) = min(defined), max(defined)
    return (
        f"{head} by group, with 95% intervals; the dashed line is all rows. "
        f"Lowest: {lowest}, {low:.3f}; highest: {highest}, {high:.3f}."
    )
