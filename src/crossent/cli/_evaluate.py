"""crossent evaluate: judge a model on a labelled table, or scores that any model gave."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import crossent

from .._errors import InputError
from ._console import command, out, print_json
from ._options import IgnoreExtra, Json, Quiet, Threshold, Uncalibrated, one_or_all

if TYPE_CHECKING:
    from crossent import Evaluation


@command
def evaluate(
    source: Annotated[
        str, typer.Argument(metavar="DIR | SCORED", help="A model folder; or a table with labels and probabilities.")
    ],
    data: Annotated[
        list[str] | None, typer.Argument(metavar="DATA", help="The labelled table to judge the model on.")
    ] = None,
    label: Annotated[str | None, typer.Option(help="SCORED: the column that holds the labels.")] = None,
    probability: Annotated[
        list[str] | None,
        typer.Option(
            help="SCORED: a column of probabilities, named CLASS or probability_CLASS. Repeat it for each class."
        ),
    ] = None,
    positive: Annotated[
        str | None,
        typer.Option(help="SCORED: the class that a single probability column is of, if its name does not say."),
    ] = None,
    threshold: Threshold = None,
    uncalibrated: Uncalibrated = False,
    report: Annotated[Path | None, typer.Option(help="Write an HTML report to this file.")] = None,
    ignore_extra: IgnoreExtra = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Judge a model on a labelled table, or the scores of any model beside the labels.

    crossent evaluate churn.crossent new.csv

    crossent evaluate scored.csv --label churned --probability probability_yes
    """
    if label or probability:
        evaluation = _of_scores(source, data, label, probability, positive, 0.5 if threshold is None else threshold)
    elif data:
        extra = "ignore" if ignore_extra else "error"
        evaluation = crossent.load(source).evaluate(
            one_or_all(data), threshold=threshold, calibrated=not uncalibrated, extra=extra
        )
    else:
        raise InputError(
            "give a model folder and a labelled table: crossent evaluate DIR DATA; "
            "or a table of scores: crossent evaluate SCORED --label COLUMN --probability COLUMN"
        )
    metrics = evaluation.compute()
    if report:
        crossent.report.write(report, evaluation, title=f"Evaluation of {source}")
    if as_json:
        print_json(metrics.to_dict() | ({"report": str(report)} if report else {}))
    elif not quiet:
        from ._show import show_figures  # imports crossent.evaluation, and so torch

        show_figures(metrics, rows="rows")
        if report:
            out.print(f"\nreport   {report}", style="bold")


def _of_scores(
    source: str,
    data: list[str] | None,
    label: str | None,
    probability: list[str] | None,
    positive: str | None,
    threshold: float,
) -> Evaluation:
    if data:
        raise InputError(f"scores stand in one table; got {source} and {', '.join(data)}")
    if not label or not probability:
        raise InputError("scores need both --label COLUMN and at least one --probability COLUMN")
    table = crossent.read(source)
    for column in (label, *probability):
        table.column(column)  # suggests the nearest name where there is none
    return crossent.evaluate_scored(
        table.frame, label=label, probability=probability, positive=positive, threshold=threshold
    )
