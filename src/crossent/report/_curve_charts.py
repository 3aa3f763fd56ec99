"""ROC and precision-recall of many classes side by side: the hardest of them, and the mean of all."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import altair as alt
import numpy as np

from ..evaluation import Evaluation, Metrics, PrecisionRecallCurve, RocCurve, class_curves
from ._chart import Chart, Points, layered, points, unit_axis, unit_height
from ._style import CLASS_COLOURS, INK, MUTED
from ._thin import Floats, thinned
from ._words import figure, short_names

_MOST_LINES = 5
_MOST_POINTS = 250
_GRID = np.linspace(0.0, 1.0, 201)


@dataclass
class Lines:
    """The points of one chart's lines, gathered class by class."""

    most: int
    values: Points = field(default_factory=list)
    drawn: int = 0
    full: int = 0
    mean: Floats = field(default_factory=lambda: np.zeros(len(_GRID)))
    classes: int = 0

    def add(self, name: str, x: Floats, y: Floats, thresholds: Floats | None = None) -> None:
        """Add a line, thinned."""
        kept = thinned(x, y, self.most)
        self.drawn, self.full = self.drawn + len(kept), self.full + len(x)
        for place in kept.tolist():
            point: dict[str, str | float] = {"c": name, "x": round(float(x[place]), 4), "y": round(float(y[place]), 4)}
            if thresholds is not None and math.isfinite(thresholds[place]):
                point["t"] = round(float(thresholds[place]), 4)
            self.values.append(point | {"i": len(self.values)})

    def add_to_mean(self, heights: Floats) -> None:
        """Count a class in the mean line."""
        self.mean += heights
        self.classes += 1

    def note(self) -> str:
        """What was left out, if anything."""
        return f" Drawn with {self.drawn:,} of {self.full:,} points." if self.drawn < self.full else ""


def curve_charts(evaluation: Evaluation, metrics: Metrics) -> list[Chart]:
    """The ROC and the precision-recall chart of several classes; none where none has rows both in and out of it."""
    shown = _hardest(metrics)
    if metrics.task.kind == "binary" or not shown:
        return []
    roc, pr = Lines(_MOST_POINTS), Lines(_MOST_POINTS)
    for place, (by_rate, by_precision) in enumerate(class_curves(evaluation)):
        if not math.isnan(metrics.per_class[place].roc_auc):
            _gather(roc, pr, by_rate, by_precision, shown.get(place))
    names = [*shown.values(), f"mean of all {_unit(metrics)}"]
    roc.add(names[-1], _GRID, roc.mean / roc.classes)
    pr.add(names[-1], _GRID, pr.mean / pr.classes)
    return [_roc_chart(metrics, names, roc), _pr_chart(metrics, names, pr)]


def _hardest(metrics: Metrics) -> dict[int, str]:
    """Places and names of the classes of the lowest ROC AUC, in class order."""
    names = short_names(metrics.task.classes)
    defined = [place for place, scores in enumerate(metrics.per_class) if not math.isnan(scores.roc_auc)]
    worst = sorted(defined, key=lambda place: metrics.per_class[place].roc_auc)[:_MOST_LINES]
    return {place: names[place] for place in sorted(worst)}


def _gather(roc: Lines, pr: Lines, by_rate: RocCurve, by_precision: PrecisionRecallCurve, name: str | None) -> None:
    x, y = by_rate.false_positive_rate.numpy(), by_rate.true_positive_rate.numpy()
    recall, precision = by_precision.recall.numpy()[::-1], by_precision.precision.numpy()[::-1]
    roc.add_to_mean(np.interp(_GRID, x, y))
    pr.add_to_mean(precision[np.searchsorted(recall, _GRID)])
    if name is not None:
        roc.add(name, x, y, by_rate.thresholds.numpy())
        pr.add(name, recall, precision, np.append(np.nan, by_precision.thresholds.numpy()[::-1]))


def _roc_chart(metrics: Metrics, names: list[str], lines: Lines) -> Chart:
    diagonal = alt.Chart(points([{"x": 0, "y": 0}, {"x": 1, "y": 1}])).mark_line(
        strokeDash=[4, 4], strokeWidth=1, color=MUTED
    )
    curve = _lines(lines.values, names, "linear", "false positive rate", "true positive rate (recall)")
    area = f"mean area under them {figure(metrics.roc_auc)} over all {_unit(metrics)}"
    words = f"ROC curves of {_whose(metrics, len(names) - 1, lines.classes)}: {area}; a coin has 0.5.{lines.note()}"
    return Chart("roc-classes", "ROC curves", words, layered(diagonal.encode(x="x:Q", y="y:Q"), *curve))


def _pr_chart(metrics: Metrics, names: list[str], lines: Lines) -> Chart:
    curve = _lines(lines.values, names, "step-before", "recall", "precision")
    area = f"mean average precision {figure(metrics.average_precision)} over all {_unit(metrics)}"
    words = f"Precision-recall curves of {_whose(metrics, len(names) - 1, lines.classes)}: {area}.{lines.note()}"
    return Chart("precision-recall-classes", "Precision and recall", words, layered(*curve))


def _lines(values: Points, names: list[str], interpolate: str, x: str, y: str) -> list[alt.Chart]:
    base = alt.Chart(points(values)).encode(x=unit_axis("x:Q", x), y=unit_height("y:Q", y))
    colours = [*CLASS_COLOURS[: len(names) - 1], INK]
    colour = alt.Color("c:N", scale=alt.Scale(domain=names, range=colours), legend=alt.Legend(columns=2))
    tooltip = [
        alt.Tooltip("c:N", title="class"),
        alt.Tooltip("x:Q", title=x, format=".3f"),
        alt.Tooltip("y:Q", title=y, format=".3f"),
        alt.Tooltip("t:Q", title="threshold", format=".4f"),
    ]
    line = base.mark_line(interpolate="linear" if interpolate == "linear" else "step-before", strokeWidth=2)
    touch = base.mark_point(size=90, opacity=0, filled=True)
    return [line.encode(color=colour, order="i:O"), touch.encode(tooltip=tooltip)]


def _whose(metrics: Metrics, drawn: int, defined: int) -> str:
    if drawn == defined < len(metrics.task):
        return f"the {drawn} {_unit(metrics)} that have a ROC AUC, each against all others"
    if drawn < defined:
        return f"the {drawn} {_unit(metrics)} with the lowest ROC AUC, each against all others"
    return f"all {drawn} {_unit(metrics)}, each against all others"


def _unit(metrics: Metrics) -> str:
    return "labels" if metrics.task.kind == "multilabel" else "classes"
