"""A table's columns and a model's figures, for the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table as Grid

from ..decisions import CutPoint, Rule, coverage
from ..evaluation import Evaluation, Metrics, classification_report, cost_matrix, expected_cost, interval
from ._console import out

if TYPE_CHECKING:
    from ..calibration import Calibration
    from ..classifier import Model
    from ..data import Table
    from ._judge import Judgement

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
    """What learned, how well each member did on the rows it had not seen, and how they are blended."""
    out.print(f"\nrows: {rows_of(model)}")
    grid = Grid(box=None, header_style="bold", padding=(0, 3, 0, 0))
    grid.add_column("member")
    for heading in ("log loss", "share"):
        grid.add_column(heading, justify="right")
    for part in model.blend.parts:
        style = "" if part.weight else "dim"
        grid.add_row(
            part.name, _figure(part.log_loss), f"{part.weight:.0%}" if part.weight else "left out", style=style
        )
    out.print(grid)
    if any(part.history is not None and part.history.stopped == "interrupted" for part in model.blend.parts):
        out.print("interrupted; what was best so far is kept")
    if model.calibration:
        out.print(f"calibration: {model.calibration.reason}")
    out.print(f"decision: {decided_by(model.rule)}")


def rows_of(model: Model) -> str:
    """What the rows were for."""
    names = {
        "training": "trained on",
        "validation": "held out in turn",
        "threshold": "for the threshold",
        "test": "test",
    }
    return ", ".join(f"{count:,} {names[part]}" for part, count in model.rows.items() if count)


def decided_by(rule: Rule) -> str:
    """The rule in one line."""
    undecided = f"; undecided below a confidence of {rule.abstain_below}" if rule.abstain_below else ""
    if rule.choice is not None:
        of = rule.choice
        sure = f", kept with {100 * of.confidence:.12g}% confidence" if of.confidence else ""
        spread = f"(95 % of resamples: {of.low:.3g} to {of.high:.3g})"
        return f"threshold {of.threshold}, chosen for {of.goal}{sure} {spread}{undecided}"
    if rule.task.kind == "multiclass":
        return ("least expected cost" if rule.costs else "the most probable class") + undecided
    return f"threshold {_threshold(rule.threshold)}" + (", of least expected cost" if rule.costs else "") + undecided


def show_judgement(judgement: Judgement) -> None:
    """What was judged and merged, the figures, and the groups."""
    for path, rows in judgement.files.items():
        out.print(f"{path}  {rows:,} rows")
    show_figures(judgement.evaluation, rows="rows", rule=judgement.rule, left_out=judgement.unlabelled)
    if judgement.evaluation.groups:
        show_groups(judgement.evaluation)


def show_figures(evaluation: Evaluation, *, rows: str, rule: Rule | None = None, left_out: int = 0) -> None:
    """The key figures beside what no model at all would score, then the text report.

    Args:
        evaluation: With rows.
        rows: What they are.
        rule: What decides, where it is known.
        left_out: How many rows had no label.
    """
    metrics = evaluation.compute()
    grid = Grid(box=None, header_style="bold", padding=(0, 3, 0, 0))
    grid.add_column(f"on {metrics.rows:,} {rows}")
    grid.add_column("model", justify="right")
    if metrics.majority is not None:
        grid.add_column(f"always {metrics.majority.label!r}", justify="right")
    figures = _key_figures(metrics)
    if rule is not None and rule.costs is not None:
        figures.append(_cost_figure(evaluation, rule))
    for name, path, value, baseline in figures:
        width = metrics.half_widths.get(path, 0.0)
        cells = [name, _figure(value) + (f" \N{PLUS-MINUS SIGN} {width:.1g}" if width >= 0.00005 else "")]
        if metrics.majority is not None:
            cells.append("" if baseline is None else _figure(baseline))
        grid.add_row(*cells)
    out.print()
    out.print(grid)
    for what, count in (("the ignored label", metrics.ignored), ("no label", left_out)):
        if count:
            out.print(f"left out: {count:,} rows with {what}")
    out.print(f"\n{_decided(metrics, rule)}:\n")
    out.print(classification_report(metrics), end="")
    if rule is not None and rule.abstain_below:
        out.print(f"\n{_covered(evaluation, rule)}")


def _decided(metrics: Metrics, rule: Rule | None) -> str:
    if metrics.threshold is not None:
        of = f" of {metrics.task.positive!r}" if metrics.task.kind == "binary" else ""
        return f"decided at a probability{of} of at least {_threshold(metrics.threshold)}"
    if rule is not None and rule.costs is not None:
        return "decided for the least expected cost"
    return "decided for the most probable class"


def _threshold(of: float | tuple[float, ...]) -> str:
    return str(of) if isinstance(of, float) else ", ".join(map(str, of))


def _covered(evaluation: Evaluation, rule: Rule) -> str:
    """What is left undecided, and how the rest fares."""
    found = coverage(evaluation)
    risk = "" if found.risk != found.risk else f"; of these {found.risk:.1%} are decided wrong"
    return (
        f"sure enough to be decided (a confidence of {rule.abstain_below}): {found.coverage:.1%} of the rows{risk}; "
        "the figures above are of all rows"
    )


def show_threshold(evaluation: Evaluation, rule: Rule, points: Sequence[CutPoint], left_out: int) -> None:
    """The threshold, how sure it is, and what it and its neighbours give."""
    rows = f"{evaluation.rows:,} rows" + (f", without {left_out:,} that have no label" if left_out else "")
    out.print(f"on {rows}: decide for {evaluation.task.positive!r} from a probability of {rule.threshold} on")
    if rule.choice is None:
        out.print("of least expected cost, if the probabilities mean what they say; no row has chosen it")
    else:
        confidence = rule.choice.confidence
        sure = f"; on rows to come with {100 * confidence:.12g}% confidence" if confidence else ""
        out.print(f"chosen for {rule.choice.goal}{sure}")
        out.print(f"95 % of resamples of these rows choose one from {rule.choice.low:.4g} to {rule.choice.high:.4g}")
    grid = Grid(box=None, header_style="bold", padding=(0, 1, 0, 0))
    grid.add_column("threshold", justify="right", no_wrap=True)
    for name in points[0].figures:
        grid.add_column({"alerts": "decided so", "cost": "cost a row"}.get(name, name), justify="right")
    for point in points:
        chosen = point.threshold == rule.threshold
        share = {name: f"{value:.2%}" if name == "alerts" else _figure(value) for name, value in point.figures.items()}
        mark = "\N{RIGHTWARDS ARROW}" if chosen else ""
        grid.add_row(f"{mark}{point.threshold}", *share.values(), style="bold" if chosen else "")
    out.print()
    out.print(grid)


def show_calibration(calibration: Calibration) -> None:
    """The log loss before, and after each method that was tried, on rows that it had not seen."""
    grid = Grid(box=None, header_style="bold", padding=(0, 3, 0, 0))
    for heading in (f"on {calibration.rows:,} rows", "held-out log loss", "gain", "standard error"):
        grid.add_column(heading, justify="left" if heading.startswith("on ") else "right")
    grid.add_row("as they are", f"{calibration.log_loss:.4f}")
    for trial in calibration.trials:
        style = "bold" if trial.method == calibration.method else ""
        grid.add_row(trial.method, f"{trial.log_loss:.4f}", f"{trial.gain:.4f}", f"{trial.error:.4f}", style=style)
    out.print(grid)
    out.print(f"\ncalibration: {calibration.reason}")
    if calibration.calibrator is None:
        out.print("the probabilities stay as they are")


def show_groups(evaluation: Evaluation) -> None:
    """A line a group: its size, its figures, and how far the accuracy could be off by chance."""
    grid = Grid(box=None, header_style="bold", padding=(0, 3, 0, 0))
    for heading in ("group", "rows", "log loss", "ROC AUC", "accuracy", "95 % interval"):
        grid.add_column(heading, justify="left" if heading == "group" else "right")
    lacking: list[str] = []
    for name, group in evaluation.groups.items():
        if group.lacking:
            grid.add_row(str(name), f"{group.rows:,}")
            lacking.append(f"no figures of {name}: {group.lacking}")
            continue
        metrics = group.compute()
        grid.add_row(
            str(name),
            f"{metrics.rows:,}",
            *(_figure(value) for value in (metrics.log_loss, metrics.roc_auc, metrics.accuracy)),
            _accuracy_interval(group),
        )
    out.print()
    out.print(grid)
    for reason in lacking:
        out.print(reason)


def _accuracy_interval(group: Evaluation) -> str:
    if group.weighted:
        return "none with weights"
    found = interval(group, "accuracy")
    return f"{found.low:.4f} to {found.high:.4f}"


def _cost_figure(evaluation: Evaluation, rule: Rule) -> tuple[str, str, float, float | None]:
    """The mean cost of a row, beside that of deciding always for the majority class."""
    metrics, costs = evaluation.compute(), cost_matrix(evaluation.task, rule.costs)
    value = expected_cost(evaluation, costs).value
    if metrics.majority is None:
        return "expected cost a row", "expected_cost", value, None
    always = evaluation.task.classes.index(metrics.majority.label)
    shares = metrics.confusion_matrix.sum(dim=1).double().numpy() / metrics.weight
    return "expected cost a row", "expected_cost", value, float(shares @ costs[:, always])


def _key_figures(metrics: Metrics) -> list[tuple[str, str, float, float | None]]:
    most = metrics.majority
    averaged = "" if metrics.task.kind == "binary" else ", macro"
    at = f" at {metrics.threshold}" if isinstance(metrics.threshold, float) else ""
    figures = [
        ("log loss (lower is better)", "log_loss", metrics.log_loss, most.log_loss if most else None),
        ("Brier score (lower is better)", "brier", metrics.brier, most.brier if most else None),
        (f"ROC AUC{averaged}", "roc_auc", metrics.roc_auc, None),
        (f"average precision{averaged}", "average_precision", metrics.average_precision, None),
        (f"accuracy{at}", "accuracy", metrics.accuracy, most.accuracy if most else None),
        (
            f"balanced accuracy{at}",
            "balanced_accuracy",
            metrics.balanced_accuracy,
            most.balanced_accuracy if most else None,
        ),
        (f"Matthews correlation{at}", "matthews_correlation", metrics.matthews_correlation, None),
    ]
    ranked, kappa = metrics.ranked_probability_score, metrics.quadratic_kappa
    if ranked is not None and kappa is not None:  # of ordered classes
        name, alone = "ranked probability score", most.ranked_probability_score if most else None
        figures.insert(1, (f"{name} (lower is better)", "ranked_probability_score", ranked, alone))
        figures.append(("quadratic kappa", "quadratic_kappa", kappa, None))
    return figures


def _figure(value: float) -> str:
    return "undefined" if value != value else f"{value:.4f}"
