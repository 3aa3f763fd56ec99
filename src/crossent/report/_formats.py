"""One evaluation in any format that a report can have."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from .._errors import InputError
from ..evaluation import Evaluation
from ._card import model_card
from ._class_table import MOST_WITH_ALL_INTERVALS
from ._interval_words import interval_of
from ._sheet import png, svg

if TYPE_CHECKING:
    from ..training import History

Format: TypeAlias = Literal["html", "png", "svg", "json", "markdown"]
_WITH_INTERVAL = (
    "accuracy", "balanced_accuracy", "matthews_correlation", "roc_auc", "average_precision", "log_loss", "brier",
)  # fmt: skip
_OF_ORDERED = ("ranked_probability_score", "quadratic_kappa")
_RESAMPLED = ("balanced_accuracy", "matthews_correlation", "quadratic_kappa")
"""Their intervals take long where there are many classes."""
_SUFFIXES: dict[str, Format] = {".png": "png", ".svg": "svg", ".json": "json", ".md": "markdown"}


def format_of(path: str | os.PathLike[str], asked: str | None) -> Format:
    """The format asked for, else the one that the name of the file ends in, else HTML.

    Raises:
        InputError: There is no such format.
    """
    if asked is None:
        return _SUFFIXES.get(Path(path).suffix.lower(), "html")
    for each in get_args(Format):
        if each == asked:
            return each
    raise InputError(f"format must be one of {', '.join(get_args(Format))}; got {asked!r}")


def as_format(
    form: Format,
    evaluation: Evaluation,
    *,
    title: str,
    history: History | None,
    facts: Mapping[str, str] | None,
) -> str | bytes:
    """The report in any format but HTML."""
    match form:
        case "png":
            return png(evaluation, title=title, history=history)
        case "svg":
            return svg(evaluation, title=title, history=history)
        case "markdown":
            return model_card(evaluation, title=title, history=history, facts=facts)
        case _:
            return _json(evaluation, title, facts)


def _intervals(evaluation: Evaluation) -> dict[str, dict[str, object]]:
    """The ends of the main figures' intervals, by name; those that have none are left out."""
    few = len(evaluation.task) <= MOST_WITH_ALL_INTERVALS
    names = (*_WITH_INTERVAL, *_OF_ORDERED) if evaluation.task.ordered else _WITH_INTERVAL
    found = {name: interval_of(evaluation, name) for name in names if few or name not in _RESAMPLED}
    return {
        name: {"low": each.low, "high": each.high, "confidence": each.confidence, "method": each.method}
        for name, each in found.items()
        if each is not None and math.isfinite(each.low) and math.isfinite(each.high)
    }


def _json(evaluation: Evaluation, title: str, facts: Mapping[str, str] | None) -> str:
    record: dict[str, object] = {"title": title, "metrics": evaluation.compute().to_dict()}
    record["intervals"] = _intervals(evaluation)
    if facts:
        record["facts"] = dict(facts)
    if evaluation.groups:
        record["groups"] = {str(name): each.compute().to_dict() for name, each in evaluation.groups.items()}
    return json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
