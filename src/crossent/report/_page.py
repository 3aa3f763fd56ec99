"""The page: figures, charts and tables put into one template, with everything they need inside."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from .. import __version__
from ..evaluation import Evaluation, Metrics, classification_report, expected_cost
from . import _words
from ._class_table import class_table
from ._columns import ColumnFacts
from ._coverage_chart import coverage_chart
from ._curve_charts import curve_charts
from ._explained import explained
from ._explorer import Explorer, class_words, cuts_note, explorer, record
from ._explorer_charts import explorer_charts
from ._explorer_figures import ROWS_A_DAY, moving_matrix, moving_tiles
from ._figures import lead, tiles, verdict
from ._groups import group_charts, groups_of
from ._interval_words import between
from ._loss_chart import loss_chart
from ._matrix import MOST_IN_A_TABLE, commonest, matrix_chart, table
from ._members import MemberFacts, members_verdict
from ._reliability_chart import histogram_chart, reliability_chart
from ._style import CONFIG
from ._words import short_names
from ._worries import worries

if TYPE_CHECKING:
    from ..explanation import Explanation
    from ..inspection import LabelErrors, WeakSlices
    from ..training import History

_FOLDER = Path(__file__).parent / "page"
VEGA_LITE = "6.1"
_MOST_SUSPECTS = 50
_SCRIPTS = ("words", "figures", "charts", "points", "shown", "copy", "explore", "tables", "matrix", "start")
"""In the order in which they stand in the page."""


def html(
    evaluation: Evaluation,
    *,
    title: str,
    history: History | None = None,
    facts: Mapping[str, str] | None = None,
    columns: Sequence[ColumnFacts] = (),
    members: Sequence[MemberFacts] = (),
    costs: object = None,
    model: str = "DIR",
    slices: WeakSlices | None = None,
    suspects: LabelErrors | None = None,
    explanation: Explanation | None = None,
) -> str:
    """Describe an evaluation in one HTML page that needs nothing else: no network, no other file.

    Args:
        evaluation: An evaluation with rows.
        title: The heading of the page.
        history: The record of the training, for the loss curve.
        facts: What else the reader should know: names and values, shown as a list.
        columns: What the columns of the data were taken to be.
        members: What the model is a blend of.
        costs: What decisions cost, as `expected_cost` takes them: where a binary task's cost sliders stand at first. By
            default each mistake costs 1.
        model: The model folder, for the line that predicts with the threshold chosen on the page.
        slices: Where the model is weak, as `weak_slices` finds it.
        suspects: The labels that are likely wrong, as `label_errors` finds them; `row` is shown as it is.
        explanation: What the model goes by, as `crossent.explain` finds it.

    Returns:
        The page. It is a pure function of the arguments: the same evaluation gives the same page.

    Raises:
        InputError: The evaluation has no rows, or the costs are not of its classes.
    """
    metrics = evaluation.compute()
    return rendered(
        "page.html.jinja",
        title=title,
        **_sections(evaluation, metrics, costs),
        training=[] if history is None or not history.epochs else [loss_chart(history)],
        facts=dict(facts or {}),
        columns=list(columns),
        members=list(members),
        members_verdict=members_verdict(members),
        model=model,
        slices=slices,
        suspects=suspects,
        suspects_shown=_MOST_SUSPECTS,
        explained=None if explanation is None else explained(explanation),
    )


def rendered(template: str, *, title: str, **parts: Any) -> str:
    """A page from its template, with the style and the scripts inside."""
    own = "\n".join(["(() => {", '"use strict";', *map(read_asset, _scripts()), "})();"])
    scripts = [_script(own), _script(_library())]
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"json": _json, "between": between}
    names = ("figure", "percent", "tally", "amount", "plain", "signed")
    environment.filters |= {name: getattr(_words, name) for name in names}
    return environment.get_template(template).render(
        title=title,
        version=__version__,
        **parts,
        style=Markup(read_asset("page.css")),
        chart_style=CONFIG,
        script=scripts[0],
        library=scripts[1],
        allowed=" ".join(f"'sha256-{_digest(each)}'" for each in scripts),
    )


def _sections(evaluation: Evaluation, metrics: Metrics, costs: object) -> dict[str, Any]:
    """What the template's parts show of an evaluation, by the names that they have there."""
    price = None if costs is None else expected_cost(evaluation, costs).value
    moving = explorer(evaluation, metrics, costs)
    groups = groups_of(evaluation)
    return {
        "metrics": metrics,
        "weighted": evaluation.weighted,
        "one": "label" if metrics.task.kind == "multilabel" else "class",
        "lead": lead(metrics, weighted=evaluation.weighted),
        "verdict": verdict(metrics),
        "tiles": tiles(metrics),
        "worries": worries(evaluation, metrics, moving, costs_given=costs is not None),
        "price": price,
        "confusion": _confusion(metrics),
        "explorer": None if moving is None else _moving(moving, evaluation),
        "ranking": curve_charts(evaluation, metrics),
        "calibration": _on_probabilities(evaluation, metrics),
        "classes": class_table(evaluation, metrics),
        "groups": groups,
        "group_charts": [] if groups is None else group_charts(groups),
        "text": classification_report(metrics),
    }


def _on_probabilities(evaluation: Evaluation, metrics: Metrics) -> list[Any]:
    charts = [reliability_chart(evaluation, metrics), histogram_chart(evaluation, metrics)]
    return charts if metrics.task.kind == "multilabel" else [*charts, coverage_chart(evaluation)]


def _moving(of: Explorer, evaluation: Evaluation) -> dict[str, Any]:
    """What the template shows of the explorer, and what its script reads."""
    words = [class_words(each, of.metrics) for each in of.classes]
    return {
        "of": of,
        "table": of.first.table,
        "tiles": moving_tiles(of, evaluation),
        "matrix": moving_matrix(of),
        "charts": explorer_charts(of),
        "note": cuts_note(of.first.table),
        "rows_a_day": ROWS_A_DAY,
        "record": record(of, evaluation, words),
    }


def _confusion(metrics: Metrics) -> dict[str, Any]:
    """What the template shows of the confusion matrix, by the kind and number of classes."""
    names = short_names(metrics.task.classes)
    parts: dict[str, Any] = {"names": names, "labels": None, "table": None, "chart": None, "commonest": []}
    if metrics.task.kind == "multilabel":
        return parts | {"labels": metrics.confusion_matrix.tolist()}
    if len(metrics.task) <= MOST_IN_A_TABLE:
        return parts | {"table": table(metrics)}
    return parts | {"chart": matrix_chart(metrics), "commonest": commonest(metrics)}


@cache
def _library() -> str:
    """Vega, Vega-Lite and vega-embed in one script, which takes seconds to put together."""
    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", VEGA_LITE)


def _scripts() -> list[str]:
    return [f"{name}.js" for name in _SCRIPTS]


def read_asset(name: str) -> str:
    """A file that the page is made of."""
    return (_FOLDER / name).read_text(encoding="utf-8")


def _json(value: object) -> Markup:
    """JSON that can stand in a script element: no character in it can end the element or begin a comment."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _script(code: str) -> Markup:
    return Markup(code.replace("</script", "<\\/script"))


def _digest(code: str) -> str:
    """The hash by which the page's security policy lets this script run, and no other."""
    return base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
