"""A model card: who made a model of what, for whom, and how good it is, in Markdown.

What is known is filled in; what only a person knows is marked, so that it is seen to be missing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ..evaluation import Evaluation, Metrics, calibration_error, group_table
from ._interval_words import interval_of
from ._words import NONE, figure, percent, tally
from ._worries import worries

if TYPE_CHECKING:
    from ..inspection import WeakSlices
    from ..training import History

_MOST_CLASSES = 50
_FIGURES = {
    "log_loss": "log loss",
    "brier": "Brier score",
    "roc_auc": "ROC AUC",
    "average_precision": "average precision",
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
}
_OF_ORDERED = {"ranked_probability_score": "ranked probability score", "quadratic_kappa": "quadratic kappa"}


def model_card(
    evaluation: Evaluation,
    *,
    title: str,
    history: History | None = None,
    facts: Mapping[str, str] | None = None,
    slices: WeakSlices | None = None,
) -> str:
    """Describe a model and its figures in Markdown, in the sections of a model card.

    Args:
        evaluation: An evaluation with rows.
        title: What the model is called.
        history: The record of the training.
        facts: What else is known of it: rows, columns, calibration, the rule that decides.
        slices: Where the model is weak, as `weak_slices` finds it.

    Returns:
        The card. What only a person knows stands in it as a line "To be filled in".

    Raises:
        InputError: The evaluation has no rows.

    Example:
        >>> from crossent import Task, evaluate, report
        >>> evaluation = evaluate(Task.binary(["no", "yes"]), ["no", "yes"] * 9, probabilities=[0.2, 0.7] * 9)
        >>> print(report.model_card(evaluation, title="Churn")[:42])
        # Churn
        <BLANKLINE>
        ## Model details
        <BLANKLINE>
        - Kind: binary

    References:
        Mitchell et al., Model cards for model reporting, FAT* 2019.
    """
    metrics = evaluation.compute()
    sections = {
        "Model details": [_details(metrics, history, facts), _blank("who made it, when, which version, whom to ask")],
        "Intended use": [_blank("what it is for, by whom, and what it must not be used for")],
        "Factors": [_blank("which groups of rows or people, and which conditions, could matter")],
        "Metrics": [_decided(metrics), _figures(evaluation, metrics), _classes(metrics)],
        "Data": [_data(metrics), _blank("where the rows come from, when, and how the labels were made")],
        "Groups": [_groups(evaluation), _slices(slices)],
        "Calibration": [_calibration(evaluation)],
        "Ethical considerations": [_blank("sensitive data, risks and harms, and what was done about them")],
        "Caveats and recommendations": [_caveats(evaluation, metrics)],
    }
    parts = [f"# {_plain(title)}"]
    for name, blocks in sections.items():
        parts += [f"## {name}", *filter(None, blocks)]
    return "\n\n".join(parts) + "\n"


def _plain(text: object) -> str:
    """Text that Markdown shows as it is, in one line."""
    escaped = "".join(f"\\{each}" if each in "\\`*_[]<>|#" else each for each in str(text))
    return " ".join(escaped.split())


def _blank(what: str) -> str:
    return f"> **To be filled in:** {what}."


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _details(metrics: Metrics, history: History | None, facts: Mapping[str, str] | None) -> str:
    of = f", of which {_plain(metrics.task.positive)} is the positive one" if metrics.task.kind == "binary" else ""
    known = {
        "Kind": "multiclass, with ordered classes" if metrics.task.ordered else metrics.task.kind,
        "Classes": ", ".join(map(_plain, metrics.task.classes[:_MOST_CLASSES])) + of,
    } | {name: _plain(value) for name, value in (facts or {}).items()}
    if history is not None and history.epochs:
        known["Training"] = f"{len(history.epochs)} epochs; the weights of epoch {history.best_epoch} were kept"
    return "\n".join(f"- {_plain(name)}: {value}" for name, value in known.items())


def _decided(metrics: Metrics) -> str:
    limits = metrics.threshold if isinstance(metrics.threshold, tuple) else (metrics.threshold,)
    shown = ", ".join(f"{each}" for each in limits if each is not None)
    match metrics.task.kind:
        case "binary":
            return f"Decided as {_plain(metrics.task.positive)} from a probability of {shown}."
        case "multiclass":
            return "Decided for the most probable class, unless a rule above says otherwise."
        case "multilabel":
            return f"Labels are decided from a probability of {shown}."


def _figures(evaluation: Evaluation, metrics: Metrics) -> str:
    rows = []
    for name, title in (_FIGURES | (_OF_ORDERED if metrics.task.ordered else {})).items():
        macro = metrics.task.kind != "binary" and name in ("roc_auc", "average_precision")
        value = getattr(metrics, name)
        found = None if macro or math.isnan(value) else interval_of(evaluation, name)
        ends = NONE if found is None else f"{found.low:.4f} to {found.high:.4f}"
        rows.append([f"{title}, macro" if macro else title, figure(value, 4), ends])
    return _table(["Figure", "Value", "95 % interval"], rows)


def _classes(metrics: Metrics) -> str:
    shown = metrics.per_class[:_MOST_CLASSES]
    rows = [
        [_plain(each.label), *map(figure, (each.precision, each.recall, each.f1, each.roc_auc)), tally(each.support)]
        for each in shown
    ]
    table = _table(["Class", "Precision", "Recall", "F1", "ROC AUC", "Rows"], rows)
    more = len(metrics.per_class) - len(shown)
    return table + (f"\n\nand {more:,} more." if more else "")


def _data(metrics: Metrics) -> str:
    ignored = f", and {metrics.ignored:,} of the ignored label" if metrics.ignored else ""
    return f"Judged on {metrics.rows:,} rows{ignored}."


def _groups(evaluation: Evaluation) -> str:
    if not evaluation.groups:
        return _blank("figures of each group that matters: `crossent evaluate --group COLUMN`")
    table = group_table(evaluation)
    names = [name for name in table.columns[2:] if not name.endswith(("_low", "_high"))]
    rows = [
        [_plain(record["group"]), tally(record["rows"]), *(_with_ends(record, name) for name in names)]
        for record in table.iter_rows(named=True)
    ]
    return _table(["Group", "Rows", *(name.replace("_", " ") for name in names)], rows)


def _with_ends(record: Mapping[str, float | None], name: str) -> str:
    low, high = record[f"{name}_low"], record[f"{name}_high"]
    ends = "" if low is None or high is None else f" ({low:.3f} to {high:.3f})"
    return figure(record[name]) + ends


def _slices(slices: WeakSlices | None) -> str:
    if slices is None:
        return ""
    if not slices.slices:
        return f"Of {slices.searched:,} slices of one column or two, none is worse than the rest beyond chance."
    rows = [[_plain(each.words), tally(each.rows), figure(each.inside), figure(each.outside)] for each in slices.slices]
    return _table(["Worse than the rest beyond chance", "Rows", "Loss", "Elsewhere"], rows)


def _calibration(evaluation: Evaluation) -> str:
    found = calibration_error(evaluation)
    return (
        f"Expected calibration error {figure(found.value, 4)}: on average, probabilities and observed shares lie "
        f"{percent(found.value)} apart, in 15 bins of equal width."
    )


def _caveats(evaluation: Evaluation, metrics: Metrics) -> str:
    found = worries(evaluation, metrics, None, costs_given=False)
    lines = [f"- **{_plain(each.title).rstrip('.?')}.** {_plain(each.words)} {_plain(each.cure)}" for each in found]
    lines.append("- The intervals hold for rows like those judged on, and say nothing of others.")
    return "\n".join([*lines, "", _blank("what else a user should know before relying on it")])
