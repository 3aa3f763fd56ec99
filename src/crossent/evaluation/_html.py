"""An evaluation as a notebook shows it: a few figures and the confusion matrix, in plain HTML."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from .._errors import InputError
from .intervals._interval import interval

if TYPE_CHECKING:
    from ._evaluation import Evaluation
    from .metrics._metrics import Metrics

_MOST_CLASSES = 12
_MEANS = ("log_loss", "brier", "ranked_probability_score")
_CELL = "padding:2px 10px;text-align:right;border-bottom:1px solid rgba(128,128,128,0.35)"
_NAME = _CELL.replace("right", "left")


def html_of(evaluation: Evaluation) -> str:
    """A small table of figures and the confusion matrix, in the notebook's own colours."""
    if not evaluation.rows:
        return f"<p>An evaluation of no rows ({escape(evaluation.task.kind)}).</p>"
    metrics = evaluation.compute()
    ignored = f", and {metrics.ignored:,} ignored" if metrics.ignored else ""
    at = "" if metrics.threshold is None else f", decided at {_thresholds(metrics)}"
    heading = f"<p><b>{metrics.rows:,} rows</b>{ignored}{at}</p>"
    parts = [_figures(evaluation, metrics), _matrix(metrics)]
    return f'<div>{heading}<div style="display:flex;gap:2em;flex-wrap:wrap">{"".join(parts)}</div></div>'


def _thresholds(metrics: Metrics) -> str:
    limits = metrics.threshold if isinstance(metrics.threshold, tuple) else (metrics.threshold,)
    shown = ", ".join(f"{limit}" for limit in limits[:4] if limit is not None)
    return shown + (", ..." if len(limits) > 4 else "")


def _figures(evaluation: Evaluation, metrics: Metrics) -> str:
    averaged = "" if metrics.task.kind == "binary" else ", macro"
    named = {
        "log_loss": "log loss",
        "brier": "Brier score",
        "roc_auc": f"ROC AUC{averaged}",
        "average_precision": f"average precision{averaged}",
        "accuracy": "accuracy",
        "balanced_accuracy": "balanced accuracy",
    }
    if metrics.task.kind == "multilabel":
        del named["balanced_accuracy"]
    if metrics.task.ordered:
        named |= {"ranked_probability_score": "ranked probability score", "quadratic_kappa": "quadratic kappa"}
    rows = [(title, getattr(metrics, name), _ends(evaluation, name)) for name, title in named.items()]
    body = "".join(
        f'<tr><td style="{_NAME}">{title}</td><td style="{_CELL}">{_number(value)}</td>'
        f'<td style="{_CELL};opacity:0.7">{ends}</td></tr>'
        for title, value, ends in rows
    )
    head = f'<tr><th style="{_NAME}"></th><th style="{_CELL}">value</th><th style="{_CELL}">95 % interval</th></tr>'
    return f'<table style="border-collapse:collapse;background:none">{head}{body}</table>'


def _ends(evaluation: Evaluation, name: str) -> str:
    """The interval, of figures that have one by a formula: a notebook is not to wait for resamples."""
    if name not in (*_MEANS, "accuracy") and (name != "roc_auc" or evaluation.task.kind != "binary"):
        return ""
    try:
        found = interval(evaluation, name)
    except InputError:  # with weights only means over rows have one
        return ""
    return "" if math.isnan(found.low) else f"{found.low:.4f} to {found.high:.4f}"


def _number(value: float) -> str:
    return "undefined" if math.isnan(value) else f"{value:.4f}"


def _matrix(metrics: Metrics) -> str:
    """True classes down, decisions across; a cell is the darker, the more of its true class it holds."""
    task = metrics.task
    if task.kind == "multilabel" or len(task) > _MOST_CLASSES:
        what = "labels" if task.kind == "multilabel" else "classes"
        return f"<p>{len(task):,} {what}: see compute().per_class</p>"
    names = [escape(str(name)) for name in task.classes]
    head = "".join(f'<th style="{_CELL}">{name}</th>' for name in names)
    body = ""
    for name, cells in zip(names, metrics.confusion_matrix.tolist(), strict=True):
        row = sum(cells) or 1
        shaded = "".join(
            f'<td style="{_CELL};background:rgba(70,130,200,{0.5 * cell / row:.3f})">{cell:,.6g}</td>' for cell in cells
        )
        body += f'<tr><th style="{_NAME}">{name}</th>{shaded}</tr>'
    return (
        '<table style="border-collapse:collapse;background:none">'
        f'<tr><th style="{_NAME}">true \N{RIGHTWARDS ARROW} decided</th>{head}</tr>{body}</table>'
    )
