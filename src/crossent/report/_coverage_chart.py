"""What abstaining would bring: how many decisions are wrong when only the surest rows are decided."""

from __future__ import annotations

import altair as alt
import numpy as np

from ..decisions import CoverageRisk, coverage_risk
from ..evaluation import Evaluation
from ._chart import Chart, Points, layered, points, unit_axis
from ._style import ACCENT, MUTED
from ._thin import thinned
from ._words import percent

_MOST = 400


def coverage_chart(evaluation: Evaluation) -> Chart:
    """The share of wrong decisions by the share of rows that is decided, the surest first; of one label a row."""
    curve = coverage_risk(evaluation)
    kept = thinned(curve.coverage, curve.risk, _MOST)
    values: Points = [
        {"x": round(float(curve.coverage[k]), 5), "y": round(float(curve.risk[k]), 5), "c": round(float(c), 5)}
        for k, c in zip(kept.tolist(), curve.confidence[kept], strict=True)
    ]
    base = alt.Chart(alt.NamedData(name="coverage")).encode(
        x=unit_axis("x:Q", "share of rows decided, the surest first", percent=True),
        y=alt.Y("y:Q", title="share of them decided wrong", axis=alt.Axis(format=".0~%", tickCount=5)),
    )
    tooltip = [
        alt.Tooltip("c:Q", title="confidence from", format=".3f"),
        alt.Tooltip("x:Q", title="decided", format=".1%"),
        alt.Tooltip("y:Q", title="wrong", format=".2%"),
    ]
    all_rows = alt.Chart(points([{"y": values[-1]["y"]}])).mark_rule(strokeDash=[4, 4], strokeWidth=1, color=MUTED)
    line = base.mark_line(strokeWidth=2, color=ACCENT, interpolate="linear")
    touch = base.mark_point(size=90, opacity=0, filled=True).encode(tooltip=tooltip)
    return Chart(
        "coverage",
        "If unsure rows are left undecided",
        _words(curve),
        layered(all_rows.encode(y="y:Q"), line, touch, coverage=values),
    )


def _words(curve: CoverageRisk) -> str:
    at = int(np.searchsorted(curve.coverage, 0.8))
    at = min(at, len(curve.coverage) - 1)
    return (
        f"Coverage and risk, deciding for the most probable class: of all rows {percent(curve.risk[-1])} are decided "
        f"wrong; of the surest {percent(curve.coverage[at])} of them, those with a confidence of at least "
        f"{curve.confidence[at]:.3f}, {percent(curve.risk[at])}."
    )
