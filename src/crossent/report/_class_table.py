"""The figures of each class, with their intervals."""

from __future__ import annotations

from dataclasses import dataclass

from .._labels import Label
from ..evaluation import Average, ClassScores, Evaluation, Metrics
from ._interval_words import between, interval_of
from ._words import figure, tally

MOST_WITH_ALL_INTERVALS = 12
"""Beyond it the intervals of F1 and ROC AUC, which take a tenth of a second each or more, are left out."""
_HEADS = ("Precision", "Recall", "F1", "ROC AUC", "Average precision")


@dataclass(frozen=True)
class TableCell:
    """A figure: what it is sorted by, how it is shown, and its interval in words."""

    value: float
    shown: str
    beside: str = ""


@dataclass(frozen=True)
class TableRow:
    """A class or an average with its cells."""

    name: str
    cells: list[TableCell]


@dataclass(frozen=True)
class ClassTable:
    """The table of the classes; averages stand below it. note: which intervals are left out."""

    heads: tuple[str, ...]
    rows: list[TableRow]
    averages: list[TableRow]
    note: str


def class_table(evaluation: Evaluation, metrics: Metrics) -> ClassTable:
    """One row for each class, against all others."""
    few = len(metrics.task) <= MOST_WITH_ALL_INTERVALS
    rows = [TableRow(str(each.label), _cells(evaluation, each, few=few)) for each in metrics.per_class]
    averages = {name: getattr(metrics, name) for name in ("macro", "weighted", "micro", "samples")}
    note = "" if few else f"Of more than {MOST_WITH_ALL_INTERVALS} classes F1 and ROC AUC are given without intervals."
    below = [TableRow(name, _average(each)) for name, each in averages.items() if each is not None]
    return ClassTable((*_HEADS, "Weight" if evaluation.weighted else "Rows"), rows, below, note)


def _cells(evaluation: Evaluation, scores: ClassScores, *, few: bool) -> list[TableCell]:
    return [
        _cell(evaluation, "precision", scores.precision, scores.label, wanted=True),
        _cell(evaluation, "recall", scores.recall, scores.label, wanted=True),
        _cell(evaluation, "f_score", scores.f1, scores.label, wanted=few),
        _cell(evaluation, "roc_auc", scores.roc_auc, scores.label, wanted=few and scores.roc_auc == scores.roc_auc),
        TableCell(scores.average_precision, figure(scores.average_precision)),
        TableCell(scores.support, tally(scores.support)),
    ]


def _cell(evaluation: Evaluation, name: str, value: float, label: Label, *, wanted: bool) -> TableCell:
    found = interval_of(evaluation, name, label=label) if wanted else None
    return TableCell(value, figure(value), between(found))


def _average(of: Average) -> list[TableCell]:
    figures = (of.precision, of.recall, of.f1, of.roc_auc, of.average_precision)
    cells = [TableCell(float("nan"), "") if each is None else TableCell(each, figure(each)) for each in figures]
    return [*cells, TableCell(of.support, tally(of.support))]
