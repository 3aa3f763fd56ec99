"""Reliability, the histogram of scores, and the loss of a training."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import altair as alt

from ..evaluation import Evaluation, Metrics, reliability, score_histogram
from ._chart import Chart, Points, layered, points, unit_axis, unit_height
from ._style import ACCENT, INK, MUTED
from ._words import counted, figure, percent, quoted, short_names

if TYPE_CHECKING:
    from ..training import History


def reliability_chart(evaluation: Evaluation, metrics: Metrics) -> Chart:
    """Observed shares with their intervals against mean probabilities, in bins of about equal numbers of rows."""
    event, given = _event(metrics)
    result = reliability(evaluation, bins=max(1, min(10, math.ceil(math.sqrt(evaluation.rows) / 2))))
    columns = (result.mean_predicted, result.observed, result.low, result.high, result.count)
    values: Points = [
        dict(zip(("x", "y", "low", "high", "n"), (round(value, 5) for value in row), strict=True))
        for row in zip(*(column.tolist() for column in columns), strict=True)
    ]
    ideal = alt.Chart(points([{"x": 0, "y": 0}, {"x": 1, "y": 1}])).mark_line(
        strokeDash=[4, 4], strokeWidth=1, color=MUTED
    )
    base = alt.Chart(points(values)).encode(x=unit_axis("x:Q", given, percent=True))
    bars = base.mark_rule(strokeWidth=2, color=ACCENT, opacity=0.5).encode(y=alt.Y("low:Q"), y2="high:Q")
    tooltip = [
        alt.Tooltip("x:Q", title="mean probability", format=".1%"),
        alt.Tooltip("y:Q", title="observed", format=".1%"),
        alt.Tooltip("low:Q", title="from", format=".1%"),
        alt.Tooltip("high:Q", title="to", format=".1%"),
        alt.Tooltip("n:Q", title="rows", format=",d"),
    ]
    dots = base.mark_point(size=70, filled=True, opacity=1, color=ACCENT).encode(
        y=unit_height("y:Q", f"observed: {event}", percent=True), tooltip=tooltip
    )
    words = (
        f"Reliability: on the dashed line, probabilities are true. {_worst(values, metrics)} Bars are 95% intervals."
    )
    layers = layered(ideal.encode(x="x:Q", y="y:Q"), bars, dots)
    return Chart("reliability", "Reliability diagram", words, layers)


def _worst(values: Points, metrics: Metrics) -> str:
    worst = max(values, key=lambda value: abs(value["x"] - value["y"]))
    if abs(worst["x"] - worst["y"]) < 0.005:
        return "All bins lie on it."
    return (
        f"Farthest from it: {counted(int(worst['n']), _unit(metrics))} given {percent(worst['x'])} on average, "
        f"of which {percent(worst['y'])} were {_was(metrics)}."
    )


def histogram_chart(evaluation: Evaluation, metrics: Metrics) -> Chart:
    """How many rows were given which probability."""
    _, given = _event(metrics)
    yes, no = _groups(metrics)
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
                title=_unit(metrics) + "s",
                stack="zero",
                scale=room,
                axis=alt.Axis(format="~s", tickCount=min(6, tallest)),
            ),
            color=alt.Color("c:N", scale=scale, legend=alt.Legend(symbolType="square", symbolStrokeWidth=0, columns=2)),
            order="o:O",
            tooltip=[
                alt.Tooltip("c:N", title="which"),
                alt.Tooltip("a:Q", title="from", format=".0%"),
                alt.Tooltip("b:Q", title="to", format=".0%"),
                alt.Tooltip("n:Q", title=_unit(metrics) + "s", format=",d"),
            ],
        )
    )
    layers = layered(bars, *_threshold_rule(metrics))
    fullest = max(range(len(hits)), key=lambda place: hits[place] + others[place])
    total = sum(hits) + sum(others)
    words = (
        f"Histogram of the {given} of {counted(total, _unit(metrics))}: "
        f"{percent((hits[fullest] + others[fullest]) / total)} lie between "
        f"{edges[fullest]:.0%} and {edges[fullest + 1]:.0%}."
    )
    return Chart("histogram", "How sure the model is", words, layers)


def loss_chart(history: History) -> Chart:
    """Training and validation loss by epoch, with the epoch whose weights were kept."""
    values: Points = [
        {"x": record.epoch, "y": round(value, 6), "c": name}
        for record in history.epochs
        for name, value in (("training", record.loss), ("validation", record.validation_loss))
        if math.isfinite(value)
    ]
    last = max((record.epoch for record in history.epochs), default=1)
    scale = alt.Scale(domain=["training", "validation"], range=["var(--soft)", ACCENT])
    base = alt.Chart(points(values)).encode(
        x=alt.X(
            "x:Q",
            title="epoch",
            scale=alt.Scale(domain=[1, max(last, 2)], nice=False, zero=False),
            axis=alt.Axis(values=list(range(1, last + 1, math.ceil(last / 20))), format="d"),
        ),
        y=alt.Y("y:Q", title="loss", scale=alt.Scale(zero=False, padding=12)),
        color=alt.Color("c:N", scale=scale, legend=alt.Legend(columns=2)),
    )
    tooltip = [alt.Tooltip("c:N", title="loss"), alt.Tooltip("x:Q", title="epoch"), alt.Tooltip("y:Q", title="value")]
    line = base.mark_line(strokeWidth=2, point={"size": 25, "filled": True, "opacity": 1} if last <= 30 else False)
    best = alt.Chart(points([{"x": history.best_epoch, "text": f"best: epoch {history.best_epoch}"}]))
    late = history.best_epoch > 0.6 * last
    mark = best.mark_rule(strokeDash=[2, 3], color=INK).encode(x="x:Q")
    label = best.mark_text(align="right" if late else "left", dx=-7 if late else 7, dy=4, baseline="top")
    kept = [record for record in history.epochs if record.epoch == history.best_epoch]
    words = f"Loss of {counted(len(history.epochs), 'epoch')}; the weights of epoch {history.best_epoch} were kept"
    words += f", with a validation loss of {figure(kept[0].validation_loss, 4)}." if kept else "."
    layers = layered(mark, line.encode(tooltip=tooltip), label.encode(x="x:Q", y=alt.value(0), text="text:N"))
    return Chart("loss", "Loss by epoch", words, layers)


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


def _event(metrics: Metrics) -> tuple[str, str]:
    """What probabilities are of, and what they are called."""
    match metrics.task.kind:
        case "binary":
            name = quoted(short_names(metrics.task.classes)[1])
            return f"share of {name}", f"probability of {name}"
        case "multiclass":
            return "share decided right", "probability of the class decided for"
        case "multilabel":
            return "share of labels that hold", "probability of a label"


def _groups(metrics: Metrics) -> tuple[str, str]:
    match metrics.task.kind:
        case "binary":
            negative, positive = short_names(metrics.task.classes)
            return positive, negative
        case "multiclass":
            return "decided right", "decided wrong"
        case "multilabel":
            return "label holds", "label does not hold"


def _unit(metrics: Metrics) -> str:
    return "label" if metrics.task.kind == "multilabel" else "row"


def _was(metrics: Metrics) -> str:
    match metrics.task.kind:
        case "binary":
            return quoted(metrics.task.positive)
        case "multiclass":
            return "right"
        case "multilabel":
            return "true"
