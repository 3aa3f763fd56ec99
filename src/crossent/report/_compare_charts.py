"""The curves of several models in one chart each."""

from __future__ import annotations

import math
from collections.abc import Mapping

import altair as alt
import numpy as np

from ..evaluation import Evaluation, class_curves, reliability
from ._chart import Chart, Points, layered, points, unit_axis, unit_height
from ._style import CLASS_COLOURS, INK, MUTED
from ._thin import Floats, thinned
from ._words import figure

_MOST_POINTS = 300
_GRID = np.linspace(0.0, 1.0, 201)
MOST_MODELS = len(CLASS_COLOURS) + 1


def compare_charts(evaluations: Mapping[str, Evaluation]) -> list[Chart]:
    """ROC, precision-recall and reliability of each model; of more than two classes the mean of all classes."""
    curves = {name: _curves(evaluation) for name, evaluation in evaluations.items()}
    charts: list[Chart] = []
    if all(curves.values()):
        charts = [_roc_chart(evaluations, curves), _pr_chart(evaluations, curves)]
    return [*charts, _reliability_chart(evaluations)]


_Curve = tuple[Floats, Floats]


def _curves(evaluation: Evaluation) -> list[_Curve]:
    """False and true positive rates, and recall and precision; empty where no class has rows both in and out of it."""
    found: list[tuple[_Curve, _Curve]] = []
    for by_rate, by_precision in class_curves(evaluation):
        if not math.isnan(by_rate.area):
            recall, precision = by_precision.recall.numpy()[::-1], by_precision.precision.numpy()[::-1]
            rates = by_rate.false_positive_rate.numpy(), by_rate.true_positive_rate.numpy()
            found.append((rates, (recall, precision)))
    if len(found) == 1:
        return [*found[0]]
    if not found:
        return []
    true = np.mean([np.interp(_GRID, *roc) for roc, _ in found], axis=0)
    precise = np.mean([precision[np.searchsorted(recall, _GRID)] for _, (recall, precision) in found], axis=0)
    return [(_GRID, true), (_GRID, precise)]


def _roc_chart(evaluations: Mapping[str, Evaluation], curves: Mapping[str, list[_Curve]]) -> Chart:
    diagonal = alt.Chart(points([{"x": 0, "y": 0}, {"x": 1, "y": 1}])).mark_line(
        strokeDash=[4, 4], strokeWidth=1, color=MUTED
    )
    values = _values({name: each[0] for name, each in curves.items()})
    lines = _lines(values, [*evaluations], "linear", "false positive rate", "true positive rate")
    areas = {name: each.compute().roc_auc for name, each in evaluations.items()}
    words = f"ROC curves{_of_all(evaluations)}: area {_listed(areas)}; a coin has 0.5."
    return Chart("roc", "ROC curves", words, layered(diagonal.encode(x="x:Q", y="y:Q"), *lines))


def _pr_chart(evaluations: Mapping[str, Evaluation], curves: Mapping[str, list[_Curve]]) -> Chart:
    values = _values({name: each[1] for name, each in curves.items()})
    lines = _lines(values, [*evaluations], "step-before", "recall", "precision")
    areas = {name: each.compute().average_precision for name, each in evaluations.items()}
    words = f"Precision-recall curves{_of_all(evaluations)}: average precision {_listed(areas)}."
    return Chart("precision-recall", "Precision and recall", words, layered(*lines))


def _reliability_chart(evaluations: Mapping[str, Evaluation]) -> Chart:
    values: Points = []
    for name, evaluation in evaluations.items():
        of = reliability(evaluation, bins=max(1, min(10, math.ceil(math.sqrt(evaluation.rows) / 2))))
        columns = (of.mean_predicted.tolist(), of.observed.tolist(), of.low.tolist(), of.high.tolist())
        for x, y, low, high in zip(*columns, strict=True):
            point = {"x": round(x, 5), "y": round(y, 5), "low": round(low, 5), "high": round(high, 5)}
            values.append(point | {"c": name, "i": len(values)})
    ideal = alt.Chart(points([{"x": 0, "y": 0}, {"x": 1, "y": 1}])).mark_line(
        strokeDash=[4, 4], strokeWidth=1, color=MUTED
    )
    base = alt.Chart(points(values)).encode(
        x=unit_axis("x:Q", "mean probability", percent=True), color=_colour([*evaluations])
    )
    bars = base.mark_rule(strokeWidth=1.5, opacity=0.4).encode(y=alt.Y("low:Q"), y2="high:Q")
    line = base.mark_line(strokeWidth=1.5, point={"size": 40, "filled": True, "opacity": 1}).encode(
        y=unit_height("y:Q", "observed", percent=True), order="i:O", tooltip=_tooltip("mean probability", "observed")
    )
    losses = {name: evaluation.compute().log_loss for name, evaluation in evaluations.items()}
    words = f"Reliability with 95% intervals; on the dashed line, probabilities are true. Log loss {_listed(losses)}."
    return Chart("reliability", "Reliability", words, layered(ideal.encode(x="x:Q", y="y:Q"), bars, line))


def _values(curves: Mapping[str, _Curve]) -> Points:
    values: Points = []
    for name, (x, y) in curves.items():
        for place in thinned(x, y, _MOST_POINTS).tolist():
            point = {"c": name, "x": round(float(x[place]), 4), "y": round(float(y[place]), 4), "i": len(values)}
            values.append(point)
    return values


def _lines(values: Points, names: list[str], interpolate: str, x: str, y: str) -> list[alt.Chart]:
    base = alt.Chart(points(values)).encode(x=unit_axis("x:Q", x), y=unit_height("y:Q", y))
    line = base.mark_line(interpolate="linear" if interpolate == "linear" else "step-before", strokeWidth=2)
    touch = base.mark_point(size=90, opacity=0, filled=True)
    return [line.encode(color=_colour(names), order="i:O"), touch.encode(tooltip=_tooltip(x, y))]


def _colour(names: list[str]) -> alt.Color:
    scale = alt.Scale(domain=names, range=[*CLASS_COLOURS, INK][: len(names)])
    # Three charts a line are too narrow for two names beside each other.
    legend = alt.Legend(columns=1, symbolOpacity=1) if len(names) > 1 else None
    return alt.Color("c:N", scale=scale, legend=legend)


def _tooltip(x: str, y: str) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("c:N", title="model"),
        alt.Tooltip("x:Q", title=x, format=".3f"),
        alt.Tooltip("y:Q", title=y, format=".3f"),
    ]


def _of_all(evaluations: Mapping[str, Evaluation]) -> str:
    kind = next(iter(evaluations.values())).task.kind
    return "" if kind == "binary" else f", the mean of all {'labels' if kind == 'multilabel' else 'classes'}"


def _listed(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {figure(value)}" for name, value in values.items())
