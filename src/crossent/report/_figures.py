"""The key figures as tiles, and what they say in a sentence or two."""

from __future__ import annotations

from dataclasses import dataclass

from .._labels import Label
from ..evaluation import Metrics
from ._words import counted, figure, percent, quoted, tally


@dataclass(frozen=True)
class Tile:
    """A figure, what it is called, and what to hold it against."""

    name: str
    value: str
    beside: str = ""


def tiles(metrics: Metrics) -> list[Tile]:
    """The figures that a reader looks for first."""
    return _on_decisions(metrics) + _on_scores(metrics)


def _on_decisions(metrics: Metrics) -> list[Tile]:
    majority = metrics.majority
    if majority is None:
        return [
            Tile("Rows all right", percent(metrics.accuracy), "right in every label"),
            Tile("Labels right", percent(_labels_right(metrics)), "of all single decisions"),
            Tile("F1, macro", figure(metrics.macro.f1), "each label counts alike"),
            Tile("F1, micro", figure(metrics.micro.f1), "all decisions together"),
        ]
    always = f"always {quoted(majority.label)}: "
    shared = [
        Tile("Accuracy", percent(metrics.accuracy), always + percent(majority.accuracy)),
        Tile("Balanced accuracy", percent(metrics.balanced_accuracy), always + percent(majority.balanced_accuracy)),
    ]
    if metrics.task.kind == "multiclass":
        f1 = Tile("F1, macro", figure(metrics.macro.f1), always + figure(majority.macro.f1))
        if metrics.task.ordered:
            shared.append(Tile("Quadratic kappa", figure(metrics.quadratic_kappa), "by chance: 0"))
        return [*shared, f1, Tile("Matthews correlation", figure(metrics.matthews_correlation), "by chance: 0")]
    of, scores = f"of {quoted(metrics.task.positive)}", metrics.per_class[1]
    return [
        *shared,
        Tile("Precision", percent(scores.precision), of),
        Tile("Recall", percent(scores.recall), of),
        Tile("F1", figure(scores.f1), of),
        Tile("Matthews correlation", figure(metrics.matthews_correlation), "by chance: 0"),
    ]


def _on_scores(metrics: Metrics) -> list[Tile]:
    majority = metrics.majority
    macro = "" if metrics.task.kind == "binary" else ", macro"
    share = metrics.per_class[1].support / metrics.weight if metrics.task.kind == "binary" else None
    found = [
        Tile(f"ROC AUC{macro}", figure(metrics.roc_auc), _doubt(metrics, "roc_auc") or "a coin: 0.5"),
        Tile(
            f"Average precision{macro}",
            figure(metrics.average_precision),
            _doubt(metrics, "average_precision")
            or ("mean of the classes" if share is None else f"a coin: {figure(share)}"),
        ),
        Tile(
            "Log loss",
            figure(metrics.log_loss),
            f"shares alone: {figure(majority.log_loss)}" if majority else "less is better",
        ),
        Tile(
            "Brier score",
            figure(metrics.brier),
            f"shares alone: {figure(majority.brier)}" if majority else "less is better",
        ),
    ]
    if majority is not None and metrics.task.ordered:
        beside = (
            _doubt(metrics, "ranked_probability_score") or f"shares alone: {figure(majority.ranked_probability_score)}"
        )
        found.append(Tile("Ranked probability score", figure(metrics.ranked_probability_score), beside))
    return found


def _labels_right(metrics: Metrics) -> float:
    cells = metrics.confusion_matrix
    return int(cells[:, 0, 0].sum() + cells[:, 1, 1].sum()) / int(cells.sum())


def _doubt(metrics: Metrics, name: str) -> str:
    """Why not to take the figure as it stands."""
    if getattr(metrics, name) != getattr(metrics, name):
        return "undefined here"
    width = metrics.half_widths.get(name, 0.0)
    return f"exact to {width:.1g}" if width >= 0.0005 else ""  # less does not change the digits shown


def lead(metrics: Metrics, *, weighted: bool) -> str:
    """What was judged, and by which rule rows were decided."""
    rows = counted(metrics.rows, "row")
    if weighted:
        rows += f" whose weights sum to {tally(metrics.weight)}"
    them = "the weight" if weighted else "them"
    match metrics.task.kind:
        case "binary":
            positive = metrics.per_class[1]
            what = f"{percent(positive.support / metrics.weight)} of {them} {quoted(positive.label)}"
            rule = f"decided {quoted(positive.label)} from a probability of {metrics.threshold}"
        case "multiclass":
            one = "ordered class" if metrics.task.ordered else "class"
            what, rule = counted(len(metrics.task), one, f"{one}es"), "decided for the most probable class"
        case "multilabel":
            limits = metrics.threshold
            each = f"{limits}" if isinstance(limits, float) else "its own threshold"
            what = f"{counted(len(metrics.task), 'label')}, any number of which may hold"
            rule = f"a label is decided from a probability of {each}"
    aside = f"; {counted(metrics.ignored, 'row')} with the ignored label set aside" if metrics.ignored else ""
    return f"{rows}, {what}; {rule}{aside}."


def verdict(metrics: Metrics) -> str:
    """Whether decisions and probabilities beat having no model at all."""
    none = metrics.majority
    if none is None:
        return ""
    only = only_class(metrics)
    if only is not None:
        return f"It decides {percent(metrics.accuracy)} of the rows right, and all rows are {quoted(only)}."
    gain = metrics.accuracy - none.accuracy
    than = (
        "the same as"
        if gain == 0
        else f"{percent(abs(gain)).removesuffix('%')} points {'more' if gain > 0 else 'less'} than"
    )
    knows = metrics.log_loss < none.log_loss
    return (
        f"It decides {percent(metrics.accuracy)} of the rows right, {than} always deciding {quoted(none.label)}. "
        f"Its probabilities are {'better' if knows else 'no better'} than the plain shares of the classes: "
        f"log loss {figure(metrics.log_loss)} against {figure(none.log_loss)}."
    )


def only_class(metrics: Metrics) -> Label | None:
    """The class of all rows, where all are of one; None where they are not, and of several labels a row."""
    present = [each.label for each in metrics.per_class if each.support]
    return present[0] if metrics.task.kind != "multilabel" and len(present) == 1 else None
