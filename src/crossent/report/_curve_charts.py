"""ROC and precision-recall: one line if binary, else the hardest classes and the mean of all."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import altair as alt
import numpy as np

from ..evaluation import Evaluation, Metrics, PrecisionRecallCurve, RocCurve, class_curves
from ._chart import Chart, Points, layered, points, unit_axis, unit_height
from ._style import ACCENT, CLASS_COLOURS, INK, MUTED
from ._thin import Floats, thinned
from ._words import figure, quoted, short_names

_MOST_LINES = 5
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
    """The ROC and the precision-recall chart; none where no class has rows both in and out of it."""
    shown = _shown(metrics)
    if not shown:
        return []
    most = 500 if len(shown) == 1 else 250
    roc, pr = Lines(most), Lines(most)
    places = range(1, 2) if metrics.task.kind == "binary" else range(len(metrics.task))
    for place, (by_rate, by_precision) in zip(places, class_curves(evaluation), strict=True):
        if not math.isnan(metrics.per_class[place].roc_auc):
            _gather(roc, pr, by_rate, by_precision, shown.get(place))
    names = list(shown.values())
    if metrics.task.kind != "binary":
        names.append(f"mean of all {_unit(metrics)}")
        roc.add(names[-1], _GRID, roc.mean / roc.classes)
        pr.add(names[-1], _GRID, pr.mean / pr.classes)
    return [_roc_chart(metrics, names, roc), _pr_chart(metrics, names, pr)]


def _shown(metrics: Metrics) -> dict[int, str]:
    """Places and names of the classes drawn: the positive one, or those of the lowest ROC AUC, in class order."""
    names = short_names(metrics.task.classes)
    defined = [place for place, scores in enumerate(metrics.per_class) if not math.isnan(scores.roc_auc)]
    if metrics.task.kind == "binary":
        return {place: names[place] for place in defined if place == 1}
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
    words = f"ROC curve{_whose(metrics, len(names))}: {_area(metrics, metrics.roc_auc)}; a coin has 0.5.{lines.note()}"
    layers = layered(diagonal.encode(x="x:Q", y="y:Q"), *curve, *_at_threshold(metrics, roc=True))
    return Chart("roc", "ROC curve", words, layers)


def _pr_chart(metrics: Metrics, names: list[str], lines: Lines) -> Chart:
    curve = _lines(lines.values, names, "step-before", "recall", "precision")
    layers = list(curve)
    coin = ""
    if metrics.task.kind == "binary":
        share = metrics.per_class[1].support / metrics.weight
        rule = alt.Chart(points([{"y": share}])).mark_rule(strokeDash=[4, 4], strokeWidth=1, color=MUTED)
        layers.insert(0, rule.encode(y="y:Q"))
        coin = f"; a coin has {figure(share)}, the share of the class"
    words = (
        f"Precision-recall curve{_whose(metrics, len(names))}: "
        f"{_area(metrics, metrics.average_precision, 'average precision')}{coin}.{lines.note()}"
    )
    spec = layered(*layers, *_at_threshold(metrics, roc=False))
    return Chart("precision-recall", "Precision and recall", words, spec)


def _lines(values: Points, names: list[str], interpolate: str, x: str, y: str) -> list[alt.Chart]:
    base = alt.Chart(points(values)).encode(x=unit_axis("x:Q", x), y=unit_height("y:Q", y))
    colours = [ACCENT] if len(names) == 1 else [*CLASS_COLOURS[: len(names) - 1], INK]
    legend = None if len(names) == 1 else alt.Legend(columns=2)
    colour = alt.Color("c:N", scale=alt.Scale(domain=names, range=colours), legend=legend)
    tooltip = [
        alt.Tooltip("c:N", title="class"),
        alt.Tooltip("x:Q", title=x, format=".3f"),
        alt.Tooltip("y:Q", title=y, format=".3f"),
        alt.Tooltip("t:Q", title="threshold", format=".4f"),
    ]
    line = base.mark_line(interpolate="linear" if interpolate == "linear" else "step-before", strokeWidth=2)
    touch = base.mark_point(size=90, opacity=0, filled=True)
    return [line.encode(color=colour, order="i:O"), touch.encode(tooltip=tooltip)]


def _at_threshold(metrics: Metrics, *, roc: bool) -> list[alt.Chart]:
    """A dot where the threshold in use stands on a binary task's curve."""
    if metrics.task.kind != "binary":
        return []
    (right, false), (missed, hit) = metrics.confusion_matrix.tolist()
    if not (hit + missed and right + false and (roc or hit + false)):
        return []
    recall = hit / (hit + missed)
    spot = {"x": false / (right + false), "y": recall} if roc else {"x": recall, "y": hit / (hit + false)}
    base = alt.Chart(points([spot | {"text": f"at threshold {metrics.threshold:g}"}])).encode(x="x:Q", y="y:Q")
    dot = base.mark_point(size=70, filled=True, opacity=1, color=INK).encode(tooltip=alt.Tooltip("text:N", title="dot"))
    # Beside the curve where it is empty: under a ROC curve; over a falling curve on its left, under it on its right.
    late = spot["x"] > 0.65
    below = spot["y"] > 0.1 and (roc or late)
    label = base.mark_text(align="right" if late else "left", dx=-10 if late else 10, dy=14 if below else -12)
    return [dot, label.encode(text="text:N")]


def _whose(metrics: Metrics, lines: int) -> str:
    if metrics.task.kind == "binary":
        return f" of {quoted(metrics.task.positive)}"
    drawn = lines - 1
    if drawn < len(metrics.task):
        return f"s of the {drawn} {_unit(metrics)} with the lowest ROC AUC, each against all others"
    return f"s of all {drawn} {_unit(metrics)}, each against all others"


def _area(metrics: Metrics, value: float, name: str = "area under it") -> str:
    if metrics.task.kind == "binary":
        return f"{name} {figure(value)}"
    return f"mean {name.replace('under it', 'under them')} {figure(value)} over all {_unit(metrics)}"


def _unit(metrics: Metrics) -> str:
    return "labels" if metrics.task.kind == "multilabel" else "classes"
