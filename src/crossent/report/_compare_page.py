"""Several models on the same rows, side by side in one page."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass

from .._errors import InputError
from ..evaluation import Comparison, Difference, Evaluation
from ._compare_charts import MOST_MODELS, compare_charts
from ._page import rendered
from ._words import counted
from ._write import write_file


@dataclass(frozen=True)
class _Row:
    """A figure as the table shows it."""

    title: str
    found: Difference
    ends: str
    verdict: str

    @property
    def method(self) -> str:
        """How its interval was found."""
        return self.found.method


@dataclass(frozen=True)
class _Pair:
    a: str
    b: str
    differences: list[_Row]


def compare_html(
    compared: Mapping[tuple[str, str], Comparison], *, title: str | None = None, confidence: float = 0.95
) -> str:
    """Describe two models or more on the same rows in one HTML page that needs nothing else.

    Args:
        compared: Comparisons by the names of their two models; usually one model beside each of the others.
        title: The heading of the page; by default the names of the models.
        confidence: Of the intervals of the differences.

    Returns:
        The page: the figures with their paired differences, and the curves of all models in one chart each.

    Raises:
        InputError: There is no comparison, one has no rows, or there are more models than colours.

    Example:
        >>> from crossent import Task, compare, report
        >>> truth, old, new = ["no", "yes"] * 20, [0.4, 0.6] * 20, [0.1, 0.9] * 20
        >>> comparison = compare(Task.binary(["no", "yes"]), truth, probabilities_a=old, probabilities_b=new)
        >>> page = report.compare_html({("old", "new"): comparison})
        >>> "<h2>new against old</h2>" in page
        True
    """
    evaluations: dict[str, Evaluation] = {}
    for (a, b), each in compared.items():
        evaluations |= {a: each.a, b: each.b}
    if not compared or len(evaluations) > MOST_MODELS:
        raise InputError(f"a page shows 2 to {MOST_MODELS} models side by side; got {len(evaluations)}")
    pairs = [
        _Pair(a, b, [_row(found, a, b) for found in each.differences(confidence=confidence)])
        for (a, b), each in compared.items()
    ]
    first = next(iter(compared.values()))
    return rendered(
        "compare.html.jinja",
        title=title or _named(list(evaluations)),
        lead=f"{counted(len(evaluations), 'model')} on the same {counted(first.rows, 'row')}{_decided(evaluations)}.",
        pairs=pairs,
        confidence=f"{100 * confidence:g}%",
        charts_of_all=compare_charts(evaluations),
        methods=pairs[0].differences,
    )


def write_comparison(
    path: str | os.PathLike[str],
    compared: Mapping[tuple[str, str], Comparison],
    *,
    title: str | None = None,
    confidence: float = 0.95,
) -> None:
    """Write the page of `compare_html` to a file; an older one is replaced only when the new one is complete.

    Args:
        path: The file, usually `*.html`, in a folder that exists.
        compared: As in `compare_html`.
        title: The heading of the page.
        confidence: Of the intervals.

    Raises:
        InputError: As `compare_html`, or the file cannot be written.
    """
    write_file(path, compare_html(compared, title=title, confidence=confidence))


def _row(found: Difference, a: str, b: str) -> _Row:
    title = found.name.replace("_", " ").replace("roc auc", "ROC AUC").replace("brier", "Brier score")
    ends = "no interval" if math.isnan(found.low) else f"{found.low:+.4f} to {found.high:+.4f}"
    return _Row(title[0].upper() + title[1:], found, ends, _verdict(found, a, b))


def _verdict(found: Difference, a: str, b: str) -> str:
    if math.isnan(found.low):
        return "not told"
    better = {"a": a, "b": b, None: None}[found.better]
    return "they do not tell" if better is None else f"{better} is better"


def _named(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _decided(evaluations: Mapping[str, Evaluation]) -> str:
    if next(iter(evaluations.values())).task.kind == "multiclass":
        return ""
    limits = {each.threshold for each in evaluations.values()}
    shown = {name: each.threshold for name, each in evaluations.items() if isinstance(each.threshold, float)}
    if len(limits) == 1 and shown:
        return f", decided from a probability of {next(iter(shown.values())):g}"
    return "; thresholds: " + ", ".join(f"{name} {limit:g}" for name, limit in shown.items()) if shown else ""
