"""What the probabilities of a task are of, in words: the class, the decision made, or a label."""

from __future__ import annotations

from ..evaluation import Metrics
from ._words import counted, quoted, short_names, tally


def event(metrics: Metrics) -> tuple[str, str]:
    """What is observed, and what the probability of it is called."""
    match metrics.task.kind:
        case "binary":
            name = quoted(short_names(metrics.task.classes)[1])
            return f"share of {name}", f"probability of {name}"
        case "multiclass":
            return "share decided right", "probability of the class decided for"
        case "multilabel":
            return "share of labels that hold", "probability of a label"


def sides(metrics: Metrics) -> tuple[str, str]:
    """What the rows are called for which the event happened, and for which it did not."""
    match metrics.task.kind:
        case "binary":
            negative, positive = short_names(metrics.task.classes)
            return positive, negative
        case "multiclass":
            return "decided right", "decided wrong"
        case "multilabel":
            return "label holds", "label does not hold"


def unit(metrics: Metrics, *, weighted: bool) -> str:
    """What is added up, as the title of an axis."""
    if weighted:
        return "weight"
    return "labels" if metrics.task.kind == "multilabel" else "rows"


def much(count: float, metrics: Metrics, *, weighted: bool) -> str:
    """A number of rows or labels, or the weight of some."""
    if weighted:
        return f"a weight of {tally(count)}"
    return counted(int(count), "label" if metrics.task.kind == "multilabel" else "row")


def happened(metrics: Metrics) -> str:
    """What a row was for which the event happened."""
    match metrics.task.kind:
        case "binary":
            return quoted(metrics.task.positive)
        case "multiclass":
            return "right"
        case "multilabel":
            return "true"
