"""The page: figures, charts and tables put into one template, with everything they need inside."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from .. import __version__
from ..evaluation import Evaluation, Metrics, classification_report
from . import _words
from ._chart import Chart
from ._charts import histogram_chart, loss_chart, reliability_chart
from ._curve_charts import curve_charts
from ._figures import lead, tiles, verdict
from ._matrix import MOST_IN_A_TABLE, commonest, matrix_chart, table
from ._style import CONFIG

if TYPE_CHECKING:
    from ..training import History

_HERE = Path(__file__).parent
_VEGA_LITE = "6.1"


def html(
    evaluation: Evaluation,
    *,
    title: str,
    history: History | None = None,
    facts: Mapping[str, str] | None = None,
) -> str:
    """Describe an evaluation in one HTML page that needs nothing else: no network, no other file.

    Args:
        evaluation: An evaluation with rows.
        title: The heading of the page.
        history: The record of the training, for the loss curve.
        facts: What else the reader should know: names and values, shown as a list.

    Returns:
        The page. It is a pure function of the arguments: the same evaluation gives the same page.

    Raises:
        InputError: The evaluation has no rows.
    """
    metrics = evaluation.compute()
    script, library = _script(_read("page.js")), _script(_library())
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"figure": _words.figure, "percent": _words.percent, "json": _json}
    return environment.get_template("page.html.jinja").render(
        title=title,
        version=__version__,
        lead=lead(metrics),
        verdict=verdict(metrics),
        tiles=tiles(metrics),
        metrics=metrics,
        confusion=_confusion(metrics),
        ranking=curve_charts(evaluation, metrics),
        calibration=[reliability_chart(evaluation, metrics), histogram_chart(evaluation, metrics)],
        training=[] if history is None or not history.epochs else [loss_chart(history)],
        text=classification_report(metrics),
        facts=dict(facts or {}),
        style=Markup(_read("page.css")),
        chart_style=CONFIG,
        library=library,
        script=script,
        allowed=" ".join(f"'sha256-{_digest(each)}'" for each in (library, script)),
    )


def _confusion(metrics: Metrics) -> dict[str, Any]:
    """What the template shows of the confusion matrix, by the kind and number of classes."""
    parts: dict[str, Any] = {"labels": None, "table": None, "chart": None, "commonest": []}
    if metrics.task.kind == "multilabel":
        return parts | {"labels": metrics.confusion_matrix.tolist()}
    if len(metrics.task) <= MOST_IN_A_TABLE:
        return parts | {"table": table(metrics)}
    return parts | {"chart": matrix_chart(metrics), "commonest": commonest(metrics)}


@cache
def _library() -> str:
    """Vega, Vega-Lite and vega-embed in one script, which takes seconds to put together."""
    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", _VEGA_LITE)


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _json(value: Chart | Mapping[str, Any]) -> Markup:
    """JSON that can stand in a script element: no character in it can end the element or begin a comment."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _script(code: str) -> Markup:
    return Markup(code.replace("</script", "<\\/script"))


def _digest(code: str) -> str:
    """The hash by which the page's security policy lets this script run, and no other."""
    return base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
