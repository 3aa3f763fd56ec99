"""Whether probabilities mean what they say, and how they are spread."""

from __future__ import annotations

import math

import altair as alt

from ..evaluation import Evaluation, Metrics, reliability, score_histogram
from ._chart import Chart, Points, layered, points, unit_axis, unit_height
from ._events import event, happened, much, sides, unit
from ._style import ACCENT, INK, MUTED
from ._words import counted, percent


def reliability_chart(evaluation: Evaluation, metrics: Metrics) -> Chart:
    """Observed shares with their intervals against mean probabilities, in bins of about equal numbers of rows."""
    what, given = event(metrics)
    values = _bins(evaluation)
    ideal = alt.Chart(points([{"x": 0, "y": 0}, {"x": 1, "y": 1}])).mark_line(
        strokeDash=[4, 4], strokeWidth=1, color=MUTED
    )
    base = alt.Chart(points(values)).encode(x=unit_axis("x:Q", given, percent=True))
    band = base.mark_area(color=MUTED, opacity=0.18, line=False).encode(y=alt.Y("from:Q"), y2="to:Q")
    bars = base.mark_rule(strokeWidth=2, color=ACCENT, opacity=0.5).encode(y=alt.Y("low:Q"), y2="high:Q")
    tooltip = [
        alt.Tooltip("x:Q", title="mean probability", format=".1%"),
        alt.Tooltip("y:Q", title="observed", format=".1%"),
        alt.Tooltip("low:Q", title="from", format=".1%"),
        alt.Tooltip("high:Q", title="to", format=".1%"),
        alt.Tooltip("n:Q", title=unit(metrics, weighted=evaluation.weighted), format=",~r"),
    ]
    dots = base.mark_point(size=70, filled=True, opacity=1, color=ACCENT).encode(
        y=unit_height("y:Q", f"observed: {what}", percent=True), tooltip=tooltip
    )
    words = (
        "Reliability: on the dashed line, probabilities are true; in the grey band, they could be in 95% of samples. "
        f"{_outside(values)} {_worst(values, metrics, weighted=evaluation.weighted)} Bars are 95% intervals."
    )
    layers = layered(band, ideal.encode(x="x:Q", y="y:Q"), bars, dots)
    return Chart("reliability", "Reliability diagram", words, layers)


def _bins(evaluation: Evaluation) -> Points:
    result = reliability(evaluation, bins=max(1, min(10, math.ceil(math.sqrt(evaluation.rows) / 2))))
    band = (result.consistent_low, result.consistent_high)
    columns = (result.mean_predicted, result.observed, result.low, result.high, *band, result.count)
    return [
        dict(zip(("x", "y", "low", "high", "from", "to", "n"), (round(value, 5) for value in row), strict=True))
        for row in zip(*(column.tolist() for column in columns), strict=True)
    ]


def _outside(values: Points) -> str:
    out = sum(not value["from"] <= value["y"] <= value["to"] for value in values)
    return f"{out} of {counted(len(values), 'bin')} {'lies' if out == 1 else 'lie'} outside it."


def _worst(values: Points, metrics: Metrics, *, weighted: bool) -> str:
    worst = max(values, key=lambda value: abs(value["x"] - value["y"]))
    if abs(worst["x"] - worst["y"]) < 0.005:
        return "None is farther from the line than half a point."
    some = much(worst["n"], metrics, weighted=weighted)
    return (
        f"Farthest from the line: {some} given {percent(worst['x'])} on average, "
        f"of which {percent(worst['y'])} were {happened(metrics)}."
    )


def histogram_chart(evaluation: Evaluation, metrics: Metrics) -> Chart:
    """How many rows were given which probability."""
    _, given = event(metrics)
    yes, no = sides(metrics)
    result = score_histogram(evaluation)
    edges, hits, others = result.edges.tolist(), result.positives.tolist(), result.negatives.tolist()
    values: Points = [
        {"a": round(edges[place], 4), "b": round(edges[place + 1], 4), "n": count, "c": name, "o": order}
        for place in range(len(hits))
        for order, name, count in ((0, yes, hits[place]), (1, no, others[place]))
        if count
    ]
    scale = alt.Scale(domain=[yes, no], range=[ACCENT, "var(--soft)"])
    tallest = max(hit + other for hit, other in zip(hits, others, strict=True))
    room = alt.Scale(domain=[0, 1.12 * tallest], nice=False)  # for the threshold's name above the bars
    bars = (
        alt.Chart(points(values))
        .mark_bar(orient="vertical", stroke="var(--paper)", strokeWidth=1)
        .encode(
            x=unit_axis("a:Q", given, percent=True),
            x2="b:Q",
            y=alt.Y(
                "n:Q",
                title=unit(metrics, weighted=evaluation.weighted),
                stack="zero",
                scale=room,
                axis=alt.Axis(format="~s", tickCount=min(6, max(1, int(tallest)))),
            ),
            color=alt.Color("c:N", scale=scale, legend=alt.Legend(symbolType="square", symbolStrokeWidth=0, columns=2)),
            order="o:O",
            tooltip=[
                alt.Tooltip("c:N", title="which"),
                alt.Tooltip("a:Q", title="from", format=".0%"),
                alt.Tooltip("b:Q", title="to", format=".0%"),
                alt.Tooltip("n:Q", title=unit(metrics, weighted=evaluation.weighted), format=",~r"),
            ],
        )
    )
    layers = layered(bars, *_threshold_rule(metrics))
    fullest = max(range(len(hits)), key=lambda place: hits[place] + others[place])
    total = sum(hits) + sum(others)
    words = (
        f"Histogram of the {given} of {much(total, metrics, weighted=evaluation.weighted)}: "
        f"{percent((hits[fullest] + others[fullest]) / total)} lie between "
        f"{edges[fullest]:.0%} and {edges[fullest + 1]:.0%}."
    )
    return Chart("histogram", "How sure the model is", words, layers)


def _threshold_rule(metrics: Metrics) -> list[alt.Chart]:
    if metrics.task.kind != "binary" or not isinstance(metrics.threshold, float):
        return []
    late = metrics.threshold > 0.6
    base = alt.Chart(points([{"x": metrics.threshold, "text": f"threshold {metrics.threshold:g}"}]))
    label = base.mark_text(align="right" if late else "left", dx=-7 if late else 7, dy=4, baseline="top")
    return [
        base.mark_rule(strokeDash=[2, 3], color=INK).encode(x="x:Q"),
        label.encode(x="x:Q", y=alt.value(0), text="text:N"),
    ]
