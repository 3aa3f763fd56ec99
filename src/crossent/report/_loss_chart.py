"""The loss of a training, epoch by epoch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import altair as alt

from ._chart import Chart, Points, layered, points
from ._style import ACCENT, INK
from ._words import counted, figure

if TYPE_CHECKING:
    from ..training import History


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
