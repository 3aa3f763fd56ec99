"""crossent compare: two models or more on the same rows."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import crossent

from .._errors import InputError
from ._console import check_place, command, out, print_json
from ._options import Classes, IgnoreExtra, Json, Label, Logit, Positive, Probability, Quiet, Uncalibrated

if TYPE_CHECKING:
    from crossent import Comparison
    from crossent.evaluation import Difference


@command
def compare(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="A B... | SCORED",
            help="Tables of labels and scores of the same rows, one a model; or one such table with a column a model; "
            "or, with --data, model folders. The first is what the others are compared with.",
            show_default=False,
        ),
    ],
    label: Label = None,
    probability: Probability = None,
    logit: Logit = None,
    a: Annotated[
        str | None, typer.Option("--a", help="One SCORED: the column of the first model's probabilities.")
    ] = None,
    b: Annotated[
        list[str] | None, typer.Option("--b", help="One SCORED: that of another model's. Repeat it for each.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option("--id", metavar="COLUMN", help="SCORED: a column that tells rows apart. By default their order."),
    ] = None,
    data: Annotated[
        list[str] | None, typer.Option(help="The labelled table to compare model folders on; several files or a glob.")
    ] = None,
    positive: Positive = None,
    class_: Classes = None,
    threshold: Annotated[
        float | None, typer.Option(help="Of all of them. By default a model's own; for scores 0.5.", show_default=False)
    ] = None,
    confidence: Annotated[float, typer.Option(help="Of the intervals.")] = 0.95,
    exact: Annotated[
        bool, typer.Option("--exact", help="Keep every pair of scores, so that ROC AUC's interval is DeLong's exactly.")
    ] = False,
    uncalibrated: Uncalibrated = False,
    ignore_extra: IgnoreExtra = False,
    report: Annotated[Path | None, typer.Option(help="Write an HTML page with both side by side to this file.")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say which of two models or more is better on the same rows, or that the rows do not tell.

    crossent compare old.csv new.csv --label churned --probability probability_yes --id customer

    crossent compare scored.csv --label churned --a old --b new --positive yes

    crossent compare old.crossent new.crossent --data labelled.csv
    """
    check_place(report)
    from ._paired import Terms, of_columns, of_files, of_models  # imports torch
    from ._scored import scored_columns

    terms = Terms(positive, class_, threshold, exact)
    if data:
        compared = of_models(sources, data, terms, calibrated=not uncalibrated, ignore_extra=ignore_extra)
    elif a or b:
        if not a or not b or len(sources) != 1 or not label:
            raise InputError(
                "two columns of one table are compared as: crossent compare SCORED --label COLUMN --a COLUMN --b COLUMN"
            )
        compared = of_columns(sources[0], label, [a, *b], terms)
    else:
        compared = of_files(sources, scored_columns(label, probability, logit), key, terms)
    _tell(compared, confidence, report, as_json=as_json, quiet=quiet)


def _tell(
    compared: dict[tuple[str, str], Comparison], confidence: float, report: Path | None, *, as_json: bool, quiet: bool
) -> None:
    found = {names: each.differences(confidence=confidence) for names, each in compared.items()}
    if report:
        crossent.report.write_comparison(report, compared, confidence=confidence)
    if as_json:
        records = [_record(*names, compared[names], of) for names, of in found.items()]
        print_json({"comparisons": records} | ({"report": str(report)} if report else {}))
    elif not quiet:
        for names, differences in found.items():
            _show(*names, compared[names], differences)
        if report:
            out.print(f"\nreport   {report}", style="bold")


def _show(a: str, b: str, comparison: Comparison, differences: tuple[Difference, ...]) -> None:
    """The figures side by side, their differences, and what these say in words."""
    from rich.table import Table as Grid

    grid = Grid(box=None, header_style="bold", padding=(0, 3, 0, 0))
    ends = f"{100 * differences[0].confidence:g} % interval"
    for heading in (f"on {comparison.rows:,} rows", a, b, "difference", ends, "p"):
        grid.add_column(heading, justify="left" if heading.startswith("on ") else "right")
    for of in differences:
        interval = "none" if math.isnan(of.low) else f"{of.low:+.4f} to {of.high:+.4f}"
        p_value = "" if math.isnan(of.p_value) else f"{of.p_value:.2g}"
        grid.add_row(
            of.name.replace("_", " "), f"{of.a:.4f}", f"{of.b:.4f}", f"{of.difference:+.4f}", interval, p_value
        )
    out.print()
    out.print(grid)
    out.print()
    for of in differences:
        out.print(of.words(a, b))


def _record(a: str, b: str, comparison: Comparison, differences: tuple[Difference, ...]) -> dict[str, Any]:
    figures = [
        {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in of.to_dict().items()
        }
        for of in differences
    ]
    thresholds = {name: of.threshold for name, of in (("a", comparison.a), ("b", comparison.b))}
    return {
        "a": a,
        "b": b,
        "rows": comparison.rows,
        "threshold": None if comparison.task.kind == "multiclass" else thresholds,
        "figures": figures,
    }
