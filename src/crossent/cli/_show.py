"""A table's columns and a model's figures, for the terminal."""

from __future__ import annotations

from collections import Counter

from rich.table import Table as Grid

from ..classifier import Model
from ..data import Table
from ..decisions import Rule
from ..evaluation import Metrics, classification_report
from ._console import out

_MOST_COLUMNS = 40
_UNLEARNT = ("identifier", "constant")


def show_columns(table: Table, target: str) -> None:
    """What each column was taken to be; of a wide table the kinds, and the columns with something to say."""
    columns = [column for column in table.columns if column.name != target]
    kinds = Counter(column.kind for column in columns)
    counted = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    out.print(f"{len(table):,} rows; target {target!r}; {len(columns)} other columns: {counted}")
    shown = columns if len(columns) <= _MOST_COLUMNS else [column for column in columns if column.note][:_MOST_COLUMNS]
    if not shown:
        return
    grid = Grid(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for heading, side in (
        ("column", "left"),
        ("kind", "left"),
        ("missing", "right"),
        ("distinct", "right"),
        ("", "left"),
    ):
        grid.add_column(heading, justify="right" if side == "right" else "left")
    for column in shown:
        values = table.frame[column.name]
        style = "dim" if column.kind in _UNLEARNT else ""
        note = column.note or ("set aside" if style else "")
        grid.add_row(
            column.name,
            column.kind,
            f"{values.null_count():,}",
            f"{values.drop_nulls().n_unique():,}",
            note,
            style=style,
        )
    out.print(grid)


def show_training(model: Model) -> None:
    """How the training ended."""
    history = model.history
    ends = {
        "finished": "all epochs done",
        "early": f"no better for {model.recipe.patience} epochs",
        "interrupted": "interrupted; the best epoch so far is kept",
    }
    rows = ", ".join(f"{count:,} {part}" for part, count in model.rows.items() if count)
    out.print(
        f"\nrows: {rows}; best epoch {history.best_epoch} of {len(history.epochs)} ({ends[history.stopped]})",
    )
    if model.calibration:
        out.print(f"calibration: {model.calibration.reason}")
    out.print(f"decision: {decided_by(model.rule)}")


def decided_by(rule: Rule) -> str:
    """The rule in one line."""
    if rule.choice is not None:
        of = rule.choice
        return f"threshold {of.threshold:g}, chosen for {of.goal} (95 % of resamples: {of.low:.3g} to {of.high:.3g})"
    if rule.task.kind == "multiclass":
        return "least expected cost" if rule.costs else "the most probable class"
    return f"threshold {rule.threshold}" + (", of least expected cost" if rule.costs else "")


def show_figures(metrics: Metrics, *, rows: str) -> None:
    """The key figures beside what no model at all would score, then the text report."""
    grid = Grid(box=None, header_style="bold", padding=(0, 3, 0, 0))
    grid.add_column(f"on {metrics.rows:,} {rows}")
    grid.add_column("model", justify="right")
    if metrics.majority is not None:
        grid.add_column(f"always {metrics.majority.label!r}", justify="right")
    for name, path, value, baseline in _key_figures(metrics):
        width = metrics.half_widths.get(path, 0.0)
        cells = [name, _figure(value) + (f" \N{PLUS-MINUS SIGN} {width:.1g}" if width >= 0.00005 else "")]
        if metrics.majority is not None:
            cells.append("" if baseline is None else _figure(baseline))
        grid.add_row(*cells)
    out.print()
    out.print(grid)
    if metrics.threshold is not None:
        of = f" of {metrics.task.positive!r}" if metrics.task.kind == "binary" else ""
        out.print(f"\ndecided at a probability{of} of at least {metrics.threshold}:\n")
    else:
        out.print("\ndecided for the most probable class:\n")
    out.print(classification_report(metrics), end="")


def _key_figures(metrics: Metrics) -> list[tuple[str, str, float, float | None]]:
    most = metrics.majority
    averaged = "" if metrics.task.kind == "binary" else ", macro"
    return [
        ("log loss (lower is better)", "log_loss", metrics.log_loss, most.log_loss if most else None),
        ("Brier score (lower is better)", "brier", metrics.brier, most.brier if most else None),
        (f"ROC AUC{averaged}", "roc_auc", metrics.roc_auc, None),
        (f"average precision{averaged}", "average_precision", metrics.average_precision, None),
        ("accuracy", "accuracy", metrics.accuracy, most.accuracy if most else None),
        ("balanced accuracy", "balanced_accuracy", metrics.balanced_accuracy, most.balanced_accuracy if most else None),
        ("Matthews correlation", "matthews_correlation", metrics.matthews_correlation, None),
    ]


def _figure(value: float) -> str:
    return "undefined" if value != value else f"{value:.4f}"
