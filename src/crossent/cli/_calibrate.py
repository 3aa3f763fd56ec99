"""crossent calibrate: mend the probabilities of any model, by rows whose labels are known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

import crossent

from .._errors import InputError
from ._console import command, out, print_json
from ._options import (
    Classes,
    DropUnlabelled,
    Json,
    Label,
    Logit,
    Positive,
    Probability,
    Quiet,
    Scored,
    Weight,
    refuse,
)
from ._places import check_places


@command
def calibrate(
    sources: Scored,
    label: Label = None,
    probability: Probability = None,
    logit: Logit = None,
    positive: Positive = None,
    class_: Classes = None,
    weight: Weight = None,
    method: Annotated[
        str, typer.Option(help="auto: what lowers the held-out log loss, if anything does; or a method by its name.")
    ] = "auto",
    output: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Write the rows with their calibrated probabilities: .csv or .parquet."),
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Save the calibrator to this file, for --apply.")] = None,
    apply: Annotated[
        Path | None, typer.Option(help="Apply a calibrator that was saved, instead of fitting one; needs no labels.")
    ] = None,
    drop_unlabelled: DropUnlabelled = False,
    seed: Annotated[int, typer.Option(help="Deals the rows into the parts that judge each other.")] = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fit a calibrator on labels and scores, say whether it helps, and write calibrated probabilities beside the rows.

    crossent calibrate scored.csv --label churned --probability probability_yes -o calibrated.csv --save churn.json

    crossent calibrate new.csv --apply churn.json -o calibrated.csv
    """
    check_places([*sources, apply], {"--out": output, "--save": save})
    if apply and not output:
        raise InputError("say where to write: crossent calibrate NEW --apply CALIBRATOR --out OUT.csv")
    if apply:
        fitted = {"--label": label, "--positive": positive, "--class": class_, "--weight": weight, "--save": save}
        fitted |= {"--method": method if method != "auto" else None, "--seed": seed or None}
        refuse("--apply", "fitting a calibrator", fitted | {"--drop-unlabelled": drop_unlabelled})
    from ._calibrator import FileCalibrator  # imports torch, as the next ones do
    from ._progress import RowsBar
    from ._scored import opened, scored_columns
    from ._show import show_calibration

    with RowsBar(shown=not (quiet or as_json)) as bar:
        if apply:
            calibrator = FileCalibrator.load(apply).on(probability, logit)
        else:
            columns = scored_columns(label, probability, logit, weight=weight)
            table = opened(sources, columns, classes=class_, positive=positive, drop_unlabelled=drop_unlabelled)
            calibrator = FileCalibrator.fit(table, method=method, seed=seed, bar=bar)
        rows = crossent.data.write(calibrator.frames(sources, bar), output) if output else 0
    if save:
        calibrator.save(save)
    if as_json:
        written: dict[str, Any] = {"rows_written": rows, "output": str(output)} if output else {}
        print_json(calibrator.calibration.to_dict() | written | ({"saved": str(save)} if save else {}))
    elif not quiet:
        if not apply:
            show_calibration(calibrator.calibration)
        if save:
            out.print(f"calibrator   {save}", style="bold")
        if output:
            out.print(f"{rows:,} rows written to {output}")
