"""crossent explain: what a model goes by."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import crossent

from ._console import command, out, print_json
from ._options import Data, IgnoreExtra, Json, Quiet, one_or_all
from ._places import check_places

if TYPE_CHECKING:
    import polars as pl

    from ..explanation import Explanation

_MOST_COLUMNS = 40
_FOREMOST = 3


@command
def explain(
    model: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that crossent fit wrote.")],
    data: Data,
    rows: Annotated[
        int | None,
        typer.Option(
            help="Look at so many rows at most, drawn by chance. By default 2,000, fewer in wide tables.",
            show_default=False,
        ),
    ] = None,
    repeats: Annotated[
        int | None,
        typer.Option(
            help="Shuffle each column so often. By default 5 times, fewer in wide tables.", show_default=False
        ),
    ] = None,
    loss: Annotated[
        str, typer.Option(help="What the importance is the increase of: log_loss, brier or error.")
    ] = "log_loss",
    column: Annotated[
        list[str] | None,
        typer.Option(help="Show how the probabilities follow this column. Repeat it. By default the 6 most important."),
    ] = None,
    contributions: Annotated[
        int, typer.Option(metavar="ROWS", help="For so many rows, say what each value contributed. Needs shap.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="Decides which rows are drawn, and how columns are shuffled.")] = 0,
    report: Annotated[Path | None, typer.Option("--report", "-o", help="Write an HTML page to this file.")] = None,
    ignore_extra: IgnoreExtra = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say which columns a model goes by, how its probabilities follow them, and what made those of single rows.

    Give rows that the model was not trained on, with their labels.

    crossent explain churn.crossent new.csv --report churn-explained.html
    """
    check_places([model, *data], {"--report": report})
    found = crossent.explain(
        crossent.load(model),
        one_or_all(data),
        rows=rows,
        repeats=repeats,
        loss=loss,  # pyrefly: ignore[bad-argument-type]  # explain says what it may be
        columns=column or None,
        contributions_of=contributions,
        seed=seed,
        extra="ignore" if ignore_extra else "error",
    )
    if report:
        crossent.report.write_explanation(report, found, title=f"What {model.name} goes by")
    if as_json:
        print_json(found.to_dict() | ({"report": str(report)} if report else {}))
    elif not quiet:
        _show(found)
        if report:
            out.print(f"\nreport   {report}", style="bold")


def _show(found: Explanation) -> None:
    drawn = "all" if found.rows == found.total else f"{found.rows:,} of"
    out.print(f"looked at {drawn} {found.total:,} rows")
    if found.importance is not None:
        _show_importance(found, found.importance)
    for (name,), curve in found.dependence.group_by("column", maintain_order=True):
        _show_dependence(found, str(name), curve)
    if found.contributions is not None:
        _show_contributions(found.contributions)


def _show_importance(found: Explanation, importance: pl.DataFrame) -> None:
    from rich.table import Table as Grid

    grid = Grid(box=None, header_style="bold", padding=(0, 2, 0, 0))
    loss = found.loss.replace("_", " ")
    for heading in ("column", f"{loss} grows by", "95 % interval"):
        grid.add_column(heading, justify="left" if heading == "column" else "right")
    for name, mean, low, high in importance.head(_MOST_COLUMNS).rows():
        grid.add_row(name, f"{mean:.4f}", f"{low:.4f} to {high:.4f}")
    out.print(f"\nwhen a column is shuffled ({loss} {found.before:.4f} as it is):\n")
    out.print(grid)
    if len(importance) > _MOST_COLUMNS:
        out.print(f"and {len(importance) - _MOST_COLUMNS:,} other columns")


def _show_dependence(found: Explanation, name: str, curve: pl.DataFrame) -> None:
    """For each class the values at which its mean probability is least and greatest."""
    from rich.table import Table as Grid

    grid = Grid(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for heading in (f"by {name}", "least", "at", "most", "at"):
        grid.add_column(heading, justify="left" if heading in (f"by {name}", "at") else "right")
    classes = [str(label) for label in found.task.classes]
    for label in classes[1:] if found.task.kind == "binary" else classes[:_MOST_COLUMNS]:
        of = curve.filter(curve["class"] == label)
        ordered = of.sort("probability", maintain_order=True)
        least, most = ordered.row(0, named=True), ordered.row(-1, named=True)
        grid.add_row(label, f"{least['probability']:.1%}", least["value"], f"{most['probability']:.1%}", most["value"])
    out.print()
    out.print(grid)


def _show_contributions(contributions: pl.DataFrame) -> None:
    out.print("\nwhat moved the probability of the most probable class:")
    for (row,), of_row in contributions.group_by("row", maintain_order=True):
        label = of_row.sort("probability", descending=True, maintain_order=True)["class"][0]
        of = of_row.filter(of_row["class"] == label)
        most = of.sort(of["contribution"].abs(), descending=True, maintain_order=True).head(_FOREMOST)
        words = ", ".join(
            f"{each['column']} = {each['value']} ({each['contribution']:+.3f})" for each in most.to_dicts()
        )
        out.print(f"row {row:,}: {label} {of['probability'][0]:.1%} (average {of['average'][0]:.1%}): {words}")
