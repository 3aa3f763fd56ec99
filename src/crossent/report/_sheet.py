"""The charts of an evaluation as one picture, for slides and papers: SVG or PNG, on white."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import vl_convert

from ..evaluation import Evaluation
from ._chart import HEIGHT, Chart
from ._compare_charts import compare_charts
from ._coverage_chart import coverage_chart
from ._figures import lead, tiles
from ._loss_chart import loss_chart
from ._matrix import matrix_chart
from ._page import VEGA_LITE, read_asset
from ._reliability_chart import histogram_chart
from ._style import CONFIG

if TYPE_CHECKING:
    from ..training import History

_WIDTH = 300
_COLUMNS = 3
_PIXELS_A_POINT = 2.0
_BETWEEN = " \N{MIDDLE DOT} "


def svg(evaluation: Evaluation, *, title: str, history: History | None = None) -> str:
    """The key figures and charts of an evaluation as one SVG picture.

    Args:
        evaluation: An evaluation with rows.
        title: The heading of the picture.
        history: The record of the training, for the loss curve.
    """
    return vl_convert.vegalite_to_svg(_sheet(evaluation, title, history), vl_version=VEGA_LITE)


def png(evaluation: Evaluation, *, title: str, history: History | None = None) -> bytes:
    """The picture of `svg` as PNG, with two pixels a point."""
    return vl_convert.vegalite_to_png(_sheet(evaluation, title, history), vl_version=VEGA_LITE, scale=_PIXELS_A_POINT)


def _sheet(evaluation: Evaluation, title: str, history: History | None) -> dict[str, Any]:
    metrics = evaluation.compute()
    charts = [*compare_charts({"this model": evaluation}), histogram_chart(evaluation, metrics)]
    if metrics.task.kind != "multilabel":
        charts += [matrix_chart(metrics), coverage_chart(evaluation)]
    if history is not None and history.epochs:
        charts.append(loss_chart(history))
    figures = [f"{tile.name} {tile.value}" for tile in tiles(metrics)]
    half = (len(figures) + 1) // 2
    heading = {
        "text": title,
        "subtitle": [
            lead(metrics, weighted=evaluation.weighted),
            _BETWEEN.join(figures[:half]),
            _BETWEEN.join(figures[half:]),
        ],
        "anchor": "start",
        "fontSize": 22,
        "subtitleFontSize": 13,
        "subtitlePadding": 10,
        "subtitleLineHeight": 19,
        "offset": 24,
        "color": "var(--ink)",
        "subtitleColor": "var(--muted)",
    }
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "config": CONFIG | {"background": "var(--paper)", "concat": {"spacing": 36}},
        "padding": 28,
        "title": heading,
        "columns": _COLUMNS,
        "concat": [_placed(chart) for chart in charts],
        # What a chart can be set to stands above all of them, where Vega-Lite looks for it.
        "params": [param for chart in charts for param in chart.spec.get("params", [])],
        "datasets": {name: rows for chart in charts for name, rows in chart.spec.get("datasets", {}).items()},
        "resolve": {"scale": {"color": "independent"}, "legend": {"color": "independent"}},
    }
    return _coloured(spec)


def _placed(chart: Chart) -> dict[str, Any]:
    spec = {name: value for name, value in chart.spec.items() if name not in ("datasets", "params")}
    return spec | {"width": _WIDTH, "height": HEIGHT, "title": {"text": chart.title, "anchor": "start", "fontSize": 14}}


def _coloured(spec: dict[str, Any]) -> dict[str, Any]:
    """The page's CSS variables as the colours that they have on a light page: a picture has no style sheet."""
    light = read_asset("page.css").split("}")[0]
    colours = dict(re.findall(r"(--[\w-]+): (#\w+);", light))
    return json.loads(re.sub(r"var\((--[\w-]+)\)", lambda found: colours[found[1]], json.dumps(spec)))
